"""What is noted of a log entry besides its facts, and the words it may be noted in: nothing that could forge a line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from engine.errors import InputError

# No spaces, no control signs: an id must not pass for something else where the log is shown or copied.
_ACCOUNT = re.compile(r"[A-Za-z0-9._@:-]{1,64}")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_DIGITS = re.compile(r"\d(?:[ -]?\d)*")
_NUMBER_OF_A_PERSON = 8
_WORDS = re.compile(r"[A-Za-z0-9 ._@:/-]{1,100}")
_WITHOUT_MARKS = str.maketrans("åäöéüÅÄÖÉÜ", "aaoeuAAOEU")


def must_be_account(account_id: str) -> None:
    """Refuse what cannot be the id of an account: 1 to 64 letters (a-z), digits or ``._@:-``.

    Raises
    ------
    InputError
        When it is something else.
    """
    if not _ACCOUNT.fullmatch(account_id):
        raise InputError(f"An account is 1 to 64 letters (a-z), digits or ._@:-, not {account_id[:64]!r}.")


def is_words(text: str) -> bool:
    """Say whether a text is 1 to 100 letters (a-z), digits, spaces or ``._@:/-``."""
    return _WORDS.fullmatch(text) is not None


def must_be_words(what: str, text: str) -> None:
    """Refuse a text for the log that is not 1 to 100 letters (a-z), digits, spaces or ``._@:/-``.

    Parameters
    ----------
    what
        Its name in the message, such as ``purpose``.

    Raises
    ------
    InputError
        When it is something else.
    """
    if not is_words(text):
        raise InputError(f"The {what} {text[:64]!r} is not 1 to 100 letters (a-z), digits, spaces or ._@:/-.")


def must_be_reference(what: str, text: str) -> None:
    """Refuse a text for the log that says more than where something was decided: no free text, no number of a person.

    Raises
    ------
    InputError
        When it is no plain words, or eight or more digits follow each other that are no date. The text itself is not
        repeated: it may be somebody's.
    """
    digits = (re.sub(r"[ -]", "", run) for run in _DIGITS.findall(_DATE.sub("", text)))
    if not is_words(text.translate(_WITHOUT_MARKS)) or any(len(run) >= _NUMBER_OF_A_PERSON for run in digits):
        raise InputError(
            f"The {what} stays in the log for ever, so nobody may be named in it, nor a telephone or personal number"
            " stand there: give 1 to 100 letters, digits, spaces or ._@:/-, such as a reference to the minutes."
        )


@dataclass(frozen=True, slots=True)
class Mark:
    """What is noted of a log entry besides its facts: when, who, what, and the name of the intent."""

    recorded_at: datetime
    actor_id: str
    action: str
    idempotency_key: str | None

    def __post_init__(self) -> None:
        must_be_account(self.actor_id)
        must_be_words("action", self.action)
