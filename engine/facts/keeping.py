"""The keeping of the pilot: who may do what, who read what, who was erased, what was sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from engine.facts.fact import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGiven(Fact):
    """An account has a role from now on, in place of its earlier one: a code of ``access.ROLES``.

    ``municipality_codes`` are those it may work in; none for roles that see all.
    """

    account_id: str
    role: str
    municipality_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleWithdrawn(Fact):
    """An account has no role any more."""

    account_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRead(Fact):
    """Somebody read what is sealed about a person: ``what`` is ``person`` or ``notes``.

    ``resident_id`` is ``*`` when everybody was read at once, as for the proof of an extract.
    """

    resident_id: str
    what: str
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRefused(Fact):
    """An account tried what its role does not allow."""

    account_id: str
    operation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRequested(Fact):
    """Somebody asked for a person to be erased; ``legal_basis`` is a code of ``data/reference/retention.toml``.

    ``not_before`` is the day until which the rules of retention keep what is held, if any.
    """

    erasure_id: str
    resident_id: str
    legal_basis: str
    not_before: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureDecided(Fact):
    """A second person approved or refused an erasure: ``decision`` is ``approved`` or ``refused``."""

    erasure_id: str
    decision: str
    reason_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonErased(Fact):
    """A person's key was destroyed and every place, way and text about them removed; ids and coarse facts stay.

    ``key_trace`` is the random beginning of the destroyed key's box, in hexadecimal: a file in which these bytes are
    found still holds it, and one in which they are not cannot be opened for this person.
    """

    erasure_id: str
    resident_id: str
    n_notes: int
    n_places: int
    key_trace: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRewritten(Fact):
    """The file was written anew, so that nothing destroyed before is left in it, and searched for what was.

    ``until_entry`` was the newest entry then: what later ones destroyed waits for the next time. ``n_traces`` strings
    were looked for in ``n_files`` files; ``n_found`` of them were found in one, 0 as it should be.
    """

    until_entry: int
    n_files: int
    n_traces: int
    n_found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRedacted(Fact):
    """What may be erased of an earlier fact was removed; ``original_hash`` stands for it in the log's chain.

    ``nth`` counts the rows of table ``fact`` within entry ``in_entry_no`` from 1; the hashes are those of the erasable
    columns before and after (``chain.erasable_hash``).
    """

    erasure_id: str
    fact: str
    in_entry_no: int
    nth: int
    original_hash: str
    redacted_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesPurged(Fact):
    """Free texts were destroyed because their time of retention was over."""

    rule: str
    n_notes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQueued(Fact):
    """A message waits to be sent: ``template`` of ``messages/templates``, to a resident, about something by its id.

    It is written in ``language`` from what is known when it is sent; no text is kept in the facts.
    """

    message_id: str
    template: str
    resident_id: str
    about: str
    language: str
    send_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAttempted(Fact):
    """Sending began; without a :class:`MessageSettled` after it nobody knows whether the message went out."""

    message_id: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSettled(Fact):
    """What became of an attempt: ``sent``, ``copied`` by a person, ``failed`` (tried again) or ``given_up``."""

    message_id: str
    outcome: str
    reason_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractMade(Fact):
    """A pseudonymised research extract left the pilot; ``content_hash`` is that of its files."""

    extract_id: str
    n_residents: int
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupMade(Fact):
    """A verified copy of the pilot was made; it holds the log up to ``until_entry``."""

    content_hash: str
    until_entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRestored(Fact):
    """The log goes on from a backup, which held it up to ``until_entry``; what came after is in the file set aside."""

    content_hash: str
    until_entry: int
