"""A simulated pilot: nobody is lost, chance belongs to people, and stopping changes nothing."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.errors import InputError
from engine.policy import Policy
from engine.storage.chain import SALT
from engine.store import Store
from simulations.pilot import Plan, evening, simulate
from simulations.rivals import RIVALS
from simulations.scenario import Scenario

BASELINE = Policy.named("baseline")
HAMLET = Scenario.named("village").with_numbers(
    {"town.volunteers": 40, "town.residents": 40, "demand.requests_per_day": 5.0, "staying.patience_days": 4.0}
)
DAYS = 9
FATES = ("n_completed", "n_agreed", "n_open", "n_expired", "n_missed", "n_withdrawn", "n_cancelled")
EVER = datetime(2200, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def lived():
    """Give a pilot of nine days, and what came of it."""
    store = Store.in_memory()
    yield store, simulate(Plan(HAMLET, BASELINE, seed=3), store, days=DAYS)
    store.close()


def told(store):
    """List what a log says, but for salts, which are drawn anew each time."""
    with store.reading() as reading:
        tables = [reading.facts_of(name) for name in ("offer_sent", "offer_answered", "visit_agreed", "visit_ended")]
        tables.append(reading.facts_of("request_submitted"))
    return [table.drop_columns([name for name in table.column_names if name == SALT]).to_pylist() for table in tables]


def fates_from_facts(store, as_of):
    """Follow every request through the facts alone, without the state relations."""
    now = as_of.replace(tzinfo=None)
    with store.reading() as reading:
        rows = {
            name: reading.facts_of(name).to_pylist()
            for name in ("request_submitted", "request_withdrawn", "visit_agreed", "visit_ended", "offer_answered")
        }
    ended = {row["visit_id"]: row["outcome"] for row in rows["visit_ended"]}
    withdrawn = {row["request_id"] for row in rows["request_withdrawn"]}
    fates = {}
    for request in rows["request_submitted"]:
        request_id = request["request_id"]
        visits = [row["visit_id"] for row in rows["visit_agreed"] if row["request_id"] == request_id]
        outcomes = Counter(ended.get(visit_id, "agreed") for visit_id in visits)
        needed = request["volunteers_needed"]
        if request_id in withdrawn:
            fate = "n_cancelled" if visits else "n_withdrawn"
        elif outcomes["completed"] >= needed:
            fate = "n_completed"
        elif outcomes["completed"] + outcomes["agreed"] >= needed:
            fate = "n_agreed"
        elif request["latest_at"] > now:
            fate = "n_open"
        elif outcomes["agreed"]:
            fate = "n_agreed"
        else:
            fate = "n_missed" if outcomes["missed"] else "n_expired"
        fates[request_id] = fate
    return Counter(fates.values())


def test_every_request_has_exactly_one_fate(lived):
    _, counted = lived

    assert counted["n_requests"] > 20
    assert sum(counted[fate] for fate in FATES) == counted["n_requests"]


def test_the_fates_are_those_that_the_facts_tell(lived):
    store, counted = lived
    last = evening(HAMLET.start.replace(day=HAMLET.start.day + DAYS - 1))

    told_by_facts = fates_from_facts(store, last)

    # An open offer beyond the window keeps a request open until it expires, so only these two may differ.
    assert {f: counted[f] for f in FATES if f not in ("n_open", "n_expired")} == {
        f: told_by_facts[f] for f in FATES if f not in ("n_open", "n_expired")
    }
    assert counted["n_open"] + counted["n_expired"] == told_by_facts["n_open"] + told_by_facts["n_expired"]


def test_every_day_is_planned_to_proof(lived):
    _, counted = lived

    assert counted["n_runs"] == counted["n_runs_optimal"] == DAYS


def test_the_log_is_whole(lived):
    store, _ = lived

    with store.reading() as reading:
        assert reading.query("check_integrity").empty


def test_the_same_seed_lives_the_same_pilot_again(lived):
    store, counted = lived
    again = Store.in_memory()

    assert simulate(Plan(HAMLET, BASELINE, seed=3), again, days=DAYS) == counted
    assert told(again) == told(store)


def test_another_seed_lives_another(lived):
    _, counted = lived

    assert simulate(Plan(HAMLET, BASELINE, seed=4), days=DAYS) != counted


@pytest.mark.parametrize("stopped_in", ["a day", "between days"])
def test_a_pilot_that_was_stopped_goes_on_to_the_same_end(lived, tmp_path, stopped_in, monkeypatch):
    store, counted = lived
    plan, path = Plan(HAMLET, BASELINE, seed=3), tmp_path / "pilot.duckdb"
    first = Store.create(path)
    if stopped_in == "between days":
        simulate(plan, first, days=4)
    else:
        with pytest.raises(_StopError), monkeypatch.context() as patched:
            patched.setattr("simulations.day.send_offers", _on_call(5))
            simulate(plan, first, days=DAYS)
    first.close()

    second = Store(path)
    went_on = simulate(plan, second, days=DAYS)

    assert went_on == counted
    assert told(second) == told(store)
    second.close()


def test_another_plan_does_not_go_on_with_a_pilot(lived):
    store, _ = lived

    with pytest.raises(InputError, match="not one that the same scenario"):
        simulate(Plan(HAMLET, BASELINE, seed=99), store)


def test_what_residents_ask_does_not_depend_on_the_policy():
    """Common random numbers: another policy meets the same wishes."""
    hasty = replace(BASELINE, name="hasty", weights=replace(BASELINE.weights, distance_km=0.0, first_visit=0.0))
    calm = HAMLET.with_numbers({"growth.asks_again_share": 0.0})
    one, other = Store.in_memory(), Store.in_memory()

    simulate(Plan(calm, BASELINE, seed=3), one, days=4)
    simulate(Plan(calm, hasty, seed=3), other, days=4)

    assert told(one)[-1] == told(other)[-1]


def test_nobody_is_asked_whose_checks_are_missing_or_who_has_left(lived):
    """The rules of the engine hold in a simulated pilot because it is the engine's own."""
    store, _ = lived

    with store.reading() as reading:
        held = reading.state("commitments_at", EVER, status=["agreed", "offered", "approved"])
        gone = reading.state("volunteers_at", EVER).dropna(subset="left_at")

    assert set(held["volunteer_id"]).isdisjoint(gone["volunteer_id"])


@pytest.mark.parametrize("rival", [name for name in RIVALS if name != "optimal"])
def test_a_rival_lives_the_same_days_under_the_same_rules(rival):
    counted = simulate(Plan(HAMLET, BASELINE, seed=3, rival=rival), days=3)

    assert counted["n_runs"] == len(range(0, 3, RIVALS[rival].every_days))
    assert counted["n_offers"] > 0
    assert sum(counted[fate] for fate in FATES) == counted["n_requests"]


def test_no_rival_is_worth_more_than_the_optimal_plan():
    """On the first evening all ways look at the same candidates."""
    worth = {}
    for rival in RIVALS:
        if RIVALS[rival].parallel_offers is None:
            store = Store.in_memory()
            simulate(Plan(HAMLET, BASELINE, seed=5, rival=rival), store, days=1)
            with store.reading() as reading:
                worth[rival] = reading.facts_of("run_made")["objective"][0].as_py()

    assert max(worth.values()) == worth["optimal"]
    assert len(worth) == len(RIVALS) - 1  # a broadcast changes the policy


class _StopError(Exception):
    """Somebody pressed Ctrl-C."""


def _on_call(nth):
    """Send offers as ever, but stop instead at the nth call."""
    from engine.live.offers import send_offers

    calls = []

    def send(*args, **kwargs):
        calls.append(1)
        if len(calls) == nth:
            raise _StopError
        return send_offers(*args, **kwargs)

    return send
