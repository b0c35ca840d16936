"""Policy: what is in force, since when and why, what was before, how two differ, and putting another in force."""

import pandas as pd
import streamlit as st

from dashboard import parts
from dashboard.frame import here
from dashboard.service import policy as service
from dashboard.words import _, moment
from engine.policy import Policy

found = here()
in_force = service.in_force(found.store, found.actor_id, found.now)
known = service.known(found.store, found.actor_id, found.now)


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
        "meaning": st.column_config.TextColumn(_("What it does"), width=600),
        "said": st.column_config.TextColumn(_("Value"), width=80),
        "unit": st.column_config.TextColumn(_("Unit"), width=140),
        "name": st.column_config.TextColumn(_("Name"), width=200),
    }
    for table, (title, meaning) in tables().items():
        st.subheader(title, anchor=False)
        st.caption(meaning)
        parts.table(shown[shown["table"] == table], columns, key=f"policy-{table}")
    st.download_button(
        _("Download as a policy file (TOML)"), policy.text.encode(), f"{policy.fingerprint}.toml", "application/toml",
        icon=":material/download:", key="policy-download",
    )  # fmt: skip


def show_history() -> None:
    """Show which policies were in force, newest first."""
    past = service.history(found.store, found.actor_id, found.now)
    told = past.assign(when=[moment(at.tz_localize("UTC"), "d MMM y HH:mm") for at in past["adopted_at"]])
    columns = {
        "when": _("From"), "policy": _("Policy"), "actor_id": _("Adopted by"), "reason": _("Why"),
        "fingerprint": _("Fingerprint"),
    }  # fmt: skip
    nothing = _("No other policy was ever adopted: the pilot runs under the one it began with.")
    parts.table(told, columns, key="policy-history", download="policies", empty=nothing)


def show_difference(before: Policy, after: Policy, key: str) -> pd.DataFrame:
    """Show in which numbers two policies differ."""
    differs = service.difference(before, after)
    columns = {
        "meaning": st.column_config.TextColumn(_("What it does"), width=440),
        "before": st.column_config.TextColumn(_("Before"), width=90),
        "after": st.column_config.TextColumn(_("After"), width=90),
        "unit": st.column_config.TextColumn(_("Unit"), width=130),
        "name": st.column_config.TextColumn(_("Name"), width=190),
    }
    parts.table(differs, columns, key=key, empty=_("The two have the same numbers."))
    return differs


def show_compare() -> None:
    """Compare two policies."""
    left, right = st.columns(2)
    options = list(known)
    before = left.selectbox(_("Before"), options, index=len(options) - 1, format_func=said, key="policy-before")
    after = right.selectbox(_("After"), options, index=0, format_func=said, key="policy-after")
    show_difference(known[before], known[after], key="policy-compare")


def chosen_policy() -> Policy | None:
    """Let somebody choose a policy, change numbers of the one in force, or bring a file."""
    ways = {"known": _("A policy we have"), "edit": _("Change some numbers"), "file": _("A policy file")}
    way = st.radio(
        _("What should come into force?"), list(ways), format_func=ways.get, key="policy-way", horizontal=True
    )
    if way == "known":
        others = [fingerprint for fingerprint in known if fingerprint != in_force.policy.fingerprint]
        if not others:
            st.caption(_("There is no other policy yet; change some numbers of this one, or bring a file."))
            return None
        return known[st.selectbox(_("Policy"), others, format_func=said, key="policy-known")]
    if way == "file":
        file = st.file_uploader(_("Policy file (TOML)"), type=["toml"], key="policy-file")
        return service.read(file.getvalue(), file.name) if file else None
    return edited_policy()


def edited_policy() -> Policy | None:
    """Let somebody change numbers of the policy in force."""
    name = st.text_input(_("Name of the new policy (required)"), max_chars=60, key="policy-name")
    shown = service.numbers(in_force.policy)
    config = {
        "name": st.column_config.TextColumn(_("Name"), disabled=True),
        "value": st.column_config.NumberColumn(_("Value (yes is 1, no is 0)"), required=True),
        "unit": st.column_config.TextColumn(_("Unit"), disabled=True),
        "meaning": st.column_config.TextColumn(_("What it does"), disabled=True, width="large"),
    }
    changed = st.data_editor(
        shown[list(config)], column_config=config, hide_index=True, num_rows="fixed", key="policy-numbers",
        alt=_("The numbers of the policy; the column Value can be changed."),
    )  # fmt: skip
    if not name.strip() or (changed["value"] == shown["value"]).all():
        st.caption(_("Give the new policy a name and change a number."))
        return None
    values = dict(zip(changed["name"], changed["value"].astype(float), strict=True))
    return service.drafted(in_force.policy, name, values, st.session_state.get("policy-reason", "") or "–")


def show_change() -> None:
    """Put another policy in force, with a reason."""
    reason = st.text_area(
        _("Why? (required)"), key="policy-reason", max_chars=100,
        help=_("The decision and its ground, as the council minutes say it. Kept for ever; no names of residents."),
    )  # fmt: skip
    with parts.doing(_("Reading the policy …")):
        wanted = chosen_policy()
        if wanted is None:
            return
        st.markdown(_("**This is what changes**"))
        differs = show_difference(in_force.policy, wanted, key="policy-new")
        question = _("Put {policy} in force now? Every match run from now on follows it.").format(policy=wanted.name)
        if parts.confirm(_("Adopt"), question, key="policy-adopt", disabled=differs.empty or not reason.strip()):
            service.adopt(found.store, found.actor_id, wanted, reason, found.now)
            parts.done(_("{policy} is in force.").format(policy=wanted.name))
            st.rerun()
        if not reason.strip():
            st.caption(_("Say why before you adopt it."))


def show_roll_back() -> None:
    """Put the policy before the present one in force again."""
    if in_force.adopted_at is None:
        st.caption(_("Nothing was adopted, so there is nothing to go back to."))
        return
    st.markdown(_("Puts the policy that was in force before this one back. Nothing is deleted; history shows both."))
    reason = st.text_area(_("Why go back? (required)"), key="policy-back-reason", max_chars=100)
    question = _("Go back to the policy before {policy}?").format(policy=in_force.policy.name)
    with parts.doing(_("Going back …")):
        if parts.confirm(_("Go back"), question, key="policy-back", disabled=not reason.strip()):
            policy = service.roll_back(found.store, found.actor_id, reason, found.now)
            parts.done(_("{policy} is in force again.").format(policy=policy.name))
            st.rerun()


parts.title(_("Policy"), _("The numbers a council sets. Every match run names the policy it followed."))
show_in_force()
names = [_("Numbers"), _("History"), _("Compare")]
if found.may("set_policy"):
    names += [_("Change"), _("Go back")]
tabs = st.tabs(names)
with tabs[0]:
    show_numbers(in_force.policy)
with tabs[1]:
    show_history()
with tabs[2]:
    show_compare()
if found.may("set_policy"):
    with tabs[3]:
        show_change()
    with tabs[4]:
        show_roll_back()
