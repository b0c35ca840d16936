"""Invented towns: volunteers, residents who ask, and their requests, drawn from the real statistics.

The parts are drawn in files of their own (people, helping, asking); here they become one town. The same seed
and start give the same town on every machine and date. ``python -m simulations.population data/demo`` writes
the demo package anew.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from simulations.asking import PROTECTED_SHARE, Askers, askers
from simulations.cases import add_cases, describe
from simulations.helping import Volunteers, volunteers
from simulations.package import Town, columns, write_package
from simulations.people import contacts, fitted_margins, people, protect

__all__ = ["DEMO", "Size", "Town", "demo", "fitted_margins", "people", "town", "write_demo", "write_package"]

PREFERRED_SHARE = 0.05
"""Assumption: share of residents who ask and name a volunteer they would like."""

BLOCKED_SHARE = 0.01
"""Assumption: share of residents who ask and never want a certain volunteer again."""


class Size(NamedTuple):
    """How large a town is, the day its fortnight starts, and the seed it is drawn with."""

    n_volunteers: int
    n_residents: int
    n_requests: int
    start: date
    seed: int


DEMO = Size(n_volunteers=600, n_residents=400, n_requests=200, start=date(2026, 11, 30), seed=1)
"""The demo pilot, starting on a Monday: about the 1 000 users Helsingborg's app had after half a year."""


def town(n_volunteers: int, n_residents: int, n_requests: int, start: date, seed: int) -> Town:
    """Invent a town on the eve of a fortnight.

    Parameters
    ----------
    n_volunteers
        Each is a resident too.
    n_residents
        Residents who ask; not everyone has an open request.
    n_requests
        Open requests, made in the three weeks before ``start`` (until 18:00 of the day before), for windows
        within the two weeks from ``start``. All are eligible under ``data/reference``.

    Raises
    ------
    InputError
        When there are requests and nobody to ask.
    """
    rng = np.random.default_rng(seed)
    helping = volunteers(n_volunteers, rng, start)
    asking = askers(n_residents, n_requests, n_volunteers + 1, rng, start)
    return Town(
        residents=_residents(helping, asking, rng),
        volunteers=helping.volunteers,
        availability=helping.availability,
        vetting=helping.vetting,
        grants=asking.grants,
        requests=asking.requests,
        relations=_relations(helping, asking, rng),
    )


def demo() -> Town:
    """Invent the demo town, without the cases written into it."""
    return town(**DEMO._asdict())


def write_demo(folder: Path | str) -> None:
    """Write the demo package with its deliberate cases, and the README that lists them."""
    with_cases, cases = add_cases(demo(), DEMO.start)
    write_package(with_cases, folder)
    (Path(folder) / "README.md").write_text(describe(with_cases, cases), encoding="utf-8", newline="\n")


def _residents(helping: Volunteers, asking: Askers, rng: np.random.Generator) -> pd.DataFrame:
    everybody = pd.concat([helping.people, asking.people], ignore_index=True)
    everybody["resident_id"] = [*helping.volunteers["resident_id"], *asking.people["resident_id"]]
    table = pd.concat([everybody, contacts(everybody, rng)], axis=1)
    asks = np.arange(len(table)) >= len(helping.people)
    return protect(table, asks & (rng.random(len(table)) < PROTECTED_SHARE))[columns("residents")]


def _relations(helping: Volunteers, asking: Askers, rng: np.random.Generator) -> pd.DataFrame:
    """Some residents prefer or block a volunteer of their own municipality."""
    who, known_to = asking.people, helping.people["municipality_code"].to_numpy(str)
    order = np.argsort(known_to, kind="stable")
    home = who["municipality_code"].to_numpy(str)
    first = np.searchsorted(known_to[order], home)
    n_near = np.searchsorted(known_to[order], home, side="right") - first
    u = rng.random(len(who))
    kind = np.select([u < PREFERRED_SHARE, u < PREFERRED_SHARE + BLOCKED_SHARE], ["preferred", "blocked"], "")
    some = (kind != "") & (n_near > 0)
    position = (first + (rng.random(len(who)) * n_near).astype(int))[some]
    return pd.DataFrame(
        {
            "resident_id": who["resident_id"].to_numpy()[some],
            "volunteer_id": helping.volunteers["volunteer_id"].to_numpy()[order[position]],
            "kind": kind[some],
        }
    )


def _main() -> None:
    parser = argparse.ArgumentParser(description="Write the demo data package anew; the bytes are always the same.")
    parser.add_argument("folder", type=Path, help="where to write it, for example data/demo")
    folder = parser.parse_args().folder
    write_demo(folder)
    print(f"{folder}: {DEMO.n_volunteers} volunteers, {DEMO.n_requests} requests, seed {DEMO.seed}.")


if __name__ == "__main__":
    _main()
