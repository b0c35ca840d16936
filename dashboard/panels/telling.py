"""What people are told: messages that wait, shown to be copied or read out, and sent again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import codes, codes_matching, parts
from dashboard.frame import Here
from dashboard.service import offers
from dashboard.words import _

SENT = ("sent", "copied")
AGAIN = ("unclear", "failed", "given_up")


def show(found: Here, waiting: pd.DataFrame) -> None:
    """Show the messages that wait for somebody, and deal with the one chosen."""
    if not offers.has_mail():
        st.info(_("There is no mail server: copy a message or read it out, and note that you did."))
    elif st.button(_("Send what is due"), type="primary", key="mail_all", icon=":material/send:"):
        with parts.doing(_("Sending …")):
            done = offers.mail(found.store, found.actor_id, found.now)
            parts.done(_("{n} messages went out by e-mail.").format(n=done.outcomes["sent"] if done else 0))
            st.rerun()
    chosen = parts.table(
        waiting.assign(
            template_text=waiting["template"].map(codes_matching.template),
            status_text=waiting["status"].map(codes_matching.message_status),
            service_text=[codes.service(one) if isinstance(one, str) else "" for one in waiting["service"]],
        ),
        {
            "template_text": _("Message"),
            "name": _("To"),
            "service_text": _("Service"),
            "starts_at": st.column_config.DatetimeColumn(_("Time"), format="YYYY-MM-DD HH:mm"),
            "status_text": _("Status"),
        },
        key=f"messages-{pd.util.hash_pandas_object(waiting[['message_id', 'status']], index=False).sum()}",
        select="one",
        empty=_("No message waits."),
    )
    if len(chosen):
        _one(found, chosen.to_dict("records")[0])


def about(found: Here, offer_id: str) -> None:
    """Show the newest message about an offer, to be copied, or sent again."""
    message = None
    with parts.doing(_("Looking for the message …")):
        message = offers.message_of(found.store, found.actor_id, offer_id, found.now)
    if message is not None:
        with st.expander(_("The message to the volunteer")):
            _one(found, message)


def _one(found: Here, message: Mapping[Any, Any]) -> None:
    message_id, status = str(message["message_id"]), str(message["status"])
    st.caption(f"{codes_matching.template(str(message['template']))} · {codes_matching.message_status(status)}")
    with st.container(horizontal=True):
        is_shown = st.button(_("Show to copy or read out"), key=f"show-{message_id}", icon=":material/visibility:")
        is_told = status not in SENT and st.button(
            _("I have told the person"), key=f"told-{message_id}", icon=":material/record_voice_over:"
        )
        is_again = (
            status in AGAIN and offers.has_mail()
            and st.button(_("Send again"), key=f"again-{message_id}", icon=":material/forward_to_inbox:")
        )  # fmt: skip
    if is_shown:
        with parts.doing(_("Writing …")):
            draft = offers.written(found.store, found.actor_id, message_id, found.now)
            parts.plain(", ".join(part for part in (draft.name, draft.phone, draft.email) if part))
            st.code(f"{draft.subject}\n\n{draft.text}", language=None, wrap_lines=True)
    if is_told:
        with parts.doing(_("Recording …")):
            offers.told(found.store, found.actor_id, message_id, found.now)
            parts.done(_("It is noted that the person has been told."))
            st.rerun()
    if is_again:
        with parts.doing(_("Sending …")):
            done = offers.mail(found.store, found.actor_id, found.now, (message_id,))
            went = done is not None and done.outcomes["sent"] > 0
            parts.done(_("The message is sent again.") if went else _("The message could not be sent."))
            st.rerun()
