"""Who did and who read what, when; and whether the log that says so is as it was written."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from engine.access import looking
from engine.errors import InputError
from engine.storage.log_check import LogVerification, check_log, digests_in

if TYPE_CHECKING:
    from engine.store import Store

COLUMNS = ["entry_no", "recorded_at", "actor_id", "action", "kind", "subject", "purpose", "facts"]

_TOLD_APART = {"identity_read", "access_refused"}


def verify_log(store: Store, actor_id: str, head: str | None = None) -> LogVerification:
    """Compare every row and entry of the log with the hashes it was written with.

    Parameters
    ----------
    head
        A head written down earlier, as ``ENTRY:CHAIN``: the log must still hold it, so that a cut-off end shows.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When the head is not of that form.
    """
    with looking(store, actor_id, "read_audit") as (reading, _):
        return check_log(reading, head)


def audit_log(
    store: Store,
    actor_id: str,
    *,
    account_id: str | None = None,
    resident_id: str | None = None,
    from_at: datetime | None = None,
    to_at: datetime | None = None,
    reads_only: bool = False,
) -> pd.DataFrame:
    """List who did, read and was refused what, in the order of the log.

    Parameters
    ----------
    account_id
        Of this account only.
    resident_id
        What was done and read about this person only: facts that name them, their volunteering or their requests, and
        readings of everybody.
    from_at, to_at
        Recorded from the one and before the other (timezone-aware).
    reads_only
        Readings of persons only.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`: ``kind`` is ``did`` (``facts`` says how many of which), ``read`` (``subject`` is the resident,
        ``*`` everybody; ``purpose`` says what and why) or ``refused`` (``purpose`` is the operation).

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When a moment has no time zone.
    """
    for moment in (from_at, to_at):
        if moment is not None and moment.tzinfo is None:
            raise InputError(f"{moment.isoformat()} needs a time zone.")
    with looking(store, actor_id, "read_audit") as (reading, _):
        rows = reading.query(
            "audit", account_id=account_id, resident_id=resident_id, from_at=from_at, to_at=to_at, reads_only=reads_only
        )
    is_deed = rows["kind"] == "did"
    rows["facts"] = [_facts_in(text) if did else "" for text, did in zip(rows["digests"], is_deed, strict=True)]
    return rows[COLUMNS]


def _facts_in(digests: object) -> str:
    """Say what an entry wrote: ``1 offer_sent, 2 message_queued``."""
    counts = {table: n for table, (n, _) in digests_in(digests).items() if table not in _TOLD_APART}
    return ", ".join(f"{n} {table}" for table, n in counts.items())
