"""The accessibility statement that the law asks for, in both languages: what falls short, and whom to tell."""

import streamlit as st

from dashboard import parts
from dashboard.words import _

parts.title(_("How accessible this dashboard is"))
st.markdown(
    _(
        "The municipalities of Familjen Helsingborg stand behind this dashboard. Everybody should be able to "
        "use it. This page says how it meets the law (2018:1937) on access to digital public service, what is"
        " known to fall short, and how to tell us."
    )
)
st.subheader(_("How accessible it is"), anchor=False)
st.markdown(_("The dashboard meets the law in part: level AA of WCAG 2.1 (EN 301 549), but for what is listed here."))
st.subheader(_("What falls short"), anchor=False)
st.markdown(
    "- "
    + _(
        "Tables that can be sorted are drawn as one picture. A screen reader is given a description and a "
        "plain table in its place, but some have trouble finding their way in it. The same rows can be "
        "downloaded as a file where a table is long."
    )
)
st.markdown(
    "- "
    + _("Some small texts of the interface's own parts, such as the menu button, are in English for screen readers.")
)
st.markdown(
    "- "
    + _(
        "In a calendar for choosing a day, the fields for day, month and year are smaller than 24 by 24 "
        "pixels. A day can be typed instead."
    )
)
st.markdown(
    "- " + _("Charts cannot be read by a screen reader. Each has a description, and its numbers in a table below it.")
)
st.subheader(_("Tell us"), anchor=False)
st.markdown(
    _(
        "If something keeps you from using the dashboard, tell the coordinator of your municipality, by phone"
        " if you like. We answer within a week, and give you what you need in another way meanwhile."
    )
)
st.markdown(
    _(
        "You can also report to the authority that watches over the law, [Myndigheten för digital "
        "förvaltning](https://www.digg.se/tdosanmalan)."
    )
)
st.subheader(_("How it was tested"), anchor=False)
st.markdown(
    _(
        "Every page is examined by a program (axe-core) in a browser, in light and dark, in both languages, "
        "on a desk and on a phone, each time the dashboard is changed; so is that everything can be reached "
        "with the keyboard. People with disabilities have not tested it yet."
    )
)
st.markdown(_("This statement was written on 23 November 2026."))
