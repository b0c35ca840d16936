"""The one middleware: what every answer of the server carries, and what is refused before Streamlit sees it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import sessions, visits, words

BODY_MAX_BYTES = 6 * 1024 * 1024
"""Somewhat more than an upload may hold (config.toml, maxUploadSize)."""

YEAR_S = 365 * 24 * 3600
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?")

FIXED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # the address of an answer page holds its token
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """Refuses what no honest browser sends, drops dead logins, and puts headers, language and cookies in order.

    Parameters
    ----------
    is_demo
        Nobody signs in, so only this computer is served.
    base_url
        Where the dashboard is reached from elsewhere. When that is encrypted, cookies are for encrypted connections
        only.
    """

    def __init__(self, app: ASGIApp, *, is_demo: bool, base_url: str | None) -> None:
        self.app = app
        self.is_demo = is_demo
        self.is_https = (base_url or "").startswith("https://")
        self.hosts = {*LOOPBACK, urlsplit(base_url).hostname if base_url and not is_demo else None}
        self.scripts = " ".join(inline_scripts())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one WebSocket."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        if self.is_demo and (scope.get("client") or ("",))[0] not in LOOPBACK:
            await _refuse(scope, receive, send, 403, "Without signing in, only this computer is served.")
            return
        # A page of another site whose name was made to point here comes with that name.
        if urlsplit(f"//{Headers(scope=scope).get('host', '')}").hostname not in self.hosts:
            await _refuse(scope, receive, send, 421, "The dashboard is not served under this name.")
            return
        cookies = _cookies(scope)
        login = sessions.fingerprint(cookies)
        if login and scope["path"].rstrip("/").endswith("/auth/logout"):
            sessions.end(login)
        elif login and not sessions.is_alive(login):
            scope = _without_login(scope)
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        if int(Headers(scope=scope).get("content-length") or 0) > BODY_MAX_BYTES:
            await _refuse(scope, receive, send, 413, "That is more than an upload may hold.")
            return
        answer = _Answer(self, scope, cookies, send)
        await self.app(scope, _bounded(receive), answer.send)

    def policy(self, scope: Scope) -> str:
        """Write the content security policy of an answer."""
        host = Headers(scope=scope).get("host", "")
        sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
        return "; ".join(
            (
                "default-src 'self'",
                f"script-src 'self' 'wasm-unsafe-eval' {self.scripts}",
                "style-src 'self' 'unsafe-inline'",
                "img-src 'self' data: blob:",
                "font-src 'self' data:",
                f"connect-src 'self'{sockets}",
                "worker-src 'self' blob:",
                "object-src 'none'",
                "frame-src 'none'",
                "frame-ancestors 'none'",
                "base-uri 'self'",
                "form-action 'self'",
            )
        )


class _Answer:
    """One answer on its way out; a page is held back until it is whole, to be given its language."""

    def __init__(self, guard: Guard, scope: Scope, cookies: dict[str, str], send: Send) -> None:
        self.guard, self.scope, self.cookies, self._send = guard, scope, cookies, send
        self.start: Message | None = None
        self.body = b""

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            self._dress(headers)
            if headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers:
                self.start = message
                return
        elif message["type"] == "http.response.body" and self.start is not None:
            self.body += message.get("body", b"")
            if message.get("more_body"):
                return
            await self._send_page()
            return
        await self._send(message)

    async def _send_page(self) -> None:
        language = self.cookies.get(words.COOKIE)
        known = language if language in words.LANGUAGES else words.DEFAULT
        body = re.sub(rb'<html lang="[a-z-]*"', b'<html lang="%s"' % known.encode(), self.body, count=1)
        assert self.start is not None  # noqa: S101 - send() only comes here with one
        headers = MutableHeaders(raw=self.start["headers"])
        headers["content-length"] = str(len(body))
        await self._send(self.start)
        await self._send({"type": "http.response.body", "body": body})

    def _dress(self, headers: MutableHeaders) -> None:
        for name, value in FIXED.items():
            headers[name] = value
        headers["content-security-policy"] = self.guard.policy(self.scope)
        is_page = headers.get("content-type", "").startswith("text/html")
        if not self.scope["path"].startswith("/static/"):  # the program's own files may be kept
            headers["cache-control"] = "no-store"
        if self.guard.is_https:
            headers["strict-transport-security"] = f"max-age={YEAR_S}; includeSubDomains"
        if is_page and visits.COOKIE not in self.cookies:
            headers.append("set-cookie", f"{visits.COOKIE}={visits.new_name()}; Path=/; HttpOnly; SameSite=Lax")
        self._enter_login(headers)
        if self.guard.is_https:
            for i, (field, line) in enumerate(headers.raw):
                if field == b"set-cookie" and b"; secure" not in line.lower():
                    headers.raw[i] = (field, line + b"; Secure")

    def _enter_login(self, headers: MutableHeaders) -> None:
        """Enter the login that Streamlit just set a cookie for, in place of the one before."""
        if not self.scope["path"].rstrip("/").endswith("/oauth2callback"):
            return
        set_now = _parsed(headers.getlist("set-cookie"))
        if made := sessions.fingerprint(set_now):
            sessions.end(sessions.fingerprint(self.cookies))
            sessions.begin(made)


def inline_scripts() -> list[str]:
    """Give the hashes of the scripts that stand in Streamlit's page itself, as a policy wants them."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    found = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", page, re.DOTALL)
    return [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in found]


def _cookies(scope: Scope) -> dict[str, str]:
    return _parsed(Headers(scope=scope).getlist("cookie"))


def _parsed(lines: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        try:
            found |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        except CookieError:
            continue
    return found


def _without_login(scope: Scope) -> Scope:
    """Leave out the cookies of a login that is over, so that nothing behind sees them."""
    kept = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
    for line in Headers(scope=scope).getlist("cookie"):
        parts = [part for part in line.split(";") if not part.strip().startswith(sessions.COOKIE)]
        if parts:
            kept.append((b"cookie", ";".join(parts).strip().encode("latin-1")))
    return {**scope, "headers": kept}


def _bounded(receive: Receive) -> Receive:
    """Count what comes in, for senders who do not say beforehand how much it is."""
    n_bytes = 0

    async def counted() -> Message:
        nonlocal n_bytes
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if n_bytes > BODY_MAX_BYTES:
            return {"type": "http.disconnect"}
        return message

    return counted


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, sentence: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": sentence})
        return
    await PlainTextResponse(sentence, status_code=status, headers=FIXED)(scope, receive, send)
