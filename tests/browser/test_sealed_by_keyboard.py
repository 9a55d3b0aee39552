"""What is sealed, looked at with the keyboard alone."""

from __future__ import annotations

from tests.browser.conftest import Visitor
from tests.browser.test_pages_in_chromium import PHONE


def test_a_record_is_read_for_a_reason_page_by_page_without_a_mouse(visitor: Visitor) -> None:
    site = visitor.site
    at = f"/applications/{site.ids['application']}"
    page = visitor.sign_in("ffs")
    visitor.go(at)
    _tab_until(
        visitor, f"document.activeElement.getAttribute('href') === '{at}/checks/{site.ids['check']}/record'"
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**/record")
    _tab_until(visitor, "document.activeElement.id === 'reason'")
    page.keyboard.type("To judge the hit.")
    _presses(visitor, "Read it")
    page.get_by_text("Page 1 of 2.").wait_for()
    assert page.evaluate("document.querySelector('.paper img').naturalWidth") > 0
    assert visitor.violations() == []
    _presses(visitor, "The next page")
    page.get_by_text("Page 2 of 2.").wait_for()
    page.set_viewport_size(PHONE)
    assert visitor.overflow() <= 0
    assert (visitor.violations(), visitor.complaints) == ([], [])


def _presses(visitor: Visitor, button: str) -> None:
    _tab_until(visitor, f"document.activeElement.innerText === '{button}'")
    visitor.page.keyboard.press("Enter")


def _tab_until(visitor: Visitor, claim: str) -> None:
    for _ in range(150):
        if visitor.page.evaluate(f"Boolean({claim})"):
            return
        visitor.page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not lead to where {claim}")
