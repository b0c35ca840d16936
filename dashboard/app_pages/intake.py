"""Intake: find or register a person; then what they ask for or offer. A phone call goes from top to bottom."""

import streamlit as st

from dashboard import codes, parts
from dashboard.frame import here
from dashboard.panels import incident_forms, person_card, request_form, resident_form, survey, upload, volunteer_form
from dashboard.service import intake
from dashboard.words import _

found = here()
WHO = "intake-who"


def tasks() -> dict[str, str]:
    """Name what can be done here; what needs a person comes with one."""
    known = {
        "person": (_("Person"), "submit_request"),
        "request": (_("New request"), "submit_request"),
        "volunteer": (_("Offers to help"), "register_people"),
        "survey": (_("Survey"), "record_survey"),
        "details": (_("Correct details"), "register_people"),
    }
    return {task: label for task, (label, operation) in known.items() if found.may(operation)}


def choose(resident_id: str | None, task: str = "person") -> None:
    """Turn to a person, or to none."""
    st.session_state[WHO] = resident_id
    st.session_state["intake-task-wanted"] = task
    st.session_state.pop(person_card.KEPT, None)


def person_of(resident_id: str) -> intake.Person:
    """Read the person turned to, once while nothing about them changes: the log notes every reading."""
    asked = (resident_id, found.actor_id, found.role)
    whose, person = st.session_state.get(person_card.KEPT, (None, None))
    if whose == asked and isinstance(person, intake.Person):
        return person
    person = intake.person(found.store, found.actor_id, resident_id, found.now)
    st.session_state[person_card.KEPT] = (asked, person)
    return person


@st.fragment
def search() -> None:
    """Find persons by name, phone or e-mail; only this part runs again when another is looked for."""
    found = here()
    text = st.text_input(
        _("Find a person"), key="intake-search", icon=":material/search:", max_chars=80,
        placeholder=_("Name, phone or e-mail"), autocomplete="off",
    )  # fmt: skip
    if not text.strip():
        return
    asked = (text, found.actor_id)
    if st.session_state.get("intake-found", (None,))[0] != asked:
        with parts.doing(_("Looking …")):
            st.session_state["intake-found"] = (asked, intake.find(found.store, found.actor_id, text, found.now))
    if st.session_state.get("intake-found", (None,))[0] != asked:
        return
    rows = st.session_state["intake-found"][1]
    shown = rows.assign(
        municipality=[codes.municipality(code) for code in rows["municipality_code"]],
        is_volunteer=rows["volunteer_id"].notna(),
    )
    columns = {
        "name": _("Name"),
        "phone": _("Phone"),
        "birth_year": st.column_config.NumberColumn(_("Year of birth"), format="%d"),
        "municipality": _("Municipality"),
        "is_volunteer": st.column_config.CheckboxColumn(_("Volunteer")),
        "n_open": st.column_config.NumberColumn(_("Open requests"), format="%d"),
    }
    st.caption(_("Choose a row to go on with that person."))
    picked = parts.table(
        shown, columns, key=f"intake-hits-{text}", select="one",
        empty=_("Nobody was found in your municipalities. Register the person below."),
    )  # fmt: skip
    for resident_id in picked["resident_id"]:
        choose(str(resident_id))
        st.session_state["intake-search-clear"] = True
        st.rerun()


@st.fragment
def request_of(person: intake.Person) -> None:
    """Take a request; only this part runs again while it is typed."""
    new_id = request_form.show(here(), person)
    if new_id:
        choose(person.resident_id)
        parts.done(_("The request was entered: {id}.").format(id=new_id))
        st.rerun()


@st.fragment
def offer_of(person: intake.Person) -> None:
    """Take down what a person offers."""
    if volunteer_form.show(here(), person):
        choose(person.resident_id)
        parts.done(_("The volunteer was saved. Checks are recorded on the page of volunteers."))
        st.rerun()


@st.fragment
def details_of(person: intake.Person | None) -> None:
    """Register somebody, or correct what is kept of them."""
    if resident_id := resident_form.show(here(), person):
        choose(resident_id)
        st.session_state["intake-search-clear"] = True
        st.rerun()


def about(person: intake.Person) -> str:
    """Show a person, and give what is to be done for them."""
    person_card.show(found, person)
    named = tasks()
    wanted = st.session_state.pop("intake-task-wanted", None)
    if wanted in named:
        st.session_state["intake-task"] = wanted
    task = st.segmented_control(
        _("What is it about?"), list(named), format_func=lambda code: named[code], key="intake-task", required=True,
        default=None if "intake-task" in st.session_state else "person", label_visibility="collapsed",
    )  # fmt: skip
    st.button(_("Another person"), on_click=choose, args=(None,), icon=":material/close:", type="tertiary")
    return task or "person"


def asked_and_may_ask(person: intake.Person) -> None:
    """Show what a person asked for and may ask for."""
    st.subheader(_("Requests"), anchor=False)
    person_card.requests(found, person)
    st.subheader(_("May ask for"), anchor=False)
    person_card.grants(found, person)


def turned_to() -> tuple[intake.Person, str] | None:
    """Show the person turned to, in one look at the pilot; give them and what is to be done for them."""
    if not (resident_id := st.session_state.get(WHO)):
        return None
    with parts.doing(_("Looking …")), found.store.held():
        person = person_of(resident_id)
        task = about(person)
        if task == "person":
            asked_and_may_ask(person)
        return person, task
    return None


def take_up(person: intake.Person, task: str) -> None:
    """Do something for a person."""
    if task == "request":
        request_of(person)
    elif task == "volunteer":
        offer_of(person)
    elif task == "details":
        details_of(person)
    elif task == "survey":
        survey.show(found, person)
    elif found.may("report_incident"):
        with st.expander(_("Report an incident"), icon=":material/report:"):
            incident_forms.report(found, {"resident_id": person.resident_id})


def without_person() -> None:
    """Find somebody, register somebody new, or take in many at once."""
    search()
    if found.may("register_people"):
        with st.expander(_("Register a new resident"), icon=":material/person_add:", key="intake-new"):
            details_of(None)
        with st.expander(_("Upload a data package"), icon=":material/upload_file:", key="intake-upload"):
            upload.show(found)


parts.title(_("Intake"), _("Find or register people, and take down what they ask for or offer."))
if (linked := parts.given("resident")) and st.session_state.get("intake-linked") != linked:
    st.session_state["intake-linked"] = linked
    choose(linked, parts.given("task") or "person")
if st.session_state.pop("intake-search-clear", False):
    st.session_state["intake-search"] = ""
if shown := turned_to():
    take_up(*shown)
else:
    without_person()
