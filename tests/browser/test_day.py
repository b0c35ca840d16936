"""A coordinator's whole day in the browser: from signing in to the figure in the evaluation."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import served
from looking import PHONE, choose_row, go_to, ready, sign_in
from playwright.sync_api import TimeoutError as NotThere
from small_people import LAMP_IS_DONE, people_pilot
from small_pilot import NOW, RUT

from engine.access import give_role
from engine.messages.outbox import messages, show
from engine.store import Store

USERS = {"anna": {"email": "anna@example.org"}}
LAMP, AGREED, ENDED = LAMP_IS_DONE[:3]
AFTERWARDS = NOW + timedelta(days=3)
"""Wednesday evening, when Tuesday's visits are over."""


def helped_before(name):
    """Somebody whom Ada helped for an hour last week: a figure speaks of five people at least."""
    request = replace(LAMP, request_id=f"lamp {name}", resident_id=name)
    agreed = replace(AGREED, visit_id=f"v {name}", request_id=request.request_id)
    return replace(RUT, resident_id=name), request, agreed, replace(ENDED, visit_id=agreed.visit_id)


def pilot(path):
    """Make the pilot of Rut, who asks, and Ada, who helps, as five others; Anna coordinates Helsingborg."""
    store = people_pilot(path, *(fact for name in ("siv", "bo", "eva", "olle", "per") for fact in helped_before(name)))
    give_role(store, "root", "root", "admin")
    give_role(store, "root", "anna", "coordinator", ["1283"])
    store.close()
    return path


def links_to_answer(path, url, monkeypatch):
    """Read the links in the messages that wait for volunteers, as the volunteers would."""
    monkeypatch.setenv("MIKRO_BASE_URL", url)
    store = Store(path, clock=lambda: NOW + timedelta(minutes=30))
    written = [show(store, "anna", message_id).text for message_id in messages(store, "anna")["message_id"]]
    store.close()
    return [found[0] for text in written if (found := re.search(re.escape(url) + r"/answer\S+", text))]


def take_a_request(page):
    go_to(page, "Intag")
    page.get_by_label("Sök person").fill("Rut")
    page.keyboard.press("Enter")
    ready(page)
    choose_row(page)
    page.get_by_role("radio", name="Nytt önskemål").or_(page.get_by_role("button", name="Nytt önskemål")).first.click()
    ready(page)
    page.get_by_role("combobox", name=re.compile("Tjänst")).click()
    page.get_by_role("option", name="Inköp", exact=True).click()
    ready(page)
    page.get_by_role("button", name="Registrera önskemålet").click()
    page.get_by_text("Önskemålet är registrerat").wait_for()


def match_and_approve(page):
    go_to(page, "Matchning")
    page.get_by_role("button", name="Matcha nu").click()
    page.get_by_text("En ny plan är klar").first.wait_for()
    ready(page)
    page.get_by_text("2 av 2").wait_for()
    everything = page.get_by_role("button", name="Godkänn alla 2")
    everything.click()
    ready(page)
    everything.click()
    ready(page)


def send(page):
    go_to(page, "Erbjudanden")
    page.get_by_role("button", name="Skicka 2 erbjudanden").click()
    ready(page)


def say_yes(look, link):
    """Answer on a phone, without an account."""
    page = look.at(link, viewport=PHONE)
    assert page.get_by_text("Rut").count() == 0
    page.get_by_role("button", name="Ja, jag kan").click()
    page.get_by_text("Du har svarat ja").first.wait_for()


def record(page):
    go_to(page, "Uppföljning")
    complete = page.get_by_role("button", name="Registrera som genomfört")
    for _ in range(4):  # a click on a picture that is not drawn yet chooses nothing
        choose_row(page)
        with suppress(NotThere):
            complete.wait_for(timeout=15_000)
            break
    complete.click()
    ready(page)
    page.wait_for_timeout(3000)  # the page runs a second time once the outcome is kept
    ready(page)


def metric(page, label):
    """Read a figure by its label."""
    return page.get_by_test_id("stMetric").filter(has_text=label).first.inner_text()


def test_a_request_goes_from_the_phone_call_to_the_figure(look, tmp_path, monkeypatch):
    """Anna takes Rut's request, matches, approves and sends; Ada says yes on her phone; on Wednesday it is counted."""
    path = pilot(tmp_path / "pilot.duckdb")

    with served.login_provider(tmp_path, USERS) as provider:
        with served.dashboard_with_login(path, tmp_path, provider, MIKRO_NOW=NOW.isoformat()) as sunday:
            page = sign_in(look, sunday.url, "anna")
            take_a_request(page)
            match_and_approve(page)
            send(page)
            links = links_to_answer(path, sunday.url, monkeypatch)
            assert len(links) == 2
            for link in links:
                say_yes(look, link)

        with served.dashboard_with_login(path, tmp_path, provider, MIKRO_NOW=AFTERWARDS.isoformat()) as wednesday:
            page = sign_in(look, wednesday.url, "anna")
            record(page)
            record(page)
            assert metric(page, "Genomförda besök").split()[-1] == "8"
            go_to(page, "Utvärdering")
            hours = metric(page, "Timmar av hjälp")

    store = Store(path, clock=lambda: AFTERWARDS)
    with store.reading() as reading:
        visits = reading.state("visits_at", AFTERWARDS + timedelta(hours=1))
    assert (visits["status"] == "completed").sum() == 8  # with those of last week
    assert re.search(r"\b8\b", hours), hours
    assert look.elsewhere == []
