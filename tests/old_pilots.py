"""Pilot files as earlier programs left them: only the first migrations applied, and facts of every kind they knew."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
from small_pilot import ADA, BASELINE, BEFORE, BEN, EVERYTHING_FITS, MILK, NOW, TUESDAY

from engine import facts
from engine.storage import identity
from engine.storage.migrations import migrations, sql_of
from engine.storage.rows import tables_of

VISIT = facts.VisitAgreed(
    occurred_at=BEFORE, visit_id="v1", request_id="lamp", volunteer_id="Ada", starts_at=TUESDAY.replace(hour=14),
    ends_at=TUESDAY.replace(hour=15), minutes=70,
)  # fmt: skip
RUN = facts.RunMade(
    occurred_at=BEFORE, run_id="run1", as_of=BEFORE, policy="baseline", fingerprint=BASELINE.fingerprint,
    content="x", seed=1, model="plans", n_requests=1, n_volunteers=2, n_candidates=2, n_matched=1, objective=9.0,
    bound=9.0, gap=0.0, proof="optimal", candidates_s=0.1, solve_s=0.1, check_s=0.1, input_hash="x",
    input_entry_no=1,
)  # fmt: skip
PROPOSAL = facts.ProposalMade(
    occurred_at=BEFORE, run_id="run1", request_id="milk", volunteer_id="Ada", starts_at=TUESDAY.replace(hour=9),
    ends_at=TUESDAY.replace(hour=10), travel_minutes=10, minutes=70, distance_km=0.6, value=9.0, value_served=5.0,
    value_urgency=1.0, value_waiting=1.0, value_distance=1.0, value_continuity=1.0, value_preference=0.0,
)  # fmt: skip
PIN = facts.OverrideStated(
    occurred_at=BEFORE, request_id="milk", volunteer_id="Ada", starts_at=None, kind="pin", reason_code="wish"
)

ENTRIES: tuple[tuple[facts.Fact, ...], ...] = (
    (*EVERYTHING_FITS, *BEN),
    (
        replace(MILK, request_id="lamp"),
        replace(MILK, request_id="post", resident_id="ada"),
        facts.AbsenceStated(
            occurred_at=BEFORE, volunteer_id="Ada", starts_at=datetime(2026, 12, 24), ends_at=datetime(2026, 12, 27)
        ),
        facts.GrantDecided(
            occurred_at=BEFORE, resident_id="rut", service="shopping", valid_from=date(2026, 1, 1), valid_to=None,
            decision="KS 2026/1",
        ),
        facts.RelationStated(occurred_at=BEFORE, resident_id="rut", volunteer_id="Ben", kind="preferred"),
        # Of one entry and one moment: only their order in the file says which holds.
        PIN,
        replace(PIN, kind="forbid"),
        facts.PolicyAdopted(
            occurred_at=BEFORE, policy="baseline", fingerprint=BASELINE.fingerprint, content="x", reason="start"
        ),
    ),
    (
        VISIT,
        facts.VisitEnded(occurred_at=BEFORE + timedelta(hours=1), visit_id="v1", outcome="cancelled"),
        facts.OfferAnswered(occurred_at=BEFORE, request_id="milk", volunteer_id="Ben", response="declined"),
        facts.RequestWithdrawn(occurred_at=BEFORE, request_id="post"),
    ),
    (
        RUN,
        PROPOSAL,
        facts.RequestUnmatched(occurred_at=BEFORE, run_id="run1", request_id="lamp", reason_code="no_time"),
        facts.PriceFound(occurred_at=BEFORE, run_id="run1", leaf=0, row="request:milk", price=9.0),
    ),
)  # fmt: skip
"""The log of an old pilot, entry by entry; each kind a table of the first schema."""

PEOPLE = {"rut": {"name": "Rut", "phone": "070-1740605"}, "ada": {"name": "Ada"}}


def make_old_pilot(path: Path, version: int) -> Path:
    """Make a pilot file of an earlier schema with :data:`ENTRIES`, and from schema 2 on with people and a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = identity.make_master_key(path)
    with duckdb.connect(str(path)) as connection:
        connection.execute(sql_of("schema/bookkeeping"))
        for number, (name, text) in migrations().items():
            if number <= version:
                connection.execute(text)
                checksum = hashlib.sha256(text.encode()).hexdigest()[:16]
                row = [number, name, checksum, datetime(2026, 1, 1)]
                connection.execute("insert into main.schema_version values (?, ?, ?, ?)", row)
        for entry_no, entry in enumerate(ENTRIES, start=1):
            _append(connection, entry_no, entry)
        if version >= 2:
            connection.execute("insert into identity.key_check values (?)", [identity.seal_key_check(key)])
            known = connection.execute("select resident_id, wrapped_key from identity.person").df()
            connection.register("incoming", identity.seal_people(key, PEOPLE, known))
            connection.execute("insert into identity.person by name from incoming")
    return path


def _append(connection: duckdb.DuckDBPyConnection, entry_no: int, entry: tuple[facts.Fact, ...]) -> None:
    """Append an entry as it was done then: only the columns that the table has."""
    for table, rows in tables_of(entry, entry_no, NOW, "anna").items():
        has = [name for name, *_ in connection.execute(f"describe facts.{table}").fetchall()]
        connection.register("incoming", rows.select([name for name in rows.column_names if name in has]))
        connection.execute(f"insert into facts.{table} by name from incoming")
        connection.unregister("incoming")
    row = [entry_no, f"key {entry_no}", NOW.replace(tzinfo=None), "anna", "test", len(entry)]
    connection.execute(
        "insert into facts.entry (entry_no, idempotency_key, recorded_at, actor_id, action, n_facts)"
        " values (?, ?, ?, ?, ?, ?)",
        row,
    )


def make_present_pilot(path: Path) -> None:
    """Make a pilot of the present schema with the same log and the same people."""
    from engine.store import Store

    store = Store.create(path, clock=lambda: NOW)
    for entry_no, entry in enumerate(ENTRIES, start=1):
        with store.transaction("anna", "test", idempotency_key=f"key {entry_no}") as transaction:
            transaction.append(entry)
            if entry_no == 1:
                transaction.put_people(PEOPLE)
    store.close()


__all__ = ["ADA", "ENTRIES", "PEOPLE", "make_old_pilot", "make_present_pilot"]
