"""The contract of ``solve_assignment``: tables in, a proved assignment out."""

import pandas as pd
import pyarrow as pa
import pytest

from engine.assignment import solve_assignment
from engine.errors import InputError

HELP = pd.DataFrame(
    [("milk", "Ada", 9.0, 30), ("lamp", "Ada", 8.0, 30), ("lamp", "Ben", 3.0, 30)],
    columns=["request_id", "volunteer_id", "value", "minutes"],
)
REQUESTS = pd.DataFrame({"request_id": ["milk", "lamp"], "needed": 1})
VOLUNTEERS = pd.DataFrame({"volunteer_id": ["Ada", "Ben"], "minutes": [30, None], "visits": [None, None]})

MODELS = pytest.mark.parametrize("model", ["auto", "compact", "plans"])


def pairs(solution):
    return set(zip(solution.chosen["request_id"], solution.chosen["volunteer_id"], strict=True))


@MODELS
def test_a_volunteer_without_minutes_left_is_passed_over(model):
    """Ada is the better match for both, but has time for only one of them."""
    solution = solve_assignment(HELP, REQUESTS, VOLUNTEERS, model=model)

    assert pairs(solution) == {("milk", "Ada"), ("lamp", "Ben")}
    assert (solution.objective, solution.bound, solution.gap, solution.proof) == (12.0, 12.0, 0.0, "optimal")


@MODELS
def test_no_more_visits_than_a_volunteer_makes(model):
    volunteers = VOLUNTEERS.assign(minutes=None, visits=[1, 0])

    assert pairs(solve_assignment(HELP, REQUESTS, volunteers, model=model)) == {("milk", "Ada")}


@MODELS
def test_one_visit_at_a_time(model):
    """Both of Ada's visits overlap at noon; back to back would have been fine."""
    nine, noon, two = (pd.Timestamp(f"2026-12-01T{hour}:00") for hour in ("09", "12", "14"))
    unlimited = VOLUNTEERS.assign(minutes=None)
    overlapping = HELP.assign(starts_at=[nine, noon, nine], ends_at=[two, two, noon])
    back_to_back = HELP.assign(starts_at=[nine, noon, nine], ends_at=[noon, two, noon])

    assert pairs(solve_assignment(overlapping, REQUESTS, unlimited, model=model)) == {
        ("milk", "Ada"),
        ("lamp", "Ben"),
    }
    assert pairs(solve_assignment(back_to_back, REQUESTS, unlimited, model=model)) == {
        ("milk", "Ada"),
        ("lamp", "Ada"),
    }


@MODELS
def test_a_request_for_two_is_not_served_twice_by_the_same_volunteer(model):
    twice = pd.concat([HELP[:1], HELP[:1]], ignore_index=True)
    for_two = REQUESTS.assign(needed=[2, 1])

    solution = solve_assignment(twice, for_two, VOLUNTEERS.assign(minutes=None), model=model)

    assert len(solution.chosen) == 1


@MODELS
def test_nothing_to_choose_from_is_an_empty_plan(model):
    solution = solve_assignment(HELP[:0], REQUESTS, VOLUNTEERS, model=model)

    assert (len(solution.chosen), solution.objective, solution.proof) == (0, 0.0, "optimal")


@MODELS
def test_a_visit_of_negative_value_is_left_undone(model):
    solution = solve_assignment(HELP.assign(value=[-1.0, 2.0, 0.0]), REQUESTS, VOLUNTEERS, model=model)

    assert solution.objective == 2.0


@MODELS
@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e9])
def test_the_size_of_values_does_not_matter(model, scale):
    solution = solve_assignment(HELP.assign(value=HELP["value"] * scale), REQUESTS, VOLUNTEERS, model=model)

    assert pairs(solution) == {("milk", "Ada"), ("lamp", "Ben")}
    assert solution.objective == pytest.approx(12 * scale)
    assert solution.bound == pytest.approx(12 * scale)


def test_infinite_limits_and_needs_are_fine():
    endless = VOLUNTEERS.assign(minutes=[30, float("inf")])

    assert solve_assignment(HELP, REQUESTS.assign(needed=1e30), endless).objective == 12.0


def test_arrow_tables_come_back_as_arrow_tables():
    tables = [pa.Table.from_pandas(frame) for frame in (HELP, REQUESTS, VOLUNTEERS)]

    solution = solve_assignment(*tables)

    assert isinstance(solution.chosen, pa.Table)
    assert solution.chosen.column("request_id").to_pylist() == ["milk", "lamp"]


@pytest.mark.parametrize(
    ("tables", "complaint"),
    [
        ((HELP.drop(columns="value"), REQUESTS, VOLUNTEERS), "candidates lacks the column.* value"),
        ((HELP, REQUESTS[:1], VOLUNTEERS), "holds 'lamp', which request_id does not"),
        ((HELP, pd.concat([REQUESTS, REQUESTS]), VOLUNTEERS), "'milk' twice"),
        ((HELP.assign(value=float("nan")), REQUESTS, VOLUNTEERS), "finite numbers"),
        ((HELP.assign(minutes=-5), REQUESTS, VOLUNTEERS), "negative"),
        ((HELP, REQUESTS.assign(needed=0.5), VOLUNTEERS), "whole numbers"),
        ((HELP.assign(starts_at=pd.Timestamp("2026-12-01")), REQUESTS, VOLUNTEERS), "give both"),
        ((7, REQUESTS, VOLUNTEERS), "int is not a DataFrame"),
    ],
)
def test_bad_tables_are_refused_with_a_sentence(tables, complaint):
    with pytest.raises(InputError, match=complaint):
        solve_assignment(*tables)


@pytest.mark.parametrize("wrong", [{"gap": -0.1}, {"time_limit_s": 0}, {"model": "magic"}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(InputError):
        solve_assignment(HELP, REQUESTS, VOLUNTEERS, **wrong)
