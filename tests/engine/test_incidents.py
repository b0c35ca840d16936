"""Incidents: reported, triaged, closed; the text is sealed."""

import pytest
from small_pilot import EVERYTHING_FITS, NOW, pilot

from engine.errors import ImpossibleStep, InputError
from engine.live.incidents import close_incident, report_incident, triage_incident


@pytest.fixture
def store():
    made = pilot(*EVERYTHING_FITS)
    with made.transaction("test", "details") as transaction:
        transaction.put_people({"rut": {"name": "Rut"}, "ada": {"name": "Ada"}})
    return made


def incident(store):
    with store.reading() as reading:
        [found] = reading.state("incidents_at", NOW).to_dict("records")
    return found


def test_an_incident_is_reported_triaged_and_closed(store):
    incident_id = report_incident(store, "test", "conduct", 2, "Shouted.", volunteer_id="Ada")
    assert incident(store)["status"] == "reported"

    triage_incident(store, "test", incident_id, 3, "paused_volunteer")
    assert (incident(store)["status"], incident(store)["severity"]) == ("triaged", 3)

    close_incident(store, "test", incident_id, "settled")
    assert incident(store)["status"] == "closed"


def test_what_happened_is_sealed_under_the_key_of_whom_it_is_about(store):
    incident_id = report_incident(store, "test", "injury", 1, "Slipped on the stairs.", resident_id="rut")

    with store.transaction("test", "read") as transaction:
        [note] = transaction.notes(incident_id, "incident").to_dict("records")
    assert (note["resident_id"], note["text"]) == ("rut", "Slipped on the stairs.")


def test_steps_out_of_order_are_refused(store):
    incident_id = report_incident(store, "test", "worry", 1, "Seemed lost.", resident_id="rut")

    with pytest.raises(ImpossibleStep, match="is reported, so the step 'close'"):
        close_incident(store, "test", incident_id, "settled")
    triage_incident(store, "test", incident_id, 1, "called_both")
    close_incident(store, "test", incident_id, "unfounded")
    with pytest.raises(ImpossibleStep, match="is closed, so the step 'triage'"):
        triage_incident(store, "test", incident_id, 1, "no_action")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (("explosion", 1, "x"), "'explosion' is not one of the kinds"),
        (("other", 4, "x"), "Severity is 1 minor"),
        (("other", 1, "  "), "needs a few words"),
        (("other", 1, "x"), "about a visit, a resident or a volunteer"),
    ],
)
def test_a_report_that_says_too_little_is_refused(store, said, sentence):
    with pytest.raises(InputError, match=sentence):
        report_incident(store, "test", *said)
