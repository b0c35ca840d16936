"""Check a stored run again from nothing but facts: same input, every rule kept, value and bound as claimed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.candidates import COLUMNS, View
from engine.certificate import CertificateNames
from engine.checks import certified_bound, objective_of, violations
from engine.errors import InputError
from engine.explain import stored_run, view_of
from engine.plan_model.bounds import PROVED, proof_of
from engine.programme import problem_of

if TYPE_CHECKING:
    from engine.store import Store


@dataclass(frozen=True, slots=True)
class Verification:
    """What could be established of a stored run.

    Parameters
    ----------
    faults
        Every way in which the run is not what it claims, in words; empty when all holds.
    objective, bound
        As recomputed here: the value of the stored proposals, and the bound of the stored prices.
    proof
        What these two prove: ``optimal`` or ``feasible``.
    rests_on_solver
        Whether the run has no prices (compact model), so that its bound is the solver's word alone.
    n_erased
        How many persons whom the run looked at were erased since. Its candidates cannot be made again, so ``proof``
        is ``unchecked``, ``objective`` and ``bound`` are as stored, and only the proposals of others were checked.
    """

    run_id: str
    faults: tuple[str, ...]
    objective: float
    bound: float
    proof: str
    rests_on_solver: bool = False
    n_erased: int = 0

    @property
    def sentence(self) -> str:
        """Say in one line what is proved."""
        if self.faults:
            return f"Run {self.run_id} is NOT what it claims: {'; '.join(self.faults)}."
        if self.n_erased:
            return (
                f"Run {self.run_id} looked at {self.n_erased} person{'' if self.n_erased == 1 else 's'} whose place was"
                " erased since, so its value and bound cannot be computed again; its proposals for others are allowed."
                " `mikro verify --log` shows whether anything else was changed."
            )
        kept = f"Run {self.run_id} keeps every rule and is worth {self.objective:,.2f} points"
        if self.proof == "optimal":
            return f"{kept}; its prices prove that no plan can be worth more (bound {self.bound:,.2f})."
        if self.rests_on_solver:
            return f"{kept}; the compact model leaves no prices, so its bound rests on the solver's word alone."
        distance = (self.bound - self.objective) / max(1.0, abs(self.objective))
        return f"{kept}; its prices prove that no plan can be worth more than {distance:.4%} above it."


def verify(store: Store, run_id: str | None = None) -> Verification:
    """Recompute feasibility, value and bound of a stored run (default: the newest) without the solver.

    Raises
    ------
    InputError
        When there is no such run.
    """
    with store.reading() as reading:
        run = stored_run(reading, run_id)
        seen = view_of(reading, run)
        results = reading.query("run_results", run_id=run["run_id"])
        prices = reading.query("run_prices", run_id=run["run_id"])
        entries: dict[str, Any] = {name: int(run[name]) for name in ("entry_no", "input_entry_no")}
        erased = reading.query("places_erased_since", **entries)
    if len(erased) and seen.hash() != run["input_hash"]:
        return _without_erased(run, seen, results, erased)
    problem = problem_of(seen)
    proposals = results[results["volunteer_id"].notna()]
    chosen, faults = _rows_of(seen, proposals)
    faults += violations(problem, chosen)
    objective = objective_of(problem, chosen)
    if seen.hash() != run["input_hash"]:
        faults.append("its input has changed since")
    if abs(objective - run["objective"]) > PROVED * max(1.0, abs(objective)):
        faults.append(f"it claims {run['objective']:.2f} points, its proposals are worth {objective:.2f}")
    try:
        bound = certified_bound(problem, CertificateNames.of(seen, problem).read(prices))
    except InputError as error:
        faults.append(str(error).rstrip("."))
        bound = float("inf")
    proof = proof_of(objective, bound, 0.0, problem.resolution)
    has_no_prices = run["model"] == "compact" and prices.empty
    if bound > run["bound"] + PROVED * max(1.0, abs(run["bound"])) and not has_no_prices:
        faults.append(f"it claims the bound {run['bound']:.4f}, its prices prove {bound:.4f}")
    if run["proof"] == "optimal" and proof != "optimal" and not has_no_prices:
        faults.append("it claims to be optimal, which its prices do not prove")
    return Verification(run["run_id"], tuple(faults), objective, bound, proof, has_no_prices and proof != "optimal")


def _without_erased(run: dict[str, Any], seen: View, results: pd.DataFrame, erased: pd.DataFrame) -> Verification:
    """Check what can still be checked: the proposals in which nobody has a part who was erased."""
    has_part = results[["request_id", "volunteer_id"]].isin(set(erased["party_id"])).any(axis=1)
    _, faults = _rows_of(seen, results[results["volunteer_id"].notna() & ~has_part])
    return Verification(
        run_id=run["run_id"],
        faults=tuple(faults),
        objective=float(run["objective"]),
        bound=float(run["bound"]),
        proof="unchecked",
        n_erased=erased["resident_id"].nunique(),
    )


def _rows_of(seen: View, proposals: pd.DataFrame) -> tuple[list[int], list[str]]:
    """Find each stored proposal among the candidates, and say which are not there or differ."""
    keys = ["request_id", "volunteer_id", "starts_at"]
    rows = pd.MultiIndex.from_frame(seen.candidates[keys]).get_indexer(pd.MultiIndex.from_frame(proposals[keys]))
    faults = []
    for row, stored in zip(rows, proposals.to_dict("records"), strict=True):
        name = f"{stored['volunteer_id']} for {stored['request_id']} at {stored['starts_at']:%Y-%m-%d %H:%M}"
        if row < 0:
            faults.append(f"no rule allows {name}")
            continue
        allowed = seen.candidates.iloc[row]
        differing = [column for column in COLUMNS if not _same(stored[column], allowed[column])]
        faults += [f"{name} is stored with another {column}" for column in differing]
    return [int(row) for row in rows if row >= 0], faults


def _same(stored: object, allowed: object) -> bool:
    if isinstance(stored, float) and isinstance(allowed, float | int | np.number):
        return abs(stored - float(allowed)) < 1e-9
    return bool(stored == allowed)
