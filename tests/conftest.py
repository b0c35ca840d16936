"""Fixtures that every test may use: an empty pilot in memory, and one in a file."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.store import Store


@pytest.fixture(autouse=True)
def no_key_in_the_environment(monkeypatch):
    monkeypatch.delenv("MIKRO_KEY", raising=False)


@pytest.fixture
def store():
    """Give an empty pilot in memory whose clock stands at 2026-03-02 08:00 UTC."""
    pilot = Store.in_memory(clock=lambda: datetime(2026, 3, 2, 8, tzinfo=UTC))
    yield pilot
    pilot.close()


@pytest.fixture
def pilot_path(tmp_path):
    """Make an empty pilot file and give its path, with a quote and a space in it."""
    path = tmp_path / "the council's" / "my pilot.duckdb"
    Store.create(path).close()
    return path
