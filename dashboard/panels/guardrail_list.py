"""The guardrails of the policy in force beside the live measures: on the policy page and the evaluation page alike."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import parts
from dashboard.codes_policy import guardrail_status
from dashboard.words import _, language


def show_guardrails(held: pd.DataFrame, about: str | None = None) -> None:
    """Show which measures are within their guardrails; ``about`` is the guardrail_id somebody came for."""
    told = held.assign(
        state=[
            guardrail_status(status, is_worse=is_worse)
            for status, is_worse in held[["status", "is_worse"]].itertuples(index=False)
        ],
        said=held[language()],
        surely=[_("yes") if is_sure else _("no") for is_sure in held["is_sure"]],
    )
    for row in told[told["guardrail_id"] == about].to_dict("records"):
        st.warning(parts.escaped(row["said"]), icon=":material/warning:")
    columns = {
        "state": st.column_config.TextColumn(_("Guardrail"), width=170),
        "said": st.column_config.TextColumn(_("The measure, and its band"), width=620),
        "surely": st.column_config.TextColumn(_("Surely outside"), width=110),
    }
    nothing = _("The policy in force has no guardrails.")
    parts.table(told, columns, key="guardrails", download="guardrails", empty=nothing)
    if len(told):
        st.caption(
            _(
                "A guardrail is the band in which the measure lay in simulated pilots under the policy. Outside of it,"
                " the pilot does not do what was simulated; nothing happens by itself. Surely outside: the whole"
                " interval is. Counted since the policy was adopted, for 90 days at most."
            )
        )
