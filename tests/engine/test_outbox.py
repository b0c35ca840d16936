"""What is due is sent once: whatever the server answers, whoever dies in between, however often it is asked for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from mail_server import MailServer, free_port
from small_outbox import CALLED_OFF, NINE, OFFER, PEOPLE, VISIT, YES, agreed, append, keep, queued
from small_pilot import BEFORE, EVERYTHING_FITS, MILK, NOW, RUT
from typer.testing import CliRunner

from engine import facts
from engine.commands.messages import messages as commands
from engine.errors import ImpossibleStep, InputError
from engine.messages import outbox
from engine.messages.drafts import REASONS, aware
from engine.messages.mail import Settings
from engine.store import Store

MINUTE = timedelta(minutes=1)


def settings(port: int) -> Settings:
    return Settings(host="127.0.0.1", port=port, security="none", sender="mikro@example.se")


def send(store, server, now=NOW, **how):
    port = server if isinstance(server, int) else server.port
    return outbox.send(store, "anna", settings(port), now=now, **how)


def status_of(store, message_id):
    found = outbox.messages(store, "anna").set_index("message_id").loc[message_id]
    return found["status"], found["reason_code"] if found["reason_code"] == found["reason_code"] else None


def test_a_confirmation_arrives_with_its_text_and_its_calendar_file():
    store = agreed(YES, VISIT)
    message_id = queued(store, "confirmation", "rut", "v1")

    with MailServer() as server:
        tried = send(store, server)

    [mail] = server.inbox
    text, calendar = mail.iter_parts()
    assert tried.outcomes == {"sent": 1}
    assert status_of(store, message_id) == ("sent", None)
    assert (mail["To"], mail["Subject"]) == ("rut@example.se", "Klart: du får besök tisdag 1 december")
    assert mail["Message-ID"] == f"<{message_id}@example.se>"
    assert "Ada kommer och hjälper dig." in text.get_content()
    assert calendar["Content-Type"].params["method"] == "REQUEST"
    assert "DTSTART;TZID=Europe/Stockholm:20261201T090000" in calendar.get_content()


def test_what_was_sent_is_not_sent_again():
    store = agreed()
    queued(store, "offer", "ada", "o1")

    with MailServer() as server:
        outcomes = [send(store, server).outcomes.total() for _ in range(2)]

    assert outcomes == [1, 0]
    assert len(server.inbox) == 1


def test_a_clock_set_back_sends_nothing_twice():
    store = agreed()
    message_id = queued(store, "offer", "ada", "o1")

    with MailServer() as server:
        send(store, server, now=NOW + 2 * MINUTE)
        send(store, server, now=NOW + MINUTE)

    assert len(server.inbox) == 1
    assert status_of(store, message_id)[0] == "sent"


def test_a_message_waits_for_its_time():
    store = agreed(YES, VISIT)
    queued(store, "reminder", "ada", "v1", send_after=NOW + MINUTE)

    with MailServer() as server:
        before = send(store, server)
        after = send(store, server, now=NOW + MINUTE)

    assert (before.outcomes, after.outcomes) == ({}, {"sent": 1})


NEXT_WEEK = replace(VISIT, starts_at=NINE + timedelta(days=7), ends_at=NINE + timedelta(days=7, hours=1))


def test_while_the_server_is_down_messages_wait_with_growing_pauses_and_then_go_out():
    store = agreed(YES, NEXT_WEEK)
    message_id = queued(store, "confirmation", "ada", "v1")
    port, now, pauses = free_port(), NOW, []

    for _ in range(8):
        tried = send(store, port, now=now)
        too_soon = send(store, port, now=now)
        [listed] = outbox.messages(store, "anna").itertuples()
        pauses.append(aware(listed.next_attempt_at) - now)
        now += pauses[-1]
        assert (tried.outcomes, tried.stopped, too_soon.outcomes) == ({"failed": 1}, "server_unreachable", {})
    with MailServer() as server:
        later = send(store, server, now=now)

    assert [pause / MINUTE for pause in pauses] == [1, 5, 15, 60, 180, 360, 720, 720]
    assert later.outcomes == {"sent": 1}
    assert status_of(store, message_id) == ("sent", None)


def test_a_server_that_is_down_is_asked_once_a_round():
    store = agreed(YES, VISIT)
    for who in ("ada", "rut"):
        queued(store, "confirmation", who, "v1")

    tried = send(store, free_port())

    assert tried.outcomes == {"failed": 1}
    assert outbox.messages(store, "anna")["status"].tolist().count("queued") == 1


def test_a_refusal_for_now_is_tried_again_when_its_pause_is_over():
    store = agreed()
    message_id = queued(store, "offer", "ada", "o1")

    with MailServer(rcpt=["451 Greylisted"]) as server:
        first = send(store, server)
        at_once = send(store, server)
        waiting = status_of(store, message_id)
        later = send(store, server, now=NOW + MINUTE)

    assert (first.outcomes, at_once.outcomes, later.outcomes) == ({"failed": 1}, {}, {"sent": 1})
    assert waiting == ("failed", "smtp_451")
    assert status_of(store, message_id)[0] == "sent"


def test_a_refusal_for_good_is_given_up_and_left_to_a_person():
    store = agreed()
    message_id = queued(store, "offer", "ada", "o1")

    with MailServer(rcpt=["550 No such person: ada@example.se"]) as server:
        send(store, server)
        send(store, server, now=NOW + timedelta(hours=2))
    [listed] = outbox.messages(store, "anna").itertuples()
    outbox.copied(store, "anna", message_id)

    assert (listed.status, listed.reason_code, listed.is_due, listed.is_open) == ("given_up", "smtp_550", False, True)
    assert status_of(store, message_id)[0] == "copied"


def test_after_three_days_of_refusals_a_message_is_given_up():
    store = agreed(YES, NEXT_WEEK)
    message_id = queued(store, "confirmation", "ada", "v1")
    tried = []

    with MailServer(rcpt=["451 Later"] * 20) as server:
        for half_day in range(8):
            tried += send(store, server, now=NOW + half_day * timedelta(hours=12)).outcomes.elements()

    assert tried == ["failed"] * 6 + ["given_up"]
    assert status_of(store, message_id) == ("given_up", "too_late")


@pytest.mark.parametrize(
    ("people", "reason"),
    [
        ({}, "erased"),
        ({"ada": {"name": "Ada"}}, "no_email"),
        ({"ada": {"name": "Ada", "email": "ada at example"}}, "bad_email"),
        ({"ada": {"name": "Ada", "email": "ada@example.se\r\nBcc: eva@example.se"}}, "bad_email"),
    ],
)
def test_who_cannot_be_written_to_is_left_to_a_person_without_an_attempt(people, reason):
    store = agreed(people=people)
    message_id = queued(store, "offer", "ada", "o1")

    with MailServer() as server:
        tried = send(store, server)

    assert (tried.outcomes, tried.reasons) == ({"given_up": 1}, {reason: 1})
    assert server.connections == 0
    assert status_of(store, message_id) == ("given_up", reason)


def test_what_is_no_longer_true_when_it_is_due_is_not_sent():
    store = agreed(YES, VISIT)
    message_id = queued(store, "confirmation", "ada", "v1")
    append(store, CALLED_OFF)

    with MailServer() as server:
        send(store, server)

    assert server.inbox == []
    assert status_of(store, message_id) == ("given_up", "outdated")


def test_nothing_is_sent_where_an_identity_is_protected():
    store = agreed(YES, VISIT)
    for who in ("ada", "rut"):
        queued(store, "confirmation", who, "v1")
    append(store, replace(RUT, occurred_at=NOW, lat=None, lon=None, protected_identity=True))

    with MailServer() as server:
        tried = send(store, server)

    assert (tried.outcomes, server.inbox) == ({}, [])
    assert set(outbox.messages(store, "anna")["status"]) == {"by_hand"}


def test_a_name_with_line_breaks_adds_nothing_to_the_mail():
    people = PEOPLE | {"ada": PEOPLE["ada"] | {"name": "Ada\r\nBcc: eva@example.se\r\n\r\n<b>Hej</b>"}}
    store = agreed(YES, VISIT, people=people)
    queued(store, "confirmation", "rut", "v1")

    with MailServer() as server:
        send(store, server)

    [mail] = server.inbox
    assert mail["Bcc"] is None
    assert mail["To"] == "rut@example.se"
    assert "eva@example.se" not in mail.as_string()


def test_names_and_addresses_in_other_letters_arrive():
    people = PEOPLE | {"ada": {"name": "Žofie Ågren-Ödlund", "email": "zofie@räksmörgås.se"}}
    store = agreed(YES, VISIT, people=people)
    for who in ("ada", "rut"):
        queued(store, "confirmation", who, "v1")

    with MailServer() as server:
        send(store, server)

    by_reader = {mail["To"]: next(mail.iter_parts()).get_content() for mail in server.inbox}
    assert "Žofie kommer" in by_reader["rut@example.se"]
    assert "Hej Žofie!" in by_reader["zofie@xn--rksmrgs-5wao1o.se"]


def test_the_pilot_is_free_while_the_server_is_spoken_to():
    store = agreed()
    store.lock_timeout_s = 0.5
    queued(store, "offer", "ada", "o1")
    written = []

    def write():
        append(store, facts.RequestWithdrawn(occurred_at=NOW, request_id="milk"))
        written.append(True)

    with MailServer(before_answer=write) as server:
        send(store, server)

    assert written == [True]


def test_an_answer_that_never_came_leaves_it_to_a_person_to_send_again():
    store = agreed()
    message_id = queued(store, "offer", "ada", "o1")

    with MailServer(data=["hang up"]) as server:
        first = send(store, server)
        second = send(store, server, now=NOW + timedelta(hours=1))
        unclear = status_of(store, message_id)
        again = send(store, server, now=NOW + timedelta(hours=1), again=[message_id])

    assert (first.outcomes, first.stopped, second.outcomes) == ({"unclear": 1}, "no_answer", {})
    assert unclear[0] == "unclear"
    assert again.outcomes == {"sent": 1}
    assert status_of(store, message_id)[0] == "sent"


def test_an_attempt_that_may_still_be_under_way_is_not_repeated():
    store = agreed()
    message_id = queued(store, "offer", "ada", "o1")
    append(store, facts.MessageAttempted(occurred_at=NOW, message_id=message_id, attempt=1))

    with pytest.raises(ImpossibleStep, match="may still be under way; wait 10 minutes"):
        send(store, free_port(), now=NOW + 9 * MINUTE, again=[message_id])
    with pytest.raises(ImpossibleStep, match="may still be under way"):
        outbox.copied(store, "anna", message_id, now=NOW + 9 * MINUTE)
    outbox.copied(store, "anna", message_id, now=NOW + 10 * MINUTE)

    assert status_of(store, message_id)[0] == "copied"


@pytest.mark.parametrize("status", ["queued", "sent", "copied"])
def test_only_what_came_to_nothing_is_sent_again(status):
    store = agreed()
    message_id = queued(store, "offer", "ada", "o1")
    if status != "queued":
        append(store, facts.MessageSettled(occurred_at=NOW, message_id=message_id, outcome=status, reason_code=None))

    with pytest.raises(ImpossibleStep, match=f"is {status}; only what is unclear, failed or given up is sent again"):
        send(store, free_port(), again=[message_id])


def test_what_was_sent_cannot_be_copied():
    store = agreed()
    message_id = queued(store, "offer", "ada", "o1")
    outbox.copied(store, "anna", message_id)

    with pytest.raises(ImpossibleStep, match="was copied already"):
        outbox.copied(store, "anna", message_id)


@pytest.mark.parametrize("step", [outbox.show, outbox.copied])
def test_a_message_that_does_not_exist_is_refused(step):
    with pytest.raises(InputError, match="There is no message 'xyz'"):
        step(agreed(), "anna", "xyz")


@pytest.fixture
def file(tmp_path):
    """Make a pilot file in which both sides wait for a confirmation."""
    path = tmp_path / "pilot.duckdb"
    store = Store.create(path, clock=lambda: NOW)
    append(store, *EVERYTHING_FITS, OFFER, YES, VISIT)
    keep(store, PEOPLE)
    return path


SENDER = """
import sys
from datetime import datetime
from pathlib import Path
from engine.messages import outbox
from engine.messages.mail import settings_of
from engine.store import Store

outbox.send(Store(Path(sys.argv[1])), "anna", settings_of(), now=datetime.fromisoformat(sys.argv[2]))
"""


def sender(path, port) -> subprocess.Popen:
    own = {"MIKRO_SMTP_HOST": "127.0.0.1", "MIKRO_SMTP_PORT": str(port), "MIKRO_SMTP_SECURITY": "none",
           "MIKRO_SMTP_FROM": "mikro@example.se"}  # fmt: skip
    return subprocess.Popen([sys.executable, "-c", SENDER, str(path), NOW.isoformat()], env=os.environ | own)


def test_a_sender_killed_after_the_server_took_the_message_does_not_send_it_twice(file):
    store = Store(file)
    message_id = queued(store, "confirmation", "ada", "v1", now=NOW)
    children = []

    with MailServer(before_answer=lambda: children[0].send_signal(signal.SIGKILL)) as server:
        children.append(sender(file, server.port))
        assert children[0].wait(60) == -signal.SIGKILL
        taken = len(server.inbox)
        send(store, server, now=NOW + timedelta(hours=1))

    assert (taken, len(server.inbox)) == (1, 1)
    assert status_of(store, message_id)[0] == "unclear"
    [listed] = outbox.messages(store, "anna", now=NOW + timedelta(hours=1)).itertuples()
    assert (listed.is_due, listed.is_open) == (False, True)


def test_senders_at_the_same_time_send_every_message_once(file):
    store = Store(file)
    ids = [queued(store, "confirmation", who, "v1", occasion=str(n), now=NOW) for n in range(3) for who in PEOPLE]

    with MailServer() as server:
        threads = [threading.Thread(target=send, args=(Store(file), server)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    assert sorted(mail["Message-ID"] for mail in server.inbox) == sorted(f"<{name}@example.se>" for name in ids)
    assert {status_of(store, name)[0] for name in ids} == {"sent"}


def test_a_round_sends_the_oldest_first_and_no_more_than_asked(file):
    store = Store(file)
    young = queued(store, "confirmation", "rut", "v1", send_after=NOW, now=NOW)
    old = queued(store, "confirmation", "ada", "v1", send_after=NOW - MINUTE, now=NOW)

    with MailServer() as server:
        send(store, server, limit=1)

    assert [status_of(store, name)[0] for name in (old, young)] == ["sent", "queued"]


@pytest.fixture
def mikro(file, monkeypatch):
    """Run ``mikro messages`` on the pilot file."""
    monkeypatch.setenv("MIKRO_DB", str(file))
    for name in ("HOST", "PORT", "USER", "PASSWORD", "SECURITY", "FROM"):
        monkeypatch.delenv(f"MIKRO_SMTP_{name}", raising=False)
    return lambda *words: CliRunner().invoke(commands, [*words])


AT = ("--as-of", NOW.isoformat())


def test_without_a_mail_server_messages_are_listed_shown_and_copied_by_hand(mikro, file, tmp_path):
    message_id = queued(Store(file), "confirmation", "ada", "v1", now=NOW)
    [listed] = json.loads(mikro(*AT, "--json").stdout)
    shown = mikro("show", message_id, *AT, "--ics", str(tmp_path / "visit.ics"))
    noted = mikro("copied", message_id, *AT)
    after = mikro(*AT)

    assert (listed["message_id"], listed["status"], listed["is_due"]) == (message_id, "queued", True)
    assert "Storgatan" not in json.dumps(listed)
    assert shown.stdout.startswith("To: Ada Lovelace, 070-1740606, ada@example.se\nSubject: Tack! Ditt besök")
    assert "Var: Storgatan 1, 252 20 Helsingborg\n" in shown.stdout
    assert (tmp_path / "visit.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")
    assert (noted.exit_code, after.stdout) == (0, "No message waits.\n")
    assert json.loads(mikro("--all", *AT, "--json").stdout)[0]["status"] == "copied"


def test_a_message_is_shown_as_json_with_its_calendar_file(mikro, file):
    message_id = queued(Store(file), "confirmation", "rut", "v1", now=NOW)

    shown = json.loads(mikro("show", message_id, *AT, "--json").stdout)

    assert (shown["name"], shown["email"]) == ("Rut Ek", "rut@example.se")
    assert "METHOD:REQUEST" in shown["invitation"]


def test_sending_without_a_mail_server_says_what_to_do(mikro):
    refused = mikro("send", *AT)

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("mikro: There is no mail server: set MIKRO_SMTP_HOST, or copy the messages")


def test_what_is_due_is_sent_and_counted(mikro, file, monkeypatch):
    store = Store(file)
    queued(store, "confirmation", "rut", "v1", now=NOW)
    with MailServer(rcpt=["451 Later"]) as server:
        for name, value in (("HOST", "127.0.0.1"), ("PORT", server.port), ("SECURITY", "none"), ("FROM", "m@x.se")):
            monkeypatch.setenv(f"MIKRO_SMTP_{name}", str(value))
        failed = mikro("send", *AT)
        sent = json.loads(mikro("send", "--json", "--as-of", (NOW + MINUTE).isoformat()).stdout)
        nothing = mikro("send", "--as-of", (NOW + MINUTE).isoformat())

    assert failed.stdout == "Messages: 1 to be tried again. 1 because the mail server refused it (code 451).\n"
    assert sent == {"outcomes": {"sent": 1}, "reasons": {}, "stopped": None}
    assert nothing.stdout == "Nothing was due.\n"


def test_a_server_that_is_down_ends_the_command_with_a_failure(mikro, file, monkeypatch):
    queued(Store(file), "confirmation", "rut", "v1", now=NOW)
    for name, value in (("HOST", "127.0.0.1"), ("PORT", free_port()), ("SECURITY", "none"), ("FROM", "m@x.se")):
        monkeypatch.setenv(f"MIKRO_SMTP_{name}", str(value))

    tried = mikro("send", *AT)
    listed = mikro("--as-of", (NOW + MINUTE).isoformat())

    assert tried.exit_code == 1
    assert "because the mail server could not be reached. The rest was left for later." in tried.stdout
    assert "failed: the mail server could not be reached" in " ".join(listed.stdout.split())


def test_a_resident_who_waits_is_told_so_by_the_command(mikro, file):
    append(Store(file), replace(MILK, request_id="lamp", occurred_at=NOW - timedelta(days=4)))

    queued_now, queued_again = (json.loads(mikro("remind", "--json", *AT).stdout)["n_queued"] for _ in range(2))

    assert (queued_now, queued_again) == (1, 0)


@pytest.mark.parametrize("code", [*REASONS, "smtp_550"])
def test_every_reason_not_to_send_has_words(code):
    assert " " in outbox.in_words(code)


def test_a_clock_that_stands_before_the_request_lists_its_message_without_calling_it_due():
    store = agreed()
    queued(store, "nobody_yet", "rut", "milk")

    found = outbox.messages(store, "test", now=BEFORE - timedelta(days=1))

    assert found[["template", "is_due", "is_open"]].values.tolist() == [["nobody_yet", False, False]]
