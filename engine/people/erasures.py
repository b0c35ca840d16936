"""Erasures as the log tells of them: how far each has come, and the certificate of what was destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from engine.access import Acting, allow
from engine.errors import AccessDenied, InputError
from engine.lifecycle import rows_of
from engine.people.destruction import Search
from engine.people.persons import home_of
from engine.people.retention import bases

if TYPE_CHECKING:
    from engine.store import Reading, Store


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure and how far it has come.

    ``status`` is ``requested``, ``approved``, ``refused``, ``erased`` (the file is still to be rewritten, or a file
    that was searched still held something) or ``proved``. ``not_before`` is the day until which a rule of retention
    keeps what is held.
    """

    erasure_id: str
    resident_id: str
    legal_basis: str
    not_before: date | None
    requested_at: datetime
    requested_by: str
    status: str
    decided_by: str | None
    decided_at: datetime | None
    reason_code: str | None
    erased_by: str | None
    erased_at: datetime | None
    n_notes: int
    n_places: int
    n_requests: int
    n_visits: int
    n_offers: int


@dataclass(frozen=True, slots=True)
class ErasureProof:
    """What was destroyed, and where it was looked for afterwards.

    Parameters
    ----------
    n_found_before
        How many of the traces the pilot's files held just before: that the search can find them. ``None`` when an
        interrupted erasure was completed.
    mentions
        Subjects of notes about others in which the person's name, phone or e-mail stands, and incidents that name the
        person; somebody has to read these.
    """

    erasure: Erasure
    search: Search
    n_found_before: int | None
    mentions: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found any more."""
        return not self.search.found

    @property
    def sentence(self) -> str:
        """Certify the erasure in a few sentences that do not name the person."""
        e = self.erasure
        before = "" if self.n_found_before is None else f" ({self.n_found_before} before)"
        places = ", ".join(f"{n} in {name}" for name, n in self.search.found)
        said = [
            f"{e.erasure_id}: the person's key and details, {_n(e.n_notes, 'note')} and {_n(e.n_places, 'row')} with a"
            " place, a way, a decision or answers to a survey were destroyed on"
            f" {e.erased_at:%Y-%m-%d %H:%M} UTC by {e.erased_by}, because"
            f" {bases()[e.legal_basis]['name_en']}; asked for by {e.requested_by}, approved by {e.decided_by}.",
            f"{_n(e.n_requests, 'request')} withdrawn, {_n(e.n_visits, 'visit')} cancelled,"
            f" {_n(e.n_offers, 'offer')} closed.",
            f"The file was rewritten; {_n(self.search.n_traces, 'trace')} looked for in"
            f" {_n(self.search.n_files, 'file')}: {places or 'none'} found{before}.",
        ]
        if self.mentions:
            said.append(
                f"Notes about others name the person or may; read and correct them: {', '.join(self.mentions)}."
            )
        return " ".join(said)

    def certificate(self) -> dict[str, Any]:
        """Give what the sentence says as plain values, without the person's id."""
        told = {name: getattr(self.erasure, name) for name in Erasure.__slots__ if name != "resident_id"}
        found = {"n_traces": self.search.n_traces, "n_files": self.search.n_files, "found": dict(self.search.found)}
        return told | found | {"n_found_before": self.n_found_before, "mentions": list(self.mentions)}


def erasures(store: Store, actor_id: str) -> list[Erasure]:
    """List the erasures an account may see, in the order they were asked for.

    Raises
    ------
    AccessDenied
        When the account may neither ask for erasures nor decide them.
    """
    with store.reading() as reading:
        who = _looking(reading, actor_id)
        return [erasure for erasure in all_erasures(reading) if _is_of(reading, who, erasure)]


def erasure_of(store: Store, actor_id: str, erasure_id: str) -> Erasure:
    """Look at one erasure.

    Raises
    ------
    AccessDenied
        As in :func:`erasures`.
    InputError
        When there is none of that id that the account may see.
    """
    for erasure in erasures(store, actor_id):
        if erasure.erasure_id == erasure_id:
            return erasure
    raise InputError(f"There is no erasure {erasure_id!r}.")


def all_erasures(reading: Reading) -> list[Erasure]:
    """List all erasures in the order they were asked for."""
    rows = rows_of(reading.query("erasures"))
    return [Erasure(**{name: _plain(name, row[name]) for name in Erasure.__slots__}) for row in rows]


def one_erasure(reading: Reading, erasure_id: str) -> Erasure:
    """Find an erasure.

    Raises
    ------
    InputError
        When there is none of that id.
    """
    for erasure in all_erasures(reading):
        if erasure.erasure_id == erasure_id:
            return erasure
    raise InputError(f"There is no erasure {erasure_id!r}.")


def _looking(reading: Reading, actor_id: str) -> Acting:
    try:
        return allow(reading, actor_id, "request_erasure")
    except AccessDenied:
        return allow(reading, actor_id, "decide_erasure")


def _is_of(reading: Reading, who: Acting, erasure: Erasure) -> bool:
    home = home_of(reading, erasure.resident_id)
    return who.municipality_codes is None or (home is not None and home.municipality_code in who.municipality_codes)


def _plain(name: str, value: Any) -> Any:
    if name.startswith("n_"):
        return int(value or 0)
    return value.date() if name == "not_before" and value is not None else value


def _n(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
