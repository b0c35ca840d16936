"""The charts of the outcomes page."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dashboard import codes
from dashboard.words import _, day

# Okabe and Ito: told apart by colour-blind people; the patterns tell them apart without colour too.
LOOKS = {"completed": ("#0072B2", ""), "missed": ("#D55E00", "/"), "cancelled": ("#999999", ".")}


def visits_by_week(counts: pd.DataFrame) -> go.Figure:
    """Draw visits by week and what became of them (columns ``week``, ``status``, ``n_visits``), stacked."""
    weeks = sorted(counts["week"].unique())
    labels = [_("week of {day}").format(day=day(pd.Timestamp(week), "d MMM")) for week in weeks]
    figure = go.Figure()
    for status, (colour, pattern) in LOOKS.items():
        found = counts[counts["status"] == status].set_index("week")["n_visits"]
        figure.add_bar(
            name=codes.visit_status(status),
            x=labels,
            y=[int(found.get(week, 0)) for week in weeks],
            width=0.5,
            marker={"color": colour, "pattern": {"shape": pattern}},
        )
    figure.update_layout(
        barmode="stack",
        height=260,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        yaxis={"title": _("visits"), "rangemode": "tozero"},
        legend={"orientation": "h", "y": 1.15},
    )
    return figure
