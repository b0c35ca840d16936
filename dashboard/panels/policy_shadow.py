"""The shadow: what policies on trial would have proposed beside what was, run by run and visit by visit."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import codes, parts
from dashboard.codes_policy import proof
from dashboard.frame import here
from dashboard.service import policy_life as service
from dashboard.words import _, moment, ngettext


def show_shadow(results: pd.DataFrame, about: str | None = None) -> None:
    """Show the runs in the shadow; ``about`` is the fingerprint of the policy somebody came for."""
    if results.empty:
        st.caption(
            _(
                "Nothing ran in the shadow yet. A simulated policy can be let run beside the one in force: it proposes"
                " nothing, and stores what it would have done."
            )
        )
        return
    some = _of_policy(results, about)
    show_sums(some)
    chosen = show_runs(some)
    for shadow_run_id in chosen["shadow_run_id"]:
        show_differences(shadow_run_id)


def _of_policy(results: pd.DataFrame, about: str | None) -> pd.DataFrame:
    """Let somebody choose among the policies that ran in the shadow, and keep the runs of the one chosen."""
    policies: dict[str, str] = dict(results[["fingerprint", "policy"]].itertuples(index=False))
    fingerprints = list(policies)
    first = fingerprints.index(about) if about in policies else 0
    chosen = fingerprints[0]
    if len(fingerprints) > 1:
        chosen = st.selectbox(
            _("Policy"), fingerprints, index=first, format_func=lambda one: f"{policies[one]} ({one})",
            key="shadow-policy",
        )  # fmt: skip
    return results[results["fingerprint"] == chosen].reset_index(drop=True)


def show_sums(some: pd.DataFrame) -> None:
    """Say in a sentence what the policy would have done over all its runs that had a plan beside them."""
    beside = some[some["run_id"].notna()]
    if beside.empty:
        return
    sums = beside[["n_shadow_served", "n_served", "n_both", "n_alike"]].astype(int).sum()
    st.markdown(
        parts.escaped(
            ngettext(
                "In {runs} run, {policy} would have proposed somebody for {shadow} requests; proposed were {served}."
                " For {both} requests both did, for {alike} of those the same people at the same times.",
                "In {runs} runs, {policy} would have proposed somebody for {shadow} requests; proposed were {served}."
                " For {both} requests both did, for {alike} of those the same people at the same times.",
                len(beside),
            ).format(
                runs=len(beside),
                policy=some["policy"].iloc[0],
                shadow=sums["n_shadow_served"],
                served=sums["n_served"],
                both=sums["n_both"],
                alike=sums["n_alike"],
            )
        )
    )


def show_runs(some: pd.DataFrame) -> pd.DataFrame:
    """Show the runs of a policy in the shadow, newest first, and give the one that was chosen."""
    told = some.assign(
        when=[moment(at.tz_localize("UTC"), "d MMM y HH:mm") for at in some["made_at"]],
        proved=[proof(code) for code in some["proof"]],
    )
    columns = {
        "when": st.column_config.TextColumn(_("Run"), width=140),
        "n_requests": st.column_config.NumberColumn(_("Requests"), width=80),
        "n_served": st.column_config.NumberColumn(_("Proposed for"), width=100),
        "n_shadow_served": st.column_config.NumberColumn(_("In the shadow"), width=105),
        "n_alike": st.column_config.NumberColumn(_("Alike"), width=70),
        "value": st.column_config.NumberColumn(_("Points"), format="%.0f", width=80),
        "shadow_value": st.column_config.NumberColumn(_("Points in the shadow"), format="%.0f", width=145),
        "proved": st.column_config.TextColumn(_("Shadow's proof"), width=130),
    }
    may_choose = here().may("see_requests")
    chosen = parts.table(told, columns, key="shadow-runs", select="one" if may_choose else None, download="shadow")
    st.caption(
        _(
            "Each plan has its points by the weights of its own policy; compare them only where the weights are the"
            " same."
        )
        + (" " + _("Choose a run to see where the two differ.") if may_choose else "")
    )
    return chosen


def show_differences(shadow_run_id: str) -> None:
    """Show the visits that only the plan, or only the shadow, has."""
    found = here()
    st.markdown(f"**{_('Where the two differ')}**")
    differs = service.shadow_differences(found.store, found.actor_id, shadow_run_id, found.now)
    told = differs.assign(
        only=[_("Only the shadow") if in_shadow else _("Only the plan") for in_shadow in differs["is_in_shadow"]],
        when=[moment(at.to_pydatetime(), "EEE d MMM HH:mm") for at in differs["starts_at"]],
        municipality=[
            codes.municipality(code) if isinstance(code, str) else "–" for code in differs["municipality_code"]
        ],
    )
    columns = {
        "request_id": _("Request"),
        "resident": _("Resident"),
        "municipality": _("Municipality"),
        "only": _("Proposed by"),
        "when": _("When"),
        "volunteer": _("Volunteer"),
    }
    nothing = _("No difference in your municipalities, or the run had no plan beside it.")
    parts.table(told, columns, key="shadow-differences", download="shadow-differences", empty=nothing)
