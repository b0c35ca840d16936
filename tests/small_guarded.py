"""A pilot in which a policy is in force, its coverage has left its guardrail, and another policy's shadow is quiet."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pandas as pd
from small_pilot import EVERYTHING_FITS, MILK, policy
from small_served import served

from engine.clock import utc_of
from engine.live import guardrails
from engine.live.adoption import adopt
from engine.live.policy_life import attach_simulation, draft, start_shadow
from engine.store import Store

LATER = utc_of(datetime(2026, 12, 31, 12))
NEARER = replace(policy(radius_max_km=0.1), name="nearer")
FARTHER = replace(policy(radius_max_km=30.0), name="farther")
MANIFEST = "0123456789abcdef"
COVERAGE = pd.DataFrame([("coverage", None, 0.6, 0.8)], columns=["measure", "gap_by", "low", "high"])


def guarded_pilot(dashboard) -> Store:
    """Make it in the dashboard's file, and stand at the end of the year: two of eleven were served."""
    store = dashboard.holding(*EVERYTHING_FITS, *served(10, 2))
    before = MILK.occurred_at - timedelta(hours=1)
    adopt(store, NEARER, "lead", "board", before)
    attach_simulation(store, "lead", NEARER, COVERAGE, MANIFEST, at=MILK.occurred_at)
    guardrails.set_guardrails(store, "lead", NEARER, at=MILK.occurred_at)
    draft(store, "lead", FARTHER, "to be tried", at=MILK.occurred_at)
    attach_simulation(store, "lead", FARTHER, COVERAGE, MANIFEST, at=MILK.occurred_at)
    start_shadow(store, "lead", FARTHER, at=MILK.occurred_at)
    dashboard.stand_at(LATER)
    return store
