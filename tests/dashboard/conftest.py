"""Fixtures for the pages: a dashboard over a pilot that the test makes."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from small_dashboard import DEMO_NOW, Dashboard

from dashboard import service, visits
from engine.commands.matching import DEMO_PACKAGE
from engine.intake import import_package
from engine.live import adoption
from engine.matching import match
from engine.policy import Policy
from engine.store import Store


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the demo pilot once."""
    path = tmp_path_factory.mktemp("demo") / "demo.duckdb"
    store = Store.create(path, clock=lambda: DEMO_NOW)
    import_package(store, DEMO_PACKAGE, "demo")
    match(store, Policy.named(adoption.DEFAULT), DEMO_NOW, actor_id="demo")
    store.close()
    return path


@pytest.fixture
def dashboard(tmp_path, monkeypatch, demo_file):
    """Give a dashboard whose pilot is yet to be made: ``holding(*facts)`` or ``demo()``, then ``open(page, role)``."""
    for name in ("MIKRO_OIDC_METADATA_URL", "MIKRO_ACTOR", "MIKRO_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    yield Dashboard(tmp_path / "pilot.duckdb", monkeypatch, demo_file)
    service.forget()
    visits.forget_all()
    st.cache_data.clear()  # two pilots of tests may be at the same entry in the same minute
