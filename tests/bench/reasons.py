"""How long reasons, prices and chances take: on the demo pilot, and in a town with hundreds unmatched.

``python -m tests.bench.reasons`` prints one line per measurement; seconds are those of the second, warm call.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from engine.clock import utc_of
from engine.facts import RequestSubmitted
from engine.intake import import_package
from engine.matching import match
from engine.policy import Policy
from engine.prices import worths
from engine.reasons.alternatives import why
from engine.reasons.base import Base
from engine.reasons.chance import Chance, chance_of
from engine.reasons.history import History, learn
from engine.reasons.override_price import override_price
from engine.reasons.unmatched import unmatched
from engine.store import Store
from simulations.package import write_package
from simulations.population import town

ROOT = Path(__file__).parents[2]
MOMENT = utc_of(datetime(2026, 11, 29, 18, 0))
MONDAY = date(2026, 11, 30)
LARGE = {"n_volunteers": 350, "n_residents": 1400, "n_requests": 950, "start": MONDAY, "seed": 5}


def main() -> None:
    """Measure the demo pilot and the large town."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo-only", action="store_true", help="leave the large town out")
    arguments = parser.parse_args()
    measure("demo", ROOT / "data" / "demo")
    if not arguments.demo_only:
        with tempfile.TemporaryDirectory() as folder:
            write_package(town(**LARGE), folder)
            measure("large", Path(folder))


def measure(name: str, package: Path) -> None:
    """Match a package, then ask for all reasons."""
    store = Store.in_memory(clock=lambda: MOMENT)
    import_package(store, package, "bench")
    run = match(store, Policy.named("baseline"), MOMENT)
    summary = run.summary()
    print(f"{name}: {summary['n_requests']} requests, {summary['n_volunteers']} volunteers, "
          f"{summary['n_candidates']} candidates, {len(run.unmatched)} unmatched, proof {summary['proof']}, "
          f"solve {summary['seconds']['solve']:.2f} s")  # fmt: skip
    unmatched(store, request_ids=run.unmatched["request_id"].tolist()[:1])
    found = timed(f"{name}: all unmatched explained", lambda: unmatched(store))
    n_tried = sum(one.n_tried for one in found)
    print(f"  {sum(one.remedy is not None for one in found)} with a remedy, {n_tried} changes tried, "
          f"{sum(not one.all_tried for one in found)} not searched to the end")  # fmt: skip
    print(f"  {dict(Counter(one.kind for one in found))}")
    request, volunteer = run.proposals[["request_id", "volunteer_id"]].iloc[0]
    timed(f"{name}: one override priced, nothing prepared", lambda: override_price(store, "forbid", request, volunteer))
    base = timed(f"{name}: base prepared", lambda: Base.of_run(store))
    timed(f"{name}: one match explained in it", lambda: why(base, request))
    made = timed(f"{name}: what one more would be worth, top ten confirmed", lambda: worths(store))
    n_priced, proved = sum(map(len, made.found.values())), ", ".join(sorted(made.proved)) or "none"
    print(f"  {n_priced} priced; proved the best ten: {proved}")
    history = learn(store, Policy.named("baseline"), MOMENT)
    asked = entered(store, request)
    chance(store, asked, history)
    timed(f"{name}: chance of a request being entered", lambda: chance(store, asked, history))


def entered(store: Store, request_id: str) -> RequestSubmitted:
    """Ask once more for what somebody asked for, as a request that is being entered."""
    with store.reading() as reading:
        row = reading.state("requests_at", MOMENT, request_id=request_id).iloc[0]
    return RequestSubmitted(
        occurred_at=MOMENT, request_id="entered", resident_id=row["resident_id"], service=row["service"],
        minutes=int(row["minutes"]), earliest_at=row["earliest_at"], latest_at=row["latest_at"],
        volunteers_needed=1, urgency=int(row["urgency"]), languages=tuple(row["languages"]),
    )  # fmt: skip


def chance(store: Store, asked: RequestSubmitted, history: History) -> Chance:
    """Say how likely it will be served, with wider and narrower windows."""
    with store.reading() as reading:
        return chance_of(reading, Policy.named("baseline"), MOMENT, asked, history)


def timed(what: str, call: Callable[[], Any]) -> Any:
    """Call, and print how long it took."""
    began, busy = time.perf_counter(), time.process_time()
    result = call()
    print(f"{what}: {time.perf_counter() - began:.2f} s ({time.process_time() - busy:.2f} s of processor)", flush=True)
    return result


if __name__ == "__main__":
    main()
