"""Every rule of the formulation page, each by one thing that breaks it."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from small_pilot import (
    ADA,
    ADA_AT_HOME,
    ADA_HAS_SIGNED,
    ADA_IS_FREE,
    ADA_IS_KNOWN,
    BASELINE,
    BEFORE,
    EVERYTHING_FITS,
    MILK,
    NOW,
    RUT,
    TUESDAY,
    changed,
    pilot,
    policy,
    without,
)

from engine import facts
from engine.candidates import COLUMNS, VALUE_PARTS, view
from engine.explain import funnel
from engine.facts import Window
from engine.programme import problem_of
from engine.rules import ALL_RULES, BETTER_USED, OUTSIDE_WINDOW, PARTLY_SERVED

BEN_AT_HOME = replace(ADA_AT_HOME, resident_id="ben", municipality_code="1292", lat=56.2475, lon=12.865)
OTHER = replace(MILK, request_id="lamp")
VISIT = facts.VisitAgreed(
    occurred_at=BEFORE, visit_id="v1", request_id="lamp", volunteer_id="Ada", minutes=100,
    starts_at=TUESDAY.replace(hour=9), ends_at=TUESDAY.replace(hour=11),
)  # fmt: skip
RELATION = facts.RelationStated(occurred_at=BEFORE, resident_id="rut", volunteer_id="Ada", kind="blocked")
ANSWER = facts.OfferAnswered(occurred_at=BEFORE, request_id="milk", volunteer_id="Ada", response="declined")
FORBID = facts.OverrideStated(
    occurred_at=BEFORE, request_id="milk", volunteer_id="Ada", starts_at=None, kind="forbid", reason_code="feud"
)
AWAY = facts.AbsenceStated(
    occurred_at=BEFORE, volunteer_id="Ada", starts_at=TUESDAY, ends_at=TUESDAY.replace(hour=23)
)  # fmt: skip
OFFER = facts.OfferSent(
    occurred_at=BEFORE, offer_id="o1", request_id="milk", volunteer_id="Ada", starts_at=TUESDAY.replace(hour=9),
    ends_at=TUESDAY.replace(hour=10), minutes=70, distance_km=0.6, expires_at=NOW + timedelta(hours=9), run_id=None,
)  # fmt: skip
EXPIRED = tuple(
    replace(OFFER, offer_id=f"old{n}", request_id=f"old{n}", expires_at=NOW - timedelta(hours=1)) for n in range(5)
)
NEW_YEAR = {"earliest_at": datetime(2026, 12, 24, 9), "latest_at": datetime(2026, 12, 24, 12)}
EVERY_DAY = replace(ADA_IS_FREE, windows=tuple(Window(day, time(8), time(18)) for day in range(1, 8)))


def seen(*log, policy=BASELINE, as_of=NOW):
    with pilot(*log).reading() as reading:
        return view(reading, policy, as_of)


def rule_of(*log, policy=BASELINE):
    """Say which rule stops Ada from fetching the milk; ``candidate`` when none does."""
    with pilot(*log).reading() as reading:
        look = view(reading, policy, NOW)
        rule = look.requests.set_index("request_id")["rule"].get("milk", "not open")
        if isinstance(rule, str):
            return rule
        counts = funnel(reading, look, ["milk"])
    (stopped,) = counts["rule"]
    return stopped


BROKEN = [
    ("protected_identity", changed(RUT, protected_identity=True, lat=None, lon=None)),
    ("protected_identity", changed(ADA_AT_HOME, protected_identity=True, lat=None, lon=None)),
    ("window_too_short", changed(MILK, minutes=181)),
    ("window_too_soon", changed(MILK, earliest_at=datetime(2026, 11, 30, 9), latest_at=datetime(2026, 11, 30, 18, 9))),
    ("may_not_ask", changed(RUT, birth_year=1990)),
    ("service_not_offered", changed(ADA, services=("snow_garden",))),
    ("language_missing", changed(MILK, languages=("ar", "fi"))),
    ("too_far", changed(ADA_AT_HOME, lat=56.1125)),
    ("own_request", changed(ADA, resident_id="rut")),
    ("blocked", (*EVERYTHING_FITS, RELATION)),
    ("declined_before", (*EVERYTHING_FITS, ANSWER)),
    ("forbidden", (*EVERYTHING_FITS, FORBID)),
    ("already_agreed", (*changed(MILK, volunteers_needed=2), replace(VISIT, request_id="milk"))),
    ("already_asked", (*changed(MILK, volunteers_needed=2), OFFER)),
    ("asked_enough", (*EVERYTHING_FITS, *EXPIRED)),
    ("not_free", without(ADA_IS_FREE)),
    ("not_free", changed(ADA_IS_FREE, windows=(Window(2, time(8), time(9, 45)), Window(3, time(8), time(18))))),
    ("check_missing", without(ADA_HAS_SIGNED)),
    ("check_missing", changed(ADA_IS_KNOWN, valid_to=date(2026, 11, 30))),
    ("holiday", (*changed(MILK, **NEW_YEAR), EVERY_DAY)),
    ("absent", (*EVERYTHING_FITS, AWAY)),
    ("busy", (*EVERYTHING_FITS, OTHER, VISIT)),
    ("week_full", changed(ADA, minutes_per_week=60)),
    ("week_full", (*EVERYTHING_FITS, OTHER, replace(VISIT, starts_at=TUESDAY.replace(hour=15),
                    ends_at=TUESDAY.replace(hour=17), minutes=200))),
]  # fmt: skip


def test_where_everything_fits_there_is_a_candidate():
    assert rule_of(*EVERYTHING_FITS) == "candidate"


@pytest.mark.parametrize(("rule", "log"), BROKEN)
def test_each_rule_stops_the_pair_and_says_so(rule, log):
    far_ahead = policy(horizon_days=40)

    assert rule_of(*log, policy=far_ahead) == rule
    assert seen(*log, policy=far_ahead).candidates.query("request_id == 'milk'").empty


def test_every_rule_is_tested_above():
    tested = {rule for rule, _ in BROKEN}

    assert tested == {rule.code for rule in ALL_RULES} - {BETTER_USED.code, PARTLY_SERVED.code, OUTSIDE_WINDOW.code}


@pytest.mark.parametrize(
    "log",
    [
        (*EVERYTHING_FITS, RELATION, replace(RELATION, kind="none")),
        (*EVERYTHING_FITS, replace(ANSWER, response="expired")),
        (*EVERYTHING_FITS, FORBID, replace(FORBID, kind="lifted")),
        (*EVERYTHING_FITS, OTHER, VISIT, facts.VisitEnded(occurred_at=BEFORE, visit_id="v1", outcome="cancelled")),
    ],
)
def test_what_is_taken_back_no_longer_stops_the_pair(log):
    assert rule_of(*log) == "candidate"


def test_a_decision_lets_a_younger_resident_ask_while_it_is_valid():
    young = changed(RUT, birth_year=1990)
    grant = facts.GrantDecided(
        occurred_at=BEFORE, resident_id="rut", service="shopping", decision="SN 2026/7",
        valid_from=date(2026, 11, 1), valid_to=date(2026, 12, 1),
    )  # fmt: skip

    assert rule_of(*young, grant) == "candidate"
    assert rule_of(*young, replace(grant, valid_to=date(2026, 11, 30))) == "may_not_ask"


def test_a_police_record_is_too_old_after_twelve_months_whatever_its_end_date():
    homework = (
        *changed(RUT, birth_year=2015),
        replace(ADA, services=("homework_help",)),
        replace(ADA_IS_KNOWN, check_code="interview"),
        replace(MILK, service="homework_help"),
    )
    record = replace(ADA_IS_KNOWN, check_code="police_record_children", valid_to=date(2030, 1, 1))

    assert rule_of(*homework, replace(record, valid_from=date(2025, 12, 2))) == "candidate"
    assert rule_of(*homework, replace(record, valid_from=date(2025, 11, 30))) == "check_missing"


def test_the_council_may_ask_for_no_police_record_in_homes():
    at_home = (
        *EVERYTHING_FITS,
        replace(ADA, services=("home_help_cognitive",)),
        replace(ADA_IS_KNOWN, check_code="interview"),
        replace(ADA_IS_KNOWN, check_code="introduction_visit"),
        replace(MILK, service="home_help_cognitive"),
        facts.GrantDecided(occurred_at=BEFORE, resident_id="rut", service="home_help_cognitive",
                           decision="SN 2026/8", valid_from=date(2026, 1, 1), valid_to=None),
    )  # fmt: skip

    assert rule_of(*at_home, policy=policy(home_record_required=True)) == "check_missing"
    assert rule_of(*at_home, policy=policy(home_record_required=False)) == "candidate"


def test_starts_are_quarters_of_an_hour_in_steps_within_the_free_stretch():
    log = changed(ADA_IS_FREE, windows=(Window(2, time(9, 5), time(18)),))

    starts = seen(*log, policy=policy(start_step_minutes=30)).candidates["starts_at"]

    assert [f"{start:%H:%M}" for start in starts] == ["09:15", "09:45", "10:15", "10:45"]


def test_windows_that_touch_are_one_stretch():
    halves = (Window(2, time(9), time(9, 30)), Window(2, time(9, 30), time(10)), Window(2, time(10, 30), time(11)))

    starts = seen(*changed(ADA_IS_FREE, windows=halves)).candidates["starts_at"]

    assert [f"{start:%H:%M}" for start in starts] == ["09:00"]


def test_no_visit_outlasts_the_free_stretch():
    """The second start, a quarter past eleven, would leave three quarters of an hour."""
    starts = seen(*EVERYTHING_FITS, policy=policy(start_step_minutes=135)).candidates["starts_at"]

    assert [f"{start:%H:%M}" for start in starts] == ["09:00"]


def test_a_pair_keeps_the_first_start_of_every_stretch_before_the_second_of_any():
    log = (*changed(MILK, latest_at=datetime(2026, 12, 4, 20)), EVERY_DAY)

    starts = seen(*log, policy=policy(starts_per_pair=5)).candidates["starts_at"]

    assert [f"{start:%d %H}" for start in starts] == ["01 09", "01 10", "02 08", "03 08", "04 08"]


def test_the_value_is_the_sum_of_its_named_parts():
    known = facts.VisitAgreed(
        occurred_at=BEFORE, visit_id="v0", request_id="tea", volunteer_id="Ada", minutes=60,
        starts_at=datetime(2026, 11, 17, 9), ends_at=datetime(2026, 11, 17, 10),
    )  # fmt: skip
    log = (
        *changed(MILK, urgency=3),
        replace(MILK, request_id="tea"),
        known,
        facts.VisitEnded(occurred_at=BEFORE, visit_id="v0", outcome="completed"),
        replace(RELATION, kind="preferred"),
    )

    candidate = seen(*log).candidates.query("request_id == 'milk'").iloc[0]

    assert candidate[VALUE_PARTS].tolist() == [100, 50, 10, -0.56, 15, 10]
    assert candidate["value"] == pytest.approx(candidate[VALUE_PARTS].sum())
    assert (candidate["travel_minutes"], candidate["minutes"], candidate["distance_km"]) == (7, 67, 0.556)
    assert set(COLUMNS) <= set(candidate.index)


def test_an_agreed_visit_without_a_place_blocks_its_own_time_only():
    """The other resident has a protected identity: the way there is not known."""
    hidden = replace(RUT, resident_id="siv", protected_identity=True, lat=None, lon=None)
    on_friday = replace(VISIT, starts_at=datetime(2026, 12, 4, 9), ends_at=datetime(2026, 12, 4, 10))

    log = (*EVERYTHING_FITS, hidden, replace(OTHER, resident_id="siv"))

    assert rule_of(*log, on_friday) == "candidate"
    assert rule_of(*log, VISIT) == "busy"


def test_agreed_visits_take_their_time_from_the_week():
    log = (
        *EVERYTHING_FITS,
        OTHER,
        replace(VISIT, starts_at=TUESDAY.replace(hour=15), ends_at=TUESDAY.replace(hour=16)),
    )

    problem = problem_of(seen(*log))

    assert problem.minutes_left.tolist() == [140]
    assert problem.visits_left.tolist() == [2]
    assert problem.load_points[0, :3].tolist() == [0, -3, -6]  # second, third, fourth visit of the week


def test_what_happens_later_is_invisible():
    later = replace(FORBID, occurred_at=NOW.replace(hour=20))

    assert not seen(*EVERYTHING_FITS, later).candidates.empty
    assert seen(*EVERYTHING_FITS, later, as_of=NOW.replace(hour=21)).candidates.empty


def test_side_rows_are_written_only_where_they_can_bind():
    in_angelholm = (BEN_AT_HOME, replace(ADA, volunteer_id="Ben", resident_id="ben", radius_km=50.0),
                    replace(ADA_IS_FREE, volunteer_id="Ben"), replace(ADA_IS_KNOWN, volunteer_id="Ben"),
                    replace(ADA_HAS_SIGNED, volunteer_id="Ben"))  # fmt: skip
    pin = replace(FORBID, kind="pin")
    wide = policy(radius_max_km=50.0, lent_visits_per_week_max=0)

    problem = problem_of(seen(*EVERYTHING_FITS, *in_angelholm, pin, policy=wide))

    names = {row.name: (row.bound, row.penalty) for row in problem.side_rows}
    assert names == {
        "equity:1283": (-1.0, BASELINE.weights.shortfall),
        "lending:1292:2026-W49": (0.0, float("inf")),
        "pin:milk:Ada": (-1.0, float("inf")),
    }


def test_pairs_and_their_rules_are_two_sides_of_one_thing():
    """On the demo pilot, the volunteers whom the funnel lets through are those who have candidates."""
    with demo().reading() as reading:
        look = view(reading, BASELINE, NOW)
        servable = look.requests.loc[look.requests["rule"].isna(), "request_id"].tolist()
        counts = funnel(reading, look, servable)

    through = counts[counts["rule"] == "candidate"].set_index("request_id")["n_volunteers"]
    assert through.to_dict() == look.candidates.groupby("request_id")["volunteer_id"].nunique().to_dict()
    assert (counts.groupby("request_id")["n_volunteers"].sum() == 600).all()


def demo():
    from engine.commands.matching import DEMO_PACKAGE
    from engine.intake import import_package
    from engine.store import Store

    store = Store.in_memory(clock=lambda: NOW)
    import_package(store, DEMO_PACKAGE, "test")
    return store
