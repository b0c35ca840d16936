"""How long a coordinator waits: every page of the dashboard in a browser, on the demo's week with ten times its people.

``PYTHONPATH=tests python -m bench.pages`` prints medians of five with what each cost the server (CPU seconds of its
process), and fails when a page stands later than one second after the click on its name, or later than half a second
after a click or a word on it. *Warm*: the page was open before and nothing was written since. *New*: a colleague saved
something in between, so that nothing kept is true any more.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil
import served
from bench.desk import Desk
from bench.desks import Kept, register, tenfold
from browser.conftest import FLAGS, chromium
from looking import QUIET_MS, STANDS, Look, go_to, ready
from playwright.sync_api import Page, sync_playwright

from dashboard.demo import ENDS

LOAD_S, CLICK_S = 1.0, 0.5
ELSEWHERE = "Tillgänglighet"
WAITED = "() => Math.max(0, window.__changed - window.__asked) / 1000"


@dataclass(frozen=True, slots=True)
class Took:
    """How long something took until the page stood, and how long the server worked for it, in seconds."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A line of the table: what was done where, how long it took, and how long it may."""

    page: str
    what: str
    took: Took
    limit: float


class Watched:
    """A page in the browser, and the process that serves it."""

    def __init__(self, page: Page, pid: int) -> None:
        self.page = page
        self._server = psutil.Process(pid)

    def time(self, act: Callable[[Page], None]) -> Took:
        """Do something, and time it until the page stands."""
        before = self._cpu()
        act(self.page)
        self.page.wait_for_timeout(50)
        self.page.wait_for_function(STANDS, arg=QUIET_MS)
        return Took(float(self.page.evaluate(WAITED)), self._cpu() - before)

    def _cpu(self) -> float:
        spent = self._server.cpu_times()
        return float(spent.user + spent.system)


def turned_to(name: str) -> Callable[[Page], None]:
    """Turn to a page of the menu."""
    return lambda page: page.get_by_test_id("stSidebarNavLink").filter(has_text=name).click()


def chosen(name: str) -> Callable[[Page], None]:
    """Choose one of a few that stand side by side, by how its name begins."""
    return lambda page: page.get_by_role("radio", name=name).or_(page.get_by_role("tab", name=name)).first.click()


def listed(label: str, option: str) -> Callable[[Page], None]:
    """Choose from a list."""

    def choose(page: Page) -> None:
        page.get_by_role("combobox", name=label, exact=True).click()
        page.get_by_role("option", name=option, exact=True).first.click()

    return choose


def typed(label: str, text: str) -> Callable[[Page], None]:
    """Type into a field, and press Enter."""

    def enter(page: Page) -> None:
        page.get_by_label(label).first.fill(text)
        page.keyboard.press("Enter")

    return enter


CLICKS: dict[str, tuple[Callable[[Page], None], ...]] = {
    "Idag": (),
    "Intag": (typed("Sök person", "Andersson"), typed("Sök person", "Nilsson")),
    "Matchning": (chosen("Utan hjälp"), chosen("Förslag")),
    "Erbjudanden": (chosen("Kommande besök"), chosen("Meddelanden"), chosen("Väntar på svar")),
    "Uppföljning": (chosen("Händelser"), chosen("Serier"), chosen("Besök")),
    "Volontärer": (chosen("Saknade kontroller"), chosen("Alla")),
    "Utvärdering": (chosen("Gå vidare"), chosen("Alla mått")),
    "Policy": (chosen("I skuggan"), chosen("Värden")),
}
"""What is clicked on each page of the menu, in turn, so that every click changes something."""


def median(took: list[Took]) -> Took:
    """Give the median of each."""
    return Took(statistics.median(one.wall for one in took), statistics.median(one.cpu for one in took))


def measure(watched: Watched, name: str, save: Callable[[], None], repeats: int) -> list[Measured]:
    """Measure a page: opened warm, opened after somebody saved, and the slowest of its clicks."""
    go_to(watched.page, name)
    warm, new = [], []
    for opened, before in ((warm, lambda: None), (new, save)):
        for _ in range(repeats):
            watched.time(turned_to(ELSEWHERE))
            before()
            opened.append(watched.time(turned_to(name)))
    lines = [Measured(name, "warm", median(warm), LOAD_S), Measured(name, "new", median(new), LOAD_S)]
    for click in CLICKS[name]:
        watched.time(click)
    rounds = [[watched.time(click) for click in CLICKS[name]] for _ in range(repeats)]
    clicks = [median(list(took)) for took in zip(*rounds, strict=True)]
    if clicks:
        lines.append(Measured(name, "click", max(clicks, key=lambda took: took.wall), CLICK_S))
    return lines


def look_at(pilot: Path, folder: Path, names: list[str], repeats: int) -> list[Measured]:
    """Serve a pilot, and measure its pages, a colleague at work beside."""
    kept, lot = Kept(), Random(1)
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with (
        served.dashboard(pilot, folder, MIKRO_NOW=ENDS.isoformat()) as site,
        Desk.at(site.url) as colleague,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
        page = Look(browser).at(site.url)
        ready(page)
        watched = Watched(page, site.pid)
        colleague.open("intag")

        def save() -> None:
            register(colleague, f"Kollega {kept.n_registered} Testsson", lot, kept)

        lines = [line for name in names for line in measure(watched, name, save, repeats)]
        browser.close()
    return lines


def copied(pilot: Path, folder: Path) -> Path:
    """Copy a pilot that others use as well, since something is saved in it."""
    for name in (pilot.name, f"{pilot.name}.key"):
        shutil.copy(pilot.with_name(name), folder / name)
    return folder / pilot.name


def main() -> None:
    """Measure, print, and say by the exit code whether it is quick enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--pages", nargs="+", choices=list(CLICKS), default=list(CLICKS))
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as log:
        pilot = tenfold(Path(name))
        if pilot.parent != Path(name):
            pilot = copied(pilot, Path(name))
        lines = look_at(pilot, Path(log), wanted.pages, wanted.repeats)
    print(f"{'page':<14}{'what':<8}{'waited s':>9}{'server CPU s':>14}{'limit s':>9}")
    for line in lines:
        late = "  LATE" if line.took.wall > line.limit else ""
        print(f"{line.page:<14}{line.what:<8}{line.took.wall:>9.2f}{line.took.cpu:>14.2f}{line.limit:>9.1f}{late}")
    sys.exit(any(line.took.wall > line.limit for line in lines))


if __name__ == "__main__":
    main()
