"""Putting approved proposals to volunteers, and taking their answers by phone."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import codes, codes_matching, parts
from dashboard.frame import Here
from dashboard.panels import telling
from dashboard.service import offers
from dashboard.service.offers import ANOTHER_TIME, DECLINE_REASONS, Delivered
from dashboard.words import _, moment, ngettext
from engine.rules import WORDS

SOON_HOURS = 6
"""An offer this near its limit is called urgent."""

RESPONSES = ("yes", "no", "another")


def to_send(found: Here, approved: pd.DataFrame) -> None:
    """Show what is approved and not sent, and send it."""
    chosen = parts.table(
        approved.assign(service_text=approved["service"].map(codes.service)),
        {
            "starts_at": st.column_config.DatetimeColumn(_("Time"), format="YYYY-MM-DD HH:mm"),
            "resident": _("Resident"),
            "service_text": _("Service"),
            "volunteer": _("Volunteer"),
            "request_id": _("Request"),
        },
        key=f"to-send-{pd.util.hash_pandas_object(approved['request_id'], index=False).sum()}",
        select="many",
        empty=_("Nothing is approved that is not sent. Approve proposals under Matching."),
    )
    if found.may("send_offer"):
        _send(found, approved, chosen)


def _send(found: Here, approved: pd.DataFrame, chosen: pd.DataFrame) -> None:
    some = sorted(set(chosen["request_id"])) or None
    n = len(chosen) if some else len(approved)
    label = ngettext("Send {n} offer", "Send {n} offers", n).format(n=n) if n else _("Ask the next ones")
    st.caption(_("Where a volunteer has said no or waits too long, the next best are asked too, as the policy says."))
    if st.button(label, type="primary", icon=":material/send:", key="send_offers"):
        with parts.doing(_("Sending …")):
            done = offers.send(found.store, found.actor_id, some, found.now)
            parts.done(_what_was_sent(done))
            st.rerun()


def _what_was_sent(done: Delivered) -> str:
    n = len(done.sent.offer_ids)
    said = [ngettext("{n} offer is sent.", "{n} offers are sent.", n).format(n=n)]
    if done.sent.waiting:
        n = len(done.sent.waiting)
        said.append(ngettext("{n} approved proposal waits:", "{n} approved proposals wait:", n).format(n=n))
        said += [f"{request}, {volunteer}: {_why(why)}." for (request, volunteer), why in done.sent.waiting.items()]
    if done.mail is None and done.sent.offer_ids:
        said.append(_("There is no mail server: tell the volunteers yourself, under Messages."))
    elif done.mail is not None:
        said.append(_("{n} messages went out by e-mail.").format(n=done.mail.outcomes["sent"]))
    return " ".join(said)


def _why(sentence: str) -> str:
    """Say in the language of the page why an approved proposal waits."""
    known = {words.en: codes.rule(code) for code, words in WORDS.items()}
    known["its time has passed; the next run finds another"] = _("its time has passed; the next run finds another")
    return known.get(sentence) or "; ".join(known.get(part, part) for part in sentence.split("; "))


def answers(found: Here, asked: pd.DataFrame) -> None:
    """Show who was asked, the nearest limit first; deal with the one chosen."""
    is_open = asked["status"] == "sent"
    n_soon = int((is_open & (asked["hours_left"] <= SOON_HOURS)).sum())
    if n_soon:
        st.warning(
            ngettext(
                "{n} offer runs out within {hours} hours.", "{n} offers run out within {hours} hours.", n_soon
            ).format(n=n_soon, hours=SOON_HOURS),
            icon=":material/hourglass_bottom:",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        has_all = st.toggle(_("Show also those answered in the last two weeks"), key="offers_all")
        if found.may("send_messages") and st.button(
            _("Queue reminders"), key="remind", icon=":material/notifications:"
        ):
            _remind(found)
    shown = asked if has_all else asked[is_open]
    chosen = _table(shown.reset_index(drop=True))
    given = asked[asked["offer_id"] == parts.given("offer")]
    row = chosen.iloc[0] if len(chosen) else given.iloc[0] if len(given) else None
    if row is None:
        st.caption(_("Choose an offer to record the answer, tell the volunteer, or take it back."))
    elif row["status"] == "sent":
        _one(found, row)


def _table(shown: pd.DataFrame) -> pd.DataFrame:
    reason = [codes_matching.decline_reason(one) if isinstance(one, str) else "" for one in shown["reason_code"]]
    return parts.table(
        shown.assign(
            status_text=shown["status"].map(codes_matching.offer_status),
            service_text=shown["service"].map(codes.service),
            because=reason,
        ),
        {
            "expires_local": st.column_config.DatetimeColumn(_("Answer by"), format="YYYY-MM-DD HH:mm"),
            "volunteer": _("Volunteer"),
            "resident": _("Resident"),
            "service_text": _("Service"),
            "starts_at": st.column_config.DatetimeColumn(_("Time"), format="YYYY-MM-DD HH:mm"),
            "status_text": _("Status"),
            "because": _("Because"),
            "request_id": _("Request"),
        },
        key=f"asked-{pd.util.hash_pandas_object(shown[['offer_id', 'status']], index=False).sum()}",
        select="one",
        download="erbjudanden",
        empty=_("Nobody is asked at the moment."),
    )


def _remind(found: Here) -> None:
    with parts.doing(_("Looking for those who have not answered …")):
        n = offers.remind(found.store, found.actor_id, found.now)
        offers.mail(found.store, found.actor_id, found.now)
        parts.done(ngettext("{n} message is queued.", "{n} messages are queued.", n).format(n=n))
        st.rerun()


def _one(found: Here, row: pd.Series) -> None:
    """Record the answer to one open offer, tell its volunteer, or take it back."""
    st.subheader(_("The offer"), anchor=False)
    parts.plain(
        _("{volunteer} is asked: {service} for {resident}, {when}. Answer by {limit}.").format(
            volunteer=row["volunteer"], resident=row["resident"], service=codes.service(row["service"]),
            when=moment(row["starts_at"]), limit=moment(row["expires_local"]),
        )
    )  # fmt: skip
    offer_id = row["offer_id"]
    if found.may("read_identity") and st.button(
        _("Show the phone number"), key=f"phone-{offer_id}", icon=":material/call:"
    ):
        with parts.doing(_("Looking it up …")):
            parts.plain(
                offers.phone_of(found.store, found.actor_id, row["volunteer_resident_id"])
                or _("No phone number is kept.")
            )
    if found.may("answer_offer"):
        _answer(found, offer_id)
    if found.may("send_messages"):
        telling.about(found, offer_id)
    if found.may("send_offer") and parts.confirm(
        _("Take the offer back"), _("The volunteer is told kindly that no answer is needed."), f"withdraw-{offer_id}"
    ):
        with parts.doing(_("Recording …")):
            offers.withdraw(found.store, found.actor_id, offer_id, found.now)
            parts.done(_("The offer is taken back."))
            st.rerun()


def _answer(found: Here, offer_id: str) -> None:
    names = {"yes": _("Yes"), "no": _("No"), "another": _("Rather another time")}
    said = st.segmented_control(
        _("What did the volunteer say on the phone?"), RESPONSES, format_func=names.__getitem__, key=f"said-{offer_id}"
    )
    if said is None:
        return
    reason, is_whole_day = None, False
    if said == "no":
        codes_no = [code for code in DECLINE_REASONS if code != ANOTHER_TIME]
        reason = st.selectbox(
            _("Reason"), codes_no, format_func=codes_matching.decline_reason, key=f"why-{offer_id}", width=320
        )
        st.caption(_("The volunteer is not asked about this request again."))
    elif said == "another":
        reason = ANOTHER_TIME
        is_whole_day = st.checkbox(_("Not at all on that day"), key=f"day-{offer_id}")
        st.caption(_("Noted as away then, and may be asked about another time of the same request."))
    if st.button(_("Record the answer"), type="primary", key=f"record-{offer_id}"):
        with parts.doing(_("Recording …")):
            visit_id = offers.record_answer(
                found.store, found.actor_id, offer_id, "accepted" if said == "yes" else "declined", found.now,
                reason_code=reason, not_that_day=is_whole_day,
            )  # fmt: skip
            parts.done(_("The visit is agreed, and both are told.") if visit_id else _("The answer is recorded."))
            st.rerun()
