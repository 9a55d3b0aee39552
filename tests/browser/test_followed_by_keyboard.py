"""What happens to a case after the release, with the keyboard alone: hearings, looks at the court's word, its end."""

from __future__ import annotations

from models.tables.people import Case
from tests.browser.conftest import Visitor
from tests.builders import a_hearing
from tests.integration.families import a_family


def test_what_a_family_said_of_a_hearing_is_written_down_without_a_mouse(visitor: Visitor) -> None:
    site, page = visitor.site, visitor.sign_in("caller")
    family = a_family(site.kit, site.staff)
    with site.kit.transaction() as session:
        hearing = a_hearing(session, session.get_one(Case, family.case_id))
    visitor.go(f"/cases/{family.case_id}")
    visitor.tab_to_link(f"/hearings/{hearing.id}/going")
    page.keyboard.press("Enter")
    page.wait_for_url("**/going")
    visitor.tab_until("document.activeElement.innerText === 'Put it on record'")
    page.keyboard.press("Enter")
    # What was wrong is told by field, and each line leads to its own.
    assert page.get_by_role("alert").inner_text().count("Choose one.") == 2
    assert visitor.violations() == []
    visitor.tab_to_link("#word")
    page.keyboard.press("Enter")
    visitor.tab_until("document.activeElement.name === 'word'")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    visitor.tab_until("document.activeElement.innerText === 'Put it on record'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*?done=hearing_going")
    assert "What they said is on record" in page.get_by_role("status").inner_text()
    assert "The family needs help to go to a hearing" in page.content()
    assert visitor.violations() == []


def test_a_look_at_the_courts_word_is_written_down_without_a_mouse(visitor: Visitor) -> None:
    site, page = visitor.site, visitor.sign_in("cm")
    case_id = a_family(site.kit, site.staff).case_id
    visitor.go(f"/cases/{case_id}")
    visitor.tab_to_link(f"/cases/{case_id}/court")
    page.keyboard.press("Enter")
    page.wait_for_url("**/court")
    visitor.tab_until("document.activeElement.name === 'status'")
    page.keyboard.press("Space")
    visitor.tab_until("document.activeElement.name === 'source'")
    page.keyboard.press("Space")
    visitor.tab_to("next_hearing")
    page.keyboard.type("in spring")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.get_by_label("A hearing that it names").input_value() == "in spring"
    assert visitor.violations() == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert visitor.overflow() <= 0
    visitor.tab_to_link("#next_hearing")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*?done=court_look")
    assert "Your look is on record" in page.get_by_role("status").inner_text()
    assert visitor.violations() == []


def test_a_case_is_closed_after_a_look_and_followed_again_without_a_mouse(visitor: Visitor) -> None:
    site, page = visitor.site, visitor.sign_in("supervisor")
    case = f"/cases/{a_family(site.kit, site.staff).case_id}"
    visitor.go(case)
    visitor.tab_to_link(f"{case}/close")
    page.keyboard.press("Enter")
    page.wait_for_url("**/close")
    visitor.tab_until("document.activeElement.value === 'status_granted'")
    page.keyboard.press("ArrowDown")
    visitor.tab_to("note")
    page.keyboard.type("As the lawyer said.")
    visitor.tab_until("document.activeElement.innerText === 'Go on, and look at it once more'")
    page.keyboard.press("Enter")
    # The reason needs its evidence; the line leads to its field, and what was typed is kept.
    assert "This reason needs its evidence" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Note").input_value() == "As the lawyer said."
    assert visitor.violations() == []
    visitor.tab_to_link("#evidence")
    page.keyboard.press("Enter")
    page.keyboard.type("record 7")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Close the case: is this right?").wait_for()
    assert visitor.violations() == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert visitor.overflow() <= 0
    assert visitor.violations() == []
    visitor.tab_until("document.activeElement.innerText === 'Change something'")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Close the case", exact=True).wait_for()
    assert page.get_by_label("Evidence").input_value() == "record 7"
    visitor.tab_to("evidence")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Close the case: is this right?").wait_for()
    visitor.tab_until("document.activeElement.innerText === 'Close the case'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*?done=closed")
    assert "The case is closed" in page.get_by_role("status").inner_text()
    visitor.tab_to_link(f"{case}/reopen")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reopen")
    assert visitor.violations() == []
    visitor.tab_to("reason")
    page.keyboard.type("News of the child.")
    visitor.tab_until("document.activeElement.innerText === 'Follow the child again'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*?done=reopened")
    assert "The child is followed again" in page.get_by_role("status").inner_text()
    assert visitor.violations() == []
