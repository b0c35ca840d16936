"""A real browser over a real server. Without Chromium it is installed where that can be done, or these tests say so.

They never skip where ``CI=true``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import served
from filelock import FileLock
from looking import Look
from playwright.sync_api import Browser, sync_playwright

from dashboard.demo import ENDS, live

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
FLAGS = ["--disable-dev-shm-usage"]


def chromium() -> str | None:
    """Find the browser, or install it as root where apt is; ``None`` when there is none."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found or os.geteuid() != 0 or not shutil.which("apt-get"):
        return found
    subprocess.run(["apt-get", "update", "-qq"], check=False, capture_output=True)
    subprocess.run(INSTALL, check=False, capture_output=True)
    return shutil.which("chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the browser; it goes with the module, since its event loop would run in whatever test comes next."""
    path = chromium()
    if path is None:
        sentence = "No Chromium here, so NO PAGE WAS LOOKED AT: install it (Debian: apt-get install chromium)."
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS  # the sandbox refuses root
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=flags)
        yield started
        started.close()


@pytest.fixture(scope="session")
def demo_pilot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Live through the demo's week once, for all workers of the tests, or take one made before (``DEMO_WEEK``)."""
    if made := os.environ.get("DEMO_WEEK"):
        return Path(made)
    shared = (
        tmp_path_factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else tmp_path_factory.mktemp("w")
    )
    path = shared / "demo week" / "pilot.duckdb"
    with FileLock(shared / "demo week.lock"):
        if not path.exists():
            path.parent.mkdir()
            live(path)
    return path


@pytest.fixture
def demo_copy(demo_pilot: Path, tmp_path: Path) -> Path:
    """Copy the demo pilot, for a test that changes it."""
    for name in (demo_pilot.name, f"{demo_pilot.name}.key"):
        shutil.copy(demo_pilot.with_name(name), tmp_path / name)
    return tmp_path / demo_pilot.name


@pytest.fixture(scope="session")
def demo(demo_pilot: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[served.Served]:
    """Serve the demo's week, without signing in, for tests that change nothing in it."""
    with served.dashboard(demo_pilot, tmp_path_factory.mktemp("log"), MIKRO_NOW=ENDS.isoformat()) as running:
        yield running


@pytest.fixture
def look(browser: Browser) -> Iterator[Look]:
    """Open pages in a browser of its own, closed after the test; its rules are checked at the end."""
    looking = Look(browser)
    yield looking
    looking.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give servers and the browser time to start on a busy machine."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(900))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that no page was looked at."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "browser" in report.nodeid]
    if skipped:
        terminalreporter.write_sep("!", f"{len(skipped)} browser tests were SKIPPED: no Chromium", red=True, bold=True)
