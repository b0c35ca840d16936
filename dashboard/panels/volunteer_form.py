"""The form in which a resident becomes a volunteer, or changes what they offer: services, limits, hours of the week."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import codes, parts
from dashboard.drafts import Draft
from dashboard.frame import Here
from dashboard.panels import faults
from dashboard.service import intake
from dashboard.words import _
from engine import reference
from engine.errors import PackageError

PARTS_OF_DAY = {"morning": ("08:00", "12:00"), "afternoon": ("12:00", "17:00"), "evening": ("17:00", "21:00")}
DAYS = range(1, 8)
FIELDS = ("services", "radius_km", "visits_per_week", "minutes_per_week", *(f"day{n}" for n in DAYS))


def show(found: Here, person: intake.Person) -> str | None:
    """Show the form for a resident; give the volunteer_id once, when it was saved."""
    form = f"volunteer-{person.resident_id}"
    draft = parts.draft(form, [f"{form}-{field}" for field in FIELDS])
    known = (
        intake.offering(found.store, found.actor_id, person.volunteer_id, found.now) if person.volunteer_id else None
    )
    _fill_in(form, known)
    st.multiselect(
        _("Services the person offers (required)"), list(reference.services()), format_func=codes.service,
        key=f"{form}-services", placeholder=_("Choose"),
    )  # fmt: skip
    faults.show(faults.known(form), "services")
    first, second, third = st.columns(3)
    first.number_input(_("Goes at most (km)"), min_value=0.0, max_value=100.0, step=1.0, format="%.1f",
                       key=f"{form}-radius_km")  # fmt: skip
    second.number_input(_("Visits a week at most"), min_value=1, max_value=50, step=1, key=f"{form}-visits_per_week",
                        placeholder=_("no limit"))  # fmt: skip
    third.number_input(_("Minutes a week at most"), min_value=1, max_value=3000, step=30,
                       key=f"{form}-minutes_per_week", placeholder=_("no limit"))  # fmt: skip
    st.markdown(f"**{_('Free hours in a usual week')}**")
    exact = _hours(form, known)
    draft.keep()
    label = _("Save the changes") if person.volunteer_id else _("Register as volunteer")
    if st.button(label, type="primary", key=f"{form}-save", icon=":material/volunteer_activism:"):
        return _saved(found, form, person, week_of(form, exact), draft)
    return None


def week_of(form: str, exact: pd.DataFrame) -> list[dict[str, str]]:
    """Read the week as rows of ``availability.csv``: parts of days, and exact hours."""
    rows = [
        {"weekday": str(n), "starts": PARTS_OF_DAY[part][0], "ends": PARTS_OF_DAY[part][1]}
        for n in DAYS
        for part in st.session_state.get(f"{form}-day{n}") or []
    ]
    whole = exact.dropna(subset=["weekday", "starts", "ends"])
    return rows + [
        {"weekday": str(int(weekday)), "starts": f"{starts:%H:%M}", "ends": f"{ends:%H:%M}"}
        for weekday, starts, ends in zip(whole["weekday"], whole["starts"], whole["ends"], strict=True)
    ]


def _hours(form: str, known: intake.Offering | None) -> pd.DataFrame:
    """Ask for the hours of a week: by parts of the day, which is quick on the phone, or exactly."""
    named = {
        "morning": _("Morning 8–12"),
        "afternoon": _("Afternoon 12–17"),
        "evening": _("Evening 17–21"),
    }
    for n in DAYS:
        st.pills(codes.weekday(n), list(PARTS_OF_DAY), format_func=lambda part: named[part], key=f"{form}-day{n}",
                 selection_mode="multi")  # fmt: skip
    hours = _exact_rows(known)
    with st.expander(_("Exact hours"), expanded=not hours.empty):
        edited = st.data_editor(
            hours, key=f"{form}-exact", num_rows="dynamic", hide_index=True,
            column_config={
                "weekday": st.column_config.SelectboxColumn(
                    _("Weekday"), options=list(DAYS), format_func=lambda n: codes.weekday(int(n)), required=True
                ),
                "starts": st.column_config.TimeColumn(_("From"), format="HH:mm", required=True),
                "ends": st.column_config.TimeColumn(_("To"), format="HH:mm", required=True),
            },
        )  # fmt: skip
        faults.show(faults.known(form), "starts")
        faults.show(faults.known(form), "ends")
    return pd.DataFrame(edited)


def _exact_rows(known: intake.Offering | None) -> pd.DataFrame:
    """Lay out the hours stated before that are not whole parts of a day."""
    rows = [] if known is None else [row for row in known.week if _part_of(row) is None]
    return pd.DataFrame(rows, columns=["weekday", "starts", "ends"]).astype({"weekday": "Int64"})


def _part_of(row: tuple[int, time, time]) -> str | None:
    said = (f"{row[1]:%H:%M}", f"{row[2]:%H:%M}")
    return next((part for part, hours in PARTS_OF_DAY.items() if hours == said), None)


def _fill_in(form: str, known: intake.Offering | None) -> None:
    said: dict[str, Any] = {"radius_km": 5.0, "visits_per_week": None, "minutes_per_week": None, "services": []}
    if known:
        said |= {name: getattr(known, name) for name in said} | {"services": list(known.services)}
        for row in known.week:
            if part := _part_of(row):
                said.setdefault(f"day{row[0]}", []).append(part)
    for field, value in said.items():
        st.session_state.setdefault(f"{form}-{field}", value)


def _saved(found: Here, form: str, person: intake.Person, week: list[dict[str, str]], draft: Draft) -> str | None:
    kept: Mapping[str, Any] = {field: st.session_state.get(f"{form}-{field}") for field in FIELDS}
    cells = {
        "volunteer_id": person.volunteer_id or "",
        "resident_id": person.resident_id,
        "services": ";".join(kept["services"] or []),
        "radius_km": str(kept["radius_km"]),
        "visits_per_week": str(kept["visits_per_week"] or ""),
        "minutes_per_week": str(kept["minutes_per_week"] or ""),
        "joined_at": "",
    }
    faults.forget(form)
    with parts.doing(_("Saving …")):
        try:
            volunteer_id = intake.register_volunteer(found.store, found.actor_id, cells, week, found.now)
        except PackageError as error:
            faults.remember(form, error)
            st.rerun()
        draft.forget()
        st.session_state.pop(f"{form}-exact", None)
        return volunteer_id
    return None
