"""The page behind the link in a message: yes, no or another time; cancel a visit; say how it was; take a request back.

Opening it changes nothing: a step is taken by a button, never by following the link.
"""

from collections.abc import Callable

import streamlit as st

from dashboard import codes, codes_matching, parts
from dashboard.frame import here
from dashboard.panels import following
from dashboard.service import Refused, answer
from dashboard.service.answer import ANOTHER_TIME, DECLINE_REASONS, WHY_NOT, Matter
from dashboard.words import _, language

RATINGS = (5, 4, 3, 2, 1)

found = here()


def offer(token: str, matter: Matter) -> None:
    """Ask a volunteer."""
    parts.title(_("Can you help?"))
    following.facts(
        {
            _("What"): codes.service(matter.service),
            _("When"): answer.when(matter, language()),
            _("Where"): ", ".join(filter(None, [codes.municipality(matter.municipality_code), way(matter)])),
            _("Answer by"): answer.answer_by(matter, language()) if matter.status == "sent" else "",
        }
    )
    if matter.status == "sent":
        ask(token)
        return
    said = {
        "accepted": _("Thank you! You have said yes. You will get a message with the name and the address."),
        "declined": _("Thank you for your answer. You do not need to do anything more."),
        "closed": _("Somebody else came before you, or the help is not needed any more. Thank you all the same!"),
        "expired": _("The time to answer is over. Thank you all the same!"),
    }
    if matter.status == "declined" and matter.reason_code == ANOTHER_TIME:
        st.success(_("Thank you! We have noted that you cannot then, and may ask you about another time."))
    else:
        (st.success if matter.status in ("accepted", "declined") else st.info)(said[matter.status])


def way(matter: Matter) -> str:
    """Say how far it is from the volunteer."""
    km = answer.way(matter, language())
    return _("{km} from you").format(km=km) if km else ""


def ask(token: str) -> None:
    """Offer the three answers; a no and another time ask for one thing more."""
    said = st.session_state.get("_answer")
    if st.button(_("Yes, I can"), type="primary", width="stretch", key="yes", icon=":material/check:"):
        take(lambda: answer.say_yes(found.store, token, found.now))
    if st.button(_("Rather another time"), width="stretch", key="another", icon=":material/schedule:"):
        said = st.session_state["_answer"] = "another"
    if st.button(_("No, not this time"), width="stretch", key="no", icon=":material/close:"):
        said = st.session_state["_answer"] = "no"
    if said == "another":
        is_whole_day = st.checkbox(_("Not at all on that day"), key="whole_day")
        st.caption(_("We note that you cannot then. If there is another time that suits, we ask you again."))
        if st.button(_("Send: another time"), type="primary", width="stretch", key="send_another"):
            take(lambda: answer.say_no(found.store, token, ANOTHER_TIME, found.now, not_that_day=is_whole_day))
    elif said == "no":
        reasons = [code for code in DECLINE_REASONS if code != ANOTHER_TIME]
        reason = st.radio(_("Why not?"), reasons, format_func=own_reason, key="why_not", index=len(reasons) - 1)
        st.caption(_("A no is as welcome as a yes. We do not ask you about this again."))
        if st.button(_("Send: no"), type="primary", width="stretch", key="send_no"):
            take(lambda: answer.say_no(found.store, token, str(reason), found.now))


def own_reason(code: str) -> str:
    """Say a reason as the volunteer would."""
    known = {
        "time": _("I have no time"),
        "distance": _("It is too far"),
        "service": _("I would rather help with something else"),
        "person": _("We do not suit each other"),
        "too_much": _("I am asked too often"),
        "other": _("I would rather not say"),
    }
    return known.get(code) or codes_matching.decline_reason(code)


def visit_to_cancel(token: str, matter: Matter) -> None:
    """Let a side cancel its visit."""
    parts.title(_("Cancel the visit?"))
    following.facts({_("What"): codes.service(matter.service), _("When"): answer.when(matter, language())})
    if matter.status == "cancelled":
        st.success(_("The visit is cancelled. Both of you are told."))
    elif matter.status != "agreed":
        st.info(_("The visit has taken place, so it cannot be cancelled."))
    else:
        reason = st.radio(_("Why?"), WHY_NOT, format_func=codes.cancel_reason, key="why_cancel", index=len(WHY_NOT) - 1)
        st.caption(_("The other side is told that the visit is cancelled, not why."))
        if st.button(_("Yes, cancel the visit"), type="primary", width="stretch", key="cancel"):
            take(lambda: answer.cancel(found.store, token, str(reason), found.now))


def visit_to_rate(token: str, matter: Matter) -> None:
    """Ask a side how a visit was."""
    parts.title(_("How was the visit?"))
    following.facts({_("What"): codes.service(matter.service), _("When"): answer.when(matter, language())})
    if st.session_state.get("_is_rated"):
        st.success(_("Thank you for telling us!"))
        return
    names = {5: _("Very good"), 4: _("Good"), 3: _("Neither good nor bad"), 2: _("Bad"), 1: _("Very bad")}
    rating = st.radio(_("How was it?"), RATINGS, format_func=names.__getitem__, key="rating", index=None)
    again = st.radio(
        _("Would you meet again?"), (True, False, None), key="again", index=2,
        format_func=lambda one: {True: _("Yes"), False: _("No"), None: _("I would rather not say")}[one],
    )  # fmt: skip
    if st.button(_("Send"), type="primary", width="stretch", key="rate", disabled=rating is None):
        st.session_state["_is_rated"] = True
        take(lambda: answer.rate(found.store, token, int(rating or 3), again, found.now), forget="_is_rated")


def request_to_take_back(token: str, matter: Matter) -> None:
    """Let a resident take a request back, or end a series."""
    is_series = matter.kind == "series"
    parts.title(_("Stop the visits?") if is_series else _("Take your request back?"))
    often = answer.how_often(matter.every_days, language()) if matter.every_days else ""
    following.facts(
        {
            _("What"): codes.service(matter.service),
            _("When"): answer.when(matter, language()),
            _("How often"): often,
        }
    )
    if matter.status in ("withdrawn", "cancelled", "ended"):
        st.success(_("It is taken back. Welcome to ask again any time."))
    elif matter.status in ("completed", "missed", "expired", "finished"):
        st.info(_("Its time is over, so there is nothing to take back."))
    else:
        if matter.status == "agreed":
            st.caption(_("Somebody has said yes to come. The visit is called off, and both of you are told."))
        label = _("Yes, stop the visits") if is_series else _("Yes, take it back")
        if st.button(label, type="primary", width="stretch", key="take_back"):
            take(lambda: answer.take_back(found.store, token, found.now))


def take(step: Callable[[], object], forget: str | None = None) -> None:
    """Take the step, and show the page as it is then; what the engine refuses is said in its words."""
    try:
        with st.spinner(_("One moment …")):
            step()
    except Refused as error:
        if forget:
            st.session_state.pop(forget, None)
        following.refused(error)
        st.stop()
    st.session_state.pop("_answer", None)
    st.rerun()


PAGES = {
    "answer_offer": offer,
    "cancel_visit": visit_to_cancel,
    "give_feedback": visit_to_rate,
    "withdraw_request": request_to_take_back,
}

with st.container(width=following.WIDTH):
    given = following.token()
    if given is None:
        parts.title(_("Your answer"))
        following.without_token()
        st.stop()
    try:
        about = answer.look(found.store, given, found.now)
    except Refused as refusal:
        parts.title(_("Your answer"))
        following.refused(refusal)
        st.stop()
    if about.is_by_hand:
        parts.title(_("Your answer"))
        st.info(_("We deal with this together with you. Contact us instead."))
    else:
        PAGES[about.link.purpose](given, about)
    following.reach()
