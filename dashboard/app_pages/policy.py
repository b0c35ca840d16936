"""Policy: what is in force and why, how far the others have come, how two differ, and putting another in force."""

from collections.abc import Callable

import streamlit as st

from dashboard import parts
from dashboard.frame import here
from dashboard.panels.guardrail_list import show_guardrails
from dashboard.panels.policy_change import show_change, show_compare, show_roll_back
from dashboard.panels.policy_lives import download, show_events, show_lives
from dashboard.panels.policy_shadow import show_shadow
from dashboard.service import policy as service
from dashboard.service import policy_life
from dashboard.words import _, moment
from engine.policy import Policy

found = here()
in_force = service.in_force(found.store, found.actor_id, found.now)
known = service.known(found.store, found.actor_id)
about = parts.given("about")


def said(fingerprint: str) -> str:
    """Name a policy so that two of the same name can be told apart."""
    name = f"{known[fingerprint].name} ({fingerprint})"
    return f"{name} – {_('in force')}" if fingerprint == in_force.policy.fingerprint else name


def tables() -> dict[str, tuple[str, str]]:
    """Name the tables of a policy, and say what each holds."""
    return {
        "weights": (_("Weights"), _("Trade-offs: what a visit is worth, in points.")),
        "limits": (_("Limits"), _("What may not be exceeded, and how far a match run looks.")),
        "asking": (_("Asking"), _("How volunteers are asked once a proposal is approved.")),
    }


def show_in_force() -> None:
    """Say what is in force, in a few lines."""
    with st.container(border=True):
        st.markdown(f"**{parts.escaped(in_force.policy.name)}** · `{in_force.policy.fingerprint}`")
        if in_force.adopted_at is None:
            st.markdown(_("In force since the pilot began; nobody has adopted another policy."))
            return
        when = moment(in_force.adopted_at, "d MMMM y HH:mm")
        st.markdown(
            parts.escaped(
                _("In force since {when}, adopted by {account}.").format(when=when, account=in_force.adopted_by)
            )
        )
        parts.plain(in_force.reason)


def show_numbers(policy: Policy) -> None:
    """Show the numbers of a policy, table by table."""
    shown = service.numbers(policy)
    columns = {
        "meaning": st.column_config.TextColumn(_("What it does"), width=560),
        "said": st.column_config.TextColumn(_("Value"), width=80),
        "unit": st.column_config.TextColumn(_("Unit"), width=180),
        "name": st.column_config.TextColumn(_("Name"), width=200),
    }
    for table, (title, meaning) in tables().items():
        st.subheader(title, anchor=False)
        st.caption(meaning)
        parts.table(shown[shown["table"] == table], columns, key=f"policy-{table}")
    download(policy, key="policy-download")


def show_life() -> None:
    """Show how far every policy has come, and what was done."""
    show_lives(policy_life.lives(found.store, found.actor_id, found.now), known)
    st.subheader(_("History"), anchor=False)
    show_events(policy_life.events(found.store, found.actor_id), known)


def show_shadows() -> None:
    """Show what runs of policies in the shadow would have chosen."""
    show_shadow(policy_life.shadow_results(found.store, found.actor_id, found.now), about)


def show_guarded() -> None:
    """Show the guardrails of the policy in force, and set those its simulation speaks for."""
    with parts.doing(_("Working out the measures …")):
        show_guardrails(policy_life.guardrails(found.store, found.actor_id, found.now), about)
    if not found.may("set_policy"):
        return
    proposed = policy_life.proposed_guardrails(found.store, found.actor_id, in_force.policy, found.now)
    if proposed.empty:
        st.caption(_("The policy in force was never simulated, so no guardrails can be proposed for it."))
        return
    question = _("Set the {n} guardrails that the newest simulation of {policy} speaks for?").format(
        n=len(proposed), policy=in_force.policy.name
    )
    with parts.doing(_("Setting the guardrails …")):
        if parts.confirm(_("Set the guardrails of the newest simulation"), question, key="guardrails-set"):
            policy_life.set_guardrails(found.store, found.actor_id, in_force.policy, found.now)
            parts.done(_("The guardrails are set."))
            st.rerun()


parts.title(_("Policy"), _("The numbers a council sets. Every match run names the policy it followed."))
show_in_force()
shadow, guarded = _("In the shadow"), _("Guardrails")
sections: dict[str, Callable[[], None]] = {
    _("Numbers"): lambda: show_numbers(in_force.policy),
    _("All policies"): show_life,
    shadow: show_shadows,
    guarded: show_guarded,
    _("Compare"): lambda: show_compare(known, said),
}
if found.may("set_policy"):
    sections |= {
        _("Change"): lambda: show_change(in_force.policy, known, said),
        _("Go back"): lambda: show_roll_back(in_force.policy, was_adopted=in_force.adopted_at is not None),
    }
parts.opened(sections, key="policy-tab", first=shadow if about in known else guarded if about else None)
