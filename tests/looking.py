"""A browser that looks at the dashboard, and notes what no page may do: ask another site, break the policy, fail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

# Whether the script is done and nothing on the page changed for QUIET_MS; notes when somebody clicked or typed last.
QUIET_MS = 400
STANDS = """quiet => {
  const app = document.querySelector('[data-testid=stApp]')
  if (!app) return false
  if (!window.__watched) {
    const note = name => () => { window[name] = performance.now() }
    window.__asked = window.__changed = performance.now()
    for (const kind of ['click', 'keydown']) document.addEventListener(kind, note('__asked'), true)
    new MutationObserver(note('__changed')).observe(app, {subtree: true, childList: true, characterData: true,
      attributes: true, attributeFilter: ['data-test-script-state', 'data-stale', 'aria-selected', 'aria-checked']})
    window.__watched = true
  }
  return app.getAttribute('data-test-script-state') === 'notRunning' && performance.now() - window.__changed > quiet
}"""
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
PATIENCE_MS = 120_000


class Look:
    """Opens pages, each in a fresh browser profile unless it is told to go on with one."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []

    def profile(self, *, viewport: dict[str, int] | None = None, cookies: Sequence[Any] = (), **wishes: Any) -> Any:
        """Start a fresh profile of the browser, as a Swedish one."""
        context = self._browser.new_context(
            locale="sv-SE", timezone_id="Europe/Stockholm", viewport=viewport or DESK, **wishes
        )
        context.set_default_timeout(PATIENCE_MS)
        context.add_cookies(list(cookies))
        self._contexts.append(context)
        return context

    def at(self, url: str, profile: Any = None, **wishes: Any) -> Page:
        """Open an address and wait until the page stands still."""
        page = (profile or self.profile(**wishes)).new_page()
        origin = urlsplit(url).netloc
        page.on("request", lambda request: self._note_request(request, origin))
        page.on("console", self._note_console)
        page.goto(url)
        ready(page)
        return page

    def serious(self) -> list[str]:
        """List what the browser complained of, but for the two files that Streamlit looks for beside a deep link."""
        return [text for text in self.complaints if "status of 404" not in text]

    def close(self) -> None:
        """Close all profiles."""
        for context in self._contexts:
            context.close()

    def _note_request(self, request: Request, origin: str) -> None:
        """Note what a page of ours asks of another site, not where the browser goes, nor what is asked there."""
        parts = urlsplit(request.url)
        if parts.scheme in {"data", "blob"} or parts.netloc == origin:
            return
        is_going_there = request.is_navigation_request() and request.frame.parent_frame is None
        if not is_going_there and urlsplit(request.frame.url).netloc == origin:
            self.elsewhere.append(request.url)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(message.text)


def ready(page: Page) -> None:
    """Wait until the script has run and the page no longer changes."""
    page.wait_for_selector("[data-testid=stApp]")
    page.wait_for_timeout(150)
    page.wait_for_function(STANDS, arg=QUIET_MS)


def see_as(page: Page, role: str) -> None:
    """Look through a role, by its name in the interface."""
    page.get_by_role("combobox", name="Se piloten som").click()
    page.get_by_role("option", name=role, exact=True).click()
    ready(page)


def sign_in(look: Look, url: str, subject: str, profile: Any = None) -> Page:
    """Sign in at the login provider of the tests, from the first page."""
    page = look.at(url, profile or look.profile())
    page.get_by_role("button", name="Logga in").click()
    page.wait_for_selector("input[name=sub]")
    page.fill("input[name=sub]", subject)
    page.get_by_role("button", name=re.compile("Authorize|Sign in|Continue|Login", re.I)).first.click()
    page.wait_for_url(f"{url}/**")
    ready(page)
    return page


def choose_row(page: Page, n: int = 0, table: int = 0) -> None:
    """Choose the n-th row of a table, which is drawn as a picture: a click into its first column."""
    canvas = page.locator("[data-testid=stDataFrame] canvas[data-testid=data-grid-canvas]").nth(table)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + 14, box["y"] + 35 + 35 * n + 17)  # the picture's own elements lie over it
    ready(page)


def go_to(page: Page, name: str) -> None:
    """Turn to a page of the menu."""
    page.get_by_test_id("stSidebarNavLink").filter(has_text=name).click()
    page.get_by_role("heading", level=1).wait_for()
    ready(page)
