"""A page that is not for whoever looks: why, and what to do about it."""

import streamlit as st

from dashboard import parts
from dashboard.frame import here
from dashboard.words import _

if here().role:
    parts.title(_("This page is not for your role"))
    st.markdown(_("Choose a page in the menu."))
else:
    st.switch_page("app_pages/login.py")
