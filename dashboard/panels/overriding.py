"""One proposal in depth: its value by parts, who else could come at what loss, and the price of knowing better."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import streamlit as st

from dashboard import codes, codes_matching, parts
from dashboard.frame import Here
from dashboard.panels.naming import volunteers_named
from dashboard.service import reasons
from dashboard.service.matching import RunShown
from dashboard.service.reasons import REASONS, Match, OverridePrice
from dashboard.words import _, moment, ngettext, number

ACTIONS = ("swap", "pin", "forbid")

AT_ONCE_CANDIDATES = 20_000
"""Up to so many candidates a run is solved again for one request within a second or so."""


def proposal(found: Here, run: RunShown, row: pd.Series) -> None:
    """Show why this proposal was made, and offer to override it."""
    st.subheader(_("Why this proposal?"), anchor=False)
    parts.plain(
        _("{volunteer} to {resident}: {service}, {when}").format(
            volunteer=row["volunteer"], resident=row["resident"], service=codes.service(row["service"]),
            when=moment(row["starts_at"]),
        )
    )  # fmt: skip
    if row["run_id"] != run.run_id:
        st.caption(_("It was approved in an earlier run or added by hand; the newest run has no reasons for it."))
        return
    st.markdown(parts.escaped(_value_in_words(row)))
    if not is_wanted(run, "why", row["request_id"], _("Show who else could come")):
        return
    match = None
    with parts.doing(_("Looking at the alternatives … the first time for a run takes some seconds.")):
        told = reasons.reasons(found.store, found.actor_id, run.run_id, row["request_id"])
        match = next((one for one in told if one.visit.volunteer_id == row["volunteer_id"]), None)
    if match is None:
        st.caption(_("Another plan of the same value is compared with, in which somebody else comes."))
        return
    others = volunteers_named(found, [one.visit.volunteer_id for one in match.runners_up])
    st.markdown(parts.escaped(_how_firm(match, others)))
    _runners_up(match, others)
    if found.may("override") and row["status"] in ("made", "approved"):
        _override(found, run.run_id, row, match, others)


def is_wanted(run: RunShown, kind: str, request_id: str, label: str) -> bool:
    """Say whether to solve the plan again for a request: at once where that is quick, else when somebody asks.

    While it is being solved, nothing else on the page answers.
    """
    if run.n_candidates <= AT_ONCE_CANDIDATES or reasons.is_known(kind, run.run_id, request_id):
        return True
    st.caption(_("This plan is large: it takes some seconds to solve it again for one request."))
    return st.button(label, key=f"{kind}-{request_id}", icon=":material/manage_search:")


def _value_in_words(row: pd.Series) -> str:
    """Write the value as a sum of its parts."""
    points = [(name.removeprefix("value_"), row[name]) for name in row.index if str(name).startswith("value_")]
    said = ", ".join(
        f"{codes_matching.part(code).lower()} {'+' if value > 0 else '−'}{number(abs(value), 1)}"
        for code, value in points
        if abs(value) >= 0.05
    )
    return _("Worth {n} points: {parts}.").format(n=number(row["value"], 1), parts=said)


def _how_firm(match: Match, others: dict[str, str]) -> str:
    if match.is_forced:
        return _("It is in every best plan: without it the plan loses {n} points.").format(
            n=number(match.loss_without, 1)
        )
    if match.interchangeable_with:
        who = ", ".join(others.get(one, one) for one in match.interchangeable_with)
        return _("These could come instead at no loss: {who}.").format(who=who)
    return _("Another plan is as good without it.")


def _runners_up(match: Match, others: dict[str, str]) -> None:
    table = pd.DataFrame(
        [
            (others.get(one.visit.volunteer_id, one.visit.volunteer_id), one.visit.starts_at, one.loss, len(one.shifts))
            for one in match.runners_up
        ],
        columns=["volunteer", "starts_at", "loss", "n_moved"],
    )
    st.markdown(_("**Who else could come**"))
    parts.table(
        table,
        {
            "volunteer": _("Volunteer"),
            "starts_at": st.column_config.DatetimeColumn(_("Time"), format="YYYY-MM-DD HH:mm"),
            "loss": st.column_config.NumberColumn(_("The plan loses, points"), format="%.1f"),
            "n_moved": st.column_config.NumberColumn(_("Other requests that change")),
        },
        key=f"runners-{match.request_id}-{match.visit.volunteer_id}",
        empty=_("Nobody else could come."),
    )


def _override(found: Here, run_id: str, row: pd.Series, match: Match, others: dict[str, str]) -> None:
    st.markdown(_("**Do you know better?**"))
    if row["override"] in ("pin", "forbid"):
        _lift(found, row)
        return
    known = {"swap": _("Send somebody else"), "pin": _("Pin"), "forbid": _("Rule out")}
    action = st.segmented_control(
        _("What to do"), ACTIONS, format_func=known.__getitem__, key=f"override-{row['request_id']}",
        label_visibility="collapsed",
    )  # fmt: skip
    if action is None:
        return
    st.caption(
        {
            "swap": _("Somebody else is approved at once in place of the proposal."),
            "pin": _("The next runs must keep this pair."),
            "forbid": _("The next runs never propose this pair; what waits to be sent is taken back."),
        }[action]
    )
    with st.container(horizontal=True):
        reason = st.selectbox(
            _("Reason"), REASONS, format_func=codes_matching.override_reason, key="override_why", width=280
        )  # fmt: skip
        other = None
        if action == "swap":
            if not match.runners_up:
                st.caption(_("Nobody else could come."))
                return
            other = st.selectbox(
                _("Who comes instead"), [one.visit.volunteer_id for one in match.runners_up], key="override_who",
                format_func=lambda one: others.get(one, one), width=280,
            )  # fmt: skip
    _price_and_confirm(found, run_id, row, str(action), str(reason), other)


def _price_and_confirm(
    found: Here, run_id: str, row: pd.Series, action: str, reason_code: str, other: str | None
) -> None:
    """Say what the override costs; only then can it be confirmed."""
    request_id, volunteer_id = row["request_id"], row["volunteer_id"]
    price, broken = None, []
    with parts.doing(_("Solving the plan again with it …")):
        price = reasons.price(
            found.store, found.actor_id, run_id, action, request_id, other or volunteer_id,
            volunteer_id if other else None,
        )  # fmt: skip
        if other:
            start = _start_of(price, request_id, other) or row["starts_at"].to_pydatetime()
            broken = reasons.rules_broken(found.store, found.actor_id, request_id, other, start)
    if price is None:
        return
    _say_price(found, price)
    is_seen = True
    if broken:
        st.warning(_("It breaks these rules:"))
        parts.plain("\n".join(f"– {codes.rule(rule)}" for rule in broken))
        is_seen = st.checkbox(_("I have seen it, and decide so all the same"), key=f"despite-{request_id}-{other}")
    if st.button(_("Confirm"), type="primary", key=f"confirm-{action}-{request_id}", disabled=not is_seen):
        with parts.doing(_("Recording …")):
            who = (found.store, found.actor_id, request_id)
            if other:
                reasons.swap(*who, other, volunteer_id, reason_code, found.now, starts_at=start, despite=broken)
            elif action == "pin":
                reasons.pin(*who, volunteer_id, reason_code, found.now)
            else:
                reasons.forbid(*who, volunteer_id, reason_code, found.now)
            parts.done(_("The override is recorded, with its price."))
            st.rerun()


def _say_price(found: Here, price: OverridePrice) -> None:
    if price.points == 0:
        st.info(_("It costs nothing: another plan is as good."), icon=":material/sell:")
    else:
        lost = ngettext("It costs {n} point.", "It costs {n} points.", round(price.points))
        st.info(lost.format(n=number(price.points, 1)), icon=":material/sell:")
    others = [shift for shift in price.shifts if shift.request_id != price.request_id]
    if not others:
        return
    known = volunteers_named(found, [visit.volunteer_id for shift in others for visit in (*shift.before, *shift.after)])
    kinds = {"lost": _("gets less help"), "gained": _("gets more help"), "moved": _("another volunteer or time")}
    table = pd.DataFrame(
        [(one.request_id, kinds[one.kind], visits(one.before, known), visits(one.after, known)) for one in others],
        columns=["request_id", "kind", "before", "after"],
    )
    st.markdown(_("**Others whom it changes**"))
    parts.table(
        table,
        {"request_id": _("Request"), "kind": _("What happens"), "before": _("Before"), "after": _("After")},
        key=f"shifts-{price.kind}-{price.request_id}-{price.volunteer_id}",
    )


def visits(some: tuple[object, ...], known: dict[str, str]) -> str:
    """Say visits in words: who and when; pairs or visits of the engine."""
    said = []
    for visit in some:
        who, when = visit if isinstance(visit, tuple) else (visit.volunteer_id, visit.starts_at)  # type: ignore[attr-defined]
        said.append(f"{known.get(who, who)} {moment(when)}")
    return ", ".join(said) or _("nobody")


def _start_of(price: OverridePrice, request_id: str, volunteer_id: str) -> datetime | None:
    rows = price.plan[(price.plan["request_id"] == request_id) & (price.plan["volunteer_id"] == volunteer_id)]
    starts: list[datetime] = [at.to_pydatetime() for at in rows["starts_at"]]
    return starts[0] if starts else None


def _lift(found: Here, row: pd.Series) -> None:
    st.caption(_("This pair is pinned.") if row["override"] == "pin" else _("This pair is ruled out."))
    if st.button(_("Lift it again"), key=f"lift-{row['request_id']}"):
        with parts.doing(_("Recording …")):
            reasons.lift(found.store, found.actor_id, row["request_id"], row["volunteer_id"], "other", found.now)
            parts.done(_("It is lifted; the next run is free again."))
            st.rerun()
