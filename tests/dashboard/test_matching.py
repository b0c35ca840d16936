"""The matching page: making a run and stopping it, its proof, deciding, overriding with the price, and who is left."""

from dataclasses import replace

import pytest
from small_people import ADA_DETAILS, RUT_DETAILS
from small_pilot import ADA, BASELINE, BEFORE, BEN, EVERYTHING_FITS, MILK, NOW, RUT, changed

from dashboard.service import matching as service
from engine import facts
from engine.matching import match

SEEING = ("coordinator", "coordinator_protected", "lead", "owner")
SIV = replace(RUT, resident_id="siv")
BREAD = replace(MILK, request_id="bread", resident_id="siv", minutes=200)


class StoppedError(BaseException):
    """Stands for what Streamlit raises when somebody clicks elsewhere."""


def texts(app):
    parts = (app.markdown, app.caption, app.text, app.info, app.success, app.warning, app.error)
    return "\n".join(element.value.replace("\\", "") for kind in parts for element in kind)


def button(app, label):
    return next(one for one in app.button if one.label == label)


def state(store, macro):
    with store.reading() as reading:
        return reading.state(macro, NOW.replace(year=2200))


def planned(dashboard, *log):
    """Make a pilot that was matched once; Rut and Ada have names."""
    store = dashboard.holding(*(log or (*EVERYTHING_FITS, *BEN)))
    with store.transaction("test", "people") as transaction:
        transaction.put_people({"rut": RUT_DETAILS, "ada": ADA_DETAILS})
    match(store, BASELINE, NOW)
    return store


@pytest.mark.parametrize("role", SEEING)
def test_an_empty_pilot_says_that_nothing_was_matched(dashboard, role):
    dashboard.holding()

    app = dashboard.open("matching", role)

    assert not app.exception
    assert "Nothing was matched yet" in app.info[0].value


@pytest.mark.parametrize(("role", "language"), [*((role, "en") for role in SEEING), ("coordinator", "sv")])
def test_the_demo_pilot_is_shown_with_its_proof(dashboard, role, language):
    dashboard.demo()

    app = dashboard.open("matching", role, language)

    assert not app.exception
    assert [metric.value for metric in app.metric][2] == {"sv": "bästa planen", "en": "the best plan"}[language]
    assert len(app.dataframe[0].value) > 100


def test_a_match_is_made_and_its_plan_is_shown(dashboard):
    store = dashboard.holding(*EVERYTHING_FITS, SIV, BREAD)
    app = dashboard.open("matching")

    button(app, "Match now").click().run()

    assert not app.exception
    assert [metric.value for metric in app.metric] == ["1 of 2", "129", "the best plan"]
    assert "No plan that keeps the rules of this policy can be worth more" in texts(app)
    assert app.dataframe[0].value["volunteer"].tolist() == ["Ada"]
    assert len(state(store, "runs_at")) == 1


def test_a_match_that_is_stopped_leaves_nothing_and_the_page_says_so(dashboard):
    store = dashboard.demo()
    newest, *_ = service.runs(store, "demo-coordinator")
    seen = []

    def stop(now):
        seen.append(now)
        raise StoppedError

    with pytest.raises(StoppedError):
        service.match_now(store, "demo-coordinator", store.clock(), 60.0, stop)
    app = dashboard.open("matching")
    app.session_state["_match_under_way"] = newest.run_id
    app.run()

    assert isinstance(seen[0], service.Progress)
    assert [run.run_id for run in service.runs(store, "demo-coordinator")] == [newest.run_id]
    assert "Nothing of it was kept" in texts(app)


def test_a_run_is_checked_again_without_the_solver(dashboard):
    planned(dashboard)
    app = dashboard.open("matching")

    button(app, "Check again without the solver").click().run()

    assert "the prices prove that no plan can be worth more" in app.success[0].value


def test_a_proposal_is_approved(dashboard):
    store = planned(dashboard)
    app = dashboard.open("matching", request="milk")

    button(app, "Approve 1 proposal").click().run()

    assert "1 proposal is approved" in texts(app)
    assert state(store, "proposals_at")["status"].tolist() == ["approved"]


def test_all_proposals_shown_are_approved_in_two_steps(dashboard):
    lamp = (SIV, replace(MILK, request_id="lamp", resident_id="siv"))
    store = planned(dashboard, *EVERYTHING_FITS, *BEN, *lamp)
    app = dashboard.open("matching")

    button(app, "Approve all 2 that are shown").click().run()
    assert state(store, "proposals_at")["status"].tolist() == ["made", "made"]
    app.button("approve_all-yes").click().run()

    assert state(store, "proposals_at")["status"].tolist() == ["approved", "approved"]


def test_a_proposal_is_rejected_with_its_reason(dashboard):
    store = planned(dashboard)
    app = dashboard.open("matching", request="milk")

    app.selectbox("reject_why").select("knows_better")
    button(app, "Reject").click().run()

    [row] = state(store, "proposals_at").to_dict("records")
    assert (row["status"], row["reason_code"]) == ("rejected", "knows_better")


def test_a_proposal_tells_its_parts_and_who_else_could_come_at_what_loss(dashboard):
    planned(dashboard)

    app = dashboard.open("matching", request="milk")

    assert "Worth 109.4 points: help is given +100.0" in texts(app)
    others = app.dataframe[1].value
    assert others["volunteer"].tolist() == ["Ben"]
    assert others["loss"].iloc[0] == pytest.approx(2.22, abs=0.05)


def test_an_override_is_confirmed_only_after_its_price_was_told(dashboard):
    store = planned(dashboard)
    app = dashboard.open("matching", request="milk")

    app.segmented_control("override-milk").set_value("forbid").run()

    assert "It costs 2" in texts(app)
    assert state(store, "overrides_at").empty
    button(app, "Confirm").click().run()
    [override] = state(store, "overrides_at").to_dict("records")
    assert (override["volunteer_id"], override["kind"]) == ("Ada", "forbid")


def test_somebody_else_is_sent_instead(dashboard):
    store = planned(dashboard)
    app = dashboard.open("matching", request="milk")

    app.segmented_control("override-milk").set_value("swap").run()
    app.selectbox("override_why").select("local_knowledge")
    button(app, "Confirm").click().run()

    assert not app.error
    proposals = state(store, "proposals_at").set_index("volunteer_id")["status"]
    assert proposals.to_dict() == {"Ada": "rejected", "Ben": "approved"}


def test_a_pin_is_lifted_again(dashboard):
    store = planned(dashboard)
    app = dashboard.open("matching", request="milk")
    app.segmented_control("override-milk").set_value("pin").run()
    button(app, "Confirm").click().run()

    button(app, "Lift it again").click().run()

    assert state(store, "overrides_at").empty


def test_a_request_without_help_shows_its_funnel_and_the_change_is_made_after_a_yes(dashboard):
    store = planned(dashboard, *changed(ADA, radius_km=0.1))
    app = dashboard.open("matching", request="milk")

    assert "Where the volunteers stop" in texts(app)
    assert "decides: The volunteer" in texts(app)
    assert button(app, "Make the change").disabled
    app.checkbox("yes-volunteer-milk").check().run()
    button(app, "Make the change").click().run()
    app.button("apply-milk-yes").click().run()

    assert "The change is recorded" in texts(app)
    assert state(store, "volunteers_at")["radius_km"].tolist() == [2.1]


def test_two_runs_are_compared(dashboard):
    store = planned(dashboard)
    with store.transaction("test", "more") as transaction:
        transaction.append([SIV, replace(MILK, request_id="lamp", resident_id="siv", occurred_at=BEFORE)])
    match(store, BASELINE, NOW)
    app = dashboard.open("matching")

    app.segmented_control("matching_view").set_value("compare").run()

    assert not app.exception
    changes = app.dataframe[0].value.set_index("request_id")["kind_text"]
    assert changes["lamp"] == "New since then"
    assert [metric.delta for metric in app.metric][3] == "+1"


@pytest.mark.parametrize("view", ["map", "week"])
def test_the_plan_is_shown_as_map_and_week_with_their_tables(dashboard, view):
    dashboard.demo()
    app = dashboard.open("matching")

    app.segmented_control("plan_view").set_value(view).run()

    assert not app.exception
    assert len(app.get("plotly_chart")) == 1
    assert len(app.dataframe[0].value) > 0


def test_the_lead_sees_ids_and_decides_nothing(dashboard):
    planned(dashboard)

    app = dashboard.open("matching", "lead", request="milk")

    row = app.dataframe[0].value.iloc[0]
    assert (row["resident"], row["volunteer"]) == ("rut", "Ada")
    assert not {"Approve 1 proposal", "Reject", "Confirm"} & {one.label for one in app.button}
    assert ADA_DETAILS["name"] not in texts(app)


def test_a_coordinator_of_another_municipality_sees_no_proposal(dashboard):
    planned(dashboard)

    app = dashboard.open("matching", "coordinator:1282")

    assert not app.exception
    assert not app.dataframe
    assert RUT_DETAILS["name"] not in texts(app)


def test_a_volunteers_calendar_has_free_hours_absences_and_visits(dashboard):
    store = dashboard.holding(
        *EVERYTHING_FITS,
        facts.AbsenceStated(occurred_at=BEFORE, volunteer_id="Ada", starts_at=MILK.earliest_at, ends_at=MILK.latest_at),
    )

    week = service.week_of(store, "demo-coordinator", "Ada", NOW)

    assert week["kind"].value_counts().to_dict() == {"free": service.WEEKS_SHOWN, "absent": 1}
    assert week.loc[week["kind"] == "absent", "starts_at"].tolist() == [MILK.earliest_at]
