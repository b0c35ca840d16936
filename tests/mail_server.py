"""A real mail server on a free port of this machine, which keeps what it takes and refuses what it is told to."""

from __future__ import annotations

import socket
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


def free_port() -> int:
    """Find a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class MailServer:
    """Used with ``with``; ``inbox`` holds what was taken.

    Parameters
    ----------
    replies
        What it says to the addressees or texts to come, one after the other; it takes everything after that.
    before_answer
        Is called when a text was taken, before the sender learns of it.
    """

    def __init__(
        self,
        *,
        rcpt: list[str] | None = None,
        data: list[str] | None = None,
        mail: list[str] | None = None,
        before_answer: Callable[[], None] = lambda: None,
        **options,
    ) -> None:
        self.inbox: list[EmailMessage] = []
        self.connections = 0
        self._replies = {"mail": mail or [], "rcpt": rcpt or [], "data": data or []}
        self._before_answer = before_answer
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)

    def __enter__(self) -> MailServer:
        self._controller.start()
        self.connections = 0  # the controller tries its own door
        return self

    def __exit__(self, *_) -> None:
        self._controller.stop()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if self._replies["mail"]:
            return self._replies["mail"].pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self._replies["rcpt"]:
            return self._replies["rcpt"].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self._replies["data"]:
            reply = self._replies["data"].pop(0)
            if reply == "hang up":
                self.inbox.append(message_from_bytes(envelope.content, policy=SMTPUTF8))
                server.transport.abort()
                return "250 OK"
            return reply
        self.inbox.append(message_from_bytes(envelope.content, policy=SMTPUTF8))
        self._before_answer()
        return "250 Taken"


def only(user: str, password: str) -> Callable[..., AuthResult]:
    """Let one account in."""

    def check(server, session, envelope, mechanism, data) -> AuthResult:
        is_known = (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=is_known, handled=False)  # the server shall say so itself

    return check
