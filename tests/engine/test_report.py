"""The report to the board: what it says is what `mikro evaluate` says, in both languages, and it gives nobody away."""

from __future__ import annotations

import pytest
from made_history import START, made_pilot, now

from engine.clock import utc_of
from engine.metrics import Period
from engine.report.layout import html_of
from engine.report.writing import content

PERIOD = Period(utc_of(START), now())


@pytest.fixture(scope="module")
def store():
    return made_pilot(n_requests=250, n_residents=120, n_volunteers=60)


@pytest.fixture(scope="module")
def reports(store):
    with store.reading() as reading:
        return {language: content(reading, PERIOD, language) for language in ("sv", "en")}


def test_the_same_log_and_moment_give_the_same_page(store, reports):
    with store.reading() as reading:
        again = content(reading, PERIOD, "sv")

    assert html_of(again) == html_of(reports["sv"])
