"""The form of a request: what a resident may ask for, and the chance of being served while it is being typed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import codes, parts
from dashboard.drafts import Draft
from dashboard.frame import Here
from dashboard.panels import faults
from dashboard.panels.chance_card import show_chance
from dashboard.service import intake
from dashboard.words import _, day
from engine.clock import local_of
from engine.errors import PackageError

FIELDS = ("service", "from_day", "from_time", "to_day", "to_time", "minutes", "urgency", "volunteers_needed",
          "languages", "note", "is_series", "every_days", "n_times")  # fmt: skip

MINUTES = (30, 45, 60, 90, 120, 180, 240)
EVERY = (7, 14, 28)


def show(found: Here, person: intake.Person) -> str | None:
    """Show the form for a resident; give the id of the request or series once, when it was entered."""
    form = f"request-{person.resident_id}"
    draft = parts.draft(form, [f"{form}-{field}" for field in FIELDS])
    _move_window(form)
    left, right = st.columns([3, 2], gap="large")
    with left:
        offered = _service(found, form, person)
        _window(found, form)
        _size(form)
        _repeat(form)
    draft.keep()
    cells = cells_of(form, person.resident_id)
    with right, st.container(border=True):
        st.markdown(f"**{_('The chance that somebody comes')}**")
        show_chance(found, cells, lambda earliest, latest: _wish(form, earliest, latest))
    # Below both columns, so that on a phone the chance is seen before.
    if st.button(
        _("Enter the request"), type="primary", key=f"{form}-save", icon=":material/send:", disabled=offered is None
    ):
        return _saved(found, form, cells, draft)
    return None


def cells_of(form: str, resident_id: str) -> dict[str, str]:
    """Read the form as the columns of ``requests.csv``."""
    kept = {field: st.session_state.get(f"{form}-{field}") for field in FIELDS}
    return {
        "resident_id": resident_id,
        "service": kept["service"] or "",
        "minutes": str(kept["minutes"] or ""),
        "earliest_at": _stamp(kept["from_day"], kept["from_time"]),
        "latest_at": _stamp(kept["to_day"], kept["to_time"]),
        "volunteers_needed": str(kept["volunteers_needed"] or ""),
        "urgency": str(kept["urgency"] or ""),
        "languages": ";".join(kept["languages"] or []),
        "note": str(kept["note"] or "").strip(),
    }


def _service(found: Here, form: str, person: intake.Person) -> str | None:
    """Ask for the service, with those first that the resident may ask for, and say on what ground."""
    on = st.session_state.get(f"{form}-from_day") or local_of(found.now).date()
    services = intake.askable(found.store, found.actor_id, person.resident_id, on)
    services = services.assign(is_open=services["ground"].notna()).sort_values(["is_open", "service"],
                                                                               ascending=[False, True])  # fmt: skip
    by_code = services.set_index("service")
    chosen = st.selectbox(
        _("Service (required)"), list(by_code.index), key=f"{form}-service", index=None, placeholder=_("Choose"),
        format_func=lambda code: _labelled(code, bool(by_code.loc[code, "is_open"])),
    )  # fmt: skip
    faults.show(faults.known(form), "service")
    if chosen:
        _say_ground(found, by_code.loc[chosen])
    return chosen


def _labelled(code: str, is_open: bool) -> str:
    return codes.service(code) if is_open else _("{service} (may not ask)").format(service=codes.service(code))


def _say_ground(found: Here, row: pd.Series[Any]) -> None:
    """Say why the resident may ask for the service, or what would have to change."""
    if not row["is_open"]:
        grounds = ", ".join(codes.ground(code) for code in row["grounds"])
        st.warning(
            _("The resident may not ask for this service on that day. It is for: {grounds}. It can be entered all the "
              "same, and waits until a grant is registered.").format(grounds=grounds),
            icon=":material/block:",
        )  # fmt: skip
        return
    said = _("May ask: {ground}.").format(ground=codes.ground(row["ground"]))
    if row["ground"] == "decision" and isinstance(row["decision"], str):
        until = _("without end") if pd.isna(row["valid_to"]) else _("until {day}").format(day=day(row["valid_to"]))
        said = _("May ask by decision {decision}, {until}.").format(decision=row["decision"], until=until)
    st.caption(parts.escaped(said))


def _window(found: Here, form: str) -> None:
    soon = local_of(found.now).date() + timedelta(days=2)
    for field, value in (("from_day", soon), ("from_time", time(9)), ("to_day", soon), ("to_time", time(16))):
        st.session_state.setdefault(f"{form}-{field}", value)
    today = local_of(found.now).date()
    first, second = st.columns(2)
    with first:
        st.date_input(_("Earliest day"), key=f"{form}-from_day", min_value=today, format="YYYY-MM-DD")
        st.time_input(_("From"), key=f"{form}-from_time", step=timedelta(minutes=30))
        faults.show(faults.known(form), "earliest_at")
    with second:
        st.date_input(_("Latest day"), key=f"{form}-to_day", min_value=today, format="YYYY-MM-DD")
        st.time_input(_("Over by"), key=f"{form}-to_time", step=timedelta(minutes=30))
        faults.show(faults.known(form), "latest_at")


def _size(form: str) -> None:
    for field, value in (("minutes", 60), ("urgency", 1), ("volunteers_needed", 1)):
        st.session_state.setdefault(f"{form}-{field}", value)
    st.select_slider(_("Length"), MINUTES, key=f"{form}-minutes", format_func=lambda n: _("{n} minutes").format(n=n))
    st.segmented_control(_("Urgency"), (1, 2, 3), format_func=codes.urgency, key=f"{form}-urgency", required=True)
    st.number_input(_("Volunteers needed"), min_value=1, max_value=10, step=1, key=f"{form}-volunteers_needed")
    st.multiselect(
        _("Languages, any of which will do"), list(codes.languages()), format_func=codes.spoken,
        key=f"{form}-languages", placeholder=_("Any language"),
    )  # fmt: skip
    st.text_area(
        _("Note"), key=f"{form}-note", max_chars=1000,
        help=_("Sealed with the person's details. Write no diagnosis and no number of a door code."),
    )  # fmt: skip


def _repeat(form: str) -> None:
    for field, value in (("every_days", 7), ("n_times", 4)):
        st.session_state.setdefault(f"{form}-{field}", value)
    if st.toggle(_("Again and again"), key=f"{form}-is_series"):
        first, second = st.columns(2)
        every = {7: _("every week"), 14: _("every other week"), 28: _("every fourth week")}
        first.selectbox(_("How often"), EVERY, format_func=lambda n: every[n], key=f"{form}-every_days")
        second.number_input(_("How many times"), min_value=2, max_value=60, step=1, key=f"{form}-n_times")


def _saved(found: Here, form: str, cells: dict[str, str], draft: Draft) -> str | None:
    faults.forget(form)
    every, times = (int(st.session_state[f"{form}-{field}"]) for field in ("every_days", "n_times"))
    n_times = times if st.session_state.get(f"{form}-is_series") else 1
    with parts.doing(_("Saving …")):
        try:
            new_id = intake.submit(found.store, found.actor_id, cells, found.now, every, n_times)
        except PackageError as error:
            faults.remember(form, error)
            st.rerun()
        draft.forget()
        return new_id
    return None


def _wish(form: str, earliest: datetime, latest: datetime) -> None:
    """Note a window to go over to; its widgets are made already in this run."""
    st.session_state[f"{form}-window"] = (earliest, latest)


def _move_window(form: str) -> None:
    window = st.session_state.pop(f"{form}-window", None)
    if window:
        earliest, latest = window
        st.session_state[f"{form}-from_day"], st.session_state[f"{form}-from_time"] = earliest.date(), earliest.time()
        st.session_state[f"{form}-to_day"], st.session_state[f"{form}-to_time"] = latest.date(), latest.time()


def _stamp(on: date | None, at: time | None) -> str:
    return f"{on:%Y-%m-%d}T{at:%H:%M}" if on and at else ""
