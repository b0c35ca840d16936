"""Why this volunteer, and why nobody: answers read off the same rules that made the candidates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine.candidates import COLUMNS, VALUE_PARTS, View, parameters, view
from engine.errors import InputError
from engine.lifecycle import WAITING
from engine.policy import Policy
from engine.rules import BETTER_USED, PAIR_RULES, PARTLY_SERVED, REQUEST_RULES, WORDS

if TYPE_CHECKING:
    from engine.store import Reading, Store


# A volunteer may be stopped by a rule about requests too: one with a protected identity.
_STEPS = [rule.code for rule in (*REQUEST_RULES, *PAIR_RULES)] + ["candidate"]
RULE_STEPS = pd.DataFrame({"rule": _STEPS, "step": range(len(_STEPS))})


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a run did with one request, and why.

    Parameters
    ----------
    proposals
        The chosen candidates of the request (columns ``candidates.COLUMNS``); empty when unmatched.
    rule
        Why the request did not get all its volunteers: a code of ``rules.WORDS``, or ``None``.
    funnel
        ``rule``, ``n_volunteers``: how many volunteers each rule stopped, in the order tried. Those stopped by
        none carry the rule ``candidate``.
    runners_up
        The other candidates of the request, best start of each volunteer, most valuable first.
    """

    request_id: str
    run_id: str
    proposals: pd.DataFrame
    rule: str | None
    funnel: pd.DataFrame
    runners_up: pd.DataFrame = field(repr=False)

    def in_words(self) -> list[str]:
        """Say it in plain sentences."""
        lines = []
        for row in self.proposals.to_dict("records"):
            when = f"{row['starts_at']:%a} {row['starts_at'].day} {row['starts_at']:%B at %H:%M}"
            if pd.isna(row["distance_km"]):
                lines.append(f"{row['volunteer_id']} on {when}; how far away was erased with one of the two.")
                continue
            worth = f"{row['value']:g} points = {parts_in_words(row)}"
            lines.append(f"{row['volunteer_id']} on {when}, {row['distance_km']:.1f} km away: {worth}.")
        if self.rule:
            lines.append(f"Not fully served, because {WORDS[self.rule].en} ({self.rule}).")
        for rule, n in self.funnel[["rule", "n_volunteers"]].itertuples(index=False):
            words = "could come" if rule == "candidate" else f"stopped by {rule}"
            lines.append(f"{n} volunteer{'' if n == 1 else 's'} {words}.")
        return lines


def explain(store: Store, request_id: str, run_id: str | None = None) -> Explanation:
    """Explain what a run (default: the newest) did with a request.

    Raises
    ------
    InputError
        When there is no such run, or the run did not look at the request.
    """
    with store.reading() as reading:
        run = stored_run(reading, run_id)
        seen = view_of(reading, run)
        if request_id not in set(seen.requests["request_id"]):
            raise InputError(
                f"Run {run['run_id']} did not look at request {request_id!r}: {_why(reading, seen, request_id)}."
            )
        results = reading.query("run_results", run_id=run["run_id"])
        mine = results[results["request_id"] == request_id]
        counts = funnel(reading, seen, [request_id])
    rules = mine.loc[mine["rule"].notna(), "rule"]
    proposals = mine.loc[mine["volunteer_id"].notna(), COLUMNS].reset_index(drop=True)
    others = seen.candidates[seen.candidates["request_id"] == request_id]
    others = others[~others["volunteer_id"].isin(proposals["volunteer_id"])]
    return Explanation(
        request_id=request_id,
        run_id=run["run_id"],
        proposals=proposals,
        rule=rules.iloc[0] if len(rules) else None,
        funnel=counts[["rule", "n_volunteers"]],
        runners_up=others.sort_values(["value", "volunteer_id", "starts_at"], ascending=[False, True, True])
        .drop_duplicates("volunteer_id")[COLUMNS]
        .reset_index(drop=True),
    )


def _why(reading: Reading, seen: View, request_id: str) -> str:
    """Say why a run did not look at a request."""
    requests = reading.state("requests_at", seen.as_of, seen.until_entry).set_index("request_id")
    if request_id not in requests.index:
        return "it was not known then"
    status = str(requests["status"][request_id])
    if status not in WAITING:
        return f"it was {status} then"
    if requests["n_pending"][request_id]:
        return "as many volunteers as it needs had been asked then"
    return "its time window lies outside the horizon"


def stored_run(reading: Reading, run_id: str | None) -> dict[str, Any]:
    """Find a stored run by id, or the newest.

    Raises
    ------
    InputError
        When there is none.
    """
    runs = reading.query("runs")
    runs = runs if run_id is None else runs[runs["run_id"] == run_id]
    if runs.empty:
        missing = "There is no match run yet: try `mikro match`."
        raise InputError(missing if run_id is None else f"There is no run {run_id!r}.")
    return dict(runs.sort_values("entry_no").iloc[-1])


def view_of(reading: Reading, run: dict[str, Any]) -> View:
    """Look again at what a stored run looked at, under the policy it stored."""
    policy = Policy.from_text(run["content"], origin=f"policy of run {run['run_id']}")
    return view(reading, policy, run["as_of"].to_pydatetime().replace(tzinfo=UTC), int(run["input_entry_no"]))


def dead_ends(reading: Reading, seen: View) -> dict[str, str]:
    """Name for every request without any candidate the rule at which the volunteer who came furthest stopped.

    The reading must be the one in which ``seen`` was made.
    """
    ruled = seen.requests[seen.requests["rule"].notna()]
    rules: dict[str, str] = dict(zip(ruled["request_id"], ruled["rule"], strict=True))
    alone = set(seen.requests["request_id"]) - set(seen.candidates["request_id"]) - rules.keys()
    if alone:
        params = parameters(seen.policy, seen.as_of, seen.until_entry)
        # Where a pair was tried, no other came as far; all pairs need be formed only where none was.
        reading.keep("pairs_of_requests", into="tried_pairs", request_ids=sorted(alone))
        untried = alone - set(reading.query("tried_requests")["request_id"])
        reading.keep("pair_rules", request_ids=sorted(untried), **params)
        reading.keep("starts", into="tried_starts", with_rules=True, **params)
        furthest = reading.query("furthest_rules", tables={"rule_steps": RULE_STEPS})
        found = dict(zip(furthest["request_id"], furthest["rule"], strict=True))
        rules |= dict.fromkeys(alone, PAIR_RULES[0].code) | found
    return rules


def unmatched_rules(seen: View, proposals: pd.DataFrame, dead_ends: dict[str, str]) -> pd.DataFrame:
    """Name for every request without all its volunteers the rule that explains it.

    Returns
    -------
    DataFrame
        ``request_id``, ``rule``, sorted by request.
    """
    n_given = proposals.groupby("request_id").size()
    rows = [
        (request_id, PARTLY_SERVED.code if n else dead_ends.get(request_id, BETTER_USED.code))
        for request_id, n_needed in seen.requests[["request_id", "n_needed"]].itertuples(index=False)
        if (n := n_given.get(request_id, 0)) < n_needed
    ]
    return pd.DataFrame(rows, columns=["request_id", "rule"])


def funnel(reading: Reading, seen: View, request_ids: list[str]) -> pd.DataFrame:
    """Count for each asked request how many volunteers each rule stopped.

    The reading must be the one in which ``seen`` was made.

    Returns
    -------
    DataFrame
        ``request_id``, ``rule``, ``step``, ``n_volunteers`` in the order of the rules; every volunteer is
        counted once, at the rule that stops the pair. ``candidate`` counts those whom no rule stops.
    """
    params = parameters(seen.policy, seen.as_of, seen.until_entry)
    reading.keep("pair_rules", request_ids=request_ids, **params)
    reading.keep("unruled_pairs", into="tried_pairs")
    reading.keep("starts", into="tried_starts", with_rules=True, **params)
    return reading.query("funnel", tables={"rule_steps": RULE_STEPS})


def parts_in_words(candidate: dict[Any, Any], names: dict[str, str] | None = None) -> str:
    """Write the parts of a candidate's value as a sum: ``100 served + 25 urgency - 3.2 distance``.

    ``names`` may give the parts other names, such as Swedish ones.
    """
    parts = [(column.removeprefix("value_"), candidate[column]) for column in VALUE_PARTS]
    parts = [(name, points) for name, points in parts if points and not pd.isna(points)]
    text = " ".join(
        f"{'-' if points < 0 else '+'} {abs(points):g} {(names or {}).get(name, name)}" for name, points in parts
    )
    return text.removeprefix("+ ")
