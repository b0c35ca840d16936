"""Well-being and loneliness: how answers are scored, and the change from before to after, counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import isnan, sqrt

import pytest
from small_pilot import EVERYTHING_FITS, NOW, RUT, pilot
from small_surveys import SPRING, START, survey

from engine import metrics
from engine.metrics import Period

WHOLE = Period(START - timedelta(days=1), NOW)


def neighbours(n):
    return [replace(RUT, resident_id=f"p{nth}") for nth in range(n)]


def before_and_after(*pairs):
    """Give surveys of p0, p1, …: each with all WHO-5 questions answered alike, before and after."""
    return [
        survey(occasion, [answer] * 5, resident_id=f"p{nth}")
        for nth, pair in enumerate(pairs)
        for occasion, answer in zip(("registration", "follow_up"), pair, strict=True)
    ]


def figure(log, name, period=WHOLE, guard=False):
    with pilot(*EVERYTHING_FITS, *neighbours(9), *log).reading() as reading:
        [row] = metrics.measure(reading, name, period, guard=guard).to_dict("records")
    return row


def scores(*log):
    with pilot(*EVERYTHING_FITS, *log).reading() as reading:
        found = reading.state("surveys_at", NOW)
    return found[["who5", "ucla3"]].astype(object).where(found[["who5", "ucla3"]].notna(), None).to_numpy().tolist()


def test_who5_is_the_sum_of_five_answers_times_four_and_ucla3_the_sum_of_three():
    assert scores(survey("registration", [0, 1, 2, 3, 5], [1, 2, 3])) == [[44, 6]]


def test_a_scale_with_a_question_left_out_has_no_score():
    assert scores(survey("registration", [5, 5, 5, 5], [1, 1, 1])) == [[None, 3]]


def test_told_again_of_the_registration_or_of_the_same_day_the_newest_holds():
    log = [
        survey("registration", [1] * 5),
        survey("registration", [2] * 5, occurred_at=START + timedelta(days=2)),
        survey("follow_up", [3] * 5),
        survey("follow_up", [4] * 5, occurred_at=SPRING + timedelta(hours=1)),
        survey("follow_up", [5] * 5, occurred_at=SPRING + timedelta(days=30)),
    ]

    assert sorted(who5 for who5, _ in scores(*log)) == [40, 80, 100]


def test_the_change_is_the_mean_of_after_less_before_with_students_interval():
    """Two points up of five each are 40, one down is 20 less, and as it was is nought: 20, 40, -20 and 0 of 100."""
    found = figure(before_and_after((1, 2), (1, 3), (3, 2), (4, 4)), "who5_change_resident")

    assert (found["n"], found["value"]) == (4, 10)
    spread = 3.182446 * sqrt((10**2 + 30**2 + 30**2 + 10**2) / 3) / sqrt(4)  # t of three degrees of freedom
    assert (found["low"], found["high"]) == (pytest.approx(10 - spread, abs=1e-4), pytest.approx(10 + spread, abs=1e-4))


def test_a_change_of_ten_points_is_clearly_better():
    """From 40 to 48 is not, from 40 to 52 is."""
    log = [
        *(survey("registration", [2] * 5, resident_id=person) for person in ("p0", "p1")),
        survey("follow_up", [3, 3, 2, 2, 2], resident_id="p0"),
        survey("follow_up", [3, 3, 3, 2, 2], resident_id="p1"),
    ]

    assert (figure(log, "who5_better_resident")["amount"], figure(log, "who5_better_resident")["base"]) == (1, 2)


def test_loneliness_falls_when_the_answers_do():
    log = [survey("registration", (), [3, 3, 3]), survey("follow_up", (), [2, 3, 2])]

    assert figure(log, "ucla3_change_resident")["value"] == -2


def test_the_newest_follow_up_of_the_period_counts():
    later = survey("follow_up", [5] * 5, occurred_at=SPRING + timedelta(days=60))
    log = [survey("registration", [1] * 5), survey("follow_up", [2] * 5), later]

    assert figure(log, "who5_change_resident")["value"] == 80
    assert figure(log, "who5_change_resident", Period(START, SPRING + timedelta(days=1), NOW))["value"] == 20


def test_who_answered_once_or_left_a_question_out_is_in_no_change():
    log = [survey("registration", [1] * 5), survey("follow_up", [1] * 4)]

    assert figure(log, "who5_change_resident")["n"] == 0
    assert figure(log, "followed_up_resident")["value"] == 1


def test_a_follow_up_before_the_registration_is_no_after():
    log = [survey("registration", [1] * 5), survey("follow_up", [3] * 5, occurred_at=START - timedelta(hours=1))]

    assert figure(log, "who5_change_resident")["n"] == 0


def test_the_net_promoter_score_is_nines_and_tens_less_noughts_to_sixes():
    answers = (10, 9, 8, 7, 6, 0, 9)

    log = [survey("follow_up", recommend=answer, resident_id=f"p{nth}") for nth, answer in enumerate(answers)]

    assert figure(log, "nps_resident")["value"] == pytest.approx(100 / 7)


def test_who_asks_and_who_helps_are_told_apart():
    log = [replace(told, side="volunteer") for told in before_and_after((1, 2))]

    assert figure(log, "who5_change_volunteer")["n"] == 1
    assert figure(log, "who5_change_resident")["n"] == 0


def test_the_change_of_fewer_than_five_people_is_left_out():
    four, five = [(1, 2), (1, 3), (3, 2), (4, 4)], [(1, 2), (1, 3), (3, 2), (4, 4), (1, 1)]

    assert figure(before_and_after(*four), "who5_change_resident", guard=True)["is_suppressed"]
    assert isnan(figure(before_and_after(*four), "who5_change_resident", guard=True)["value"])
    assert figure(before_and_after(*five), "who5_change_resident", guard=True)["value"] == 8


def test_where_all_changed_alike_nothing_tells_how_far_the_mean_is_off():
    found = figure(before_and_after((1, 2), (2, 3)), "who5_change_resident")

    assert (found["value"], isnan(found["low"]), isnan(found["high"])) == (20, True, True)
