"""The sections of the administration page that are about people's rights: export, erasure, retention."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import streamlit as st

from dashboard import parts
from dashboard.frame import Stamp, here
from dashboard.service import administration as service
from dashboard.words import _, day, ngettext, number
from engine.privacy import Erasure
from engine.store import Store


def person_field(key: str) -> str:
    """Ask for a person, by id or, for those who may read names, by a search."""
    found = here()
    if found.may("read_identity"):
        text = st.text_input(_("Search by name, phone or e-mail"), key=f"{key}-search", type="search", placeholder="")
        if len(text.strip()) >= 2:
            with parts.doing(_("Searching …")):
                people = service.find(found.store, found.actor_id, text)
                columns = {"name": _("Name"), "phone": _("Phone"), "resident_id": _("Person's id")}
                picked = parts.table(people, columns, key=f"{key}-found", select="one", empty=_("Nobody was found."))
                for resident_id in picked["resident_id"]:
                    return str(resident_id)
    return st.text_input(_("Person's id"), key=f"{key}-resident", value=parts.given("resident") or "").strip()


def show_export() -> None:
    """Give a person all that is held about them."""
    found = here()
    kept = f"export-made-{found.actor_id}"  # what one account collected is not another's to see
    st.markdown(
        _(
            "A person has the right to all that is held about them. You get a page to read and a file for machines;"
            " others are in them by their ids only. The log notes that you read it."
        )
    )
    resident_id = person_field("export")
    if st.button(_("Collect everything"), type="primary", key="export-make", disabled=not resident_id):
        st.session_state.pop(kept, None)
        with parts.doing(_("Collecting …")):
            st.session_state[kept] = service.export(found.store, found.actor_id, resident_id)
    made = st.session_state.get(kept)
    if made is None or made.resident_id != resident_id:
        return
    st.success(
        _("{n} facts were collected. Hand the files over in person or by secure mail.").format(
            n=number(made.n_facts, 0)
        ),
        icon=":material/check:",
    )
    name = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in made.resident_id)
    with st.container(horizontal=True):
        st.download_button(
            _("The page (HTML)"), made.as_page, f"{name}.html", "text/html", icon=":material/download:", key="as-page"
        )
        st.download_button(
            _("The file (JSON)"), made.as_json, f"{name}.json", "application/json", icon=":material/download:",
            key="as-json",
        )  # fmt: skip


def states() -> dict[str, str]:
    """Say how far an erasure has come."""
    return {
        "requested": _("Waits for a second person"),
        "approved": _("Approved, to be carried out"),
        "refused": _("Refused"),
        "erased": _("Erased, the file is to be rewritten"),
        "proved": _("Erased and proved"),
    }


def show_erasures() -> None:
    """Ask for an erasure, decide one as a second person, carry it out."""
    found = here()
    st.markdown(
        _(
            "An erasure is asked for by one person and decided by another. The key to the person's details is"
            " destroyed, so that nobody can ever read them again; figures do not move."
        )
    )
    with parts.doing(_("Reading …")):
        asked = service.erasures(found.store, found.actor_id)
        told = pd.DataFrame(
            {
                "erasure_id": [e.erasure_id for e in asked],
                "resident_id": [e.resident_id for e in asked],
                "basis": [service.bases().get(e.legal_basis, e.legal_basis) for e in asked],
                "said": [states().get(e.status, e.status) for e in asked],
                "when": [day(e.requested_at, "d MMM y") for e in asked],
                "by": [e.requested_by for e in asked],
            }
        )
        columns = {
            "said": _("State"), "resident_id": _("Person's id"), "basis": _("Ground"), "when": _("Asked for on"),
            "by": _("Asked for by"),
        }  # fmt: skip
        nothing = _("No erasure was ever asked for.")
        picked = parts.table(told, columns, key="administration-erasures", select="one", empty=nothing)
        for at in picked.index:
            if found.may("decide_erasure"):
                show_one_erasure(asked[at])
    if found.may("request_erasure"):
        show_request_erasure()


def show_one_erasure(erasure: Erasure) -> None:
    """Decide or carry out one erasure."""
    found = here()
    if erasure.not_before is not None and erasure.status == "requested":
        st.warning(
            _("A rule of retention keeps the data until {day}.").format(day=day(erasure.not_before, "d MMMM y")),
            icon=":material/event_busy:",
        )
    if erasure.status == "requested":
        decisions = {"approved": _("Approve"), "refused": _("Refuse")}
        decision = st.radio(
            _("Decision"), list(decisions), key=f"decide-{erasure.erasure_id}", horizontal=True,
            format_func=decisions.__getitem__,
        )  # fmt: skip
        reasons = service.reasons(decision)
        reason = st.selectbox(
            _("Reason"), list(reasons), format_func=reasons.__getitem__,
            key=f"reason-{decision}-{erasure.erasure_id}",
        )  # fmt: skip
        if st.button(_("Decide"), type="primary", key=f"decided-{erasure.erasure_id}"):
            with parts.doing(_("Deciding …")):
                service.decide_erasure(found.store, found.actor_id, erasure.erasure_id, decision, reason, found.now)
                parts.done(_("The decision is in the log."))
                st.rerun()
    if erasure.status in ("approved", "erased"):
        question = _("Destroy everything that is held about {person}? This cannot be undone.")
        key = f"erase-{erasure.erasure_id}"
        if parts.confirm(_("Carry out the erasure"), question.format(person=erasure.resident_id), key=key):
            with parts.doing(_("Erasing, rewriting the file and searching it …")):
                proof = service.erase(found.store, found.actor_id, erasure.erasure_id, found.now)
                parts.done(
                    _("Erased. {traces} traces were looked for in {files} files, and {found} were found.").format(
                        traces=number(proof.search.n_traces, 0), files=proof.search.n_files, found=proof.search.n_found
                    )
                )
                st.rerun()


def show_request_erasure() -> None:
    """Ask for a person to be erased."""
    found = here()
    st.subheader(_("Ask for an erasure"), anchor=False)
    resident_id = person_field("erase")
    bases = service.bases()
    basis = st.selectbox(_("Ground"), list(bases), format_func=bases.__getitem__, key="erase-basis")
    if st.button(_("Ask for the erasure"), key="erase-ask", disabled=not resident_id):
        with parts.doing(_("Asking …")):
            service.request_erasure(found.store, found.actor_id, resident_id, basis, found.now)
            parts.done(_("The erasure waits for a second person's decision."))
            st.rerun()


@st.cache_data(max_entries=50, show_spinner=False)
def due_of(stamp: Stamp, _store: Store, _now: datetime) -> pd.DataFrame:
    """Find what is due; the stamp says in which state of the pilot, for whom and in which minute."""
    return service.due(_store, stamp.account, _now)


def show_retention() -> None:
    """Show what is kept how long, what is due, and destroy it."""
    found = here()
    whats = {"notes": _("Free texts"), "persons": _("Persons"), "kept": _("Must be kept")}
    rules = service.rules(found.now)
    columns = {
        "kind": st.column_config.TextColumn(_("What"), width=110),
        "said": st.column_config.TextColumn(_("Rule"), width=300),
        "months": st.column_config.NumberColumn(_("Months"), width=70),
        "source": st.column_config.TextColumn(_("By"), width=520),
    }
    parts.table(rules.assign(kind=[whats[what] for what in rules["what"]]), columns, key="administration-rules")
    st.subheader(_("Due now"), anchor=False)
    with parts.doing(_("Looking for what is due …")):
        due = due_of(found.stamp, found.store, found.now)
        told = due.assign(
            kind=[whats.get(what, what) for what in due["what"]], when=[day(on, "d MMM y") for on in due["due_on"]]
        )
        shown = {"kind": _("What"), "id": _("Id"), "said": _("Rule"), "when": _("Due on")}
        parts.table(told, shown, key="administration-due", empty=_("Nothing is due."))
        n_notes, n_persons = (int((due["what"] == what).sum()) for what in ("notes", "persons"))
        question = " ".join(
            [
                ngettext("Destroy {n} free text for ever", "Destroy {n} free texts for ever", n_notes).format(
                    n=n_notes
                ),
                ngettext(
                    "and ask for {n} person to be erased?", "and ask for {n} persons to be erased?", n_persons
                ).format(n=n_persons),
            ]
        )
        if parts.confirm(_("Destroy what is due"), question, key="retain", disabled=due.empty):
            done = service.destroy_due(found.store, found.actor_id, found.now)
            parts.done(
                _("{notes} free texts were destroyed and {persons} erasures asked for.").format(
                    notes=done.n_notes, persons=len(done.erasure_ids)
                )
            )
            st.rerun()
