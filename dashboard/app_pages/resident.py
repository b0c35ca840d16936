"""A resident's own page behind the link of an invitation: who comes and when, ask for a service, take it back."""

from datetime import time, timedelta

import streamlit as st

from dashboard import codes, parts
from dashboard.frame import here
from dashboard.panels import following
from dashboard.service import Refused, resident
from dashboard.service.resident import MINUTES, NOTE_MAX, OPEN, Chance, OwnRequest
from dashboard.words import _, language, ngettext, number
from engine.clock import local_of

HOURS = {"any": (time(8), time(20)), "morning": (time(8), time(12)), "afternoon": (time(12), time(17)),
         "evening": (time(17), time(20))}  # fmt: skip
FIELDS = ["ask_service", "ask_minutes", "ask_first", "ask_last", "ask_hours", "ask_note"]

found = here()


def mine(token: str, requests: list[OwnRequest]) -> None:
    """Show what was asked for and is not over."""
    ahead = [one for one in requests if one.status in OPEN]
    st.subheader(_("Your requests"), anchor=False)
    if not ahead:
        st.caption(_("You have asked for nothing at the moment."))
    names = names_of(token, ahead)
    for one in reversed(ahead):
        with st.container(border=True):
            parts.plain(codes.service(one.service))
            coming = [visit for visit in one.visits if resident.is_ahead(visit, found.now)]
            for visit in coming:
                who = names.get(visit.visit_id) or _("Somebody")
                parts.plain(
                    _("{who} comes {when}").format(
                        who=who, when=resident.when(visit.starts_at, visit.ends_at, language())
                    )
                )
            if not coming:
                st.caption(how_far(one))
                parts.plain(resident.when(one.earliest_at, one.latest_at, language()))
            take_back(token, one, has_visit=bool(coming))


def names_of(token: str, ahead: list[OwnRequest]) -> dict[str, str]:
    """Read who comes once for these visits: every reading is noted in the log."""
    visits = [visit.visit_id for one in ahead for visit in one.visits if resident.is_ahead(visit, found.now)]
    key = (token, tuple(visits))
    if visits and st.session_state.get("_who_comes", (None,))[0] != key:
        st.session_state["_who_comes"] = (key, resident.who_comes(found.store, token, found.now))
    return st.session_state["_who_comes"][1] if visits else {}


def how_far(one: OwnRequest) -> str:
    """Say how far a request has come, in words for whoever waits."""
    known = {
        "submitted": _("We are looking for somebody."),
        "planned": _("We have found somebody to ask."),
        "offered": _("We have asked a volunteer, and wait for an answer."),
        "agreed": _("The visit has taken place."),
    }
    return known[one.status]


def take_back(token: str, one: OwnRequest, *, has_visit: bool) -> None:
    """Let the resident take a request back, in two steps."""
    question = _("The visit is called off, and the volunteer is told.") if has_visit else _("We stop looking.")
    if parts.confirm(_("I do not need it any more"), question, f"back-{one.request_id}"):
        with parts.doing(_("One moment …")):
            resident.take_back(found.store, token, one.request_id, found.now)
            parts.done(_("It is taken back. Welcome to ask again any time."))
            st.rerun()


def ask(token: str) -> None:
    """Ask for a service, with the chance shown while choosing."""
    st.subheader(_("Ask for help"), anchor=False)
    today = local_of(found.now).date()
    draft = parts.draft(f"own-page-{token[-16:]}", FIELDS)
    service = st.selectbox(
        _("What do you need help with?"), resident.service_codes(today), format_func=codes.service, key="ask_service",
        index=None, placeholder=_("Choose"),
    )  # fmt: skip
    minutes = st.selectbox(
        _("How long does it take?"), MINUTES, key="ask_minutes", index=2,
        format_func=lambda n: _("{n} minutes").format(n=n),
    )  # fmt: skip
    first = st.date_input(
        _("From which day?"), today + timedelta(days=2), min_value=today, max_value=today + timedelta(days=60),
        key="ask_first", format="YYYY-MM-DD",
    )  # fmt: skip
    last = st.date_input(
        _("Until which day?"), today + timedelta(days=4), min_value=today, max_value=today + timedelta(days=60),
        key="ask_last", format="YYYY-MM-DD", help=_("The more days suit you, the easier it is to find somebody."),
    )  # fmt: skip
    names = {
        "any": _("Any time, 8–20"),
        "morning": _("In the morning, 8–12"),
        "afternoon": _("In the afternoon, 12–17"),
        "evening": _("In the evening, 17–20"),
    }
    hours = st.radio(
        _("Which time of the day?"), list(HOURS), format_func=names.__getitem__, key="ask_hours",
        help=_("From that hour on the first day until that hour on the last."),
    )  # fmt: skip
    note = st.text_area(
        _("Something the volunteer should know? (optional)"), key="ask_note", max_chars=NOTE_MAX,
        help=_("Write nothing about your health. Only the coordinator reads it, and tells the volunteer what matters."),
    )  # fmt: skip
    draft.keep()
    if service is None:
        st.caption(_("Choose what you need, and see how likely it is that somebody comes."))
        return
    form = resident.form_of(service, int(minutes), first, last, HOURS[str(hours)], note)
    is_possible = tell_chance(token, form)
    if st.button(_("Ask for it"), type="primary", width="stretch", key="ask", disabled=not is_possible):
        with parts.doing(_("One moment …")):
            resident.ask(found.store, token, form, found.now)
            draft.forget()
            parts.done(_("Thank you! We have your request. You hear from us when somebody can come."))
            st.rerun()


def tell_chance(token: str, form: dict[str, str]) -> bool:
    """Say how likely somebody comes; whether it can be asked for at all."""
    told: Chance | None = None
    with parts.doing(_("Looking who could come …")):
        told = resident.chance(found.store, token, form, found.now)
    if told is None:
        return False
    rules = [reason for reason in told.reasons if reason.effect is None]
    if told.days_waiting is None and told.share_served == 0:
        st.warning(_("As it stands this cannot be asked for here:"))
        parts.plain("\n".join(getattr(reason, language()) for reason in rules))
        return False
    of_ten, low, high = (round(10 * share) for share in (told.share_served, told.low, told.high))
    said = _("About {n} of 10 such requests get help; it could be between {low} and {high}.")
    st.info(said.format(n=of_ten, low=low, high=high), icon=":material/group:")
    if told.days_waiting is not None and told.share_served > 0:
        n = max(1, round(told.days_waiting))
        st.caption(ngettext("Probably in {n} day.", "Probably in {n} days.", n).format(n=number(n, 0)))
    if told.wider is not None and told.wider.share_served - told.share_served >= 0.1:
        wider = _("If one day earlier and one later suit you too, it is {n} of 10.")
        st.caption(wider.format(n=round(10 * told.wider.share_served)))
    return True


with st.container(width=following.WIDTH):
    parts.title(_("My page"))
    given = following.token()
    if given is None:
        following.without_token()
        st.stop()
    try:
        listed = resident.requests(found.store, given, found.now)
    except Refused as refusal:
        following.refused(refusal)
        st.stop()
    mine(given, listed)
    ask(given)
    st.divider()
    following.reach()
