"""The measures of those who help: whether they are used, how evenly, whether they stay, how long vetting takes."""

from __future__ import annotations

from typing import Any

from engine.measures.measure import PERSON_GROUPS, TIMES, Kind, Measure, Words

APPROVED = Words(
    "Volunteers approved at the end of the period: not left, and holding every check of a service they offer.",
    "Godkända volontärer vid periodens slut: kvar, och med alla kontroller för minst en tjänst de erbjuder.",
)
JOINED = Words("Volunteers who joined in the period.", "Volontärer som gick med under perioden.")
SHARE_OF_VOLUNTEERS = Words("share of volunteers", "andel av volontärerna")


def _used(days: int) -> Measure:
    params: dict[str, Any] = {"days": days, "count_idle": False}
    return Measure(
        name=f"used_{days}_days",
        query="used_volunteers",
        params=params,
        kind=Kind.SHARE,
        by=PERSON_GROUPS,
        title=Words(f"Volunteers used in {days} days", f"Volontärer som anlitats på {days} dagar"),
        definition=Words(
            f"Volunteers with at least one completed visit in the last {days} days of the period.",
            f"Volontärer med minst ett genomfört besök under periodens sista {days} dagar.",
        ),
        denominator=APPROVED,
        unit=SHARE_OF_VOLUNTEERS,
        more_is_better=True,
    )


def _retention(days: int) -> Measure:
    return Measure(
        name=f"retention_{days}_days",
        query="stay_days",
        kind=Kind.STILL,
        after_days=days,
        by=(*PERSON_GROUPS, *TIMES),
        title=Words(f"Volunteers still there after {days} days", f"Volontärer kvar efter {days} dagar"),
        definition=Words(
            f"Volunteers who had not left {days} days after joining; who joined later counts for as long as seen.",
            f"Volontärer som inte slutat inom {days} dagar; de som gått med senare räknas så länge de kunnat följas.",
        ),
        denominator=JOINED,
        unit=SHARE_OF_VOLUNTEERS,
        more_is_better=True,
    )


HELPING = (
    _used(30),
    _used(90),
    Measure(
        name="idle",
        query="used_volunteers",
        params={"days": None, "count_idle": True},
        kind=Kind.SHARE,
        by=PERSON_GROUPS,
        title=Words("Volunteers never used", "Volontärer som aldrig anlitats"),
        definition=Words(
            "Volunteers without any completed visit so far.", "Volontärer utan något genomfört besök hittills."
        ),
        denominator=APPROVED,
        unit=SHARE_OF_VOLUNTEERS,
        more_is_better=False,
    ),
    Measure(
        name="hours_gini",
        query="hours_per_volunteer",
        kind=Kind.GINI,
        by=PERSON_GROUPS,
        title=Words("Unevenness of hours (Gini)", "Ojämnhet i timmar (Gini)"),
        definition=Words(
            "How unevenly the hours of the period fell on the volunteers: 0 when all did the same, near 1 when few did"
            " everything.",
            "Hur ojämnt periodens timmar fördelades på volontärerna: 0 när alla gjorde lika mycket, nära 1 när några få"
            " gjorde allt.",
        ),
        denominator=APPROVED,
        unit=Words("Gini coefficient, 0 to 1", "Ginikoefficient, 0 till 1"),
        more_is_better=False,
    ),
    _retention(90),
    _retention(180),
    Measure(
        name="vetting_days",
        query="vetting_days",
        kind=Kind.MEDIAN,
        by=(*PERSON_GROUPS, *TIMES),
        title=Words("Days of vetting", "Dagar till godkännande"),
        definition=Words(
            "Days from joining until half of the volunteers could be sent to a service; who left before never could.",
            "Dagar från anmälan tills hälften av volontärerna kunde skickas till en tjänst; de som slutat innan kunde"
            " aldrig.",
        ),
        denominator=JOINED,
        unit=Words("days", "dagar"),
        more_is_better=False,
    ),
)
