"""What a log can say nothing about: offers of a replay that are like none that was ever sent.

Where the model of answers speaks of such offers it extrapolates, and nothing in the log can show it wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from simulations.people import Bools
from simulations.replay.acceptance import CODES, NUMBERS, SIGNS, known_ends, signs_of

TAIL_SHARE = 0.01
"""Share of the log's own offers that counts as outside, at each end of a number and for the distance to the next."""

SEEN_LEAST = 3
"""A code that fewer offers of the log had is as good as unknown."""

WARN_SHARE = 0.05
"""From which share of a replay's new offers its results are not to be believed without a trial."""


@dataclass(frozen=True, slots=True)
class Support:
    """How far the log covers the offers of a replay that it does not hold.

    Parameters
    ----------
    n_offers, n_drawn
        Offers of the replay, and those of them whose answers were drawn from the model.
    outside
        ``sign``, ``meaning``, ``share`` of the drawn offers outside of what was offered, ``allowed`` in words; the
        largest share first.
    unlike_share
        Share of the drawn offers that lie further from every offer of the log, in all signs together, than all but
        one in a hundred of these lie from each other.
    """

    n_offers: int
    n_drawn: int
    outside: pd.DataFrame
    unlike_share: float

    @property
    def warnings(self) -> list[str]:
        """Say in sentences where the log is silent; empty where it covers what the policy does."""
        said = [
            f"{share:.0%} of the {self.n_drawn} offers whose answers were drawn lie outside of what was ever"
            f" offered: {meaning} ({allowed} in the log)."
            for share, meaning, allowed in self.outside[["share", "meaning", "allowed"]].itertuples(index=False)
            if share >= WARN_SHARE
        ]
        if self.unlike_share >= WARN_SHARE:
            said.append(f"{self.unlike_share:.0%} of them are like no offer of the log in all signs together.")
        return said


def support_of(log: pd.DataFrame, offers: pd.DataFrame, is_drawn: Bools) -> Support:
    """Compare the offers of a replay with those of the log (both as ``simulation/offers_told`` has them)."""
    known = signs_of(known_ends(log))
    drawn = signs_of(offers[is_drawn].reset_index(drop=True))
    rows = [(name, SIGNS[name], *_outside(known[name], drawn[name])) for name in SIGNS]
    outside = pd.DataFrame(rows, columns=["sign", "meaning", "share", "allowed"])
    return Support(
        n_offers=len(offers),
        n_drawn=len(drawn),
        outside=outside.sort_values(["share", "sign"], ascending=[False, True], ignore_index=True),
        unlike_share=_unlike_share(known, drawn),
    )


def _outside(known: pd.Series, drawn: pd.Series) -> tuple[float, str]:
    if known.name in NUMBERS:
        low, high = known.quantile([TAIL_SHARE, 1 - TAIL_SHARE], interpolation="nearest")
        is_outside = (drawn < low) | (drawn > high)
        allowed = f"{low:.2f} to {high:.2f}"
    else:
        seen = known.value_counts()
        usual = sorted(seen[seen >= SEEN_LEAST].index)
        is_outside = ~drawn.isin(usual)
        allowed = ", ".join(usual)
    return float(is_outside.mean()) if len(drawn) else 0.0, allowed


def _unlike_share(known: pd.DataFrame, drawn: pd.DataFrame) -> float:
    if drawn.empty:
        return 0.0
    both = pd.concat([known, drawn], ignore_index=True)
    numbers = both[list(NUMBERS)]
    spread = known[list(NUMBERS)].std().replace(0.0, 1.0)
    # Two offers that differ in a code are as far apart as two that differ by a deviation in one number.
    codes = pd.get_dummies(both[list(CODES)], dtype=float) / np.sqrt(2)
    place = np.hstack([(numbers / spread).to_numpy(), codes.to_numpy()])
    mine, others = place[: len(known)], place[len(known) :]
    nearest = NearestNeighbors().fit(mine)
    among_known = nearest.kneighbors(n_neighbors=1)[0][:, 0]
    usual = np.quantile(among_known, 1 - TAIL_SHARE)
    return float((nearest.kneighbors(others, n_neighbors=1)[0][:, 0] > usual).mean())
