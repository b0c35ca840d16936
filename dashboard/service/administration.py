"""What the administration page asks: roles, the audit log, people's rights, retention, extract and backups.

Files with personal data are made in a folder that is gone when the answer is given; only backups stay on the server.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from dashboard.service import names
from dashboard.words import _, language
from engine import access, privacy
from engine.clock import local_of, utc_of
from engine.errors import InputError
from engine.people import persons, retention
from engine.people.subject_export import subject_export
from engine.privacy import Erasure
from engine.reference import MUNICIPALITIES
from engine.research.extract import write_extract
from engine.storage import audit as log
from engine.storage.backup import back_up
from engine.storage.log_check import LogVerification
from engine.store import Store

BACKUPS_VARIABLE = "MIKRO_BACKUPS"
LINES_SHOWN = 500
EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class Export:
    """The two files of a subject export, ready to hand over."""

    resident_id: str
    as_json: bytes
    as_page: bytes
    n_facts: int


def roles(store: Store, actor_id: str) -> pd.DataFrame:
    """List the accounts that have a role: ``account_id``, ``role``, ``municipalities``.

    Raises
    ------
    AccessDenied
        When the account may not give roles.
    """
    given = access.list_roles(store, actor_id)
    said = [", ".join(MUNICIPALITIES.get(code, code) for code in codes) for codes in given["municipality_codes"]]
    return given.assign(municipalities=said)[["account_id", "role", "municipalities"]]


def give_role(store: Store, actor_id: str, account_id: str, role: str, municipality_codes: Sequence[str]) -> None:
    """Give an account a role (:func:`engine.access.give_role`)."""
    access.give_role(store, actor_id, account_id.strip(), role, municipality_codes)


def withdraw_role(store: Store, actor_id: str, account_id: str) -> None:
    """Take an account's role away (:func:`engine.access.withdraw_role`)."""
    access.withdraw_role(store, actor_id, account_id)


def audit(
    store: Store,
    actor_id: str,
    account_id: str,
    resident_id: str,
    days: tuple[date, date],
    *,
    reads_only: bool,
) -> pd.DataFrame:
    """List who did and read what from the first to the last of two days (local), the newest first.

    Columns of :data:`engine.storage.audit.COLUMNS`, and ``when``, local.

    Raises
    ------
    AccessDenied
        When the account may not read the audit log.
    """
    first, last = days
    found = log.audit_log(
        store,
        actor_id,
        account_id=account_id.strip() or None,
        resident_id=resident_id.strip() or None,
        from_at=utc_of(datetime.combine(first, time())),
        to_at=utc_of(datetime.combine(last + timedelta(days=1), time())),
        reads_only=reads_only,
    )
    newest = found.iloc[::-1].reset_index(drop=True)
    return newest.assign(when=[local_of(at.to_pydatetime().replace(tzinfo=UTC)) for at in newest["recorded_at"]])


def why_read(purpose: object) -> str:
    """Say what was read of a person and why, for a line of the log; what is no reading stays as it is."""
    if not isinstance(purpose, str):
        return ""
    what, _colon, why = purpose.partition(": ")
    whats = {"person": _("details"), "notes": _("notes")}
    if what not in whats:
        return purpose
    whys = {
        "call": _("to call"),
        "visit": _("for a visit"),
        "request": _("for a request"),
        "details": _("to check the details"),
        "incident": _("for an incident"),
        "by_hand": _("to serve by hand"),
        "search": _("in a search"),
        "duplicates": _("to look for duplicates"),
        "invitation": _("for an invitation"),
        "message": _("for a message"),
        "subject export": _("for a subject export"),
        "erasure": _("for an erasure"),
        "extract proof": _("to prove an extract"),
    }
    code = "message" if why.startswith("message ") else why
    return f"{whats[what]}, {whys.get(code, why)}"


def verify_log(store: Store, actor_id: str) -> LogVerification:
    """Compare the whole log with the hashes it was written with.

    Raises
    ------
    AccessDenied
        When the account may not read the audit log.
    """
    return log.verify_log(store, actor_id)


def find(store: Store, actor_id: str, text: str) -> pd.DataFrame:
    """Find persons of the own municipalities by name, phone or e-mail (:func:`engine.people.persons.find`)."""
    return persons.find(store, actor_id, text)


def export(store: Store, actor_id: str, resident_id: str) -> Export:
    """Make the two files of all that is held about a person, in the language of the page.

    Raises
    ------
    AccessDenied, InputError
        As :func:`engine.people.subject_export.subject_export`.
    """
    with TemporaryDirectory() as folder:
        made = subject_export(store, actor_id, resident_id.strip(), Path(folder), language=language())
        as_json, as_page = made.json_file.read_bytes(), made.html_file.read_bytes()
    return Export(resident_id.strip(), as_json, as_page, sum(map(len, made.content["facts"].values())))


def erasures(store: Store, actor_id: str) -> list[Erasure]:
    """List the erasures that the account may see, the newest first.

    Raises
    ------
    AccessDenied
        When the account may neither ask for erasures nor decide them.
    """
    return list(reversed(privacy.erasures(store, actor_id)))


def request_erasure(store: Store, actor_id: str, resident_id: str, basis: str, now: datetime) -> Erasure:
    """Ask for a person to be erased (:func:`engine.privacy.request_erasure`)."""
    return privacy.request_erasure(store, actor_id, resident_id.strip(), basis, at=now)


def decide_erasure(store: Store, actor_id: str, erasure_id: str, decision: str, reason: str, now: datetime) -> Erasure:
    """Approve or refuse an erasure as a second person (:func:`engine.privacy.decide_erasure`)."""
    return privacy.decide_erasure(store, actor_id, erasure_id, decision, reason, at=now)


def erase(store: Store, actor_id: str, erasure_id: str, now: datetime) -> privacy.ErasureProof:
    """Carry out an approved erasure, and prove it (:func:`engine.privacy.erase`)."""
    proof = privacy.erase(store, actor_id, erasure_id, at=now)
    names.forget(proof.erasure.resident_id)
    return proof


def bases() -> dict[str, str]:
    """Name the grounds on which a person may be erased, by code."""
    return {code: str(basis[f"name_{language()}"]) for code, basis in retention.bases().items()}


def reasons(decision: str) -> dict[str, str]:
    """Name the reasons for ``approved`` or ``refused``, by code."""
    known = retention.reasons().items()
    return {code: str(reason[f"name_{language()}"]) for code, reason in known if reason["decision"] == decision}


def rules(now: datetime) -> pd.DataFrame:
    """List the rules of retention that hold today: ``what``, ``said``, ``months``, ``source``."""
    today = local_of(now).date()
    held = [rule for what in ("notes", "persons", "kept") for rule in retention.rules(what, today)]
    is_swedish = language() == "sv"
    rows = [
        (rule.what, getattr(rule, language()), rule.months, rule.source_sv if is_swedish else rule.source)
        for rule in held
    ]
    return pd.DataFrame(rows, columns=["what", "said", "months", "source"])


def due(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """List what the rules no longer keep, and destroy nothing (columns of ``retention.DUE_COLUMNS``, and ``said``).

    Raises
    ------
    AccessDenied
        When the account may not.
    """
    found = retention.retain(store, actor_id, now).due
    words = {rule.code: getattr(rule, language()) for what in ("notes", "persons") for rule in
             retention.rules(what, local_of(now).date())}  # fmt: skip
    return found.assign(said=[words.get(code, code) for code in found["rule"]])


def destroy_due(store: Store, actor_id: str, now: datetime) -> retention.Retention:
    """Destroy the notes that are due, and ask for the due persons to be erased.

    Raises
    ------
    AccessDenied
        When the account may not.
    """
    return retention.retain(store, actor_id, now, dry_run=False)


def extract(store: Store, actor_id: str, now: datetime) -> bytes:
    """Make the pseudonymised research extract as one ZIP file.

    Raises
    ------
    AccessDenied
        When the account may not.
    EngineError
        When the extract could tell of a person, so that none is made.
    """
    with TemporaryDirectory() as folder:
        to = Path(folder) / "extract"
        write_extract(store, actor_id, to, now)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(to.rglob("*")):
                if file.is_file():
                    archive.write(file, file.relative_to(to).as_posix())
    return packed.getvalue()


def backups(store: Store, actor_id: str) -> pd.DataFrame:
    """List the backups that were made, the newest first: ``made_at`` (local), ``actor_id``, ``until_entry``,
    ``content_hash``.

    Raises
    ------
    AccessDenied
        When the account may not keep the file.
    """
    with access.looking(store, actor_id, "keep_file") as (reading, _who):
        made = reading.facts_of("backup_made").to_pandas()
    local = [local_of(at.to_pydatetime().replace(tzinfo=UTC)) for at in made["occurred_at"]]
    told: pd.DataFrame = made.assign(made_at=local)[["made_at", "actor_id", "until_entry", "content_hash"]]
    return told.iloc[::-1].reset_index(drop=True)


def backup_folder(store: Store) -> Path:
    """Say where backups are written: ``MIKRO_BACKUPS``, or the folder ``backups`` beside the pilot.

    Raises
    ------
    InputError
        When the pilot has no file.
    """
    if store.path is None:
        raise InputError("A pilot in memory cannot be backed up.")
    return Path(os.environ.get(BACKUPS_VARIABLE) or store.path.parent / "backups")


def make_backup(store: Store, actor_id: str) -> str:
    """Make a backup, open it to see that it is whole, and give the name of its file.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError, StoreError
        As :func:`engine.storage.backup.back_up`.
    """
    with access.looking(store, actor_id, "keep_file"):
        folder = backup_folder(store)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder for backups cannot be made: {error.strerror}.") from error
    return back_up(store, actor_id, folder).path.name
