"""What lies on a coordinator's desk: each kind of matter, how pressing it is, and whose it is."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from small_pilot import (
    ADA,
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
    without,
)

from engine import facts
from engine.access import give_role
from engine.errors import AccessDenied
from engine.live import desk
from engine.matching import match

YESTERDAY = datetime(2026, 11, 28, 10)
LAMP = replace(
    MILK, request_id="lamp", earliest_at=YESTERDAY - timedelta(days=1), latest_at=YESTERDAY + timedelta(days=1)
)
VISIT = facts.VisitAgreed(
    occurred_at=BEFORE, visit_id="v1", request_id="lamp", volunteer_id="Ada", starts_at=YESTERDAY,
    ends_at=YESTERDAY + timedelta(hours=1), minutes=70,
)  # fmt: skip
OFFER = facts.OfferSent(
    occurred_at=BEFORE, offer_id="o1", request_id="milk", volunteer_id="Ada", starts_at=TUESDAY.replace(hour=9),
    ends_at=TUESDAY.replace(hour=10), minutes=70, distance_km=0.5, expires_at=NOW + timedelta(hours=3), run_id=None,
)  # fmt: skip
FALL = facts.IncidentReported(
    occurred_at=NOW - timedelta(hours=1), incident_id="fall", visit_id=None, resident_id="rut", volunteer_id=None,
    kind="injury", severity=2,
)  # fmt: skip


def due(*log, as_of=NOW, actor="anna"):
    return desk.due(pilot(*log), actor, as_of)


def rows(found):
    return list(found[["kind", "level", "subject_id"]].itertuples(index=False, name=None))


def test_an_empty_desk_has_no_rows():
    assert due().empty


def test_a_request_that_no_run_has_seen_waits_for_a_look():
    assert rows(due(*EVERYTHING_FITS)) == [("request", desk.NOW, "milk")]


def test_a_request_whose_window_is_far_off_can_wait_a_little():
    later = TUESDAY + timedelta(days=7)

    found = due(*changed(MILK, earliest_at=later, latest_at=later + timedelta(hours=3)))

    assert rows(found) == [("request", desk.TODAY, "milk")]


def test_what_a_run_has_proposed_is_to_be_approved_before_the_notice_begins():
    store = pilot(*EVERYTHING_FITS)
    match(store, BASELINE, NOW)

    [proposal] = desk.due(store, "anna", NOW).to_dict("records")

    assert (proposal["kind"], proposal["level"], proposal["subject_id"]) == ("proposal", desk.NOW, "milk:Ada")
    assert proposal["due_at"] == TUESDAY.replace(hour=9) - timedelta(hours=BASELINE.limits.notice_hours)


def test_a_proposal_for_a_request_that_was_withdrawn_is_off_the_desk():
    store = pilot(*EVERYTHING_FITS)
    match(store, BASELINE, NOW)
    with store.transaction("test", "withdraw") as transaction:
        transaction.append([facts.RequestWithdrawn(occurred_at=NOW, request_id="milk")])

    assert desk.due(store, "anna", NOW).empty


def test_a_request_that_a_rule_of_its_own_keeps_from_every_run_names_the_rule():
    store = pilot(*changed(RUT, birth_year=1990))
    match(store, BASELINE, NOW)

    [request] = desk.due(store, "anna", NOW).to_dict("records")

    assert (request["kind"], request["detail"]) == ("request", "may_not_ask")


def test_a_request_that_lacks_a_volunteer_is_left_to_the_matching_page():
    store = pilot(*without(ADA_IS_KNOWN))
    match(store, BASELINE, NOW)

    assert desk.due(store, "anna", NOW).empty


@pytest.mark.parametrize(("hours", "level"), [(3, desk.NOW), (20, desk.TODAY)])
def test_an_offer_near_its_limit_presses_the_more_the_nearer_it_is(hours, level):
    offer = replace(OFFER, expires_at=NOW + timedelta(hours=hours))

    assert rows(due(*EVERYTHING_FITS, offer)) == [("answer", level, "o1")]


def test_an_offer_with_a_day_left_is_not_on_the_desk():
    assert due(*EVERYTHING_FITS, replace(OFFER, expires_at=NOW + timedelta(hours=25))).empty


def test_a_visit_that_is_over_waits_for_its_outcome():
    log = (*without(MILK), LAMP, VISIT)

    assert rows(due(*log)) == [("outcome", desk.NOW, "v1")]
    assert due(*log, facts.VisitEnded(occurred_at=NOW, visit_id="v1", outcome="completed", minutes=60)).empty


def test_a_visit_of_today_is_shown_until_it_is_over():
    today = replace(VISIT, starts_at=datetime(2026, 11, 29, 20), ends_at=datetime(2026, 11, 29, 21))

    assert rows(due(*without(MILK), replace(LAMP, latest_at=TUESDAY), today)) == [("visit", desk.TODAY, "v1")]


def test_an_incident_nobody_has_looked_at_comes_first_and_a_closed_one_is_gone():
    triaged = facts.IncidentTriaged(occurred_at=NOW, incident_id="fall", severity=3, action_code="called_both")
    closed = facts.IncidentClosed(occurred_at=NOW, incident_id="fall", outcome_code="settled")

    assert rows(due(*without(MILK), FALL)) == [("incident", desk.NOW, "fall")]
    assert rows(due(*without(MILK), FALL, triaged)) == [("incident", desk.TODAY, "fall")]
    assert due(*without(MILK), FALL, triaged, closed).empty


@pytest.mark.parametrize(("days", "level"), [(5, desk.TODAY), (20, desk.THIS_WEEK)])
def test_a_check_that_runs_out_is_on_the_desk_until_a_newer_one_is_seen(days, level):
    ending = replace(ADA_IS_KNOWN, valid_to=(NOW + timedelta(days=days)).date())
    newer = replace(ADA_IS_KNOWN, valid_from=ending.valid_to, valid_to=None)

    assert rows(due(*without(MILK, ADA_IS_KNOWN), ending)) == [("check", level, "Ada:identity")]
    assert due(*without(MILK, ADA_IS_KNOWN), ending, newer).empty


def test_a_check_of_a_volunteer_who_left_does_not_matter_any_more():
    ending = replace(ADA_IS_KNOWN, valid_to=(NOW + timedelta(days=5)).date())
    store = pilot(*without(MILK, ADA_IS_KNOWN), ending)
    with store.transaction("test", "leave") as transaction:
        transaction.append([facts.VolunteerLeft(occurred_at=NOW, volunteer_id="Ada", reason_code="own_wish")])

    assert desk.due(store, "anna", NOW).empty


def test_each_coordinator_sees_the_own_municipalities_only():
    store = pilot(*EVERYTHING_FITS, FALL)
    give_role(store, "root", "root", "admin")
    give_role(store, "root", "helga", "coordinator", ["1283"])
    give_role(store, "root", "landa", "coordinator", ["1282"])

    assert len(desk.due(store, "helga", NOW)) == 2
    assert desk.due(store, "landa", NOW).empty
    with pytest.raises(AccessDenied, match="root is admin"):
        desk.due(store, "root", NOW)


def use(*log, as_of=NOW):
    [row] = desk.volunteers(pilot(*log), "anna", as_of).to_dict("records")
    return row


def test_a_volunteer_with_every_check_and_no_visit_for_a_month_is_idle():
    row = use(*EVERYTHING_FITS)

    assert (row["status"], row["is_idle"], row["is_overused"]) == ("ready", True, False)


def test_a_volunteer_who_has_just_joined_is_not_idle():
    assert not use(*changed(ADA, joined_at=datetime(2026, 11, 20)))["is_idle"]


def test_a_volunteer_with_a_visit_ahead_is_not_idle():
    ahead = replace(VISIT, starts_at=TUESDAY, ends_at=TUESDAY + timedelta(hours=1))

    assert not use(*without(MILK), replace(LAMP, latest_at=TUESDAY), ahead)["is_idle"]


def test_a_volunteer_who_lacks_a_check_for_everything_offered_waits():
    assert use(*without(ADA_IS_KNOWN))["status"] == "unvetted"


def test_a_volunteer_is_ready_when_one_of_the_services_offered_needs_nothing_more():
    row = use(*changed(ADA, services=("shopping", "company_walk")))

    assert (row["status"], row["n_lacking"]) == ("ready", 1)


def test_a_volunteer_who_is_away_is_not_idle():
    away = facts.AbsenceStated(
        occurred_at=BEFORE, volunteer_id="Ada", starts_at=YESTERDAY, ends_at=TUESDAY + timedelta(days=7)
    )

    row = use(*EVERYTHING_FITS, away)

    assert (row["status"], row["is_idle"], row["away_until"]) == ("away", False, TUESDAY + timedelta(days=7))


def test_more_visits_in_a_week_than_comfortable_is_called_on_a_lot():
    n = BASELINE.limits.comfortable_visits_per_week + 1
    visits = [
        replace(VISIT, visit_id=f"v{k}", starts_at=YESTERDAY - timedelta(hours=3 * k), ends_at=YESTERDAY)
        for k in range(n)
    ]

    assert use(*without(MILK), LAMP, *visits)["is_overused"]
    assert not use(*without(MILK), LAMP, *visits[1:])["is_overused"]


def test_the_vetting_queue_lists_what_is_missing_and_what_it_is_needed_for():
    log = changed(ADA, services=("shopping", "company_walk", "language_training"))

    [row] = desk.lacking_checks(pilot(*log), "anna", NOW).to_dict("records")

    assert (row["volunteer_id"], row["check_code"]) == ("Ada", "interview")
    assert list(row["services"]) == ["company_walk", "language_training"]


def test_a_check_that_has_run_out_is_missing_and_says_until_when_it_held():
    over = replace(ADA_IS_KNOWN, valid_to=datetime(2026, 11, 1).date())

    [row] = desk.lacking_checks(pilot(*without(ADA_IS_KNOWN), over), "anna", NOW).to_dict("records")

    assert (row["check_code"], row["had_until"]) == ("identity", datetime(2026, 11, 1))


def test_the_extract_from_the_police_record_runs_out_by_its_age():
    children = changed(ADA, services=("homework_help",))
    seen = replace(ADA_IS_KNOWN, check_code="police_record_children", valid_from=datetime(2025, 12, 10).date())
    interview = replace(ADA_IS_KNOWN, check_code="interview")

    [row] = desk.expiring_checks(pilot(*children, interview, seen), "anna", NOW).to_dict("records")

    assert (row["check_code"], row["last_day"]) == ("police_record_children", datetime(2026, 12, 10))


def test_a_visit_is_told_with_what_both_sides_say_and_how_often_the_pair_has_met():
    again = replace(LAMP, request_id="again")
    second = replace(VISIT, visit_id="v2", request_id="again", starts_at=YESTERDAY + timedelta(hours=5))
    done = [facts.VisitEnded(occurred_at=NOW, visit_id=v, outcome="completed", minutes=50) for v in ("v1", "v2")]
    said = facts.FeedbackGiven(occurred_at=NOW, visit_id="v2", side="resident", rating=5, again=True)

    store = pilot(*EVERYTHING_FITS, LAMP, again, VISIT, second, *done, said)
    found = desk.visits(store, "anna", NOW, YESTERDAY - timedelta(days=1), TUESDAY).set_index("visit_id")

    assert found["nth_together"].to_dict() == {"v1": 1, "v2": 2}
    assert (found.loc["v2", "resident_rating"], found.loc["v2", "minutes_spent"]) == (5, 50)


def test_a_series_tells_how_often_the_same_volunteer_came():
    series = facts.SeriesStarted(
        occurred_at=BEFORE, series_id="s", resident_id="rut", service="shopping", minutes=60,
        earliest_at=YESTERDAY - timedelta(days=14), latest_at=YESTERDAY - timedelta(days=14, hours=-4), every_days=7,
        n_times=4, volunteers_needed=1, urgency=1, languages=(),
    )  # fmt: skip
    asked = [replace(LAMP, request_id=f"s.{n}", series_id="s") for n in range(3)]
    visits = [
        replace(VISIT, visit_id=f"v{n}", request_id=f"s.{n}", volunteer_id="Ada" if n < 2 else "Ben") for n in range(3)
    ]
    ended = [facts.VisitEnded(occurred_at=NOW, visit_id=f"v{n}", outcome="completed", minutes=60) for n in range(3)]

    [row] = desk.series(pilot(*EVERYTHING_FITS, series, *asked, *visits, *ended), "anna", NOW).to_dict("records")

    assert (row["n_completed"], row["n_volunteers"], row["usual_volunteer_id"]) == (3, 2, "Ada")
    assert row["continuity_share"] == pytest.approx(2 / 3)


def test_what_a_resident_may_ask_for_names_the_ground():
    grant = facts.GrantDecided(
        occurred_at=BEFORE, resident_id="rut", service="home_help_cognitive", valid_from=datetime(2026, 1, 1).date(),
        valid_to=datetime(2026, 12, 31).date(), decision="SN 1",
    )  # fmt: skip

    found = desk.askable(pilot(*EVERYTHING_FITS, grant), "anna", "rut", TUESDAY.date()).set_index("service")

    assert found.loc["shopping", "ground"] == "age_65_plus"
    assert found.loc["company_walk", "ground"] == "everyone"
    assert (found.loc["home_help_cognitive", "ground"], found.loc["home_help_cognitive", "decision"]) == (
        "decision",
        "SN 1",
    )
    assert not isinstance(found.loc["homework_help", "ground"], str)


def test_a_grant_that_is_over_on_the_day_is_no_ground():
    grant = facts.GrantDecided(
        occurred_at=BEFORE, resident_id="rut", service="home_help_cognitive", valid_from=datetime(2026, 1, 1).date(),
        valid_to=datetime(2026, 11, 30).date(), decision="SN 1",
    )  # fmt: skip

    found = desk.askable(pilot(*EVERYTHING_FITS, grant), "anna", "rut", TUESDAY.date()).set_index("service")

    assert not isinstance(found.loc["home_help_cognitive", "ground"], str)
