"""The address without a page: on to the first page of whoever looks."""

import streamlit as st

from dashboard import navigation
from dashboard.frame import here

st.switch_page(navigation.first_page(here()))
