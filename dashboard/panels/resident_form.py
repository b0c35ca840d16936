"""The form in which a resident is registered or corrected, in the order in which things are asked on the phone."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard import codes, parts
from dashboard.drafts import Draft
from dashboard.frame import Here
from dashboard.panels import faults
from dashboard.service import intake
from dashboard.words import _
from engine.errors import PackageError

FIELDS = ("name", "phone", "municipality_code", "place", "birth_year", "languages", "protected_identity", "email",
          "address", "lat", "lon")  # fmt: skip


def show(found: Here, known: intake.Person | None = None) -> str | None:
    """Show the form; give the resident_id once, when it was saved, or when a known person was chosen instead."""
    form = f"resident-{known.resident_id if known else 'new'}"
    draft = parts.draft(form, [f"{form}-{field}" for field in FIELDS])
    if known:
        _fill_in(form, known)
    left, right = st.columns(2)
    with left:
        _text(form, "name", _("Name (required)"))
        _text(form, "phone", _("Phone"), placeholder=_("such as 070-123 45 67"))
        _where(found, form)
    with right:
        _text(form, "birth_year", _("Year of birth (required)"), placeholder=_("such as 1948"))
        st.multiselect(
            _("Languages the person speaks"), list(codes.languages()), format_func=codes.spoken,
            key=f"{form}-languages", placeholder=_("Swedish, if nothing is chosen"),
        )  # fmt: skip
        st.checkbox(
            _("Protected identity"), key=f"{form}-protected_identity",
            help=_("Hides place and address, and keeps the person out of match runs: they are served by hand."),
        )  # fmt: skip
    with st.expander(_("E-mail, address and exact place")):
        _text(form, "email", _("E-mail"), placeholder=_("such as name@example.se"))
        _text(form, "address", _("Address"))
        st.caption(_("With an exact place, distances are counted from there and not from the middle of the locality."))
        _text(form, "lat", _("Latitude"), placeholder="56.0465")
        _text(form, "lon", _("Longitude"), placeholder="12.6945")
    draft.keep()
    if known:
        return _corrected(found, form, known, draft)
    return _registered(found, form, draft)


def cells_of(form: str) -> dict[str, str]:
    """Read the form as the columns of ``residents.csv``."""
    kept = {field: st.session_state.get(f"{form}-{field}") for field in FIELDS}
    is_protected = bool(kept["protected_identity"])
    lat, lon = str(kept["lat"] or "").strip(), str(kept["lon"] or "").strip()
    if not lat and not lon and not is_protected and kept["place"]:
        place = intake.places(str(kept["municipality_code"])).get(str(kept["place"]))
        lat, lon = (str(place[0]), str(place[1])) if place else ("", "")
    return {
        **{field: str(kept[field] or "").strip() for field in ("name", "phone", "email", "address", "birth_year")},
        "municipality_code": str(kept["municipality_code"] or ""),
        "languages": ";".join(kept["languages"] or ["sv"]),
        "protected_identity": "yes" if is_protected else "",
        "lat": lat,
        "lon": lon,
    }


def _text(form: str, column: str, label: str, placeholder: str | None = None) -> None:
    """Show a field, and below it what the engine would say of what stands there."""
    said = st.text_input(label, key=f"{form}-{column}", max_chars=200, placeholder=placeholder, autocomplete="off")
    wrong = faults.known(form) | intake.wrong_cells("residents", {column: said.strip()})
    faults.show(wrong, column)


def _where(found: Here, form: str) -> None:
    own = sorted(found.municipalities, key=codes.municipality)
    if len(own) == 1:
        st.session_state.setdefault(f"{form}-municipality_code", own[0])
    chosen = st.selectbox(
        _("Municipality (required)"), own, format_func=codes.municipality, key=f"{form}-municipality_code",
        index=None, placeholder=_("Choose"),
    )  # fmt: skip
    faults.show(faults.known(form), "municipality_code")
    places = list(intake.places(chosen)) if chosen else []
    if st.session_state.get(f"{form}-place") not in places:
        st.session_state[f"{form}-place"] = None
    st.selectbox(
        _("Locality (required, unless the identity is protected)"), places, key=f"{form}-place",
        placeholder=_("Choose") if chosen else _("Choose a municipality first"), disabled=not places,
        help=_("The nearest one. Only a coarse place is kept in what the pilot counts with."),
    )  # fmt: skip
    faults.show(faults.known(form), "lat")


def _fill_in(form: str, known: intake.Person) -> None:
    said = {
        "name": known.name, "phone": known.phone, "municipality_code": known.municipality_code,
        "birth_year": str(known.birth_year), "languages": list(known.languages),
        "protected_identity": known.is_protected, "email": known.email, "address": known.address,
        "lat": "" if known.lat is None else str(known.lat), "lon": "" if known.lon is None else str(known.lon),
    }  # fmt: skip
    for field, value in said.items():
        st.session_state.setdefault(f"{form}-{field}", value)


def _registered(found: Here, form: str, draft: Draft) -> str | None:
    """Register somebody new, after a look whether they are known already."""
    seen = f"{form}-alike"
    if st.button(_("Register"), type="primary", key=f"{form}-save", icon=":material/person_add:"):
        st.session_state.pop(seen, None)
        cells = cells_of(form)
        with parts.doing(_("Looking for the same person …")), found.store.held():
            alike = intake.possible_duplicates(found.store, found.actor_id, cells)
            if alike.empty:
                return _saved(found, form, cells, draft)
            st.session_state[seen] = alike
    kept = st.session_state.get(seen)
    return None if kept is None else _settled(found, form, kept, draft)


def _settled(found: Here, form: str, alike: pd.DataFrame, draft: Draft) -> str | None:
    """Ask whether one of those who are known is the person; give whom the answer names."""
    because = {"phone": _("same phone"), "name": _("similar name and age"), "both": _("same phone and similar name")}
    st.warning(_("Is this person registered already? Choose the row if so."), icon=":material/group:")
    shown = alike.assign(
        because=[because[code] for code in alike["because"]],
        municipality=[codes.municipality(code) for code in alike["municipality_code"]],
    )
    columns = {
        "name": _("Name"),
        "phone": _("Phone"),
        "birth_year": st.column_config.NumberColumn(_("Year of birth"), format="%d"),
        "municipality": _("Municipality"),
        "because": _("Because"),
    }
    chosen = parts.table(shown, columns, key=f"{form}-alike-table", select="one")
    with st.container(horizontal=True):
        is_known = st.button(_("It is the chosen person"), key=f"{form}-same", disabled=chosen.empty)
        is_new = st.button(_("None of them: register"), key=f"{form}-new", type="primary")
    if is_known and not chosen.empty:
        _forget(form, draft)
        return str(chosen["resident_id"].iloc[0])
    return _saved(found, form, cells_of(form), draft) if is_new else None


def _corrected(found: Here, form: str, known: intake.Person, draft: Draft) -> str | None:
    if st.button(_("Save the changes"), type="primary", key=f"{form}-save", icon=":material/save:"):
        return _saved(found, form, {**cells_of(form), "resident_id": known.resident_id}, draft)
    return None


def _saved(found: Here, form: str, cells: Mapping[str, str], draft: Draft) -> str | None:
    faults.forget(form)
    with parts.doing(_("Saving …")):
        try:
            resident_id = intake.register_resident(found.store, found.actor_id, cells, found.now)
        except PackageError as error:
            faults.remember(form, error)
            st.rerun()
        _forget(form, draft)
        parts.done(_("Saved."))
        return resident_id
    return None


def _forget(form: str, draft: Draft) -> None:
    draft.forget()
    faults.forget(form)
    st.session_state.pop(f"{form}-alike", None)
