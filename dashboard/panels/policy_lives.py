"""How far every policy has come, what can be done with it next, and everything that was done."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import parts
from dashboard.codes_policy import adoption_reason, policy_event, policy_status
from dashboard.frame import here
from dashboard.service import policy_life as service
from dashboard.words import _, moment
from engine.policy import Policy


def show_lives(lives: pd.DataFrame, known: dict[str, Policy]) -> None:
    """Show the policies with their status; who may set policy chooses one to take it a step further."""
    st.caption(
        _(
            "A policy is drafted, simulated, run in the shadow beside the one in force, and adopted, replaced or taken"
            " back. Its numbers never change; others get a name of their own."
        )
    )
    told = lives.assign(
        state=[policy_status(status) for status in lives["status"]],
        when=[moment(at.tz_localize("UTC"), "d MMM y HH:mm") for at in lives["since"]],
    )
    columns = {
        "policy": st.column_config.TextColumn(_("Policy"), width=180),
        "state": st.column_config.TextColumn(_("How far it has come"), width=150),
        "when": st.column_config.TextColumn(_("Last step"), width=150),
        "actor_id": st.column_config.TextColumn(_("By"), width=140),
        "fingerprint": st.column_config.TextColumn(_("Fingerprint"), width=130),
    }
    may_set = here().may("set_policy")
    nothing = _("No policy was drafted or adopted yet: the pilot runs under the one it began with.")
    chosen = parts.table(told, columns, key="policy-lives", select="one" if may_set else None, empty=nothing)
    for life in chosen.to_dict("records"):
        _show_next_step(known[life["fingerprint"]], str(life["status"]))


def _show_next_step(policy: Policy, status: str) -> None:
    """Offer what can be done with a policy that has come so far."""
    st.markdown(f"**{_('What can be done with {policy}').format(policy=parts.escaped(policy.name))}**")
    if status == "draft":
        st.caption(_("A draft is simulated before it is tried. The simulation says how to hand over what it found:"))
        st.code(service.how_to_simulate(policy), language=None)
        download(policy, key="policy-download-draft")
        return
    if status == "adopted":
        st.caption(_("It is in force. Its guardrails are set under Guardrails; another is put in force under Change."))
        return
    found = here()
    with parts.doing(_("Taking the step …")):
        if status == "shadow":
            question = _("Let {policy} no longer run beside the one in force?").format(policy=policy.name)
            if parts.confirm(_("End the shadow"), question, key="shadow-end"):
                service.end_shadow(found.store, found.actor_id, policy, found.now)
                parts.done(_("{policy} no longer runs in the shadow.").format(policy=policy.name))
                st.rerun()
            return
        question = _("Let {policy} run beside every match from now on? It proposes nothing.").format(policy=policy.name)
        if parts.confirm(_("Run it in the shadow"), question, key="shadow-start"):
            service.start_shadow(found.store, found.actor_id, policy, found.now)
            parts.done(_("{policy} runs in the shadow.").format(policy=policy.name))
            st.rerun()


def download(policy: Policy, key: str) -> None:
    """Offer a policy as a file."""
    st.download_button(
        _("Download as a policy file (TOML)"), policy.text.encode(), f"{policy.fingerprint}.toml", "application/toml",
        icon=":material/download:", key=key,
    )  # fmt: skip


def show_events(events: pd.DataFrame, known: dict[str, Policy]) -> None:
    """Show everything that was done with policies, newest first, and what comes into force on a day to come."""
    names = [known[one].name if one in known else one for one in events["fingerprint"]]
    told = events.assign(
        when=[moment(at.tz_localize("UTC"), "d MMM y HH:mm") for at in events["occurred_at"]],
        what=[policy_event(event) for event in events["event"]],
        policy=names,
        ground=events["reason_code"].map(adoption_reason, na_action="ignore"),
    )
    columns = {
        "when": st.column_config.TextColumn(_("From"), width=150),
        "what": st.column_config.TextColumn(_("What"), width=170),
        "policy": st.column_config.TextColumn(_("Policy"), width=140),
        "actor_id": st.column_config.TextColumn(_("By"), width=120),
        "ground": st.column_config.TextColumn(_("Ground"), width=150),
        "reason": st.column_config.TextColumn(_("Why"), width=260),
        "fingerprint": st.column_config.TextColumn(_("Fingerprint"), width=120),
    }
    nothing = _("Nothing was done with any policy yet.")
    parts.table(told, columns, key="policy-events", download="policies", empty=nothing)
