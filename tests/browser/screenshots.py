"""The pictures of the dashboard in the README, taken of the demo's week (``make screenshots``); everybody is invented.

Pictures have few colours, so that they weigh little.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from pathlib import Path

import served
from browser.conftest import FLAGS, chromium
from looking import PHONE, Look, ready
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from dashboard.demo import ENDS, live
from engine.messages.outbox import messages, show
from engine.store import Store

FOLDER = Path(__file__).parents[2] / "dashboard" / "screenshots"
PAGES = {"today": "idag", "intake": "intag", "matching": "matchning", "evaluation": "utvardering", "policy": "policy"}
N_COLOURS = 96
ME = "demo-coordinator"


def keep(page: Page, name: str) -> None:
    """Take a picture of what is seen of a page, in few colours."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(1_000)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(N_COLOURS).save(FOLDER / f"{name}.png", optimize=True)
    print(f"{name}.png: {(FOLDER / f'{name}.png').stat().st_size // 1024} kB")


def link_to_answer(pilot: Path, url: str) -> str:
    """Read the link in a message that waits for a volunteer, as the volunteer would."""
    os.environ["MIKRO_BASE_URL"] = url
    store = Store(pilot, clock=lambda: ENDS)
    waiting = messages(store, ME, now=ENDS)
    for message_id in waiting.loc[waiting["is_open"] & (waiting["template"] == "offer"), "message_id"]:
        if found := re.search(re.escape(url) + r"/answer\S+", show(store, ME, message_id).text):
            return found[0]
    raise LookupError("No message asks a volunteer for an answer.")


def take(look: Look, pilot: Path, url: str) -> None:
    """Take every picture."""
    for name, address in PAGES.items():
        page = look.at(f"{url}/{address}")
        if name == "intake":
            page.get_by_label("Sök person").fill("Andersson")
            page.keyboard.press("Enter")
            ready(page)
        keep(page, name)
    page = look.at(link_to_answer(pilot, url), look.profile(viewport=PHONE))
    keep(page, "answer")


def main() -> None:
    """Live through the week, or take the one that ``DEMO_WEEK`` names, and look at it."""
    FOLDER.mkdir(exist_ok=True)
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    if (path := chromium()) is None:
        sys.exit("No Chromium here: install it (Debian: apt-get install chromium).")
    with tempfile.TemporaryDirectory() as name:
        pilot = Path(os.environ.get("DEMO_WEEK") or Path(name) / "pilot.duckdb")
        if not pilot.exists():
            live(pilot)
        port = served.free_port()
        url = f"http://127.0.0.1:{port}"
        with (
            served.dashboard(pilot, Path(name), port, MIKRO_NOW=ENDS.isoformat(), MIKRO_BASE_URL=url),
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=path, args=flags)
            take(Look(browser), pilot, url)
            browser.close()


if __name__ == "__main__":
    main()
