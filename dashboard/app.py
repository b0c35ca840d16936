"""The dashboard's frame: the page menu, and nothing else."""

import streamlit as st

st.set_page_config(page_icon="🤝", layout="wide")

page = st.navigation(
    [st.Page("app_pages/matching.py", title="Matchning", url_path="matchning", default=True)], position="top"
)
page.run()
