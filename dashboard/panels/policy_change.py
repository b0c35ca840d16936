"""Another policy: chosen, changed or brought; compared with the one in force; put forward as a draft, or adopted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pandas as pd
import streamlit as st

from dashboard import parts
from dashboard.codes_policy import adoption_reason
from dashboard.frame import here
from dashboard.service import policy as service
from dashboard.service import policy_life
from dashboard.words import _, day
from engine.clock import local_of, utc_of
from engine.policy import Policy

TYPED = ["policy-ground", "policy-reason", "policy-way", "policy-name"]
"""Fields that stay as they were typed while somebody looks at another tab."""
GROUNDS = ("council_decision", "evaluation", "trial", "correction", "other")
_TYPED_NUMBERS, _BEGUN_WITH = "policy-typed", "policy-begun"

Said = Callable[[str], str]


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


def show_compare(known: dict[str, Policy], said: Said) -> None:
    """Compare two policies."""
    left, right = st.columns(2)
    options = list(known)
    before = left.selectbox(_("Before"), options, index=len(options) - 1, format_func=said, key="policy-before")
    after = right.selectbox(_("After"), options, index=0, format_func=said, key="policy-after")
    show_difference(known[before], known[after], key="policy-compare")


def show_change(in_force: Policy, known: dict[str, Policy], said: Said) -> None:
    """Put another policy forward or in force, with a ground and a reason."""
    draft = parts.draft("policy-change", TYPED)
    _show_change_form(in_force, known, said)
    draft.keep()


def _show_change_form(in_force: Policy, known: dict[str, Policy], said: Said) -> None:
    ground = st.selectbox(_("Ground"), GROUNDS, format_func=adoption_reason, key="policy-ground")
    reason = st.text_area(
        _("Why? (required)"), key="policy-reason", max_chars=100,
        help=_("The decision and its ground, as the council minutes say it. Kept for ever; no names of residents."),
    )  # fmt: skip
    with parts.doing(_("Reading the policy …")):
        wanted = _chosen(in_force, known, said)
        if wanted is None:
            return
        st.markdown(_("**This is what changes**"))
        differs = show_difference(in_force, wanted, key="policy-new")
        is_ready = not differs.empty and bool(reason.strip())
        if not reason.strip():
            st.caption(_("Say why before you adopt it."))
        from_at = _from_when()
        _offer_to_adopt(wanted, ground, reason, from_at, is_ready)
        _offer_to_draft(wanted, reason, is_ready)


def show_roll_back(in_force: Policy, *, was_adopted: bool) -> None:
    """Put the policy before the present one in force again."""
    if not was_adopted:
        st.caption(_("Nothing was adopted, so there is nothing to go back to."))
        return
    st.markdown(_("Puts the policy that was in force before this one back. Nothing is deleted; history shows both."))
    reason = st.text_area(_("Why go back? (required)"), key="policy-back-reason", max_chars=100)
    question = _("Go back to the policy before {policy}?").format(policy=in_force.name)
    found = here()
    with parts.doing(_("Going back …")):
        if parts.confirm(_("Go back"), question, key="policy-back", disabled=not reason.strip()):
            policy = service.roll_back(found.store, found.actor_id, reason, found.now)
            parts.done(_("{policy} is in force again.").format(policy=policy.name))
            st.rerun()


def _offer_to_adopt(wanted: Policy, ground: str, reason: str, from_at: datetime | None, is_ready: bool) -> None:
    found = here()
    question = _("Put {policy} in force now? Every match run from now on follows it.").format(policy=wanted.name)
    if from_at is not None:
        question = _("Put {policy} in force from {day}? Every match run from then on follows it.").format(
            policy=wanted.name, day=_day_of(from_at)
        )
    if parts.confirm(_("Adopt"), question, key="policy-adopt", disabled=not is_ready):
        service.adopt(found.store, found.actor_id, wanted, reason, from_at or found.now, ground)
        parts.done(
            _("{policy} is in force.").format(policy=wanted.name)
            if from_at is None
            else _("{policy} is in force from {day}.").format(policy=wanted.name, day=_day_of(from_at))
        )
        _begin_anew()


def _offer_to_draft(wanted: Policy, reason: str, is_ready: bool) -> None:
    found = here()
    if wanted.fingerprint in {policy.fingerprint for policy in policy_life.drafted(found.store, found.actor_id)}:
        return
    st.caption(_("Not sure yet? As a draft it can be simulated, and then run in the shadow, before it is adopted."))
    if st.button(_("Put it forward as a draft"), key="policy-draft", disabled=not is_ready):
        policy_life.draft(found.store, found.actor_id, wanted, reason, found.now)
        parts.done(_("{policy} is a draft.").format(policy=wanted.name))
        _begin_anew()


def _begin_anew() -> None:
    parts.draft("policy-change", TYPED).forget()
    st.session_state.pop(_TYPED_NUMBERS, None)
    st.rerun()


def _from_when() -> datetime | None:
    """Ask from when; ``None`` for at once."""
    ways = {"now": _("At once"), "day": _("From a day to come")}
    way = st.radio(_("From when?"), list(ways), format_func=ways.get, key="policy-when", horizontal=True)
    if way == "now":
        return None
    tomorrow = local_of(here().now).date() + timedelta(days=1)
    chosen = st.date_input(
        _("First day"), tomorrow, min_value=tomorrow, max_value=tomorrow + timedelta(days=366), key="policy-day",
        format="YYYY-MM-DD",
    )  # fmt: skip
    return utc_of(datetime.combine(chosen, time.min)) if isinstance(chosen, date) else None


def _day_of(from_at: datetime) -> str:
    return day(local_of(from_at).date(), "d MMMM y")


def _chosen(in_force: Policy, known: dict[str, Policy], said: Said) -> Policy | None:
    """Let somebody choose a policy, change numbers of the one in force, or bring a file."""
    ways = {"known": _("A policy we have"), "edit": _("Change some numbers"), "file": _("A policy file")}
    way = st.radio(
        _("What should come into force?"), list(ways), format_func=ways.get, key="policy-way", horizontal=True
    )
    if way == "known":
        others = [fingerprint for fingerprint in known if fingerprint != in_force.fingerprint]
        if not others:
            st.caption(_("There is no other policy yet; change some numbers of this one, or bring a file."))
            return None
        return known[st.selectbox(_("Policy"), others, format_func=said, key="policy-known")]
    if way == "file":
        file = st.file_uploader(_("Policy file (TOML)"), type=["toml"], key="policy-file")
        return service.read(file.getvalue(), file.name) if file else None
    return _edited(in_force)


def _edited(in_force: Policy) -> Policy | None:
    """Let somebody change numbers of the policy in force."""
    name = st.text_input(_("Name of the new policy (required)"), max_chars=60, key="policy-name")
    shown = service.numbers(in_force)
    config = {
        "name": st.column_config.TextColumn(_("Name"), disabled=True),
        "value": st.column_config.NumberColumn(_("Value (yes is 1, no is 0)"), required=True),
        "unit": st.column_config.TextColumn(_("Unit"), disabled=True),
        "meaning": st.column_config.TextColumn(_("What it does"), disabled=True, width="large"),
    }
    changed = st.data_editor(
        _as_typed(shown[list(config)], in_force.fingerprint), column_config=config, hide_index=True,
        num_rows="fixed", key="policy-numbers", alt=_("The numbers of the policy; the column Value can be changed."),
    )  # fmt: skip
    st.session_state[_TYPED_NUMBERS] = (in_force.fingerprint, changed["value"])
    if not name.strip() or (changed["value"] == shown["value"]).all():
        st.caption(_("Give the new policy a name and change a number."))
        return None
    values = dict(zip(changed["name"], changed["value"].astype(float), strict=True))
    return service.drafted(in_force, name, values, st.session_state.get("policy-reason", "") or "–")


def _as_typed(shown: pd.DataFrame, fingerprint: str) -> pd.DataFrame:
    """Begin with the numbers as they were typed before another tab was looked at; the table itself forgets them."""
    if "policy-numbers" not in st.session_state or _BEGUN_WITH not in st.session_state:
        of_policy, typed = st.session_state.get(_TYPED_NUMBERS, (None, None))
        st.session_state[_BEGUN_WITH] = typed if of_policy == fingerprint else shown["value"]
    return shown.assign(value=st.session_state[_BEGUN_WITH])
