"""How long a login lives: until it is idle, old, ended by its holder or an administrator, or the server starts anew."""

import pytest

from dashboard import sessions


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock(monkeypatch):
    moved = Clock()
    monkeypatch.setattr(sessions, "monotonic", moved)
    monkeypatch.setattr(sessions, "_logins", {})
    return moved


def test_a_login_that_was_never_entered_is_not_alive(clock):
    assert not sessions.is_alive("somebody's cookie")
    assert not sessions.is_alive(None)


def test_a_login_that_is_used_lives_on(clock):
    sessions.begin("anna")

    for _ in range(10):
        clock.now_s += sessions.idle_s() - 1
        if clock.now_s < sessions.longest_s():
            assert sessions.is_alive("anna", is_use=True)


def test_a_login_that_is_only_looked_after_ends_when_idle(clock):
    sessions.begin("anna")

    clock.now_s += sessions.idle_s() - 1
    assert sessions.is_alive("anna")
    clock.now_s += 2

    assert not sessions.is_alive("anna")


def test_even_a_busy_login_ends_after_a_working_day(clock):
    sessions.begin("anna")

    while clock.now_s < sessions.longest_s():
        assert sessions.is_alive("anna", is_use=True)
        clock.now_s += 600
    clock.now_s += 1

    assert not sessions.is_alive("anna", is_use=True)


def test_a_login_that_was_ended_does_not_come_back_with_its_cookie(clock):
    sessions.begin("anna")

    sessions.end("anna")

    assert not sessions.is_alive("anna", is_use=True)


def test_all_logins_of_an_account_can_be_ended_at_once(clock):
    for name in ("desk", "phone", "other"):
        sessions.begin(name)
    sessions.is_alive("desk", account_id="anna")
    sessions.is_alive("phone", account_id="anna")
    sessions.is_alive("other", account_id="bo")

    assert sessions.end_all_of("anna") == 2
    assert sessions.n_alive() == 1


def test_a_long_cookie_is_known_by_all_its_parts():
    whole = {"_streamlit_user": "a", "_streamlit_user_1": "b", "_streamlit_user_tokens": "c"}

    assert sessions.fingerprint(whole) == sessions.fingerprint(whole | {"_streamlit_user_tokens": "d"})
    assert sessions.fingerprint(whole) != sessions.fingerprint(whole | {"_streamlit_user_1": "x"})
    assert sessions.fingerprint({"_streamlit_user_tokens": "c"}) is None


def test_the_limits_can_be_set_for_a_municipality(monkeypatch):
    monkeypatch.setenv("MIKRO_IDLE_MINUTES", "15")
    monkeypatch.setenv("MIKRO_SESSION_HOURS", "4")

    assert (sessions.idle_s(), sessions.longest_s()) == (15 * 60, 4 * 3600)
