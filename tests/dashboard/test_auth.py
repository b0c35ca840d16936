"""Who somebody is: settings of a login provider, and the accounts of demo mode."""

import pytest
from small_pilot import RUT

from dashboard import auth
from engine.access import give_role
from engine.errors import AccessDenied, InputError
from engine.people import persons
from engine.standing import ROLES

PROVIDER = {
    "MIKRO_OIDC_METADATA_URL": "https://login.example.se/.well-known/openid-configuration",
    "MIKRO_OIDC_CLIENT_ID": "mikro",
    "MIKRO_OIDC_CLIENT_SECRET": "hush",
    "MIKRO_BASE_URL": "https://mikro.example.se",
}


@pytest.fixture
def settings(monkeypatch):
    for name in PROVIDER:
        monkeypatch.delenv(name, raising=False)

    def put(**values):
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return put


def test_without_a_provider_this_is_demo_mode(settings):
    assert auth.provider() is None
    assert not auth.is_configured()


def test_a_provider_is_read_and_people_are_sent_back_to_the_dashboard(settings):
    settings(**PROVIDER)

    found = auth.provider()

    assert found.secrets("salt")["auth"]["redirect_uri"] == "https://mikro.example.se/oauth2callback"
    assert auth.is_configured()


@pytest.mark.parametrize("missing", PROVIDER)
def test_a_provider_that_is_set_up_in_part_is_refused_by_name(settings, missing):
    settings(**{name: value for name, value in PROVIDER.items() if name != missing})

    with pytest.raises(InputError, match=missing):
        auth.provider()


@pytest.mark.parametrize("address", ["http://login.example.se/x", "http://localhost.evil.example/x", "ftp://localhost"])
def test_a_provider_on_another_machine_must_be_reached_encrypted(settings, address):
    settings(**PROVIDER | {"MIKRO_OIDC_METADATA_URL": address})

    with pytest.raises(InputError, match="must begin with https://"):
        auth.provider()


def test_a_pilot_without_roles_can_be_looked_at_through_every_role_and_as_its_owner(dashboard):
    store = dashboard.holding()

    assert auth.local_accounts(store) == [*(f"demo-{role}" for role in ROLES), "dashboard"]


def test_looking_through_a_role_is_held_to_it_by_the_engine(dashboard):
    store = dashboard.holding(RUT)

    with pytest.raises(AccessDenied, match="demo-researcher is researcher"):
        persons.find(store, "demo-researcher", "rut")
    with pytest.raises(AccessDenied, match="in Helsingborg"):
        persons.contact(store, "demo-coordinator:1260", "rut", "call")


def test_once_roles_are_given_demo_mode_knows_only_accounts_that_have_one(dashboard, monkeypatch):
    store = dashboard.holding()
    give_role(store, "root", "root", "admin")
    give_role(store, "root", "demo-lead", "lead")
    assert auth.local_accounts(store) == ["demo-lead"]

    monkeypatch.setenv("MIKRO_ACTOR", "root")

    assert auth.local_accounts(store) == ["demo-lead", "root"]
