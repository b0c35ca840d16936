"""The charts: one function per figure, a table in, a Plotly figure out."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

# Okabe and Ito's blue: safe for colour-blind people, and dark enough on white.
BLUE = "#0072B2"


def unmatched_by_reason(counts: pd.DataFrame) -> go.Figure:
    """Draw how many requests stay unmatched by reason (columns ``code``, ``n_requests``), largest on top."""
    rising = counts.iloc[::-1]
    figure = go.Figure(
        go.Bar(x=rising["n_requests"], y=rising["code"], orientation="h", marker_color=BLUE, text=rising["n_requests"])
    )
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        height=60 + 32 * len(counts),
        xaxis={"title": "önskemål", "rangemode": "tozero", "dtick": max(1, int(counts["n_requests"].max()) // 5)},
        yaxis={"automargin": True},
    )
    return figure
