"""The matching page: without a pilot, with an empty one, with a run, and making a run."""

from dataclasses import replace
from pathlib import Path

import pytest
from small_pilot import BASELINE, EVERYTHING_FITS, MILK, NOW, RUT
from streamlit.testing.v1 import AppTest

from engine.matching import match
from engine.store import Store

PAGE = Path(__file__).parents[2] / "dashboard" / "app.py"


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The dashboard over a pilot that does not exist yet, at ``page.path``."""
    path = tmp_path / "pilot.duckdb"
    monkeypatch.setenv("MIKRO_DB", str(path))
    app = AppTest.from_file(str(PAGE), default_timeout=60)
    app.path = path
    return app


def filled(path):
    store = Store.create(path, clock=lambda: NOW)
    with store.transaction("test", "set up") as transaction:
        transaction.append(
            [*EVERYTHING_FITS, replace(RUT, resident_id="siv"), replace(MILK, request_id="bread", minutes=200)]
        )
    return store


def test_without_a_pilot_the_page_says_how_to_make_one(page):
    page.run()

    assert not page.exception
    assert "mikro init" in page.error[0].value


def test_an_empty_pilot_offers_to_match(page):
    Store.create(page.path).close()

    page.run()

    assert not page.exception
    assert "Ingen matchning" in page.info[0].value


def test_a_run_is_shown_with_its_proof_its_reasons_and_what_is_left_over(page):
    match(filled(page.path), BASELINE, NOW)

    page.run()

    assert not page.exception
    assert [metric.value for metric in page.metric] == ["1 av 2", "129", "bästa planen"]
    proposals, unmatched = (table.value for table in page.dataframe)
    assert proposals["volunteer_id"].tolist() == ["Ada"]
    assert proposals["reasons"].tolist() == ["100 hjälp ges + 10 väntan - 0.56 avstånd"]
    assert unmatched["code"].tolist() == ["window_too_short"]


def test_the_run_can_be_checked_again_and_a_new_one_made(page):
    match(filled(page.path), BASELINE, NOW)
    page.run()

    page.button[1].click().run()

    assert not page.exception
    assert "ingen plan kan vara värd mer" in page.success[0].value

    page.button[0].click().run()

    assert not page.exception
    with Store(page.path).reading() as reading:
        assert len(reading.query("runs")) == 2
