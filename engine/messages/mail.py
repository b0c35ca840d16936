"""E-mail: the settings of a mail server, a message as it goes over the wire, and handing it over; knows no pilot.

Handing over never raises for what a server says: it answers whether the message was taken, may be tried again, never
will be taken, or whether nobody can know, so that no message is sent twice.
"""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import parseaddr
from types import TracebackType
from typing import Self

from engine.errors import InputError

PORTS = {"starttls": 587, "tls": 465, "none": 25}
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
LONGEST_ADDRESS = 254  # RFC 5321, section 4.5.3.1
# Dot-atoms of RFC 5322; quoted local parts exist on paper only.
LOCAL_PART = re.compile(r"[^\s\"(),.:;<>@\[\]\\]+(\.[^\s\"(),.:;<>@\[\]\\]+)*")
DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9][a-z0-9-]*[a-z0-9]")
TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A mail server and who writes: ``security`` is ``starttls``, ``tls`` or ``none``."""

    host: str
    port: int
    security: str
    sender: str
    sender_name: str = ""
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def domain(self) -> str:
        """The domain the messages come from."""
        return self.sender.rpartition("@")[2]


def settings_of(environment: Mapping[str, str] = os.environ) -> Settings | None:
    """Read the settings from ``MIKRO_SMTP_HOST``, ``_PORT``, ``_SECURITY``, ``_USER``, ``_PASSWORD`` and ``_FROM``.

    ``None`` without a host: messages are then copied by hand.

    Raises
    ------
    InputError
        When one of them is missing, impossible, or would send a password unencrypted to another machine.
    """
    given = {name: environment.get(f"MIKRO_SMTP_{name}", "").strip() for name in ("HOST", "PORT", "USER", "FROM")}
    password = environment.get("MIKRO_SMTP_PASSWORD", "")
    security = environment.get("MIKRO_SMTP_SECURITY", "").strip() or "starttls"
    if not given["HOST"]:
        return None
    if security not in PORTS:
        raise InputError(f"MIKRO_SMTP_SECURITY must be one of {', '.join(PORTS)}, not {security!r}.")
    port = given["PORT"] or str(PORTS[security])
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise InputError(f"MIKRO_SMTP_PORT must be a number from 1 to 65535, not {port!r}.")
    name, address = parseaddr(given["FROM"])
    sender = deliverable(address)
    if sender is None or not sender.isascii() or not given["FROM"].isprintable():
        raise InputError(f"MIKRO_SMTP_FROM must be the address messages come from, not {given['FROM']!r}.")
    if bool(given["USER"]) != bool(password):
        raise InputError("MIKRO_SMTP_USER and MIKRO_SMTP_PASSWORD go together: set both or neither.")
    if password and security == "none" and given["HOST"] not in LOCAL_HOSTS:
        raise InputError("MIKRO_SMTP_SECURITY=none would send the password unencrypted: use starttls or tls.")
    return Settings(
        host=given["HOST"], port=int(port), security=security, sender=sender, sender_name=name,
        user=given["USER"] or None, password=password or None,
    )  # fmt: skip


def deliverable(address: str | None) -> str | None:
    """Put an address into the form servers take, its domain in ASCII; ``None`` when it is no address at all."""
    local, _, domain = (address or "").strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    whole = f"{local}@{domain}"
    is_whole = LOCAL_PART.fullmatch(local) and DOMAIN.fullmatch(domain) and len(whole) <= LONGEST_ADDRESS
    return whole if is_whole and local.isprintable() else None


def compose(
    settings: Settings,
    *,
    message_id: str,
    to: str,
    subject: str,
    text: str,
    date: datetime,
    invitation: tuple[str, bytes] | None = None,
) -> EmailMessage:
    """Write an e-mail.

    Parameters
    ----------
    message_id
        Becomes the Message-ID, the same at every attempt, so that mailboxes can drop a second copy.
    to
        As :func:`deliverable` gives it.
    invitation
        Method and content of a calendar file.
    """
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    local, _, domain = settings.sender.rpartition("@")
    message["From"] = Address(settings.sender_name, local, domain)
    message["To"] = Address("", *to.rsplit("@", 1))
    message["Subject"] = subject
    message["Date"] = date
    message["Message-ID"] = f"<{message_id}@{settings.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    if invitation:
        method, content = invitation
        message.add_attachment(
            content.decode(), subtype="calendar", filename="besok.ics", cte="base64", params={"method": method}
        )
    return message


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of handing over: ``sent``, ``failed`` (try again), ``given_up`` or ``unclear``.

    ``must_stop`` says that the fault lies with the server or its settings, so that the next message would fare alike.
    """

    outcome: str
    reason_code: str | None = None
    must_stop: bool = False


class Postman:
    """Hands messages to a server, all through one connection where the server keeps it open; used with ``with``."""

    def __init__(self, settings: Settings, timeout_s: float = TIMEOUT_S) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._server is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._server.quit()
        self._hang_up()

    def deliver(self, message: EmailMessage) -> Delivery:
        """Hand one message over to its one addressee."""
        try:
            server = self._connected()
        except smtplib.SMTPAuthenticationError:
            self._hang_up()
            return Delivery("failed", "login_refused", must_stop=True)
        except (ssl.SSLError, smtplib.SMTPNotSupportedError):
            self._hang_up()
            return Delivery("failed", "not_secure", must_stop=True)
        except (OSError, smtplib.SMTPException):
            self._hang_up()
            return Delivery("failed", "server_unreachable", must_stop=True)
        to = message["To"].addresses[0].addr_spec
        if not to.isascii() and not server.has_extn("smtputf8"):
            return Delivery("given_up", "address_not_ascii")
        try:
            refusal = self._announced(server, to)
        except (OSError, smtplib.SMTPException):
            self._hang_up()
            return Delivery("failed", "server_hung_up", must_stop=True)
        return refusal or self._handed_over(server, message, to)

    def _announced(self, server: smtplib.SMTP, to: str) -> Delivery | None:
        """Say who writes to whom; the server's refusal, if any."""
        code, _ = server.mail(self._settings.sender, () if to.isascii() else ("SMTPUTF8",))
        if code // 100 != 2:
            # A sender that is refused is refused for every message: the settings are wrong, not this message.
            return self._refused(code, outcome="failed", must_stop=True)
        code, _ = server.rcpt(to)
        return None if code // 100 == 2 else self._refused(code)

    def _handed_over(self, server: smtplib.SMTP, message: EmailMessage, to: str) -> Delivery:
        wire = message.as_bytes(policy=message.policy if to.isascii() else SMTPUTF8.clone(cte_type="7bit"))
        try:
            code, _ = server.data(wire)
        except smtplib.SMTPDataError as error:
            return self._refused(error.smtp_code)
        except (OSError, smtplib.SMTPException):
            # The line broke while the server had the text in its hands: it may have taken it.
            self._hang_up()
            return Delivery("unclear", "no_answer", must_stop=True)
        return Delivery("sent") if code // 100 == 2 else self._refused(code)

    def _refused(self, code: int, *, outcome: str | None = None, must_stop: bool = False) -> Delivery:
        """Name a refusal by its code alone: the server's words may repeat the address."""
        if self._server is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._server.rset()
        is_leaving = code == 421
        if is_leaving:
            self._hang_up()
        return Delivery(
            outcome or ("given_up" if code // 100 == 5 else "failed"), f"smtp_{code}", must_stop or is_leaving
        )

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None:
            with suppress(OSError, smtplib.SMTPException):
                if self._server.noop()[0] == 250:
                    return self._server
            self._hang_up()
        wanted, encryption = self._settings, ssl.create_default_context()
        if wanted.security == "tls":
            self._server = smtplib.SMTP_SSL(
                wanted.host, wanted.port, wanted.domain, timeout=self._timeout_s, context=encryption
            )
        else:
            self._server = smtplib.SMTP(wanted.host, wanted.port, wanted.domain, timeout=self._timeout_s)
            if wanted.security == "starttls":
                self._server.starttls(context=encryption)
        self._server.ehlo_or_helo_if_needed()
        if wanted.user and wanted.password:
            self._server.login(wanted.user, wanted.password)
        return self._server

    def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None
