"""The measures of quality of life: how people who answered the survey say they are, before and after, on either side.

A score is made by the published rule of its scale, and only where no question of it was left out: neither scale has a
rule for filling in. A change is of those who answered twice and says nothing of the others, nor of its cause.

- WHO-5: Topp, Østergaard, Søndergaard, Bech (2015), doi 10.1159/000376585; sum of five answers times 4, 0 to 100.
- UCLA-3: Hughes, Waite, Hawkley, Cacioppo (2004), doi 10.1177/0164027504268574; sum of three answers, 3 to 9.
- Net promoter score: Reichheld (2003), Harvard Business Review 81(12); the share of 9-10 less that of 0-6.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.measures.measure import PERSON_GROUPS, TIMES, Kind, Measure, Words

MEANINGFUL_STEP = 10
"""The change of the WHO-5 index that is meaningful to a person, in points (Topp et al. 2015)."""

SHARE_OF_PERSONS = Words("share of persons", "andel av personerna")
GROUPS = (*PERSON_GROUPS, *TIMES)


@dataclass(frozen=True, slots=True)
class _Side:
    """A side that answers: its code, and what it is called in the plural."""

    code: str
    en: str
    sv: str

    def who(self, en: str, sv: str) -> Words:
        """Begin a sentence with the side."""
        return Words(f"{self.en.capitalize()} {en}", f"{self.sv.capitalize()} {sv}")

    def title(self, en: str, sv: str) -> Words:
        """End a title with the side."""
        return Words(f"{en}, {self.en}", f"{sv}, {self.sv}")


SIDES = (_Side("resident", "residents", "invånare"), _Side("volunteer", "volunteers", "volontärer"))


def _answered_twice(side: _Side) -> Words:
    return side.who(
        "who answered every question of the scale at registration and again at a follow-up of the period; the newest"
        " counts.",
        "som besvarat skalans alla frågor vid registreringen och igen vid en uppföljning under perioden; den senaste"
        " räknas.",
    )


def _well_being(side: _Side) -> Measure:
    return Measure(
        name=f"who5_change_{side.code}",
        query="survey_change",
        params={"scale": "who5", "side": side.code, "step": None},
        kind=Kind.MEAN,
        by=GROUPS,
        title=side.title("Change of well-being (WHO-5)", "Förändrat välbefinnande (WHO-5)"),
        definition=Words(
            "Mean change of the WHO-5 index (0 to 100) from registration to the newest follow-up; higher is better.",
            "Genomsnittlig förändring av WHO-5 (0 till 100) från registreringen till senaste uppföljningen; högre är"
            " bättre.",
        ),
        denominator=_answered_twice(side),
        unit=Words("points of 100", "poäng av 100"),
        more_is_better=True,
    )


def _clearly_better(side: _Side) -> Measure:
    return Measure(
        name=f"who5_better_{side.code}",
        query="survey_change",
        params={"scale": "who5", "side": side.code, "step": MEANINGFUL_STEP},
        kind=Kind.SHARE,
        by=GROUPS,
        title=side.title("Clearly better well-being", "Klart bättre välbefinnande"),
        definition=Words(
            f"Persons whose WHO-5 index rose by at least {MEANINGFUL_STEP} points.",
            f"Personer vars WHO-5 steg med minst {MEANINGFUL_STEP} poäng.",
        ),
        denominator=_answered_twice(side),
        unit=SHARE_OF_PERSONS,
        more_is_better=True,
    )


def _loneliness(side: _Side) -> Measure:
    return Measure(
        name=f"ucla3_change_{side.code}",
        query="survey_change",
        params={"scale": "ucla3", "side": side.code, "step": None},
        kind=Kind.MEAN,
        by=GROUPS,
        title=side.title("Change of loneliness (UCLA-3)", "Förändrad ensamhet (UCLA-3)"),
        definition=Words(
            "Mean change of the three-item loneliness scale (3 to 9) from registration to the newest follow-up; lower"
            " is better.",
            "Genomsnittlig förändring av ensamhetsskalan UCLA-3 (3 till 9) från registreringen till senaste"
            " uppföljningen; lägre är bättre.",
        ),
        denominator=_answered_twice(side),
        unit=Words("points of 3 to 9", "poäng, 3 till 9"),
        more_is_better=False,
    )


def _recommendation(side: _Side) -> Measure:
    return Measure(
        name=f"nps_{side.code}",
        query="recommendation",
        params={"side": side.code},
        kind=Kind.RATIO,
        per=100.0,
        by=GROUPS,
        title=side.title("Would recommend (NPS)", "Skulle rekommendera (NPS)"),
        definition=Words(
            "Share that would recommend the service with 9 or 10 less the share that answers 0 to 6, times 100.",
            "Andel som svarar 9 eller 10 på om de skulle rekommendera tjänsten minus andel som svarar 0 till 6, gånger"
            " 100.",
        ),
        denominator=side.who(
            "who answered the question at a follow-up of the period; the newest counts.",
            "som besvarat frågan vid en uppföljning under perioden; den senaste räknas.",
        ),
        unit=Words("points from -100 to 100", "poäng från -100 till 100"),
        more_is_better=True,
    )


def _followed_up(side: _Side) -> Measure:
    return Measure(
        name=f"followed_up_{side.code}",
        query="followed_up",
        params={"side": side.code},
        kind=Kind.SHARE,
        by=GROUPS,
        title=side.title("Followed up", "Uppföljda"),
        definition=Words(
            "Persons who have answered a follow-up since; the others are missing from every change.",
            "Personer som sedan dess besvarat en uppföljning; de andra saknas i alla förändringar.",
        ),
        denominator=side.who(
            "who answered the survey at registration in the period.",
            "som besvarat enkäten vid registreringen under perioden.",
        ),
        unit=SHARE_OF_PERSONS,
        more_is_better=True,
    )


SURVEYED = tuple(
    made(side) for side in SIDES for made in (_well_being, _clearly_better, _loneliness, _recommendation, _followed_up)
)
