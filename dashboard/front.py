"""The script Streamlit runs: who is here, in which language, which pages there are for them, and then the page."""

import streamlit as st

from dashboard import aside, parts
from dashboard.frame import arrive
from dashboard.navigation import pages_for
from dashboard.words import _
from engine.errors import EngineError

st.set_page_config(layout="wide", page_icon=aside.ICON, initial_sidebar_state="auto")
try:
    found = arrive()
except EngineError as error:
    parts.title(_("Municipal micro-services"))
    parts.refusal(error)
    st.stop()

page = st.navigation(pages_for(found), position="sidebar")
aside.show(found, page.url_path)
parts.show_done()
page.run()
