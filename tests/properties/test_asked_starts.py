"""The measured starts pinned to the starts of a run: two queries tell the same rules, and must agree on every pilot."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from properties.test_reasons import look
from properties.test_small_pilots import POLICY, logs
from properties.test_smallest import FEW
from small_pilot import NOW

from engine.candidates import view
from engine.errors import NoSolutionError
from engine.reasons.relaxations import facts_that_make
from engine.reasons.what_if import what_if
from engine.reasons.widened import Widened
from engine.store import Store


@pytest.fixture(scope="module")
def empty():
    """One store for all examples: each pilot is looked at in a what-if, which leaves nothing behind."""
    store = Store.in_memory(clock=lambda: NOW)
    yield store
    store.close()


def widened_of(reading):
    """Widen all requests of a pilot that nobody was proposed for."""
    seen = view(reading, POLICY, NOW)
    nothing = seen.candidates.iloc[:0]
    try:
        return seen, Widened(reading, seen, nothing, seen.requests["request_id"].tolist(), FEW)
    except NoSolutionError:
        assume(False)


def keys(candidates):
    return set(candidates[["request_id", "volunteer_id", "starts_at"]].itertuples(index=False, name=None))


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(log=logs())
def test_what_lacks_nothing_is_what_the_run_looks_at(empty, log):
    with what_if(empty, log) as reading:
        seen, widened = widened_of(reading)

    allowed = widened.base.view.candidates[widened.base.question.allowed]

    assert keys(allowed) == keys(seen.candidates)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), log=logs())
def test_a_change_allows_what_a_run_would_look_at_once_it_is_made(empty, data, log):
    with what_if(empty, log) as reading:
        _, widened = widened_of(reading)
        requests = reading.state("requests_at", NOW).set_index("request_id", drop=False)
        volunteers = reading.state("volunteers_at", NOW).set_index("volunteer_id", drop=False)
    every = [change for request_id in widened.base.number for change in widened.changes(request_id, 0.0, FEW.price_max)]
    assume(every)
    change = data.draw(st.sampled_from(every))

    allowed = widened.base.view.candidates[widened.question(change).allowed]

    asked = {v: dict(volunteers.loc[v]) for v in volunteers.index}
    made = facts_that_make(change, dict(requests.loc[change.request_id]), asked, FEW, NOW)
    assert keys(allowed) == keys(look(empty, [*log, *made]).candidates)
