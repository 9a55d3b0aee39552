"""A call as a caller has it open: what is typed is kept by itself, and a browser that breaks off loses nothing."""

from __future__ import annotations

from tests.browser.conftest import Visitor


def test_what_is_typed_during_a_call_is_there_again_when_the_browser_broke_off(visitor: Visitor) -> None:
    page = visitor.sign_in("caller")
    address = f"/calls/{visitor.site.ids['call']}"
    visitor.go(address)
    page.locator("#food label").first.click()
    page.locator("#saved", has_text="Saved").wait_for()
    page.locator("textarea").first.fill("Ixchel is well; the uncle visits")
    with page.expect_response(lambda answer: answer.url.endswith("/draft")) as kept:
        page.locator("textarea").first.press("End")
    assert kept.value.status == 200
    page.goto("about:blank")  # no button was pressed
    visitor.go(address)
    assert page.locator("textarea").first.input_value() == "Ixchel is well; the uncle visits"
    assert page.locator("#food input:checked").get_attribute("value") == "yes"
    assert page.locator("#saved").inner_text().startswith("Saved")
    assert visitor.complaints == []


def test_a_sheet_is_chosen_made_and_laid_out_for_paper(visitor: Visitor) -> None:
    page = visitor.sign_in("cm")
    visitor.go(f"/cases/{visitor.site.ids['case']}")
    page.get_by_role("link", name="Print", exact=True).click()
    page.get_by_text("The address of the home").click()
    page.get_by_label("What the paper is for").fill("for the judge in Houston")
    page.get_by_role("button", name="Make the sheet").click()
    page.get_by_text("Confidential: about a child.").wait_for()
    assert visitor.violations() == []
    assert visitor.overflow() <= 0
    page.emulate_media(media="print")
    assert not page.locator("header.top").is_visible()
    assert page.locator(".print-only").is_visible()
    assert "1420 Example Ave" in page.locator("main").inner_text()
    assert visitor.complaints == []
