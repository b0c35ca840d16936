"""The script Streamlit runs: who is here, in which language, which pages there are for them, and then the page."""

import streamlit as st

from dashboard import aside, parts, service
from dashboard.frame import arrive
from dashboard.navigation import pages_for
from dashboard.words import _
from engine.errors import EngineError

st.set_page_config(layout="wide", page_icon=aside.ICON, initial_sidebar_state="auto")
try:
    with service.pilot().held():  # the file is opened once for all that stands around the page
        found = arrive()
        page = st.navigation(pages_for(found), position="sidebar")
        aside.show(found, page.url_path)
except EngineError as error:
    parts.title(_("Municipal micro-services"))
    parts.refusal(error)
    st.stop()

parts.show_done()
page.run()
