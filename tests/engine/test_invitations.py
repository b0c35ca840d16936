"""A calendar file is one visit, at the right moment in any calendar, and tells nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from small_outbox import CALLED_OFF, NINE, PEOPLE, TEN, VISIT, YES, agreed, append, queued
from small_pilot import NOW

from engine.clock import STOCKHOLM, utc_of
from engine.messages import outbox
from engine.messages.invitations import CANCEL, REQUEST, Invitation, calendar_file

VISIT_OF_RUT = Invitation(
    visit_id="v1", method=REQUEST, starts_at=NINE, ends_at=TEN, revision=0, summary="Besök, mikrotjänst",
    description="Klart; du får besök", attendee="rut@example.se", organizer="mikro@example.se", written_at=NOW,
)  # fmt: skip


def event_of(content: bytes):
    calendar = Calendar.from_ical(content)
    [event] = calendar.walk("VEVENT")
    return calendar, event


def test_a_visit_is_an_invitation_that_a_calendar_takes_in():
    calendar, event = event_of(calendar_file(VISIT_OF_RUT))

    assert (calendar["METHOD"], calendar["VERSION"]) == ("REQUEST", "2.0")
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == ("visit-v1@mikro", 0, "CONFIRMED")
    assert (event["SUMMARY"], event["DESCRIPTION"]) == ("Besök, mikrotjänst", "Klart; du får besök")
    assert (event["ATTENDEE"], event["ORGANIZER"]) == ("mailto:rut@example.se", "mailto:mikro@example.se")
    assert (event["DTSTAMP"].dt, event["CLASS"]) == (NOW, "PRIVATE")


def test_a_cancellation_takes_the_same_visit_out_again():
    _, asked = event_of(calendar_file(VISIT_OF_RUT))
    calendar, event = event_of(calendar_file(replace(VISIT_OF_RUT, method=CANCEL, revision=1)))

    assert (calendar["METHOD"], event["STATUS"]) == ("CANCEL", "CANCELLED")
    assert event["UID"] == asked["UID"]
    assert event["SEQUENCE"] > asked["SEQUENCE"]


LOCAL = st.datetimes(datetime(2020, 1, 1), datetime(2037, 12, 31)).map(lambda t: t.replace(second=0, microsecond=0))
CHANGES = st.tuples(
    st.sampled_from([datetime(2026, 3, 29), datetime(2026, 10, 25), datetime(2027, 3, 28), datetime(2031, 10, 26)]),
    st.integers(0, 6 * 4 * 60 // 15),
).map(lambda drawn: drawn[0] + timedelta(minutes=15 * drawn[1]))


@given(LOCAL | CHANGES)
def test_a_visit_is_at_the_right_moment_also_where_only_the_files_own_time_zone_is_known(starts_at):
    content = calendar_file(replace(VISIT_OF_RUT, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1)))
    text = content.decode()
    zone = tzical(StringIO(text)).get("Europe/Stockholm")
    _, event = event_of(content)

    local = event["DTSTART"].dt.replace(tzinfo=None)
    known_by_the_file = local.replace(tzinfo=zone).astimezone(UTC)
    assert known_by_the_file == utc_of(starts_at)
    assert event["DTSTART"].dt.astimezone(UTC) == utc_of(starts_at)


@pytest.mark.parametrize("hour", range(-3, 4))
@pytest.mark.parametrize("change", [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)])
def test_the_rule_of_the_time_zone_agrees_with_the_world_around_both_changes(change, hour):
    zone = tzical(StringIO(calendar_file(VISIT_OF_RUT).decode())).get()
    moment = change + timedelta(hours=hour)

    local = moment.astimezone(STOCKHOLM).replace(tzinfo=None)
    if utc_of(local) == moment:  # the second of two equal hours is the first to any calendar
        assert zone.utcoffset(local) == moment.astimezone(STOCKHOLM).utcoffset()


def test_both_changes_of_the_clock_are_at_one_in_the_morning_utc():
    calendar, _ = event_of(calendar_file(VISIT_OF_RUT))

    for change in (*calendar.walk("STANDARD"), *calendar.walk("DAYLIGHT")):
        first = (change["DTSTART"].dt - change["TZOFFSETFROM"].td).replace(tzinfo=UTC)
        before, after = ((first - timedelta(seconds=1)).astimezone(STOCKHOLM), first.astimezone(STOCKHOLM))

        assert first.hour == 1
        assert (before.utcoffset(), after.utcoffset()) == (change["TZOFFSETFROM"].td, change["TZOFFSETTO"].td)


def test_the_file_tells_a_calendar_nothing_of_the_other_side():
    store = agreed(YES, VISIT)

    _, content = outbox.show(store, "anna", queued(store, "confirmation", "ada", "v1")).invitation

    text = content.decode()
    for hidden in ("Rut", "Ek", "Storgatan", "070-", "rut@", "Inköp", "shopping", "milk", "56.04", "Lovelace"):
        assert hidden not in text.replace("\r\n ", "")


def test_every_change_of_a_visit_raises_its_number():
    store = agreed(YES, VISIT)
    numbers = []

    for nth, change in enumerate((None, replace(VISIT, starts_at=TEN, ends_at=TEN + timedelta(hours=1)), CALLED_OFF)):
        if change:
            append(store, change)
        template = "cancellation" if change is CALLED_OFF else "confirmation"
        shown = outbox.show(store, "anna", queued(store, template, "rut", "v1", occasion=str(nth)))
        _, event = event_of(shown.invitation[1])
        numbers.append((shown.invitation[0], int(event["SEQUENCE"]), event["DTSTART"].dt.hour))

    assert numbers == [("REQUEST", 0, 9), ("REQUEST", 1, 10), ("CANCEL", 2, 10)]


def test_without_an_email_address_there_is_no_calendar_file():
    store = agreed(YES, VISIT, people=PEOPLE | {"rut": PEOPLE["rut"] | {"email": None}})

    shown = outbox.show(store, "anna", queued(store, "confirmation", "rut", "v1"))

    assert (shown.email, shown.invitation) == (None, None)
    assert shown.phone == "070-1740605"
