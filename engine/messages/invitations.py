"""Calendar files: a visit as an invitation that any calendar takes in, moves and removes.

Calendars are shared and copied to other countries' servers, so an invitation says when and nothing else: no name of
the other side, no address, no service.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress

from engine.clock import STOCKHOLM, utc_of

REQUEST = "REQUEST"
CANCEL = "CANCEL"

# The European Union's rule of 1996: forward on the last Sunday of March, back on the last of October.
FORWARD = datetime(1997, 3, 30, 2)
BACK = datetime(1996, 10, 27, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A visit for the calendar of one side; ``starts_at`` and ``ends_at`` are local, ``written_at`` is UTC.

    ``revision`` grows whenever the visit is changed; calendars obey the highest they have seen.
    """

    visit_id: str
    method: str
    starts_at: datetime
    ends_at: datetime
    revision: int
    summary: str
    description: str
    attendee: str
    organizer: str | None
    written_at: datetime


def calendar_file(invitation: Invitation) -> bytes:
    """Write an invitation as iCalendar (RFC 5545 and 5546), in UTF-8."""
    calendar = Calendar()
    calendar.add("prodid", "-//mikro//kommunala mikrotjanster//SV")
    calendar.add("version", "2.0")
    calendar.add("method", invitation.method)
    calendar.add_component(_stockholm())
    calendar.add_component(_event(invitation))
    content: bytes = calendar.to_ical()
    return content


def _event(invitation: Invitation) -> Event:
    event = Event()
    event.add("uid", f"visit-{invitation.visit_id}@mikro")
    event.add("dtstamp", invitation.written_at)
    event.add("dtstart", utc_of(invitation.starts_at).astimezone(STOCKHOLM))
    event.add("dtend", utc_of(invitation.ends_at).astimezone(STOCKHOLM))
    event.add("sequence", invitation.revision)
    event.add("status", "CANCELLED" if invitation.method == CANCEL else "CONFIRMED")
    event.add("summary", invitation.summary)
    event.add("description", invitation.description)
    event.add("class", "PRIVATE")
    attendee = vCalAddress(f"mailto:{invitation.attendee}")
    attendee.params["PARTSTAT"] = "ACCEPTED"
    event.add("attendee", attendee)
    if invitation.organizer:
        event.add("organizer", vCalAddress(f"mailto:{invitation.organizer}"))
    return event


def _stockholm() -> Timezone:
    """Write the time zone by its rule: the library's own list of dates puts the change in spring an hour late."""
    zone = Timezone()
    zone.add("tzid", str(STOCKHOLM))
    winter, summer = timedelta(hours=1), timedelta(hours=2)
    for part, name, since, month, before, after in (
        (TimezoneStandard(), "CET", BACK, 10, summer, winter),
        (TimezoneDaylight(), "CEST", FORWARD, 3, winter, summer),
    ):
        part.add("dtstart", since)
        part.add("rrule", {"freq": "yearly", "bymonth": month, "byday": "-1su"})
        part.add("tzname", name)
        part.add("tzoffsetfrom", before)
        part.add("tzoffsetto", after)
        zone.add_component(part)
    return zone
