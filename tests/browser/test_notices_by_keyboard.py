"""A notice of concern from a child's page to its acknowledgement, with the keyboard alone."""

from __future__ import annotations

from tests.browser.conftest import Visitor
from tests.browser.test_pages_in_chromium import PHONE
from tests.integration.families import a_family


def test_a_notice_goes_its_whole_road_without_a_mouse(visitor: Visitor) -> None:
    case_id = a_family(visitor.site.kit, visitor.site.staff).case_id
    page = visitor.sign_in("caller")
    visitor.go(f"/cases/{case_id}")
    _follows(visitor, f"/cases/{case_id}/notices/new")
    # What was wrong is told, what was typed is kept, and the link leads to the field.
    page.evaluate("document.querySelector('main form').noValidate = true")
    _types(visitor, "where", "At a warehouse.")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.get_by_label("Where", exact=True).input_value() == "At a warehouse."
    _reads_well(visitor)
    _follows(visitor, "#what_happened")
    page.keyboard.type("The child works at night.")
    _presses(visitor, "Save the draft", "notice-draft")
    at = page.url.partition("?")[0].removeprefix(visitor.site.url)

    _acts(visitor, "supervisor", at, "send-back", "Send it back", reason="Say since when.")
    _acts(visitor, "caller", at, "amend", "Save the draft", when="Since May.", reason="It is said now.")
    _acts(visitor, "supervisor", at, "approve", "Approve it as it stands")
    visitor.sign_in("cm")
    visitor.go(at)
    _follows(visitor, f"{at}/certify")
    _tab_until(visitor, "document.activeElement.name === 'method'")
    page.keyboard.press("Space")
    _presses(visitor, "I have submitted it", "notice-certify")
    _acts(visitor, "caller", at, "acknowledge", "Put it on record", reference="ORR-12")
    assert "Nothing is left to do" in page.get_by_role("status").inner_text()
    assert [said for said in visitor.complaints if "422" not in said] == []  # the form that was refused


def _acts(visitor: Visitor, who: str, at: str, act: str, button: str, **typed: str) -> None:
    visitor.sign_in(who)
    visitor.go(at)
    _follows(visitor, f"{at}/{act}")
    _reads_well(visitor)
    for field, words in typed.items():
        _types(visitor, field, words)
    _presses(visitor, button, f"notice-{act}")


def _reads_well(visitor: Visitor) -> None:
    """Axe finds no fault, and a phone shows all of it."""
    assert visitor.violations() == []
    size = visitor.page.viewport_size
    visitor.page.set_viewport_size(PHONE)
    assert visitor.overflow() <= 0
    if size is not None:
        visitor.page.set_viewport_size(size)


def _types(visitor: Visitor, field: str, words: str) -> None:
    _tab_until(visitor, f"document.activeElement.id === '{field}'")
    visitor.page.keyboard.type(words)


def _follows(visitor: Visitor, href: str) -> None:
    _tab_until(visitor, f"document.activeElement.getAttribute('href') === '{href}'")
    visitor.page.keyboard.press("Enter")
    if not href.startswith("#"):
        visitor.page.wait_for_url(f"**{href}")


def _presses(visitor: Visitor, button: str, code: str) -> None:
    _tab_until(visitor, f"document.activeElement.innerText === '{button}'")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(f"**/notices/*?done={code}")
    assert visitor.violations() == []


def _tab_until(visitor: Visitor, claim: str) -> None:
    for _ in range(150):
        if visitor.page.evaluate(f"Boolean({claim})"):
            return
        visitor.page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not lead to where {claim}")
