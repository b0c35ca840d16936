"""What the pages ask of the engine: tables and sentences ready to show. No page knows the store.

What the engine refuses is a :class:`Refused`, with a sentence.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from engine.clock import local_of
from engine.errors import EngineError, InputError
from engine.explain import parts_in_words, stored_run
from engine.live import adoption
from engine.matching import match
from engine.rules import WORDS
from engine.store import Store
from engine.verify import verify

Refused = EngineError

PARTS_SV = {
    "served": "hjälp ges",
    "urgency": "brådska",
    "waiting": "väntan",
    "distance": "avstånd",
    "continuity": "känd volontär",
    "preference": "önskad volontär",
}


@dataclass(frozen=True, slots=True)
class RunShown:
    """The newest match run, as the matching page shows it."""

    run_id: str
    local_as_of: datetime
    policy: str
    n_requests: int
    n_matched: int
    objective: float
    gap: float
    proof: str
    proposals: pd.DataFrame
    unmatched: pd.DataFrame


def pilot() -> Store:
    """Open the pilot that ``mikro dashboard`` was started with.

    Raises
    ------
    StoreError
        When it does not exist or cannot be opened.
    """
    return Store(Path(os.environ.get("MIKRO_DB", "data/local/pilot.duckdb")))


def newest_run(store: Store) -> RunShown | None:
    """Read the newest run; ``None`` when nothing was ever matched."""
    with store.reading() as reading:
        try:
            run = stored_run(reading, None)
        except InputError:
            return None
        results = reading.query("run_results", run_id=run["run_id"])
    return RunShown(
        run_id=run["run_id"],
        local_as_of=local_of(run["as_of"].to_pydatetime().replace(tzinfo=UTC)),
        policy=run["policy"],
        n_requests=int(run["n_requests"]),
        n_matched=int(run["n_matched"]),
        objective=float(run["objective"]),
        gap=float(run["gap"]),
        proof=run["proof"],
        proposals=_proposals(results[results["volunteer_id"].notna()]),
        unmatched=_unmatched(results.loc[results["rule"].notna(), "rule"]),
    )


def match_now(store: Store, as_of: datetime, progress: Callable[[object], None]) -> None:
    """Make and store a run under the policy in force."""
    with store.reading() as reading:
        policy = adoption.in_force(reading, as_of)
    match(store, policy, as_of, actor_id="dashboard", progress=progress)


def check_again(store: Store, run_id: str) -> tuple[bool, str]:
    """Verify a stored run without the solver: whether it holds, and a sentence that says so."""
    found = verify(store, run_id)
    if found.faults:
        return False, "Körningen stämmer inte med sina egna uppgifter: " + "; ".join(found.faults)
    if found.proof == "optimal":
        return True, "Alla regler följs, och priserna bevisar att ingen plan kan vara värd mer."
    distance = (found.bound - found.objective) / max(1.0, abs(found.objective))
    return True, f"Alla regler följs, och ingen plan kan vara värd mer än {distance:.2%} över denna."


def _proposals(proposals: pd.DataFrame) -> pd.DataFrame:
    reasons = [parts_in_words(row, PARTS_SV) for row in proposals.to_dict("records")]
    table = proposals.assign(reasons=reasons).sort_values(["starts_at", "request_id"])
    return table[["starts_at", "request_id", "volunteer_id", "distance_km", "value", "reasons"]]


def _unmatched(rules: pd.Series) -> pd.DataFrame:
    counts = rules.value_counts(sort=False).rename_axis("code").reset_index(name="n_requests")
    counts["because"] = [WORDS[code].sv for code in counts["code"]]
    return counts.sort_values(["n_requests", "code"], ascending=[False, True], ignore_index=True)
