"""Signed links: what a volunteer or resident may do from a message without an account, once and until when.

A link says only for what and about which id, never about whom; its key comes from the pilot's master key, so that
nobody without the key can make one, and none of another pilot is taken.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from itsdangerous import BadSignature, URLSafeSerializer

from engine.access import LINK, OPERATIONS
from engine.errors import InputError

if TYPE_CHECKING:
    from engine.store import Store

BASE_VARIABLE = "MIKRO_BASE_URL"
PAGE = "answer"
OWN_PAGE = "min-sida"
"""Where links lead: from messages, and from an invitation to a page of one's own."""

PURPOSES = tuple(operation.code for operation in OPERATIONS.values() if operation.by_link)
SIDES = ("resident", "volunteer")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Link:
    """What a signed link allows: an operation of :data:`PURPOSES` about an id, to one of SIDES, until ``expires_at``.

    ``expires_at`` is UTC, to the second. ``holder`` is the id the account is called after: that of the offer or visit,
    or of the resident whose request it is.
    """

    purpose: str
    about: str
    side: str
    expires_at: datetime
    holder: str

    @property
    def account_id(self) -> str:
        """The account that acts when the link is followed."""
        return f"{LINK}{self.holder}"


def sign(
    store: Store, purpose: str, about: str, expires_at: datetime, side: str = "volunteer", holder: str | None = None
) -> str:
    """Make the token of a link.

    Parameters
    ----------
    expires_at
        Timezone-aware.
    holder
        As in :class:`Link`; ``about`` by default.

    Returns
    -------
    str
        Letters, digits, ``-``, ``_`` and ``.`` only.

    Raises
    ------
    InputError
        When nobody may do this by link, or there is no such side.
    StoreError
        When the master key is missing.
    """
    if purpose not in PURPOSES:
        raise InputError(f"A link cannot be for {purpose!r}; it can be for {', '.join(PURPOSES)}.")
    if side not in SIDES:
        raise InputError(f"A link is for one of {' and '.join(SIDES)}, not for {side!r}.")
    token = _serializer(store).dumps([purpose, about, side, int(expires_at.timestamp()), holder or about])
    return token if isinstance(token, str) else token.decode()


def read(store: Store, token: str, now: datetime) -> Link:
    """Read the token of a link.

    Parameters
    ----------
    now
        Timezone-aware.

    Raises
    ------
    InputError
        When it is not whole, was changed or is of another pilot, or its time is over.
    StoreError
        When the master key is missing.
    """
    try:
        purpose, about, side, expires, holder = _serializer(store).loads(token)
    except BadSignature as error:
        raise InputError("This link is not valid: copy all of it from the message, or contact us instead.") from error
    link = Link(purpose, about, side, datetime.fromtimestamp(expires, UTC), holder)
    if now >= link.expires_at:
        raise InputError(f"This link could be used until {link.expires_at:%Y-%m-%d %H:%M} UTC; contact us instead.")
    return link


def base_url() -> str | None:
    """Read where the dashboard is reached by volunteers and residents from ``MIKRO_BASE_URL``; ``None`` when unset.

    Raises
    ------
    InputError
        When it is no web address, or not encrypted although on another machine.
    """
    text = os.environ.get(BASE_VARIABLE, "").strip()
    if not text:
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"} or parts.query or parts.fragment or parts.username:
        raise InputError(
            f"{BASE_VARIABLE} must be an address such as https://mikro.example.se, without account or question."
        )
    if parts.scheme == "http" and host not in LOCAL_HOSTS:
        raise InputError(f"{BASE_VARIABLE} must begin with https:// on any machine but this one, not {text!r}.")
    return text.rstrip("/")


def url(base: str, token: str, page: str = PAGE) -> str:
    """Write the address a message shows; ``page`` is PAGE or OWN_PAGE."""
    return f"{base}/{page}?{urlencode({'token': token})}"


def _serializer(store: Store) -> URLSafeSerializer:
    # The library's own choice, SHA-1, is sound for signing, but nobody wants to explain that to an auditor.
    signer = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(store.derived_key("links"), salt="mikro link", signer_kwargs=signer)
