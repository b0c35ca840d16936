"""The evaluation page: figures beside definitions, small groups left out, and nothing for who may not evaluate."""

from __future__ import annotations

import pytest
from made_history import made_pilot, now
from small_dashboard import turn_to
from small_guarded import guarded_pilot
from small_pilot import EVERYTHING_FITS, NOW

from dashboard import charts_evaluation as charts
from dashboard.service import evaluation as service
from engine.errors import AccessDenied
from engine.metrics import MEASURES
from engine.reference import MUNICIPALITIES
from engine.store import Store

EVALUATING = ("coordinator", "coordinator_protected", "lead", "researcher", "owner")


@pytest.fixture(scope="module")
def half_a_year():
    return made_pilot(400, 150, 30)


def seen(app, label):
    return next(metric for metric in app.metric if metric.label == label)


@pytest.mark.parametrize("role", EVALUATING)
def test_an_empty_pilot_has_no_figures_and_no_error(dashboard, role):
    dashboard.holding()

    app = dashboard.open("evaluation", role, "sv")

    for tab in [tab.label for tab in app.tabs]:
        turn_to(app, tab)
        assert not app.exception
        assert not app.error
    assert [info.value for info in app.info] == [
        "Inget har räknats under perioden. Siffrorna kommer med de första önskemålen och besöken."
    ]
    assert seen(app, "Täckning").value == "–"
    assert seen(app, "Timmar av hjälp").value == "0"


def test_the_demo_pilot_shows_every_measure_with_its_definition(dashboard):
    dashboard.demo()

    app = dashboard.open("evaluation", "lead", "sv")

    assert not app.exception
    shown = app.dataframe[-1].value if len(app.dataframe) == 1 else max((d.value for d in app.dataframe), key=len)
    assert len(shown) == len(MEASURES)
    assert {"title", "figure", "interval", "definition", "denominator"} <= set(shown.columns)


@pytest.mark.parametrize(
    ("language", "tab", "light", "outside"),
    [("sv", "Gå vidare eller stanna", "Rött", "utanför 60"), ("en", "Go on or stop", "Red", "outside of 60")],
)
def test_the_page_says_whether_to_go_on_and_what_has_left_its_guardrail(dashboard, language, tab, light, outside):
    """Two of eleven requests were served: that is red, and below the simulated band."""
    guarded_pilot(dashboard)

    app = dashboard.open("evaluation", "lead", language)
    turn_to(app, tab)

    assert not app.exception
    assert len([text for text in app.markdown if f": {light}]" in text.value]) == 1
    assert any("18 %" in text.value and light.lower() in text.value for text in app.text)
    held = next(table.value for table in app.dataframe if "surely" in table.value.columns)
    assert outside in held["said"].iloc[0]


def test_only_the_open_tab_is_worked_out(dashboard):
    guarded_pilot(dashboard)

    app = dashboard.open("evaluation", "lead", "sv")

    assert [tab.label for tab in app.tabs] == ["Alla mått", "Gå vidare eller stanna", "Ett mått", "Rekrytering"]
    assert not [text for text in app.markdown if "Rött" in text.value]


def test_few_people_are_too_few_to_show(dashboard):
    dashboard.holding(*EVERYTHING_FITS)

    app = dashboard.open("evaluation", "lead", "sv")

    assert seen(app, "Dagar till första ja").value == "för få personer"


def test_who_may_not_evaluate_gets_no_figures(dashboard):
    store = dashboard.holding(*EVERYTHING_FITS)

    with pytest.raises(AccessDenied):
        service.overview(store, "demo-admin", "year", NOW)


def test_a_measure_is_told_by_municipality_with_its_words(half_a_year):
    cells = service.labelled(
        service.by_group(half_a_year, "lead", "coverage", "municipality_code", "half_year", now()), "municipality_code"
    )

    assert set(cells["label"]) <= set(MUNICIPALITIES.values())
    assert cells["figure"].str.endswith("%").any()


def test_the_map_has_every_municipality_and_says_the_figure_in_it(half_a_year):
    cells = service.labelled(
        service.by_group(half_a_year, "lead", "coverage", "municipality_code", "half_year", now()), "municipality_code"
    )

    figure = charts.municipalities(cells, is_share=True)

    areas = [trace for trace in figure.data if trace.fill == "toself"]
    said = " ".join(note.text for note in figure.layout.annotations)
    assert len(areas) == len(MUNICIPALITIES)
    assert all(name in said for name in MUNICIPALITIES.values())
    assert all(text in said for text in cells.loc[~cells["is_suppressed"], "figure"])


def test_a_map_without_any_figure_is_grey(half_a_year):
    cells = service.labelled(
        service.by_group(half_a_year, "lead", "coverage", "municipality_code", "half_year", now()), "municipality_code"
    )

    figure = charts.municipalities(cells.assign(value=float("nan")), is_share=True)

    assert {trace.fillcolor for trace in figure.data} == {charts.NO_FIGURE}


def test_the_chart_reaches_as_far_as_the_interval(half_a_year):
    cells = service.labelled(
        service.by_group(half_a_year, "lead", "coverage", "age_band", "half_year", now()), "age_band"
    ).dropna(subset=["value"])

    drawn = charts.by_group(cells, "share", is_share=True).data[0]

    assert drawn.x + drawn.error_x.array == pytest.approx(cells["high"].iloc[::-1].to_numpy())
    assert drawn.x - drawn.error_x.arrayminus == pytest.approx(cells["low"].iloc[::-1].to_numpy())


def test_the_page_changes_with_the_measure_chosen(dashboard):
    made_pilot(150, 60, 20, store=Store.create(dashboard.path, clock=now))
    dashboard.stand_at(now())
    app = dashboard.open("evaluation", "lead", "sv")
    turn_to(app, "Ett mått")

    app.selectbox(key="evaluation-measure").select("idle").run()

    assert not app.exception
    assert any("utan något genomfört besök" in text.value for text in app.markdown)


def test_without_priced_runs_it_says_how_to_price_them(dashboard):
    dashboard.holding(*EVERYTHING_FITS)

    app = dashboard.open("evaluation", "lead", "sv")
    turn_to(app, "Rekrytering")

    assert any("mikro prices" in caption.value for caption in app.caption)
