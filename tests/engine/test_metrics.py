"""Measures: each on a log small enough to count by hand, and all of them together: the parts add up to the whole."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import isinf, isnan, log, sqrt
from pathlib import Path

import pandas as pd
import pytest
from made_history import START, made_pilot, now
from small_pilot import ADA, ADA_AT_HOME, ADA_HAS_SIGNED, ADA_IS_KNOWN, BEN, EVERYTHING_FITS, MILK, RUT, TUESDAY, pilot
from typer.testing import CliRunner

from engine import access, facts, metrics
from engine.cli import app
from engine.clock import utc_of
from engine.errors import InputError
from engine.measures import estimates
from engine.measures.costs import handling
from engine.measures.measure import GROUPS
from engine.metrics import MEASURES, Period
from engine.storage.migrations import SQL, sql_of
from engine.store import Store

ASKED = utc_of(datetime(2026, 11, 24, 18))
DAY = timedelta(days=1)
LATER = utc_of(datetime(2026, 12, 31, 12))
WHOLE = Period(utc_of(datetime(2026, 11, 1)), LATER)

NINE = TUESDAY.replace(hour=9)
SEVEN = ("milk", "lamp", "walk", "post", "snow", "bulb", "tea")


def asked(name, **changes):
    return replace(MILK, request_id=name, **changes)


def offer(name, volunteer_id="Ada", after_days=1.0, nth=0):
    return facts.OfferSent(
        occurred_at=ASKED + after_days * DAY, offer_id=f"{name}-{volunteer_id}-{nth}", request_id=name,
        volunteer_id=volunteer_id, starts_at=TUESDAY.replace(hour=9), ends_at=TUESDAY.replace(hour=10), minutes=70,
        distance_km=1.0, expires_at=ASKED + (after_days + 2) * DAY, run_id=None,
    )  # fmt: skip


def answer(sent, response, after_hours=6):
    return facts.OfferAnswered(
        occurred_at=sent.occurred_at + timedelta(hours=after_hours), request_id=sent.request_id,
        volunteer_id=sent.volunteer_id, response=response, offer_id=sent.offer_id,
    )  # fmt: skip


def agreed(name, volunteer_id="Ada", after_days=2.0, starts_at=NINE):
    return facts.VisitAgreed(
        occurred_at=ASKED + after_days * DAY, visit_id=f"v-{name}", request_id=name, volunteer_id=volunteer_id,
        starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), minutes=70,
    )  # fmt: skip


def ended(name, outcome="completed", **more):
    return facts.VisitEnded(occurred_at=utc_of(TUESDAY.replace(hour=13)), visit_id=f"v-{name}", outcome=outcome, **more)


def completed(name, **more):
    return (agreed(name, **more), ended(name, minutes=30))


def figure(log, name, period=WHOLE):
    """Give the whole figure of a pilot: value, amount, base, low, high."""
    with pilot(*EVERYTHING_FITS, *log).reading() as reading:
        [row] = metrics.measure(reading, name, period, guard=False).to_dict("records")
    return row


def values(log, names, period=WHOLE):
    """Give the whole figures of several measures of a pilot, by name."""
    with pilot(*EVERYTHING_FITS, *log).reading() as reading:
        found = metrics.evaluate(reading, period, names, guard=False)
    return dict(zip(found["measure"], found["value"], strict=True))


def value(log, name, period=WHOLE):
    return figure(log, name, period)["value"]


def test_coverage_is_the_share_of_eligible_requests_that_were_completed():
    lamp, walk = asked("lamp"), asked("walk")

    found = figure(
        [lamp, walk, *completed("lamp"), agreed("walk"), ended("walk", "missed", side="resident")], "coverage"
    )

    assert (found["amount"], found["base"], found["value"]) == (1, 3, pytest.approx(1 / 3))


def test_coverage_has_wilsons_interval():
    found = figure([asked("lamp"), asked("walk"), *completed("lamp")], "coverage")

    z, n, p = 1.959964, 3, 1 / 3
    centre, spread = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert found["low"] == pytest.approx((centre - spread) / (1 + z * z / n), abs=1e-6)
    assert found["high"] == pytest.approx((centre + spread) / (1 + z * z / n), abs=1e-6)


def test_a_request_nobody_may_make_is_not_in_the_denominator_of_coverage():
    """Ada is 36 and holds no decision: shopping is not for her."""
    not_for_her = asked("lamp", resident_id="ada")

    assert figure([not_for_her], "coverage")["base"] == 1


def test_a_decision_makes_a_request_eligible_while_it_holds():
    for_ada = asked("lamp", resident_id="ada")
    grant = facts.GrantDecided(
        occurred_at=ASKED, resident_id="ada", service="shopping", valid_from=date(2026, 12, 1), valid_to=None,
        decision="SN 1",
    )  # fmt: skip
    too_late = replace(grant, valid_from=date(2026, 12, 2))

    assert figure([for_ada, grant], "coverage")["base"] == 2
    assert figure([for_ada, too_late], "coverage")["base"] == 1


def test_a_request_whose_window_is_open_waits_before_it_counts_in_coverage():
    in_time = Period(WHOLE.from_at, WHOLE.to_at, as_of=utc_of(TUESDAY.replace(hour=11)))

    assert figure(completed("milk"), "coverage", in_time)["base"] == 0


def test_a_request_taken_back_was_not_served():
    withdrawn = facts.RequestWithdrawn(occurred_at=ASKED + DAY, request_id="milk")

    assert value([withdrawn], "coverage") == 0


def test_a_request_for_two_is_served_when_both_came():
    two = asked("lamp", volunteers_needed=2)
    second = replace(agreed("lamp", "Ben"), visit_id="v-lamp-2")

    assert figure([two, *completed("lamp")], "coverage")["amount"] == 0
    assert (
        figure([*BEN, two, *completed("lamp"), second, replace(ended("lamp"), visit_id="v-lamp-2")], "coverage")[
            "amount"
        ]
        == 1
    )


def test_a_visit_outside_the_window_is_coverage_but_not_in_the_window():
    log = completed("milk", starts_at=TUESDAY.replace(hour=15))

    assert values(log, ["coverage", "coverage_in_window"]) == {"coverage": 1, "coverage_in_window": 0}


def test_what_was_asked_for_outside_the_period_is_not_counted():
    december = Period(utc_of(datetime(2026, 12, 1)), LATER)

    assert figure([], "requests", december)["n"] == 0
    assert figure([], "requests")["n"] == 1


def test_what_is_recorded_after_the_last_entry_believed_is_not_counted():
    store = pilot(*EVERYTHING_FITS, *completed("milk"))
    with store.transaction("test", "more") as transaction:
        transaction.append([asked("lamp")])

    with store.reading() as reading:
        seen = Period(WHOLE.from_at, WHOLE.to_at, until_entry=1)
        assert metrics.measure(reading, "requests", seen, guard=False)["n"].tolist() == [1]


def test_the_median_wait_for_an_offer_is_when_half_had_one():
    """After 1, 3 and 4 days; the second of three is the median."""
    log = [
        asked("lamp"),
        asked("walk"),
        offer("milk", after_days=1),
        offer("lamp", after_days=3),
        offer("walk", after_days=4),
    ]

    assert value(log, "first_offer_days") == pytest.approx(3)


def test_an_open_request_is_censored_and_a_closed_one_never_had_an_offer():
    """One offer after a day; the other window closed: half of them had one, so the median is that day.

    With a third that waits still, two in three have not had one, and nobody can say when half will have.
    """
    still_open = asked("walk", earliest_at=datetime(2027, 1, 4, 9), latest_at=datetime(2027, 1, 4, 12))
    one_of_two = [asked("lamp"), offer("milk")]

    assert value(one_of_two, "first_offer_days") == pytest.approx(1)
    assert isinf(value([*one_of_two, still_open], "first_offer_days"))


def test_the_wait_for_a_yes_ends_with_the_first_agreed_visit():
    assert value([agreed("milk", after_days=2.5)], "acceptance_days") == pytest.approx(2.5)


def test_the_wait_for_completion_ends_when_the_visit_does():
    """Asked on Tuesday at 18, done a week later at 10."""
    assert value(completed("milk"), "completion_days") == pytest.approx(6 + 16 / 24)


def test_acceptance_counts_answers_and_silence_but_not_what_waits_or_was_taken_back():
    yes, no, silent, taken_back = (offer(name) for name in SEVEN[:4])
    waiting = offer("snow", after_days=40)
    close = facts.OfferClosed(occurred_at=ASKED + 1.5 * DAY, offer_id=taken_back.offer_id, reason_code="filled")
    log = [*(asked(name) for name in SEVEN[1:5]), yes, no, silent, taken_back, waiting, close,
           answer(yes, "accepted"), answer(no, "declined")]  # fmt: skip

    found = figure(log, "acceptance", Period(WHOLE.from_at, LATER + 5 * DAY, as_of=ASKED + 41 * DAY))

    assert (found["amount"], found["base"]) == (1, 3)


def test_volunteers_asked_in_vain_count_for_the_requests_that_were_filled():
    """Two were asked for the milk, which was filled, and one for the lamp, which was not: three per filled request."""
    log = [*BEN, asked("lamp"), offer("milk"), offer("milk", "Ben"), offer("lamp"), agreed("milk")]

    assert figure(log, "asked_per_filled")["value"] == 3


def test_missed_and_late_cancelled_visits_are_told_by_the_side_that_did_it():
    log = [
        *(asked(name) for name in SEVEN[1:5]), *(agreed(name) for name in SEVEN[:5]),
        ended("milk"), ended("lamp", "missed", side="volunteer"), ended("walk", "missed", side="resident"),
        ended("post", "cancelled", side="volunteer", is_late=True),
        ended("snow", "cancelled", side="volunteer", is_late=False),
    ]  # fmt: skip

    shares = values(log, [name for name in MEASURES if name.startswith(("no_shows", "late_cancellations"))])

    assert shares == {
        "no_shows_volunteer": 0.25,
        "no_shows_resident": 0.25,
        "late_cancellations_volunteer": 0.25,
        "late_cancellations_resident": 0.0,
    }


def test_visits_and_hours_are_counted_as_they_were_spent():
    """Thirty minutes were said of the milk, nothing of the lamp, which was planned for an hour."""
    log = [*completed("milk"), asked("lamp"), agreed("lamp"), ended("lamp")]

    assert values(log, ["visits", "hours"]) == {"visits": 2, "hours": 1.5}


def test_use_is_of_volunteers_who_may_be_sent():
    """Ada came on 1 December; Ben, who never came, is approved too; Cea has not shown who she is."""
    cea = (replace(ADA_AT_HOME, resident_id="cea"), replace(ADA, volunteer_id="Cea", resident_id="cea"))
    in_december, in_february = (Period(WHOLE.from_at, utc_of(datetime(*day))) for day in ((2026, 12, 20), (2027, 2, 1)))
    with pilot(*EVERYTHING_FITS, *BEN, *cea, *completed("milk")).reading() as reading:
        then, later = (
            metrics.evaluate(reading, until, ["used_30_days", "used_90_days", "idle"], guard=False)
            for until in (in_december, in_february)
        )

    assert then["base"].tolist() == [2, 2, 2]
    assert then["value"].tolist() == [0.5, 0.5, 0.5]
    assert later["value"].tolist() == [0, 0.5, 0.5]


def test_who_left_is_neither_used_nor_idle():
    store = pilot(*EVERYTHING_FITS)
    with store.transaction("test", "leave") as transaction:
        transaction.append([facts.VolunteerLeft(occurred_at=ASKED, volunteer_id="Ada", reason_code="moved")])

    with store.reading() as reading:
        assert metrics.measure(reading, "idle", WHOLE, guard=False)["base"].tolist() == [0]


def test_an_old_extract_of_the_police_record_no_longer_approves():
    """Homework help asks for an extract that is at most twelve months old."""
    helper = replace(ADA, services=("homework_help",))
    checks = [replace(ADA_IS_KNOWN, check_code=code) for code in ("interview", "police_record_children")]
    log = (RUT, ADA_AT_HOME, helper, ADA_IS_KNOWN, ADA_HAS_SIGNED, *checks)
    with pilot(*log).reading() as reading:
        sizes = [
            metrics.measure(reading, "idle", Period(WHOLE.from_at, utc_of(until)), guard=False)["n"].item()
            for until in (datetime(2026, 12, 31), datetime(2027, 1, 2))
        ]

    assert sizes == [1, 0]


def test_the_gini_of_hours_is_half_when_one_of_two_does_everything():
    assert value([*BEN, *completed("milk")], "hours_gini") == pytest.approx(0.5)


def test_retention_is_kaplan_meiers_share_still_there():
    """Of four, one left after 40 days; one joined 30 days ago and is not watched for longer: 2 of 3 at risk stayed."""
    joined = datetime(2026, 6, 1)
    people = [replace(ADA_AT_HOME, resident_id=f"p{n}") for n in range(4)]
    volunteers = [
        replace(ADA, volunteer_id=f"V{n}", resident_id=f"p{n}", joined_at=joined if n < 3 else datetime(2026, 12, 1))
        for n in range(4)
    ]
    store = pilot(*people, *volunteers)
    with store.transaction("test", "leave") as transaction:
        gone = utc_of(joined + timedelta(days=40))
        transaction.append([facts.VolunteerLeft(occurred_at=gone, volunteer_id="V0", reason_code="moved")])
    with store.reading() as reading:
        period = Period(utc_of(datetime(2026, 1, 1)), LATER)
        [found] = metrics.measure(reading, "retention_90_days", period, guard=False).to_dict("records")

    assert (found["value"], found["n"], found["amount"]) == (pytest.approx(2 / 3), 4, 1)
    se = sqrt(1 / (2 * 3)) / abs(log(2 / 3))  # Greenwood, on the log-log scale
    assert found["low"] == pytest.approx((2 / 3) ** pow(2.718281828, 1.959964 * se), abs=1e-4)


def test_nobody_watched_for_long_enough_means_no_retention():
    assert isnan(value([replace(ADA, joined_at=datetime(2026, 12, 1))], "retention_90_days"))


def test_vetting_lasts_until_the_last_check_of_a_first_service():
    joined = replace(ADA, joined_at=datetime(2026, 11, 10), services=("shopping", "homework_help"))
    late = replace(ADA_HAS_SIGNED, valid_from=date(2026, 11, 22))
    log = (RUT, ADA_AT_HOME, joined, ADA_IS_KNOWN, late)
    with pilot(*log).reading() as reading:
        [days] = metrics.measure(reading, "vetting_days", WHOLE, guard=False)["value"]

    assert days == 12


def test_overrides_are_told_per_hundred_proposals_each_pair_counted_once():
    """Two runs propose Ada for the milk; she is rejected, and Ben added by hand."""
    proposal = facts.ProposalMade(
        occurred_at=ASKED, run_id="run-1", request_id="milk", volunteer_id="Ada", starts_at=TUESDAY.replace(hour=9),
        ends_at=TUESDAY.replace(hour=10), travel_minutes=10, minutes=70, distance_km=1.0, value=1.0, value_served=1.0,
        value_urgency=0.0, value_waiting=0.0, value_distance=0.0, value_continuity=0.0, value_preference=0.0,
    )  # fmt: skip
    again = replace(proposal, run_id="run-2")
    by_hand = facts.OverrideStated(
        occurred_at=ASKED, request_id="milk", volunteer_id="Ben", starts_at=None, kind="by_hand", reason_code="knows"
    )
    rejected = facts.ProposalDecided(
        occurred_at=ASKED, run_id="run-2", request_id="milk", volunteer_id="Ada", decision="rejected", reason_code="x"
    )

    assert value([*BEN, proposal, again, by_hand, rejected], "overrides") == 200


def test_what_never_happened_to_anybody_has_no_resampled_interval():
    """Whoever is drawn, nobody was overridden: that is no proof that nobody ever is."""
    rows = pd.DataFrame({"person_id": ["Rut", "Sven", "Tea"], "amount": 0.0, "base": [1.0, 2.0, 3.0]})

    found = estimates.ratio(rows)

    assert found.value == 0
    assert isnan(found.low)
    assert isnan(found.high)


def test_continuity_asks_of_later_visits_whether_the_same_volunteer_came():
    """Ada, Ben, Ada: of the two later visits one was by somebody who had been there."""
    log = [*BEN]
    for day, (name, who) in enumerate(zip(SEVEN, ("Ada", "Ben", "Ada"), strict=False)):
        log += [asked(name), *completed(name, volunteer_id=who, starts_at=TUESDAY.replace(day=1 + day, hour=9))]

    found = figure(log, "continuity")

    assert (found["amount"], found["base"]) == (1, 2)


def incident(**about):
    known = {"visit_id": None, "resident_id": None, "volunteer_id": None}
    return facts.IncidentReported(
        occurred_at=ASKED + 8 * DAY, incident_id="fell", kind="injury", severity=2, **known | about
    )


@pytest.mark.parametrize("about", [{"visit_id": "v-milk"}, {"resident_id": "rut"}, {"volunteer_id": "Ada"}])
def test_every_incident_counts_whatever_it_names(about):
    found = figure([*completed("milk"), incident(**about)], "incidents")

    assert (found["amount"], found["base"], found["value"]) == (1, 1, 1000)
    assert found["low"] == pytest.approx(25.318, abs=1e-3)  # Poisson's exact interval of one event
    assert found["high"] == pytest.approx(5571.643, abs=1e-3)


def test_triage_waits_from_report_to_the_first_look():
    triaged = facts.IncidentTriaged(
        occurred_at=ASKED + 9.5 * DAY, incident_id="fell", severity=1, action_code="called_both"
    )

    assert value([*completed("milk"), incident(visit_id="v-milk"), triaged], "triage_days") == pytest.approx(1.5)


def test_ratings_are_told_by_the_side_that_gave_them():
    said = facts.FeedbackGiven(occurred_at=LATER - DAY, visit_id="v-milk", side="resident", rating=4, again=True)

    found = values([*completed("milk"), said], ["rating_resident", "rating_volunteer"])

    assert found["rating_resident"] == 4
    assert isnan(found["rating_volunteer"])


def test_handling_costs_what_every_step_takes_also_for_requests_that_came_to_nothing():
    """Two requests, two offers and one visit of half an hour."""
    assumed = handling()
    minutes = 2 * assumed["minutes_per_request"] + 2 * assumed["minutes_per_offer"] + assumed["minutes_per_visit"]
    log = [asked("lamp"), offer("milk"), offer("lamp"), *completed("milk")]

    found = values(log, ["handling_cost_per_visit", "handling_cost_per_hour"])

    assert found["handling_cost_per_visit"] == pytest.approx(minutes * assumed["sek_per_minute"])
    assert found["handling_cost_per_hour"] == pytest.approx(2 * minutes * assumed["sek_per_minute"])


# All of them together ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def half_a_year():
    return made_pilot(150, 50, 20)


ALL_OF_IT = Period(utc_of(START - timedelta(days=1)), now())


@pytest.fixture
def few_draws(monkeypatch):
    """Resample little where no interval is looked at."""
    monkeypatch.setattr(estimates, "N_RESAMPLES", 9)


@pytest.fixture(scope="module")
def whole(half_a_year):
    """Give every measure of the whole pilot, by name."""
    with half_a_year.reading() as reading:
        return metrics.evaluate(reading, ALL_OF_IT, guard=False).set_index("measure")


@pytest.mark.parametrize("group", GROUPS)
def test_the_parts_of_every_measure_add_up_to_the_whole(half_a_year, whole, few_draws, group):
    adds_up = ["n", "amount", "base"]
    with half_a_year.reading() as reading:
        fitting = [name for name, asked_for in MEASURES.items() if group in asked_for.by]
        parts = metrics.evaluate(reading, ALL_OF_IT, fitting, [group], guard=False)

    sums = parts.groupby("measure")[adds_up].sum().reindex(fitting, fill_value=0)

    assert parts["measure"].nunique() >= len(fitting) - 2  # nobody rated by volunteers, nobody overrode
    assert sums.to_numpy() == pytest.approx(whole.loc[fitting, adds_up].to_numpy(dtype=float))


def test_two_groupings_at_once_add_up_too(half_a_year):
    with half_a_year.reading() as reading:
        parts = metrics.measure(reading, "coverage", ALL_OF_IT, ["municipality_code", "month"], guard=False)
        whole = metrics.measure(reading, "coverage", ALL_OF_IT, guard=False)

    assert parts[["n", "amount"]].sum().tolist() == whole[["n", "amount"]].to_numpy()[0].tolist()


def test_a_group_of_its_own_is_what_the_grouping_says(half_a_year):
    with half_a_year.reading() as reading:
        alone = metrics.measure(reading, "coverage", ALL_OF_IT, only={"service": ["snow_garden"]}, guard=False)
        parts = metrics.measure(reading, "coverage", ALL_OF_IT, ["service"], guard=False).set_index("service")

    assert alone["value"].item() == parts.loc["snow_garden", "value"]


def test_every_interval_holds_its_figure(half_a_year):
    with half_a_year.reading() as reading:
        found = metrics.evaluate(reading, ALL_OF_IT, by=["age_band"], guard=False).dropna(
            subset=["value", "low", "high"]
        )

    assert len(found) > 40
    assert ((found["low"] <= found["value"]) & (found["value"] <= found["high"])).all()


def test_the_same_log_gives_the_same_figures(half_a_year):
    resampled = ["coverage", "rating_resident", "hours_gini"]
    with half_a_year.reading() as reading:
        first, second = (metrics.evaluate(reading, ALL_OF_IT, resampled, guard=False) for _ in range(2))

    assert first.equals(second)


def test_a_cell_of_fewer_than_five_people_is_left_out_and_another_so_that_it_cannot_be_worked_out():
    """Rut alone asks in Helsingborg; eight people ask in Bjuv and nine in Klippan."""
    people = [replace(RUT, resident_id=f"p{n}", municipality_code="1260" if n < 8 else "1276") for n in range(17)]
    log = [*people, *(asked(f"r{n}", resident_id=f"p{n}") for n in range(17))]
    with pilot(*EVERYTHING_FITS, *log).reading() as reading:
        found = metrics.measure(reading, "requests", WHOLE, ["municipality_code"]).set_index("municipality_code")

    assert found["is_suppressed"].to_dict() == {"1260": True, "1276": False, "1283": True}
    assert found.loc[["1260", "1283"], ["n", "n_persons", "amount", "base", "value", "low", "high"]].isna().all().all()
    assert found.loc["1276", "value"] == 9


def test_cells_left_out_are_of_five_people_together_at_least():
    """Rut alone asks in Helsingborg and two in Åstorp: three together, so Bjuv's eight go too, not Klippan's nine."""
    places = ["1277"] * 2 + ["1260"] * 8 + ["1276"] * 9
    people = [replace(RUT, resident_id=f"p{n}", municipality_code=place) for n, place in enumerate(places)]
    log = [*people, *(asked(f"r{n}", resident_id=f"p{n}") for n in range(len(places)))]
    with pilot(*EVERYTHING_FITS, *log).reading() as reading:
        found = metrics.measure(reading, "requests", WHOLE, ["municipality_code"]).set_index("municipality_code")

    assert found["is_suppressed"].to_dict() == {"1260": True, "1276": False, "1277": True, "1283": True}


def test_many_requests_of_few_people_are_a_small_cell_too():
    with pilot(*EVERYTHING_FITS, *(asked(f"r{n}") for n in range(20))).reading() as reading:
        [whole] = metrics.measure(reading, "requests", WHOLE).to_dict("records")

    assert whole["is_suppressed"]
    assert isnan(whole["value"])


def test_an_empty_pilot_has_every_measure_and_nothing_but_noughts(store):
    with store.reading() as reading:
        found = metrics.evaluate(reading, WHOLE)

    assert found["measure"].tolist() == list(MEASURES)
    assert (found["n"] == 0).all()
    counted = found.set_index("measure")["value"].dropna()
    assert counted.to_dict() == {"requests": 0, "visits": 0, "hours": 0}


def test_the_trend_of_a_state_looks_at_the_end_of_every_month(half_a_year):
    with half_a_year.reading() as reading:
        months = metrics.trend(reading, "used_30_days", ALL_OF_IT, guard=False)
        april = Period(ALL_OF_IT.from_at, utc_of(datetime(2026, 5, 1)))
        [at_the_end_of_april] = metrics.measure(reading, "used_30_days", april, guard=False)["value"]

    assert months["month"].tolist() == [f"2026-{month:02}" for month in range(1, 8)]
    assert months.set_index("month").loc["2026-04", "value"] == at_the_end_of_april


def test_the_gap_is_between_the_best_and_the_worst_group(half_a_year):
    with half_a_year.reading() as reading:
        cells = metrics.measure(reading, "coverage", ALL_OF_IT, ["municipality_code"])

    apart = metrics.gap(cells)

    assert apart["gap"] == pytest.approx(cells["value"].max() - cells["value"].min())
    assert isnan(metrics.gap(cells.head(1))["gap"])


def test_a_measure_that_is_not_known_is_refused(store):
    with store.reading() as reading, pytest.raises(InputError, match="no measure 'happiness'; there are coverage"):
        metrics.measure(reading, "happiness", WHOLE)


def test_a_group_a_measure_does_not_have_is_refused(store):
    with store.reading() as reading, pytest.raises(InputError, match="idle cannot be told by 'service'"):
        metrics.measure(reading, "idle", WHOLE, ["service"])


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(InputError, match="ends after it begins"):
        Period(LATER, LATER)


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(InputError, match="needs a time zone"):
        Period(datetime(2026, 1, 1), LATER)


@pytest.mark.parametrize("path", sorted((SQL / "metrics").glob("*.sql")), ids=lambda path: path.stem)
def test_every_query_says_what_it_measures_of_whom_in_which_unit(path):
    head = [line for line in sql_of(f"metrics/{path.stem}").splitlines() if line.startswith("--")]
    said = ("Measure", "Denominator", "Unit", "Grain", "Needs", "Params")

    assert head[0].startswith(f"-- {path.stem}: ")
    assert [word for word in said if not any(line.startswith(f"-- {word}:") for line in head)] == []
    assert path.stem in {asked_for.query for asked_for in MEASURES.values()}


def test_measures_have_words_in_both_languages():
    for said in MEASURES.values():
        for words in (said.title, said.definition, said.denominator, said.unit):
            assert words.en
            assert words.sv
        assert said.title.en != said.title.sv


# From the command line -----------------------------------------------------------------------------------------------


@pytest.fixture
def shop(pilot_path):
    """Give the file of a pilot in which seven people have asked for shopping, and what the milk led to."""
    people = [replace(RUT, resident_id=f"p{n}") for n in range(6)]
    log = [*EVERYTHING_FITS, *people, *(asked(f"r{n}", resident_id=f"p{n}") for n in range(6)), *completed("milk")]
    with Store(pilot_path).transaction("test", "set up") as transaction:
        transaction.append(log)
    return str(pilot_path)


def told(*words):
    done = CliRunner().invoke(app, ["evaluate", *words, "--as-of", "2026-12-31T12:00"])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_evaluate_prints_figures_with_their_definition_as_json(shop):
    printed = json.loads(told("coverage", "no_shows_volunteer", "--db", shop, "--json"))

    coverage, no_shows = printed["measures"]
    [cell] = coverage["cells"]
    assert coverage["definition"] == MEASURES["coverage"].definition.en
    assert (cell["n"], cell["amount"], cell["value"]) == (7, 1, pytest.approx(1 / 7))
    assert [(cell["n"], cell["is_suppressed"]) for cell in no_shows["cells"]] == [(None, True)]


def test_evaluate_prints_a_table_for_people(shop):
    printed = told("coverage", "visits", "--by", "service", "--db", shop)

    assert "Coverage" in printed
    assert "0.143" in printed
    assert "too few" in printed


def test_evaluate_refuses_who_may_not(shop):
    access.give_role(Store(Path(shop)), "eva", "eva", "admin")

    done = CliRunner().invoke(app, ["evaluate", "--db", shop, "--actor", "eva"])

    assert done.exit_code == 1
    assert "may not see measures" in " ".join(done.output.split())
