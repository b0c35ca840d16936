"""The chance of a request while it is being typed: quick, as what was learnt of earlier ones is kept for a day."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date, datetime

from engine import facts
from engine.access import looking
from engine.errors import PackageError
from engine.live import adoption
from engine.people.forms import read_forms
from engine.people.persons import see
from engine.reasons.chance import Chance, chance_of
from engine.reasons.history import History, learn
from engine.store import Reading, Store

_lock = threading.Lock()
_learnt: dict[tuple[str, str], tuple[date, History]] = {}


def chance(store: Store, actor_id: str, form: Mapping[str, str], now: datetime) -> Chance | None:
    """Say how likely a request that is being entered will be served; ``None`` while the form is not complete.

    Raises
    ------
    AccessDenied
        When the account may not submit requests, or not for this resident.
    InputError
        When there is no such resident.
    """
    learnt = history(store, now)
    with looking(store, actor_id, "submit_request") as (reading, who):
        see(reading, who, form["resident_id"])
        try:
            asked = _request(reading, form, now)
        except PackageError:
            return None
        return chance_of(reading, adoption.in_force(reading, now), now, asked, learnt)


def history(store: Store, now: datetime) -> History:
    """Learn from earlier requests once a day and policy, by whoever asks first."""
    with store.reading() as reading:
        policy = adoption.in_force(reading, now)
    key = (str(store.path or id(store)), policy.fingerprint)
    with _lock:  # one learns, the others wait for it
        day, known = _learnt.get(key, (None, None))
        if known is None or day != now.date():
            known = learn(store, policy, now)
            _learnt[key] = (now.date(), known)
    return known


def _request(reading: Reading, form: Mapping[str, str], now: datetime) -> facts.RequestSubmitted:
    """Read the form as it would be stored; the engine refuses it with every fault."""
    said = {"volunteers_needed": "1", **form, "request_id": "asked", "requested_at": f"{now:%Y-%m-%dT%H:%M:%S}"}
    intake = read_forms(reading, {"requests": [{**said, "note": ""}]}, now)
    [request] = [fact for fact in intake.facts if isinstance(fact, facts.RequestSubmitted)]
    return request
