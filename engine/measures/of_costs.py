"""The measures of what the pilot costs; they are no better than the assumptions of ``data/reference/costs.toml``."""

from __future__ import annotations

from engine.measures.measure import Kind, Measure, Words

COSTS = tuple(
    Measure(
        name=f"handling_cost_per_{code}",
        query="handling_cost",
        params={"in_hours": code == "hour"},
        kind=Kind.RATIO,
        title=Words(f"Handling cost per {en}", f"Handläggningskostnad per {sv}"),
        definition=Words(
            f"What the coordinators' time costs for each {en}, requests that came to nothing included; by assumed"
            " minutes per step and cost per hour (costs.toml). Recruiting, vetting and the platform are not in it.",
            f"Vad samordnarnas tid kostar per {sv}, med önskemål som inte blev av inräknade, enligt antagna minuter per"
            " steg och kostnad per timme (costs.toml). Rekrytering, kontroller och plattform ingår inte.",
        ),
        denominator=Words(f"{many_en} of requests asked for in the period.", f"{many_sv} för önskemål under perioden."),
        unit=Words(f"SEK per {unit_en}", f"kr per {unit_sv}"),
        more_is_better=False,
    )
    for code, en, sv, many_en, many_sv, unit_en, unit_sv in (
        ("visit", "completed visit", "genomfört besök", "Completed visits", "Genomförda besök", "visit", "besök"),
        (
            "hour",
            "hour of help",
            "timme hjälp",
            "Hours of completed visits",
            "Timmar av genomförda besök",
            "hour",
            "timme",
        ),
    )
)
