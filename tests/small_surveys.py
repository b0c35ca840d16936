"""Surveys as the log has them: what Rut, or somebody else, answered at registration or in spring."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine import facts
from engine.clock import utc_of

WHO5 = [f"who5_{nth}" for nth in range(1, 6)]
UCLA3 = [f"ucla3_{nth}" for nth in range(1, 4)]
START = utc_of(datetime(2026, 1, 10, 12))
SPRING = START + timedelta(days=90)


def survey(occasion, who5=(), ucla3=(), recommend=None, **more):
    """Give what Rut answered; questions without an answer were left out."""
    answered = zip((*WHO5[: len(who5)], *UCLA3[: len(ucla3)]), (*who5, *ucla3), strict=True)
    answers = dict.fromkeys([*WHO5, *UCLA3]) | dict(answered)
    at = START if occasion == "registration" else SPRING
    told = {"occurred_at": at, "resident_id": "rut", "side": "resident", "recommend": recommend} | more
    return facts.SurveyAnswered(occasion=occasion, **answers, **told)
