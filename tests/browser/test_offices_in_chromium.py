"""Another office's case in a real browser: why it is closed, opened with a reason, and what the supervisor says of it."""

from __future__ import annotations

from integrations.desk.offices import set_provider, set_staff_office
from tests.browser.conftest import Visitor
from tests.browser.test_pages_in_chromium import PHONE
from tests.builders import NOW, a_followed_case, a_member_of_staff


def _theirs(visitor: Visitor) -> str:
    """A case of the office there, where somebody takes escalations; the field specialist works here."""
    kit, admin = visitor.site.kit, visitor.site.staff["admin"]
    with kit.transaction() as session:
        case_id = a_followed_case(session, kit.vault, care_provider="Example House, There").id
        a_member_of_staff(session, office="there")
    set_provider(kit, "Example House, There", "there", admin, wall=NOW)
    set_staff_office(kit, visitor.site.staff["ffs"].email, "here", admin, wall=NOW)
    return str(case_id)


def _is_sound(visitor: Visitor) -> None:
    for size in (PHONE, {"width": 1280, "height": 900}):
        visitor.page.set_viewport_size(size)
        assert visitor.violations() == []
        assert visitor.overflow() == 0


def test_a_case_is_opened_with_a_reason_and_reviewed_in_words(visitor: Visitor) -> None:
    case = _theirs(visitor)
    page = visitor.sign_in("ffs")
    visitor.go(f"/cases/{case}")
    page.get_by_role("heading", name="This is another office's case").wait_for()
    _is_sound(visitor)
    page.get_by_label("Why must you see it?").fill(" ")
    page.get_by_role("button", name="Open the case").click()
    page.get_by_role("link", name="Say why you must see this case.").click()
    assert page.evaluate("document.activeElement.id") == "reason"
    _is_sound(visitor)
    page.get_by_label("Why must you see it?").fill("The child rang our line and asked for help.")
    page.get_by_role("button", name="Open the case").click()
    page.wait_for_url(f"**/cases/{case}")
    page = visitor.sign_in("supervisor")
    visitor.go("/oversight")
    page.get_by_role("link", name="Review what was opened").click()
    page.get_by_text("The child rang our line and asked for help.").wait_for()
    _is_sound(visitor)
    page.get_by_label("What you found").fill(" ")
    page.get_by_text("Yes", exact=True).click()
    page.get_by_role("button", name="Review it").click()
    page.get_by_role("link", name="Say what you found.").click()
    assert page.evaluate("document.activeElement.id").startswith("words-")
    assert page.get_by_label("Yes", exact=True).is_checked()
    _is_sound(visitor)
    page.get_by_label("What you found").fill("She was needed at once.")
    page.get_by_role("button", name="Review it").click()
    page.get_by_text("Your review is on record, under your name.").wait_for()
    page.get_by_text("Right: She was needed at once.").wait_for()
    _is_sound(visitor)
