"""The server: Streamlit behind one middleware. ``mikro dashboard`` starts it."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from streamlit import config

from dashboard import auth, service, words
from dashboard.failing import on_failure
from dashboard.headers import LOOPBACK, YEAR_S, Guard
from engine.errors import EngineError, InputError, StoreError
from engine.messages.links import PAGE, base_url


async def choose_language(request: Request) -> Response:
    """Remember a language, and go back to the page the choice was made on."""
    code = request.path_params["code"]
    response = RedirectResponse(_page_before(request), status_code=303)
    if code in words.LANGUAGES:
        response.set_cookie(words.COOKIE, code, max_age=YEAR_S, samesite="lax", httponly=True)
    return response


async def answer_page(request: Request) -> Response:
    """Lead the links in messages to the page of that address in Swedish."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/svar?{request.url.query}", status_code=303)


def login_provider() -> auth.Provider | None:
    """Read who vouches for people; ``None`` for demo mode, on this computer's own address only.

    Raises
    ------
    InputError
        When signing in is set up in part, or others could reach a dashboard without it.
    """
    provider = auth.provider()
    address = str(config.get_option("server.address") or "")
    if provider is None and address not in LOOPBACK:
        raise InputError(
            f"Without signing in, the dashboard is for this computer only, not for {address or 'every address'}: set"
            f" {auth.METADATA_VARIABLE}, {auth.CLIENT_VARIABLE} and {auth.SECRET_VARIABLE}, or leave the address alone."
        )
    return provider


def _cookie_secret() -> str:
    """Derive what signs cookies from the pilot's key; without a pilot, any will do until there is one."""
    try:
        return service.pilot().derived_key("dashboard cookies").hex()
    except StoreError:
        return secrets.token_hex(32)


def _page_before(request: Request) -> str:
    """Give the page of this dashboard that a request came from, never another site."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.headers.get("host") or not came_from.path.startswith("/"):
        return f"{request.scope.get('root_path', '')}/"
    path = "/" + came_from.path.lstrip("/")  # two slashes would be another site
    return f"{path}?{came_from.query}" if came_from.query else path


try:
    provider = login_provider()
    secrets_of_login = provider.secrets(_cookie_secret()) if provider else None
    reached_at = base_url()
except EngineError as refused:
    sys.exit(f"mikro: {refused}")

# Streamlit looks for this very assignment before it runs the module.
app = st.App(
    Path(__file__).with_name("front.py"),
    secrets=secrets_of_login,
    routes=[Route("/language/{code}", choose_language), Route(f"/{PAGE}", answer_page)],
    middleware=[Middleware(Guard, is_demo=provider is None, base_url=reached_at)],
    on_script_error=on_failure,
)
