"""The questions of a resident's own page to the engine: what can be asked, with what chance, and who comes when."""

from __future__ import annotations

from datetime import date, datetime, time

from dashboard.service.chances import history
from engine.clock import local_of
from engine.lifecycle import OPEN
from engine.live import own_page
from engine.live.own_page import OwnRequest, OwnVisit
from engine.messages.letters import stretch_of
from engine.reasons.chance import Chance
from engine.reference import services
from engine.store import Store

__all__ = ["OPEN", "Chance", "OwnRequest", "OwnVisit"]

MINUTES = (30, 45, 60, 90, 120, 180)
NOTE_MAX = 400


def may_open(store: Store, token: str, now: datetime) -> None:
    """Check that the link opens the page; raises as :func:`engine.live.own_page.open_page`."""
    own_page.open_page(store, token, now)


def requests(store: Store, token: str, now: datetime) -> list[OwnRequest]:
    """List the resident's requests; raises as :func:`engine.live.own_page.own_requests`."""
    return own_page.own_requests(store, token, now)


def who_comes(store: Store, token: str, now: datetime) -> dict[str, str]:
    """Name who comes: visit_id -> first name; raises as :func:`engine.live.own_page.who_comes`."""
    return own_page.who_comes(store, token, now)


def service_codes(today: date) -> list[str]:
    """List the services there are on a day."""
    return [
        code
        for code, service in services().items()
        if service["from"] <= today and (service.get("to") is None or today <= service["to"])
    ]


def form_of(service: str, minutes: int, first: date, last: date, hours: tuple[time, time], note: str) -> dict[str, str]:
    """Write what was chosen as a row of ``requests.csv``: between two days, from the first hour to the last."""
    return {
        "service": service,
        "minutes": str(minutes),
        "earliest_at": f"{datetime.combine(first, hours[0]):%Y-%m-%dT%H:%M}",
        "latest_at": f"{datetime.combine(last, hours[1]):%Y-%m-%dT%H:%M}",
        "note": note.strip()[:NOTE_MAX],
    }


def chance(store: Store, token: str, form: dict[str, str], now: datetime) -> Chance:
    """Say how likely somebody will come; raises as :func:`engine.live.own_page.chance`."""
    may_open(store, token, now)
    return own_page.chance(store, token, {**form, "note": ""}, now, history(store, now))


def ask(store: Store, token: str, form: dict[str, str], now: datetime) -> str:
    """Ask for a service; raises as :func:`engine.live.own_page.ask`."""
    return own_page.ask(store, token, form, now)


def take_back(store: Store, token: str, request_id: str, now: datetime) -> None:
    """Take a request back; raises as :func:`engine.live.own_page.take_back`."""
    own_page.take_back(store, token, request_id, now)


def when(starts_at: datetime, ends_at: datetime, language: str) -> str:
    """Say a stretch of time as the messages do."""
    return stretch_of(starts_at, ends_at, language)


def is_ahead(visit: OwnVisit, now: datetime) -> bool:
    """Say whether a visit is still to come."""
    return visit.status == "agreed" and visit.ends_at > local_of(now)
