"""Making a match run: live progress, a way out, and what was proved of the newest one."""

from __future__ import annotations

import streamlit as st

from dashboard import codes_matching, parts
from dashboard.frame import Here
from dashboard.service import Refused, matching
from dashboard.service.matching import Progress, RunShown
from dashboard.words import _, moment, ngettext, number, percent

TIME_LIMITS_S = (15, 60, 180, 600)
_UNDER_WAY = "_match_under_way"


def run_control(found: Here, newest_id: str | None) -> None:
    """Offer to match now; while it runs, show where it stands, and a button that stops it with nothing written."""
    begun_after = st.session_state.pop(_UNDER_WAY, None)
    if begun_after is not None:
        _say_interrupted(begun_after == (newest_id or ""))
    if not found.may("match"):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        is_wanted = st.button(_("Match now"), type="primary", icon=":material/play_arrow:", key="match_now")
        limit_s = st.selectbox(
            _("Look for at most"), TIME_LIMITS_S, index=1, format_func=_limit, key="match_limit", width=170,
            help=_("The best plan found by then is kept, and how far from the best possible it can be is said."),
        )  # fmt: skip
    if is_wanted:
        # A run that ends normally takes this away; a click on Stop begins the script anew and finds it.
        st.session_state[_UNDER_WAY] = newest_id or ""
        _run(found, float(limit_s))


def newest(found: Here, run: RunShown) -> None:
    """Show what the newest run found, and in one sentence what is proved of it."""
    served, value, proof = st.columns(3)
    served.metric(
        _("Requests that get help"), _("{n} of {all}").format(n=number(run.n_matched, 0), all=number(run.n_requests, 0))
    )
    value.metric(_("Value of the plan, points"), number(run.objective, 0))
    proof.metric(
        _("Proved"), _("the best plan") if run.proof == "optimal" else _("within {gap}").format(gap=_gap(run.gap))
    )
    st.markdown(parts.escaped(certificate(run)))
    st.caption(
        _("Looked at the pilot {when} under the policy {policy}; run {run}.").format(
            when=moment(run.looked_at), policy=run.policy, run=run.run_id
        )
    )
    if st.button(_("Check again without the solver"), key="check_again", type="tertiary", icon=":material/verified:"):
        with parts.doing(_("Checking every rule and the bound …")):
            _say_checked(matching.check_again(found.store, run.run_id))


def certificate(run: RunShown) -> str:
    """Say what is proved of a run in one sentence."""
    chosen = ngettext(
        "Chosen among {n} possible visit of {volunteers} volunteers in {seconds} seconds.",
        "Chosen among {n} possible visits of {volunteers} volunteers in {seconds} seconds.",
        run.n_candidates,
    ).format(n=number(run.n_candidates, 0), volunteers=number(run.n_volunteers, 0), seconds=number(run.seconds, 1))
    if run.proof == "optimal":
        best = _("No plan that keeps the rules of this policy can be worth more: that is proved.")
        return f"{best} {chosen}"
    above = _("No plan that keeps the rules of this policy can be worth more than {gap} above this one.")
    return f"{above.format(gap=_gap(run.gap))} {chosen}"


def _run(found: Here, limit_s: float) -> None:
    with st.status(_("Looking for the best plan …"), expanded=True) as status:
        st.button(_("Stop"), key="match_stop", icon=":material/stop:")
        place = st.empty()
        place.caption(_("Collecting everybody who could come …"))
        try:
            matching.match_now(found.store, found.actor_id, found.now, limit_s, lambda now: _show(place, now))
        except Refused as error:
            st.session_state.pop(_UNDER_WAY, None)
            status.update(label=_("The match came to no end"), state="error")
            parts.refusal(error)
            return
    st.session_state.pop(_UNDER_WAY, None)
    parts.done(_("A new plan is ready."))
    st.rerun()


def _say_interrupted(is_nothing_kept: bool) -> None:
    """Say how an interrupted match ended: the click may have come when the plan was just stored."""
    if is_nothing_kept:
        st.info(_("The match was stopped. Nothing of it was kept."), icon=":material/cancel:")
    else:
        st.success(_("A new plan is ready."))


def _show(place: st.delta_generator.DeltaGenerator, now: object) -> None:
    """Show where the solver stands; it is between two transactions, so an interrupt here leaves nothing behind."""
    if not isinstance(now, Progress):
        return
    with place.container():
        st.caption(_("Round {n}: {stage}").format(n=now.round, stage=codes_matching.stage(now.stage).lower()))
        value, bound, gap = st.columns(3)
        value.metric(_("Best plan so far"), number(now.value, 0))
        bound.metric(_("No plan is above"), number(now.bound, 0) if abs(now.bound) < float("inf") else "–")
        gap.metric(_("Left to prove"), _gap(now.gap) if now.gap < 1 else "–")
        st.progress(min(1.0, max(0.0, 1.0 - now.gap)), _("Proved so far"))


def _say_checked(checked: matching.Checked) -> None:
    if checked.faults:
        st.error(
            parts.escaped(
                _("The run does not agree with its own figures: {faults}").format(faults="; ".join(checked.faults))
            )
        )
    elif checked.proof == "optimal":
        st.success(_("Every rule is kept, and the prices prove that no plan can be worth more."))
    else:
        above = _("Every rule is kept, and no plan can be worth more than {gap} above this one.")
        st.success(above.format(gap=_gap(checked.distance_share)))


def _gap(share: float) -> str:
    return percent(share, 2)


def _limit(seconds: int) -> str:
    if seconds < 60:
        return ngettext("{n} second", "{n} seconds", seconds).format(n=seconds)
    return ngettext("{n} minute", "{n} minutes", seconds // 60).format(n=seconds // 60)
