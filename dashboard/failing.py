"""What a page says when it could not do something: the engine's sentence, or a number to find it by in the log."""

from __future__ import annotations

import logging
import secrets
import traceback

import streamlit as st

from dashboard import parts
from dashboard.words import _
from engine.errors import EngineError

_log = logging.getLogger(__name__)


def on_failure(error: Exception) -> bool:
    """Say in words what the page could not do; the log has where, never with which values."""
    if isinstance(error, EngineError):
        parts.refusal(error)
        return True
    number = secrets.token_hex(4)
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("failure %s: %s\n%s", number, type(error).__name__, where)
    st.error(
        _("Something went wrong here, and it was not your mistake. Tell an administrator the number {number}.")
        .format(number=number)
    )  # fmt: skip
    return True
