"""The queue in a real browser: taken with a click, and renewed under the hands without taking anything out of them."""

from __future__ import annotations

from tests.browser.conftest import Visitor
from tests.builders import a_followed_case, an_escalation


def _an_escalation(visitor: Visitor, reason: str) -> str:
    kit = visitor.site.kit
    with kit.transaction() as session:
        case = a_followed_case(session, kit.vault, followup_policy="swb-2024r3")
        return str(an_escalation(session, case, reason=reason, policy_version="swb-2024r3").id)


def test_what_is_new_shows_up_by_itself_and_the_chosen_stays_chosen(visitor: Visitor) -> None:
    mine = _an_escalation(visitor, "no_answer")
    visitor.page.clock.install()
    page = visitor.sign_in("cm")
    visitor.go("/queue")
    page.locator(f"#row-{mine}").get_by_role("button", name="Take").click()
    page.get_by_text("It is yours now.").wait_for()
    box = page.locator(f"#choose-{mine}")
    box.focus()
    page.keyboard.press("Space")
    new = _an_escalation(visitor, "child_asks_for_help")
    assert page.locator(f"#row-{new}").count() == 0
    page.clock.fast_forward(21_000)
    page.locator(f"#row-{new}").wait_for()
    assert box.is_checked()
    assert page.evaluate("document.activeElement.id") == f"choose-{mine}"
    assert visitor.complaints == []
    assert visitor.violations() == []


def test_the_chosen_ones_are_handed_over_with_a_reason(visitor: Visitor) -> None:
    site = visitor.site
    ids = [_an_escalation(visitor, reason) for reason in ("no_contact", "overdue")]
    page = visitor.sign_in("supervisor")
    visitor.go("/queue?tab=nobodys")
    for one in ids:
        page.locator(f"#row-{one}").get_by_role("button", name="Take").click()
        page.wait_for_url("**/queue?done=taken")
    visitor.go("/queue?tab=mine")
    for one in ids:
        page.locator(f"label[for=choose-{one}]").click()
    page.get_by_role("button", name="Hand over the chosen ones").click()
    page.get_by_role("heading", name="Hand over 2 escalations").wait_for()
    assert visitor.violations() == []
    page.get_by_label("To whom").select_option(site.staff["caller"].email)
    page.get_by_label("Why").fill("The night shift takes over.")
    page.get_by_role("button", name="Hand them over").click()
    page.get_by_text("It has been handed over.").wait_for()
    visitor.go("/queue?tab=mine")
    assert page.locator(f"#row-{ids[0]}").count() == 0
