"""Sign in, or learn why one cannot work here."""

import streamlit as st

from dashboard import auth, parts
from dashboard.frame import here
from dashboard.words import _

found = here()
account = auth.vouched_for() if auth.is_configured() else None

if found.is_demo and not found.role:
    parts.title(_("Nobody here has a role"))
    st.markdown(
        _(
            "Roles have been given in this pilot, and none to an account of this computer. Start the dashboard with "
            "`mikro dashboard --actor ACCOUNT`, or set up signing in."
        )
    )
elif found.role:
    parts.title(_("You are signed in"))
    st.markdown(_("Choose a page in the menu."))
elif account and found.actor_id == account:
    parts.title(_("You have no role in this pilot yet"))
    st.markdown(_("An administrator can give you one. Tell them the name of your account:"))
    st.code(account, language=None)
    st.button(_("Sign out"), icon=":material/logout:", on_click=auth.log_out)
else:
    parts.title(_("Municipal micro-services"))
    if account:
        st.info(_("You were signed out, because you asked for it, or your session was idle or old."))
    st.markdown(_("For those who work with the pilot. You sign in with your account at the municipality."))
    st.button(_("Sign in"), type="primary", icon=":material/login:", on_click=auth.log_in)
