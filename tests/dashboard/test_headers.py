"""What every answer of the server carries, and what it refuses before any page runs."""

from __future__ import annotations

import asyncio

import pytest

from dashboard import sessions, visits
from dashboard.headers import BODY_MAX_BYTES, Guard, inline_scripts

PAGE = b'<!DOCTYPE html><html lang="en"><body></body></html>'


async def inner(scope, receive, send):
    """Answer as Streamlit would: a page, a login, or whatever cookies it was shown."""
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(PAGE)).encode())]
    body = PAGE
    if scope["path"] == "/oauth2callback":
        headers.append((b"set-cookie", b"_streamlit_user=signed; Path=/; HttpOnly; SameSite=lax"))
    if scope["path"] == "/cookies":
        headers = [(b"content-type", b"text/plain")]
        body = dict(scope["headers"]).get(b"cookie", b"")
    if scope["path"] == "/upload":
        while (message := await receive())["type"] == "http.request" and message.get("more_body"):
            pass
        headers, body = [(b"content-type", b"text/plain")], message["type"].encode()
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Answer:
    """What came back."""

    def __init__(self, sent):
        start = next(message for message in sent if message["type"] == "http.response.start")
        self.status = start["status"]
        self.headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        self.cookies = [value.decode() for name, value in start["headers"] if name == b"set-cookie"]
        self.body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")


def ask(path="/", *, host="localhost:8501", client="127.0.0.1", demo=True, base=None, bodies=(b"",), **headers):
    """Ask the guarded server for something."""
    sent = []
    waiting = [
        {"type": "http.request", "body": body, "more_body": i < len(bodies) - 1} for i, body in enumerate(bodies)
    ]

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    raw = [(b"host", host.encode())]
    raw += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "path": path, "headers": raw, "client": (client, 1), "method": "GET"}
    asyncio.run(Guard(inner, is_demo=demo, base_url=base)(scope, receive, send))
    return Answer(sent)


@pytest.fixture(autouse=True)
def no_logins(monkeypatch):
    monkeypatch.setattr(sessions, "_logins", {})


def test_every_answer_says_what_a_browser_may_do_with_it():
    headers = ask().headers

    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["img-src"] == "'self' data: blob:"
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
    assert "unsafe" not in policy["script-src"].replace("wasm-unsafe-eval", "")
    assert policy["connect-src"] == "'self' ws://localhost:8501 wss://localhost:8501"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_the_one_script_in_streamlits_own_page_is_allowed_by_its_hash():
    assert len(inline_scripts()) == 1
    assert inline_scripts()[0] in ask().headers["content-security-policy"]


@pytest.mark.parametrize(("chosen", "language"), [("", b"sv"), ("en", b"en"), ("xx", b"sv"), ('"><b', b"sv")])
def test_a_page_says_which_language_it_is_in(chosen, language):
    answer = ask(cookie=f"mikro_language={chosen}") if chosen else ask()

    assert b'<html lang="%s">' % language in answer.body
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_in_demo_mode_nobody_else_is_served():
    assert ask(client="10.0.0.7").status == 403
    assert ask(client="10.0.0.7", demo=False).status == 200


def test_a_name_that_somebody_pointed_here_is_refused():
    assert ask(host="evil.example").status == 421
    assert ask(host="mikro.example.se", demo=False, base="https://mikro.example.se").status == 200
    assert ask(host="mikro.example.se", demo=True, base="https://mikro.example.se").status == 421


def test_a_login_is_entered_when_the_provider_sends_somebody_back_and_its_cookie_is_passed_on():
    assert ask("/cookies", demo=False, cookie="_streamlit_user=signed; other=1").body == b"other=1"

    ask("/oauth2callback", demo=False)

    assert ask("/cookies", demo=False, cookie="_streamlit_user=signed; other=1").body == (
        b"_streamlit_user=signed; other=1"
    )


def test_a_cookie_that_is_replayed_after_signing_out_is_dropped_before_streamlit_sees_it():
    ask("/oauth2callback", demo=False)

    ask("/auth/logout", demo=False, cookie="_streamlit_user=signed")

    assert ask("/cookies", demo=False, cookie="_streamlit_user=signed").body == b""


def test_cookies_are_for_encrypted_connections_where_the_dashboard_is_reached_so():
    safe = ask("/oauth2callback", host="m.se", demo=False, base="https://m.se")
    local = ask("/oauth2callback", demo=False)

    assert len(safe.cookies) == 2
    assert all("; Secure" in cookie and "HttpOnly" in cookie for cookie in safe.cookies)
    assert "max-age=" in safe.headers["strict-transport-security"]
    assert not any("Secure" in cookie for cookie in local.cookies)


def test_a_browser_is_given_a_name_once_that_says_nothing():
    first = ask()
    (cookie,) = first.cookies
    name = cookie.split(";")[0]

    assert name.startswith(f"{visits.COOKIE}=")
    assert ask(cookie=name).cookies == []


def test_what_is_larger_than_an_upload_may_be_is_refused():
    assert ask(content_length=str(BODY_MAX_BYTES + 1)).status == 413

    part = b"x" * (BODY_MAX_BYTES // 2 + 1)
    assert ask("/upload", bodies=(part, part, part)).body == b"http.disconnect"
    assert ask("/upload", bodies=(b"x", b"y")).body == b"http.request"
