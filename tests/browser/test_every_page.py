"""Every page in a real browser, on a desk and a phone: accessible, reachable by keyboard, silent to other sites."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from looking import DESK, PHONE, ready, see_as

from dashboard import words
from dashboard.navigation import MENU, PUBLIC, STATEMENT

WCAG_21_AA = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
ADDRESSES = [entry.url_path for entry in (*MENU, STATEMENT)]

STREAMLITS_OWN = {
    "aria-progressbar-name": "the progress bar of st.progress has no name; its text stands beside it",
    "aria-dialog-name": "st.toast is an alertdialog without a name; we say what matters with st.success",
}
"""Violations inside Streamlit's own parts, by axe's id and why they stay; at most these, counted in the report."""

LOOKS = {
    "desk, light, Swedish": {"viewport": DESK, "color_scheme": "light", "language": "sv"},
    "phone, dark, English": {"viewport": PHONE, "color_scheme": "dark", "language": "en"},
}

# Looked up by a script that notes what the keyboard came to.
CONTROLS = """() => {
  const all = document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), textarea, select, [role=combobox], summary, canvas[tabindex]')
  const reachable = e => e.offsetParent !== null && !e.disabled && !e.closest('[inert]')
    && getComputedStyle(e).visibility !== 'hidden' && e.getAttribute('aria-hidden') !== 'true'
    && e.getAttribute('aria-disabled') !== 'true' && !e.closest('[aria-hidden=true]')
  // Of a group of radio buttons or tabs the keyboard comes to one, and to the others by its arrows.
  const inGroup = e => e.type === 'radio' || ['tab', 'radio'].includes(e.getAttribute('role'))
    || e.closest('[role=radiogroup], [role=tablist]')
  // The arrow of a list and the signs of a number do what the arrow keys do in the field itself.
  const doubles = e => e.tabIndex < 0 && e.closest(
    '[data-testid=stSelectbox], [data-testid=stMultiSelect], [data-testid=stNumberInput], [data-testid=stDateInput],'
    + '[data-testid=stTimeInput]')
  window.__wanted = [...all].filter(e => reachable(e) && !inGroup(e) && !doubles(e))
  window.__seen = new Set()
  document.addEventListener('focusin', event => window.__seen.add(event.target), true)
  return window.__wanted.length
}"""
MISSED = """() => window.__wanted.filter(e => e.isConnected && ![...window.__seen].some(s => s === e || s.contains(e)
  || e.contains(s) || (e.labels && [...e.labels].some(l => l.contains(s)))))
  .map(e => e.outerHTML.slice(0, 160))"""


@pytest.mark.parametrize("wishes", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_breaks_no_rule_of_accessibility_and_asks_no_other_site(look, demo, address, wishes):
    profile = look.profile(viewport=wishes["viewport"], color_scheme=wishes["color_scheme"])
    profile.add_cookies([{"name": words.COOKIE, "value": wishes["language"], "url": demo.url}])

    page = look.at(f"{demo.url}/{address}", profile)

    page.get_by_text({"sv": "Demoläge.", "en": "Demo mode."}[wishes["language"]]).wait_for()
    assert page.locator("html").get_attribute("lang") == wishes["language"]
    assert page.locator("h1").count() == 1
    found = Axe().run(page, options=WCAG_21_AA).response["violations"]
    ours = [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]
    assert [line for line in ours if line.split(":")[0] not in STREAMLITS_OWN] == []
    assert too_wide(page) <= 0
    assert look.elsewhere == []
    assert look.serious() == []


@pytest.mark.parametrize("entry", PUBLIC, ids=lambda entry: entry.url_path)
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_who_follows_a_link_sees_no_menu(look, demo, entry, viewport):
    page = look.at(f"{demo.url}/{entry.url_path}", look.profile(viewport=viewport))

    page.get_by_text("Demoläge.").wait_for()
    page.get_by_test_id("stSidebar").wait_for(state="hidden")
    page.get_by_test_id("stExpandSidebarButton").wait_for(state="hidden")


def too_wide(page):
    """Measure by how many pixels a page is wider than its window."""
    main = "document.querySelector('[data-testid=stMain]')"
    return page.evaluate(f"{main}.scrollWidth - {main}.clientWidth")


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_control_of_a_page_is_reached_with_the_keyboard(look, demo, address):
    page = look.at(f"{demo.url}/{address}")
    n_controls = page.evaluate(CONTROLS)

    for _ in range(2 * n_controls + 20):
        page.keyboard.press("Tab")
        if not page.evaluate(MISSED):
            break

    assert n_controls > 0
    assert page.evaluate(MISSED) == []


@pytest.mark.parametrize(
    ("role", "sees", "misses"),
    [
        ("Samordnare", {"Idag", "Matchning", "Intag"}, set()),
        ("Projektledare", {"Idag", "Policy"}, {"Intag", "Volontärer"}),
        ("Forskare", {"Utvärdering"}, {"Idag", "Intag", "Matchning"}),
        ("Administratör", {"Förvaltning"}, {"Idag", "Utvärdering"}),
    ],
)
def test_looking_through_a_role_shows_its_pages_also_after_a_reload(look, demo, role, sees, misses):
    page = look.at(f"{demo.url}/tillganglighet")

    see_as(page, role)
    page.reload()
    ready(page)

    menu = {link.strip() for link in page.get_by_test_id("stSidebarNavLink").all_inner_texts()}
    menu = {name.splitlines()[-1] for name in menu}
    assert sees <= menu
    assert not misses & menu


def test_the_language_is_chosen_with_a_link_and_stays(look, demo):
    page = look.at(f"{demo.url}/tillganglighet")

    page.get_by_role("link", name="English").click()
    page.get_by_role("heading", level=1, name="How accessible").wait_for()

    assert page.url == f"{demo.url}/tillganglighet"
    assert page.locator("html").get_attribute("lang") == "en"
    page.reload()
    ready(page)
    page.get_by_role("heading", level=1, name="How accessible").wait_for()
