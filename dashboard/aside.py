"""What stands beside every page: who is at work, in which mode, the language, the way out."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import auth, navigation, words
from dashboard.frame import OWNER, Here
from dashboard.words import _
from engine.reference import MUNICIPALITIES
from engine.standing import DEMO, ROLES

STATIC = Path(__file__).parent / "static"
ICON = str(STATIC / "icon.png")


def show(found: Here, url_path: str) -> None:
    """Show it; on public pages no menu, nothing but the language and, in demo mode, the sign that says so."""
    st.html(STATIC / "house.css")
    if navigation.is_public(url_path):
        st.html(STATIC / "public.css")
    if found.is_demo:
        with st.container(key="demo-mode"):
            st.caption(
                _(":material/science: **Demo mode.** Nobody signs in, and only this computer can open the page.")
            )
    if navigation.is_public(url_path):
        _language()
        return
    with st.sidebar:
        if found.is_demo:
            _demo(found)
        elif found.role:
            _signed_in(found)
        _language()


def role_name(role: str) -> str:
    """Name a role in the language of the interface."""
    names = {
        "coordinator": _("Coordinator"),
        "coordinator_protected": _("Coordinator, protected identities"),
        "lead": _("Project lead"),
        "researcher": _("Researcher"),
        "admin": _("Administrator"),
        OWNER: _("Owner of the file"),
    }
    return names.get(role, role)


def _demo(found: Here) -> None:
    accounts = auth.local_accounts(found.store)
    if not accounts:
        return
    account, _colon, code = found.actor_id.partition(":")
    chosen = st.selectbox(
        _("See the pilot as"),
        accounts,
        index=accounts.index(account) if account in accounts else 0,
        format_func=_local_name,
        key="_local_account",
        help=_("The engine holds each of them to what the role may do and see."),
    )
    of_one = ROLES.get(chosen.removeprefix(DEMO))
    if of_one and of_one.is_municipal and chosen in accounts and _has_no_roles(accounts):
        codes = ["", *sorted(MUNICIPALITIES, key=lambda known: MUNICIPALITIES[known])]
        code = st.selectbox(
            _("Municipality"),
            codes,
            index=codes.index(code) if code in codes else 0,
            format_func=lambda known: MUNICIPALITIES.get(known) or _("All municipalities"),
            key="_local_municipality",
        )
    else:
        code = ""
    wanted = f"{chosen}:{code}" if code else chosen
    if wanted != found.actor_id:
        auth.choose_local(wanted)
        st.rerun()


def _has_no_roles(accounts: list[str]) -> bool:
    """Whether these are the accounts of a pilot in which no role was given: one for each role."""
    return {f"{DEMO}{role}" for role in ROLES} < set(accounts)


def _local_name(account_id: str) -> str:
    role = account_id.removeprefix(DEMO)
    if account_id.startswith(DEMO) and role in ROLES:
        return role_name(role)
    return role_name(OWNER) if account_id == auth.LOCAL_ACTOR else account_id


def _signed_in(found: Here) -> None:
    st.text(_("Signed in as {account}").format(account=found.actor_id))
    st.caption(role_name(found.role))
    st.button(_("Sign out"), icon=":material/logout:", key="_log_out", on_click=auth.log_out)


def _language() -> None:
    other = "en" if words.language() == "sv" else "sv"
    name = words.LANGUAGES[other]
    st.html(f'<a href="language/{other}" lang="{other}" hreflang="{other}" class="mikro-language">{name}</a>')
