"""A day's work with the keyboard alone."""

from __future__ import annotations

from tests.browser.conftest import PASSWORD, Visitor
from tests.integration.families import a_family


def test_a_move_is_recorded_without_a_mouse(visitor: Visitor) -> None:
    site, page = visitor.site, visitor.page
    case_id = a_family(site.kit, site.staff).case_id
    visitor.go(f"/cases/{case_id}")  # leads to the sign-in, and back
    visitor.tab_to("email")
    page.keyboard.type(site.staff["cm"].email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{case_id}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "usa-skipnav"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Write a call down"
    visitor.tab_to_link(f"/cases/{case_id}/address")
    page.keyboard.press("Enter")
    page.wait_for_url("**/address")
    visitor.tab_to("line1")
    for word in ("700 Ejemplo Street", "2B", "Houston", "tx", "77002"):
        page.keyboard.type(word)
        page.keyboard.press("Tab")
    visitor.tab_to("moved_on")
    page.keyboard.press("Enter")
    # What was wrong is told, what was typed is kept, and the link leads to the field.
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "two capital letters" in alert.inner_text()
    assert page.get_by_label("Street address").input_value() == "700 Ejemplo Street"
    visitor.tab_to_link("#state")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+A")
    page.keyboard.type("TX")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*?done=address")
    assert "The new address is on record" in page.get_by_role("status").inner_text()
    assert "700 Ejemplo Street" in page.content()
    assert visitor.violations() == []
