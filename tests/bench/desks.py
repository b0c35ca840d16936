"""Fifty coordinators for ten minutes: each registers somebody every half minute; is anything lost, or late?

``PYTHONPATH=tests python -m bench.desks`` serves the demo's week with ten times its people, on loopback, and fails when
a page shows an error, when somebody who was registered is not in the pilot, or when the 95th percentile of a save
passes one second and a half. A save is the press of the button until the page stands again; what is typed before it
is sent field by field, as a browser does.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import served
from bench.desk import Desk
from faker import Faker

from dashboard.demo import ENDS, live
from engine.store import Store
from simulations.package import write_package
from simulations.population import town

P95_S = 1.5
TENFOLD = {"n_volunteers": 6000, "n_residents": 4000, "n_requests": 2000, "start": date(2026, 11, 30), "seed": 1}
NAME, BORN = "Namn (obligatoriskt)", "Födelseår (obligatoriskt)"
MUNICIPALITY, PLACE = "Kommun (obligatoriskt)", "Ort (obligatoriskt, utom vid skyddade personuppgifter)"
SAVE, SAVE_ANYWAY, NEXT = "Registrera", "Ingen av dem: registrera", "Annan person"


@dataclass(slots=True)
class Kept:
    """What the coordinators saw: seconds of each save, field and page, how many they registered, what failed."""

    saves: list[float] = field(default_factory=list)
    fields: list[float] = field(default_factory=list)
    opened: list[float] = field(default_factory=list)
    n_registered: int = 0
    n_in_pilot: int = 0
    errors: list[str] = field(default_factory=list)


def tenfold(folder: Path) -> Path:
    """Make the demo's week with ten times its people, or take the one that ``TENFOLD_WEEK`` names."""
    if made := os.environ.get("TENFOLD_WEEK"):
        return Path(made)
    write_package(town(**TENFOLD), folder / "package")  # type: ignore[arg-type]
    live(folder / "pilot.duckdb", folder / "package")
    return folder / "pilot.duckdb"


def work(pilot: Path, folder: Path, n_desks: int, seconds: float, every_s: float) -> Kept:
    """Serve a pilot, and let coordinators work at it for some seconds."""
    kept, before = Kept(), n_residents(pilot)
    with served.dashboard(pilot, folder, MIKRO_NOW=ENDS.isoformat()) as site:
        begins = time.monotonic() + 1
        desks = [
            threading.Thread(target=coordinate, args=(site.url, number, begins, begins + seconds, every_s, kept))
            for number in range(n_desks)
        ]
        for desk in desks:
            desk.start()
        for desk in desks:
            desk.join()
    kept.n_in_pilot = n_residents(pilot) - before
    return kept


def coordinate(url: str, number: int, begins: float, ends: float, every_s: float, kept: Kept) -> None:
    """Register somebody every ``every_s`` seconds until ``ends``, the first after a delay of this desk's own."""
    invent, lot = Faker("sv_SE"), random.Random(number)
    invent.seed_instance(number)
    try:
        time.sleep(max(0.0, begins - time.monotonic()) + lot.uniform(0, every_s))
        with Desk.at(url) as desk:
            kept.opened.append(desk.open("intag"))
            while (due := time.monotonic() + every_s) < ends:
                register(desk, f"{invent.first_name()} {invent.last_name()}", lot, kept)
                time.sleep(max(0.0, due - time.monotonic()))
    except Exception as error:
        kept.errors.append(f"desk {number}: {type(error).__name__}: {error}")


def register(desk: Desk, name: str, lot: random.Random, kept: Kept) -> None:
    """Fill in the form, save it, and turn away from the person it was about."""
    born = str(lot.randint(1930, 2000))
    for label, value in ((NAME, name), (MUNICIPALITY, "Helsingborg"), (PLACE, "Ödåkra"), (BORN, born)):
        kept.fields.append(desk.fill(label, value))
    kept.saves.append(desk.press(SAVE))
    if SAVE_ANYWAY in desk.labels:
        kept.saves.append(desk.press(SAVE_ANYWAY))
    kept.n_registered += 1
    desk.press(NEXT)


def n_residents(pilot: Path) -> int:
    """Count the residents of a pilot."""
    store = Store(pilot)
    with store.reading() as reading:
        found = len(reading.facts_of("resident_registered"))
    store.close()
    return found


def told(what: str, seconds: list[float]) -> float:
    """Print how long something took, and give the 95th percentile."""
    p50, p95, most = (float(np.quantile(seconds, share)) for share in (0.5, 0.95, 1.0))
    print(f"  {what}: p50 {p50:.2f} s, p95 {p95:.2f} s, longest {most:.2f} s ({len(seconds)})")
    return p95


def main() -> None:
    """Let them work, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--desks", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--every", type=float, default=30.0, help="seconds between two saves of one coordinator")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        pilot = tenfold(Path(name))
        kept = work(pilot, Path(name), wanted.desks, wanted.minutes * 60, wanted.every)
    print(f"{wanted.desks} coordinators, {wanted.minutes:g} min: {len(kept.errors)} errors;"
          f" {kept.n_registered} registered, {kept.n_in_pilot} of them in the pilot")  # fmt: skip
    p95 = told("save", kept.saves)
    told("field", kept.fields)
    told("page", kept.opened)
    for line in kept.errors[:10]:
        print(f"  {line}")
    sys.exit(bool(kept.errors or kept.n_in_pilot != kept.n_registered or p95 > P95_S))


if __name__ == "__main__":
    main()
