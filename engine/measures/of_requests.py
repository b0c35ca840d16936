"""The measures of what residents asked for and what became of it."""

from __future__ import annotations

from engine.measures.measure import PERSON_GROUPS, TIMES, Kind, Measure, Words

ELIGIBLE_ASKED = Words(
    "Requests asked for in the period by residents who may ask for the service on some day of the window.",
    "Önskemål under perioden från invånare som har rätt till tjänsten någon dag i tidsfönstret.",
)
CLOSED = Words(
    "Eligible requests asked for in the period whose window has closed, those taken back too.",
    "Berättigade önskemål under perioden vars tidsfönster har passerat, även återtagna.",
)
COUNTED_ON = Words(
    "Visits of the period that were completed, missed or cancelled late.",
    "Besök under perioden som genomfördes, uteblev eller ställdes in sent.",
)
NO_DENOMINATOR = Words("None, it is a count.", "Ingen, det är ett antal.")
SHARE_OF_REQUESTS = Words("share of requests", "andel av önskemålen")
SHARE_OF_VISITS = Words("share of visits", "andel av besöken")
DAYS = Words("days", "dagar")
BY_VOLUNTEER, BY_RESIDENT = {"side": "volunteer"}, {"side": "resident"}

SERVED = (
    Measure(
        name="coverage",
        query="coverage",
        params={"within_window": False},
        kind=Kind.SHARE,
        title=Words("Coverage", "Täckning"),
        definition=Words(
            "Requests all of whose visits were completed.", "Önskemål där alla besök som behövdes genomfördes."
        ),
        denominator=CLOSED,
        unit=SHARE_OF_REQUESTS,
        more_is_better=True,
    ),
    Measure(
        name="coverage_in_window",
        query="coverage",
        params={"within_window": True},
        kind=Kind.SHARE,
        title=Words("Coverage within the asked window", "Täckning inom önskat tidsfönster"),
        definition=Words(
            "Requests all of whose visits were completed within the window asked for.",
            "Önskemål där alla besök som behövdes genomfördes inom det önskade tidsfönstret.",
        ),
        denominator=CLOSED,
        unit=SHARE_OF_REQUESTS,
        more_is_better=True,
    ),
    Measure(
        name="requests",
        query="requests",
        kind=Kind.TOTAL,
        title=Words("Requests", "Önskemål"),
        definition=Words("Eligible requests asked for.", "Antal berättigade önskemål."),
        denominator=NO_DENOMINATOR,
        unit=Words("requests", "önskemål"),
    ),
)

WAITING = (
    Measure(
        name="first_offer_days",
        query="days_until",
        params={"step": "sent"},
        kind=Kind.MEDIAN,
        title=Words("Days to the first offer", "Dagar till första erbjudande"),
        definition=Words(
            "Days until half of the requests had led to an offer to a volunteer. Open requests have waited until now;"
            " those that ended without an offer never had one.",
            "Dagar tills hälften av önskemålen hade lett till ett erbjudande till en volontär. Öppna önskemål"
            " har väntat till nu; de som tagit slut utan erbjudande fick aldrig något.",
        ),
        denominator=ELIGIBLE_ASKED,
        unit=DAYS,
        more_is_better=False,
    ),
    Measure(
        name="acceptance_days",
        query="days_until",
        params={"step": "agreed"},
        kind=Kind.MEDIAN,
        title=Words("Days to the first yes", "Dagar till första ja"),
        definition=Words(
            "Days until a volunteer had said yes to half of the requests. Open requests have waited until now; those"
            " that ended without a yes never had one.",
            "Dagar tills en volontär hade tackat ja till hälften av önskemålen. Öppna önskemål har väntat"
            " till nu; de som tagit slut utan ett ja fick aldrig något.",
        ),
        denominator=ELIGIBLE_ASKED,
        unit=DAYS,
        more_is_better=False,
    ),
    Measure(
        name="completion_days",
        query="completion_days",
        kind=Kind.MEDIAN,
        title=Words("Days to completion", "Dagar till genomfört besök"),
        definition=Words(
            "Days until half of the requests had all their visits completed. Open requests have waited until now; those"
            " that ended without never did.",
            "Dagar tills alla besök hade genomförts för hälften av önskemålen. Öppna önskemål har väntat till"
            " nu; de som tagit slut utan att det skett räknas som aldrig.",
        ),
        denominator=ELIGIBLE_ASKED,
        unit=DAYS,
        more_is_better=False,
    ),
)

ASKING = (
    Measure(
        name="acceptance",
        query="acceptance",
        kind=Kind.SHARE,
        title=Words("Offers accepted", "Erbjudanden som får ja"),
        definition=Words("Offers a volunteer said yes to.", "Erbjudanden som en volontär tackade ja till."),
        denominator=Words(
            "Offers sent in the period that were answered or ran out; not those taken back before an answer.",
            "Erbjudanden skickade under perioden som besvarats eller gått ut; inte de som togs tillbaka före svar.",
        ),
        unit=Words("share of offers", "andel av erbjudandena"),
        more_is_better=True,
    ),
    Measure(
        name="asked_per_filled",
        query="asked_per_filled",
        kind=Kind.RATIO,
        title=Words("Volunteers asked per filled request", "Tillfrågade volontärer per tillsatt önskemål"),
        definition=Words(
            "Volunteers who were asked, those asked in vain too, for each request that got all it needed.",
            "Volontärer som tillfrågades, även förgäves, per önskemål som fick alla det behövde.",
        ),
        denominator=Words(
            "Requests asked for in the period whose visits are all agreed or completed.",
            "Önskemål under perioden där alla besök är bokade eller genomförda.",
        ),
        unit=Words("volunteers per request", "volontärer per önskemål"),
        more_is_better=False,
    ),
    Measure(
        name="overrides",
        query="overrides",
        kind=Kind.RATIO,
        per=100.0,
        title=Words("Overrides per 100 proposals", "Avsteg per 100 förslag"),
        definition=Words(
            "Pins, forbids, volunteers added by hand and rejected proposals, for every 100 proposals.",
            "Låsta och förbjudna par, volontärer tillagda för hand och avvisade förslag, per 100 förslag.",
        ),
        denominator=Words(
            "Volunteers a run proposed for a request asked for in the period, each counted once for it.",
            "Volontärer som en matchning föreslagit för ett önskemål under perioden, var och en räknad en gång.",
        ),
        unit=Words("per 100 proposals", "per 100 förslag"),
    ),
)

VISITED = (
    Measure(
        name="visits",
        query="visits",
        params={"in_hours": False},
        kind=Kind.TOTAL,
        title=Words("Completed visits", "Genomförda besök"),
        definition=Words("Visits that were completed.", "Besök som genomfördes."),
        denominator=NO_DENOMINATOR,
        unit=Words("visits", "besök"),
        more_is_better=True,
    ),
    Measure(
        name="hours",
        query="visits",
        params={"in_hours": True},
        kind=Kind.TOTAL,
        title=Words("Hours of help", "Timmar av hjälp"),
        definition=Words(
            "Hours spent on completed visits, or planned where nobody said how long it took.",
            "Timmar som genomförda besök tog, eller var planerade till när ingen uppgett tiden.",
        ),
        denominator=NO_DENOMINATOR,
        unit=Words("hours", "timmar"),
        more_is_better=True,
    ),
    *(
        Measure(
            name=f"no_shows_{side}",
            query="let_down",
            params={"how": "missed", "side": side},
            kind=Kind.SHARE,
            title=Words(f"Missed by the {en}", f"Uteblivna besök, {sv}"),
            definition=Words(
                f"Visits that did not happen because of the {en}.", f"Besök som uteblev på grund av {sv}."
            ),
            denominator=COUNTED_ON,
            unit=SHARE_OF_VISITS,
            more_is_better=False,
        )
        for side, en, sv in (("volunteer", "volunteer", "volontären"), ("resident", "resident", "invånaren"))
    ),
    *(
        Measure(
            name=f"late_cancellations_{side}",
            query="let_down",
            params={"how": "cancelled", "side": side},
            kind=Kind.SHARE,
            title=Words(f"Cancelled late by the {en}", f"Sent inställda besök, {sv}"),
            definition=Words(
                f"Visits the {en} cancelled later than the policy asks for.",
                f"Besök som {sv} ställde in senare än policyn begär.",
            ),
            denominator=COUNTED_ON,
            unit=SHARE_OF_VISITS,
            more_is_better=False,
        )
        for side, en, sv in (("volunteer", "volunteer", "volontären"), ("resident", "resident", "invånaren"))
    ),
    Measure(
        name="continuity",
        query="continuity",
        kind=Kind.SHARE,
        title=Words("Continuity", "Kontinuitet"),
        definition=Words(
            "Completed visits by a volunteer who had been at the resident's before.",
            "Genomförda besök av en volontär som hade varit hos invånaren förut.",
        ),
        denominator=Words(
            "Completed visits of the period to residents who had a completed visit before.",
            "Genomförda besök under perioden hos invånare som hade haft ett genomfört besök förut.",
        ),
        unit=SHARE_OF_VISITS,
        more_is_better=True,
    ),
    *(
        Measure(
            name=f"rating_{side}",
            query="ratings",
            params={"side": side},
            kind=Kind.RATIO,
            title=Words(f"Rating by the {en}s", f"Betyg från {sv}"),
            definition=Words(
                "Mean rating of completed visits, from 1 (bad) to 5 (good).",
                "Medelbetyg för genomförda besök, från 1 (dåligt) till 5 (bra).",
            ),
            denominator=Words(
                f"Completed visits of the period that the {en} has rated.",
                f"Genomförda besök under perioden med betyg från {sv}.",
            ),
            unit=Words("points from 1 to 5", "poäng från 1 till 5"),
            more_is_better=True,
        )
        for side, en, sv in (("resident", "resident", "invånare"), ("volunteer", "volunteer", "volontärer"))
    ),
    Measure(
        name="incidents",
        query="incidents",
        kind=Kind.RATE,
        per=1000.0,
        title=Words("Incidents per 1,000 visits", "Händelser per 1 000 besök"),
        definition=Words(
            "Incidents reported in the period for every 1,000 visits held in it.",
            "Händelser rapporterade under perioden per 1 000 besök.",
        ),
        denominator=Words(
            "Visits of the period that were completed or missed.", "Besök under perioden som genomfördes eller uteblev."
        ),
        unit=Words("per 1,000 visits", "per 1 000 besök"),
        more_is_better=False,
    ),
    Measure(
        name="triage_days",
        query="triage_days",
        kind=Kind.MEDIAN,
        by=(*PERSON_GROUPS, *TIMES),
        title=Words("Days until an incident is triaged", "Dagar tills en händelse bedömts"),
        definition=Words(
            "Days until half of the incidents had been looked at; one that waits has waited until now.",
            "Dagar tills hälften av händelserna hade bedömts; en som väntar har väntat till nu.",
        ),
        denominator=Words("Incidents reported in the period.", "Händelser rapporterade under perioden."),
        unit=DAYS,
        more_is_better=False,
    ),
)
