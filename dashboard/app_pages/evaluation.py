"""Evaluation: does the pilot work, for whom, with which uncertainty; every figure beside its definition."""

import pandas as pd
import streamlit as st

from dashboard import charts_evaluation as charts
from dashboard import parts
from dashboard.frame import Stamp, here
from dashboard.panels.guardrail_list import show_guardrails
from dashboard.service import evaluation, policy_life
from dashboard.words import _, language, ngettext
from engine.metrics import MEASURES, THEMES, gap

found = here()


@st.cache_data(max_entries=100, show_spinner=False)
def overview_of(stamp: Stamp, period: str) -> pd.DataFrame:
    """Work out every measure; the stamp says of which state of the pilot, for whom and in which hour."""
    return evaluation.overview(found.store, found.actor_id, period, found.now)


@st.cache_data(max_entries=100, show_spinner=False)
def lights_of(stamp: Stamp, period: str, said_in: str) -> pd.DataFrame:
    """Work out the lights of the progression criteria, in a language."""
    return evaluation.lights(found.store, found.actor_id, period, found.now)


@st.cache_data(max_entries=20, show_spinner=False)
def guardrails_of(stamp: Stamp) -> pd.DataFrame:
    """Hold the guardrails of the policy in force against the measures."""
    return policy_life.guardrails(found.store, found.actor_id, found.now)


@st.cache_data(max_entries=400, show_spinner=False)
def groups_of(stamp: Stamp, name: str, group: str, period: str) -> pd.DataFrame:
    """Work out a measure by a group."""
    return evaluation.by_group(found.store, found.actor_id, name, group, period, found.now)


@st.cache_data(max_entries=400, show_spinner=False)
def trend_of(stamp: Stamp, name: str, period: str) -> pd.DataFrame:
    """Work out a measure month by month."""
    return evaluation.trend(found.store, found.actor_id, name, period, found.now)


@st.cache_data(max_entries=50, show_spinner=False)
def prices_of(stamp: Stamp, said_in: str) -> pd.DataFrame:
    """Work out where one more volunteer would be worth most."""
    return evaluation.prices(found.store, found.actor_id, found.now)


def periods() -> dict[str, str]:
    """Name the periods that can be looked at."""
    return {
        "month": _("30 days"),
        "quarter": _("3 months"),
        "half_year": _("6 months"),
        "year": _("12 months"),
        "all": _("Everything"),
    }


def groups() -> dict[str, str]:
    """Name what a measure can be told by."""
    return {
        "municipality_code": _("Municipality"),
        "service": _("Service"),
        "age_band": _("Age"),
        "language": _("Language"),
    }


def show_headlines(said: pd.DataFrame) -> None:
    """Show the figures a board asks for first."""
    places = [place for _row in range(2) for place in st.columns(3)]
    for name, place in zip(evaluation.HEADLINES, places, strict=True):
        row = said[said["measure"] == name].iloc[0]
        interval = _("{interval} (95 %)").format(interval=row["interval"]) if row["interval"] != "–" else row["unit"]
        help_text = parts.escaped(f"{row['definition']} {row['denominator']}")
        place.metric(
            row["title"], row["figure"], interval, delta_color="off", delta_arrow="off", help=help_text, border=True
        )


def badge(light: str) -> str:
    """Give a light a word, a shape and a colour."""
    icon, colour, word = {
        "green": ("check_circle", "green", _("Green")),
        "amber": ("warning", "orange", _("Amber")),
        "red": ("dangerous", "red", _("Red")),
        "unknown": ("help", "gray", _("Not known")),
    }[light]
    return f":{colour}-badge[:material/{icon}: {word}]"


def show_lights(period: str) -> None:
    """Show the progression criteria, each with its light, and why."""
    st.markdown(
        _(
            "When to go on, to change something, or to stop: limits set before the figures were seen. The light is that"
            " of the figure; where its interval reaches into another light, it says so. A light decides nothing."
        )
    )
    for one in lights_of(stamp, period, language()).to_dict("records"):
        with st.container(border=True):
            light, why = st.columns([1, 6], vertical_alignment="center")
            light.markdown(badge(one["light"]))
            with why.container(gap=None):
                parts.plain(one["why"])
                st.caption(parts.escaped(_("Limit: {source}.").format(source=one["source"])))
    st.subheader(_("Guardrails of the policy in force"), anchor=False)
    show_guardrails(guardrails_of(stamp))


def show_all(said: pd.DataFrame) -> None:
    """Show every measure with its interval, theme by theme, and what each means."""
    columns = {
        "title": st.column_config.TextColumn(_("Measure"), width=210),
        "figure": st.column_config.TextColumn(_("Figure"), width=85),
        "interval": st.column_config.TextColumn(_("95 % interval"), width=140),
        "n_said": st.column_config.TextColumn(_("Number counted"), width=90),
        "unit": st.column_config.TextColumn(_("Unit"), width=150),
    }
    for nth, (theme, measures) in enumerate(THEMES.items()):
        st.subheader(theme.said_in(language()), anchor=False)
        some = said[said["measure"].isin([measure.name for measure in measures])]
        parts.table(some, columns, key=f"evaluation-theme-{nth}")
        with st.expander(_("What these measures mean")):
            for row in some.to_dict("records"):
                meaning = f"{row['definition']} *{_('Out of')}:* {row['denominator']} *{_('Interval')}:* {row['how']}."
                st.markdown(f"**{row['title']}** ({row['unit']}). {meaning}")
    with st.expander(_("Everything in one table, to download")):
        words = {"definition": _("Definition"), "denominator": _("Out of"), "how": _("Interval by")}
        parts.table(said, columns | words, key="evaluation-all", download="evaluation")


def show_apart(cells: pd.DataFrame, name: str) -> None:
    """Say how far apart the groups are, and what not to read into it."""
    apart, measure = gap(cells), MEASURES[name]
    if apart["n_groups"] < 2:
        return
    highest, lowest = (evaluation.figure(measure, apart[end]) for end in ("highest", "lowest"))
    st.markdown(
        parts.escaped(
            _("Between the groups it differs from {lowest} to {highest}.").format(lowest=lowest, highest=highest)
            + " "
            + _("Small groups differ by chance; where the intervals overlap, the difference may be nothing.")
        )
    )


def show_groups(name: str, group: str, period: str) -> None:
    """Show a measure by a group: map where it has one, figures with intervals, and the table."""
    measure = MEASURES[name]
    cells = evaluation.labelled(groups_of(stamp, name, group, period), group)
    if cells.empty:
        st.caption(_("Nothing was counted in this period."))
        return
    columns = {
        "label": groups()[group], "figure": _("Figure"), "interval": _("95 % interval"), "n_said": _("Number counted"),
    }  # fmt: skip
    show_apart(cells, name)
    unit, title = measure.unit.said_in(language()), measure.title.said_in(language())
    alt = _("{title} by group, with 95 % intervals; the table below has the figures.").format(title=title)
    if group == "municipality_code":
        st.markdown(_("**Map**"))
        map_alt = _("Map of the municipalities: {title}; the table below has the figures.").format(title=title)
        parts.chart(charts.municipalities(cells, is_share=measure.is_share), cells, map_alt, columns)
        st.markdown(_("**With intervals**"))
    if cells["value"].notna().any():
        parts.chart(charts.by_group(cells, unit, is_share=measure.is_share), cells, alt, columns)
    else:
        parts.table(cells, columns, key=f"evaluation-{name}-{group}")
    show_hidden(cells)


def show_hidden(cells: pd.DataFrame) -> None:
    """Say how many groups are left out, and why."""
    n_hidden = int(cells["is_suppressed"].sum())
    if n_hidden:
        st.caption(
            ngettext(
                "{n} group is left out because it, or another, is of fewer than five people.",
                "{n} groups are left out because they, or another, are of fewer than five people.",
                n_hidden,
            ).format(n=n_hidden)
        )


def show_trend(name: str, period: str) -> None:
    """Show a measure month by month."""
    measure = MEASURES[name]
    cells = evaluation.labelled(trend_of(stamp, name, period), "month")
    if cells["value"].notna().sum() < 2:
        st.caption(_("A trend needs two months with figures."))
        return
    title = measure.title.said_in(language())
    alt = _("{title} month by month, with 95 % intervals; the table below has the figures.").format(title=title)
    columns = {
        "label": _("Month"), "figure": _("Figure"), "interval": _("95 % interval"), "n_said": _("Number counted"),
    }  # fmt: skip
    figure = charts.over_time(cells, measure.unit.said_in(language()), is_share=measure.is_share)
    parts.chart(figure, cells, alt, columns)
    show_hidden(cells)


def show_one(period: str) -> None:
    """Show one measure in depth."""
    choose, by = st.columns([3, 2])
    name = choose.selectbox(
        _("Measure"), list(MEASURES), format_func=lambda code: MEASURES[code].title.said_in(language()),
        key="evaluation-measure",
    )  # fmt: skip
    measure = MEASURES[name]
    fitting = [group for group in evaluation.GROUPS if group in measure.by]
    group = by.selectbox(
        _("Tell it by"), fitting, format_func=lambda code: groups()[code], key=f"evaluation-group-{len(fitting)}"
    )
    st.markdown(
        parts.escaped(f"{measure.definition.said_in(language())} {measure.denominator.said_in(language())}")
        + "  \n"
        + _("Interval: {how}.").format(how=parts.escaped(measure.interval.said_in(language())))
    )
    show_groups(name, group, period)
    st.subheader(_("Month by month"), anchor=False)
    show_trend(name, period)


def show_prices() -> None:
    """Show where one more volunteer would be worth most."""
    st.markdown(
        _(
            "What one more volunteer would have been worth to the plans, in points, as the mean over the days whose"
            " runs were priced. Serving a request is worth about 100 points."
        )
    )
    priced = prices_of(stamp, language())
    columns = {
        "municipality": _("Municipality"),
        "service": _("Service"),
        "language": _("Language"),
        "when": _("When"),
        "mean_points": st.column_config.NumberColumn(_("Points per plan"), format="%.1f"),
        "low": st.column_config.NumberColumn(_("From"), format="%.1f"),
        "high": st.column_config.NumberColumn(_("To"), format="%.1f"),
        "n_days": _("Days priced"),
    }
    nothing = _("No run has been priced yet; `mikro prices` does it, for example every night.")
    parts.table(priced, columns, key="evaluation-prices", download="recruitment", empty=nothing)


parts.title(_("Evaluation"), _("Does the pilot work, for whom, and how sure can we be?"))
stamp = found.stamp.of_hour()
chosen = st.segmented_control(
    _("Period"), list(periods()), default="half_year", format_func=lambda code: periods()[code],
    key="evaluation-period", required=True,
)  # fmt: skip
with parts.doing(_("Working out the measures …")):
    overview = overview_of(stamp, chosen)
    if not overview["n"].any():
        st.info(_("Nothing was counted in this period. Figures come with the first requests and visits."))
    said = evaluation.in_words(overview)
    show_headlines(said)
    parts.opened(
        {
            _("All measures"): lambda: show_all(said),
            _("Go on or stop"): lambda: show_lights(chosen),
            _("One measure"): lambda: show_one(chosen),
            _("Recruitment"): show_prices,
        },
        key="evaluation-tab",
    )
    st.caption(
        _(
            "Figures of fewer than five people are never shown. A small or missing difference is a normal result: read"
            " the interval, not the figure alone."
        )
    )
