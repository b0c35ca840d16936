"""What somebody who means ill can put in, and what the server makes of it."""

from __future__ import annotations

import http.client
import os
from base64 import b64encode
from urllib.parse import urlsplit

import pytest
import served
from looking import ready
from small_people import RUT_DETAILS, people_pilot
from small_pilot import BASELINE, NOW

from engine.matching import match

BEACON = "![Rut](https://evil.example/a.png)<img src=https://evil.example/b.png> [x](https://evil.example) :red[y]"
PAGES = ("idag", "intag", "matchning", "erbjudanden", "uppfoljning", "volontarer", "utvardering", "forvaltning")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Serve a pilot in which the resident is called after pictures on another site."""
    folder = tmp_path_factory.mktemp("intruders")
    store = people_pilot(folder / "pilot.duckdb")
    with store.transaction("test", "set up") as transaction:
        transaction.put_people({"rut": RUT_DETAILS | {"name": BEACON, "address": BEACON}})
        transaction.put_notes([("note:milk", "rut", "milk", BEACON)])
    match(store, BASELINE, NOW)
    store.close()
    with served.dashboard(folder / "pilot.duckdb", folder, MIKRO_NOW=NOW.isoformat()) as running:
        yield running


@pytest.mark.parametrize("address", PAGES)
def test_a_name_that_is_a_picture_on_another_site_is_shown_as_it_is_typed(look, site, address):
    page = look.at(f"{site.url}/{address}")

    assert look.elsewhere == []
    assert page.locator("img[src*=evil], a[href*=evil]").count() == 0


def test_somebody_found_under_such_a_name_is_shown_as_it_is_typed(look, site):
    page = look.at(f"{site.url}/intag")

    field = page.get_by_role("textbox").or_(page.get_by_role("searchbox")).first
    field.fill("evil")
    field.press("Enter")
    ready(page)

    assert look.elsewhere == []
    assert page.locator("img[src*=evil], a[href*=evil]").count() == 0


def ask(site, method, path, body=b"", **headers):
    """Ask the server for something as no page of ours would, and give the status."""
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=20)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_file_sent_without_the_token_of_the_page_is_refused(site):
    path = "/_stcore/upload_file/somebody/some-file"

    assert ask(site, "PUT", path, b"x", Content_Type="text/csv") == 403


def test_a_file_that_is_too_large_is_refused(site):
    assert ask(site, "PUT", "/_stcore/upload_file/a/b", b"", Content_Length=str(50 * 1024 * 1024)) == 413


@pytest.mark.parametrize(
    ("host", "origin"),
    [("own", "https://evil.example"), ("evil.example", "http://evil.example"), ("evil.example", "own")],
)
def test_a_page_of_another_site_cannot_open_a_session(site, host, origin):
    own = urlsplit(site.url).netloc
    headers = {
        "Host": own if host == "own" else host,
        "Origin": site.url if origin == "own" else origin,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": b64encode(os.urandom(16)).decode(),
    }

    assert ask(site, "GET", "/_stcore/stream", **headers) == 403
    assert ask(site, "GET", "/_stcore/stream", **headers | {"Host": own, "Origin": site.url}) == 101


def test_no_page_of_the_servers_own_leaks_how_it_is_built(site):
    assert ask(site, "GET", "/app/static/house.css") in {403, 404}
    assert ask(site, "POST", "/_stcore/agent/interact", b"{}", Content_Type="application/json") in {403, 404, 405}
    assert ask(site, "GET", "/../engine/store.py") in {400, 403, 404}
