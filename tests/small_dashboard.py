"""The dashboard as a test opens it: over a pilot of its own, through the eyes of a role, in a language, at a moment."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from small_pilot import NOW
from streamlit.testing.v1 import AppTest

from dashboard import service, words
from engine import facts
from engine.clock import utc_of
from engine.store import Store

FRONT = Path(__file__).parents[1] / "dashboard" / "front.py"
DEMO_NOW = utc_of(datetime(2026, 11, 29, 18, 0))

ROLES = ("coordinator", "coordinator_protected", "lead", "researcher", "admin", "owner")
"""The roles to look through; ``owner`` is whoever has the file."""


class Dashboard:
    """A dashboard over a pilot file at ``path`` that does not exist yet."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch, demo: Path) -> None:
        self.path, self._monkeypatch, self._demo = path, monkeypatch, demo
        monkeypatch.setenv("MIKRO_DB", str(path))
        self.stand_at(NOW)

    def stand_at(self, now: datetime) -> None:
        """Set the dashboard's clock, from which it goes on."""
        self._monkeypatch.setenv("MIKRO_NOW", now.isoformat())
        service.forget()

    def holding(self, *log: facts.Fact) -> Store:
        """Make the pilot of these facts, with the clock of ``small_pilot``; none for an empty one."""
        store = Store.create(self.path, clock=lambda: NOW)
        if log:
            with store.transaction("test", "set up") as transaction:
                transaction.append(log)
        return store

    def demo(self) -> Store:
        """Take the demo pilot, matched once, and stand at its moment."""
        shutil.copy(self._demo, self.path)
        shutil.copy(self._demo.with_name(f"{self._demo.name}.key"), self.path.with_name(f"{self.path.name}.key"))
        self.stand_at(DEMO_NOW)
        return Store(self.path, clock=lambda: DEMO_NOW)

    def open(self, page: str | None = None, role: str = "coordinator", language: str = "en", **given: str) -> AppTest:
        """Open a page of ``app_pages`` (the first of the menu by default) and run it; ``given`` ids lead to it.

        ``role`` may name a municipality too, as ``coordinator:1283``.
        """
        # AppTest names options once more outside a run of the script, where nobody has chosen a language.
        self._monkeypatch.setattr(words, "DEFAULT", language)
        app = AppTest.from_file(str(FRONT), default_timeout=150)
        app.session_state["language"] = language
        app.session_state["_drawer"] = {"account": "dashboard" if role == "owner" else f"demo-{role}"}
        app.session_state["_given"] = given
        app.run()
        return app if page is None else app.switch_page(f"app_pages/{page}.py").run()


def turn_to(app: AppTest, tab: str) -> AppTest:
    """Open a tab by its name, which works out what it shows."""
    [key] = [key for key in ("evaluation-tab", "policy-tab", "administration-tab") if key in app.session_state]
    assert tab in [one.label for one in app.tabs]
    app.session_state[key] = tab
    return app.run()
