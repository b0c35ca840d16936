"""Signing in through a real provider: whose role counts, what ends a login, and that a kept cookie ends with it."""

from __future__ import annotations

import pytest
import served
from looking import ready, sign_in

from dashboard.demo import ENDS
from engine.access import give_role, withdraw_role
from engine.store import Store

USERS = {"anna": {"email": "anna@example.org"}, "bo": {"email": "bo@example.org"}}


@pytest.fixture
def pilot(demo_copy):
    """Give the demo pilot an administrator, and a coordinator of Helsingborg."""
    store = Store(demo_copy, clock=lambda: ENDS)
    give_role(store, "cli", "root", "admin")
    give_role(store, "root", "anna", "coordinator", ["1283"])
    return store


@pytest.fixture
def site(pilot, tmp_path):
    """Serve it behind a login provider."""
    with (
        served.login_provider(tmp_path, USERS) as provider,
        served.dashboard_with_login(pilot.path, tmp_path, provider, MIKRO_NOW=ENDS.isoformat()) as running,
    ):
        yield running


def test_a_login_works_with_the_role_in_the_pilot_and_ends_when_the_person_signs_out(look, site):
    profile = look.profile()
    page = sign_in(look, site.url, "anna", profile)

    page.get_by_text("Inloggad som anna").wait_for()
    assert page.get_by_text("Demoläge").count() == 0

    kept = profile.cookies()
    other_tab = look.at(site.url, profile)
    page.get_by_role("button", name="Logga ut").click()
    page.wait_for_url("**/end_session**")  # the provider asks whether it should forget the person too

    replayed = look.at(site.url, look.profile(cookies=kept))
    replayed.get_by_role("button", name="Logga in").wait_for()
    assert replayed.get_by_text("Inloggad som").count() == 0

    other_tab.get_by_role("link", name="Idag").click()
    other_tab.get_by_text("Du har loggats ut").wait_for()


def test_somebody_without_a_role_is_told_their_account_and_sees_no_page(look, site):
    page = sign_in(look, site.url, "bo")

    page.get_by_text("Du har ingen roll i piloten än").wait_for()
    assert page.get_by_role("link", name="Idag").count() == 0
    assert "bo" in page.locator("code").inner_text()


def test_a_role_that_is_withdrawn_is_gone_at_the_next_click(look, site, pilot):
    page = sign_in(look, site.url, "anna")
    page.get_by_role("link", name="Matchning").wait_for()

    withdraw_role(pilot, "root", "anna")
    page.get_by_role("link", name="Tillgänglighet").click()
    ready(page)

    assert page.get_by_role("link", name="Matchning").count() == 0
