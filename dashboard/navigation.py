"""Which pages there are, and for whom: a page is there for those who may do one of the things it is for.

This only tidies the menu. A page that is reached otherwise asks the engine, and the engine refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.frame import Here
from dashboard.words import _

PAGES = Path(__file__).parent / "app_pages"


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the menu: its file, address, icon, name, and the operations of which one must be allowed."""

    name: str
    url_path: str
    icon: str
    title: Callable[[], str]
    operations: tuple[str, ...]


MENU = (
    Entry("today", "idag", "today", lambda: _("Today"), ("see_requests",)),
    Entry("intake", "intag", "person_add", lambda: _("Intake"), ("register_people", "submit_request")),
    Entry("matching", "matchning", "join_inner", lambda: _("Matching"), ("see_requests",)),
    Entry("offers", "erbjudanden", "outgoing_mail", lambda: _("Offers and visits"), ("see_requests",)),
    Entry("outcomes", "uppfoljning", "task_alt", lambda: _("Outcomes"), ("record_visit", "handle_incident")),
    Entry("volunteers", "volontarer", "volunteer_activism", lambda: _("Volunteers"), ("keep_volunteer",)),
    Entry("evaluation", "utvardering", "monitoring", lambda: _("Evaluation"), ("evaluate",)),
    Entry("policy", "policy", "balance", lambda: _("Policy"), ("evaluate",)),
    Entry(
        "administration", "forvaltning", "admin_panel_settings", lambda: _("Administration"),
        ("give_role", "read_audit", "export_subject", "request_erasure", "decide_erasure", "retain", "keep_file",
         "extract"),
    ),
)  # fmt: skip

PUBLIC = (
    Entry("answer", "svar", "mail", lambda: _("Your answer"), ()),
    Entry("resident", "min-sida", "home", lambda: _("My page"), ()),
)
"""Opened without login, behind a signed link; never in the menu."""

STATEMENT = Entry("statement", "tillganglighet", "accessibility_new", lambda: _("Accessibility"), ())
START = Entry("start", "start", "home", lambda: _("Municipal micro-services"), ())
LOGIN = Entry("login", "logga-in", "login", lambda: _("Sign in"), ())


def pages_for(found: Here) -> list[Any]:
    """List the pages of somebody: those in the menu, and behind them those that an address may name."""
    menu = _menu(found)
    pages = [_page(entry) for entry in menu] or [_page(LOGIN)]
    pages.append(_page(STATEMENT))
    pages += [_page(entry, is_hidden=True) for entry in (START, *PUBLIC) if _path(entry).is_file()]
    if menu:
        pages.append(_page(LOGIN, is_hidden=True))
    pages += [_page(entry, is_hidden=True, is_closed=True) for entry in MENU if entry not in menu]
    return pages


def first_page(found: Here) -> Path:
    """Give the page that somebody begins with; a stranger begins by signing in."""
    return _path([*_menu(found), LOGIN][0])


def is_public(url_path: str) -> bool:
    """Say whether a page is opened by people who have no account."""
    return url_path in {entry.url_path for entry in PUBLIC}


def _menu(found: Here) -> list[Entry]:
    return [entry for entry in MENU if any(map(found.may, entry.operations)) and _path(entry).is_file()]


def _page(entry: Entry, *, is_hidden: bool = False, is_closed: bool = False) -> Any:
    return st.Page(
        PAGES / "closed.py" if is_closed else _path(entry),
        title=entry.title(),
        icon=f":material/{entry.icon}:",
        url_path=entry.url_path,
        default=entry is START,
        visibility="hidden" if is_hidden else "visible",
    )


def _path(entry: Entry) -> Path:
    return PAGES / f"{entry.name}.py"
