"""The measures of quality of life: how people who answered the survey say they are, before and after, on either side.

A score is made by the published rule of its scale, and only where no question of it was left out: neither scale has a
rule for filling in. A change is of those who answered twice and says nothing of the others, nor of its cause.

- WHO-5: Topp, Østergaard, Søndergaard, Bech (2015), doi 10.1159/000376585; sum of five answers times 4, 0 to 100.
- UCLA-3: Hughes, Waite, Hawkley, Cacioppo (2004), doi 10.1177/0164027504268574; sum of three answers, 3 to 9.
- Net promoter score: Reichheld (2003), Harvard Business Review 81(12); the share of 9-10 less that of 0-6.
"""

from __future__ import annotations

from engine.measures.measure import PERSON_GROUPS, TIMES, Kind, Measure, Words

MEANINGFUL_STEP = 10
"""The change of the WHO-5 index that is meaningful to a person, in points (Topp et al. 2015)."""

SHARE_OF_PERSONS = Words("share of persons", "andel av personerna")
GROUPS = (*PERSON_GROUPS, *TIMES)


def _of(side: str, en: str, sv: str) -> tuple[Measure, ...]:
    """Make the measures of one side; ``en`` and ``sv`` name it in the plural."""
    twice = Words(
        f"{en.capitalize()} who answered every question of the scale at registration and again at a follow-up of the"
        " period; the newest counts.",
        f"{sv.capitalize()} som besvarat skalans alla frågor vid registreringen och igen vid en uppföljning under"
        " perioden; den senaste räknas.",
    )
    return (
        Measure(
            name=f"who5_change_{side}",
            query="survey_change",
            params={"scale": "who5", "side": side, "step": None},
            kind=Kind.MEAN,
            by=GROUPS,
            title=Words(f"Change of well-being (WHO-5), {en}", f"Förändrat välbefinnande (WHO-5), {sv}"),
            definition=Words(
                "Mean change of the WHO-5 index (0 to 100) from registration to the newest follow-up; higher is"
                " better.",
                "Genomsnittlig förändring av WHO-5 (0 till 100) från registreringen till senaste uppföljningen; högre"
                " är bättre.",
            ),
            denominator=twice,
            unit=Words("points of 100", "poäng av 100"),
            more_is_better=True,
        ),
        Measure(
            name=f"who5_better_{side}",
            query="survey_change",
            params={"scale": "who5", "side": side, "step": MEANINGFUL_STEP},
            kind=Kind.SHARE,
            by=GROUPS,
            title=Words(f"Clearly better well-being, {en}", f"Klart bättre välbefinnande, {sv}"),
            definition=Words(
                f"Persons whose WHO-5 index rose by at least {MEANINGFUL_STEP} points.",
                f"Personer vars WHO-5 steg med minst {MEANINGFUL_STEP} poäng.",
            ),
            denominator=twice,
            unit=SHARE_OF_PERSONS,
            more_is_better=True,
        ),
        Measure(
            name=f"ucla3_change_{side}",
            query="survey_change",
            params={"scale": "ucla3", "side": side, "step": None},
            kind=Kind.MEAN,
            by=GROUPS,
            title=Words(f"Change of loneliness (UCLA-3), {en}", f"Förändrad ensamhet (UCLA-3), {sv}"),
            definition=Words(
                "Mean change of the three-item loneliness scale (3 to 9) from registration to the newest follow-up;"
                " lower is better.",
                "Genomsnittlig förändring av ensamhetsskalan UCLA-3 (3 till 9) från registreringen till senaste"
                " uppföljningen; lägre är bättre.",
            ),
            denominator=twice,
            unit=Words("points of 3 to 9", "poäng, 3 till 9"),
            more_is_better=False,
        ),
        Measure(
            name=f"nps_{side}",
            query="recommendation",
            params={"side": side},
            kind=Kind.RATIO,
            per=100.0,
            by=GROUPS,
            title=Words(f"Would recommend (NPS), {en}", f"Skulle rekommendera (NPS), {sv}"),
            definition=Words(
                "Share that would recommend the service with 9 or 10 less the share that answers 0 to 6, times 100.",
                "Andel som svarar 9 eller 10 på om de skulle rekommendera tjänsten minus andel som svarar 0 till 6,"
                " gånger 100.",
            ),
            denominator=Words(
                f"{en.capitalize()} who answered the question at a follow-up of the period; the newest counts.",
                f"{sv.capitalize()} som besvarat frågan vid en uppföljning under perioden; den senaste räknas.",
            ),
            unit=Words("points from -100 to 100", "poäng från -100 till 100"),
            more_is_better=True,
        ),
        Measure(
            name=f"followed_up_{side}",
            query="followed_up",
            params={"side": side},
            kind=Kind.SHARE,
            by=GROUPS,
            title=Words(f"Followed up, {en}", f"Uppföljda, {sv}"),
            definition=Words(
                "Persons who have answered a follow-up since; the others are missing from every change.",
                "Personer som sedan dess besvarat en uppföljning; de andra saknas i alla förändringar.",
            ),
            denominator=Words(
                f"{en.capitalize()} who answered the survey at registration in the period.",
                f"{sv.capitalize()} som besvarat enkäten vid registreringen under perioden.",
            ),
            unit=SHARE_OF_PERSONS,
            more_is_better=True,
        ),
    )


SURVEYED = (*_of("resident", "residents", "invånare"), *_of("volunteer", "volunteers", "volontärer"))
