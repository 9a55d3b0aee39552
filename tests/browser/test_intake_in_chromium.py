"""Intake in a real browser: a page by keyboard, a real scan looked at by the real reader, zips whose bar moves by itself."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from integrations.desk.batches import work_batch
from integrations.desk.intake import submit
from integrations.documents.reader import ReaderProcess
from integrations.packets import from_zip
from tests.browser.conftest import SAMPLES, Site, Visitor, another_family
from tests.builders import NOW
from tests.integration.intake_scenes import a_draft, zipped
from tests.integration.scenes import a_packet


@pytest.fixture
def reader(site: Site) -> Iterator[None]:
    """The site's kit reads with the real thing for once."""
    before = site.kit.reader
    with ReaderProcess() as process:
        site.kit.__dict__["reader"] = process
        yield
    site.kit.__dict__["reader"] = before


def test_a_page_is_filled_in_by_keyboard_and_left_half_done(visitor: Visitor) -> None:
    page = visitor.sign_in("officer")
    visitor.go("/intake")
    page.get_by_role("button", name="Start a new packet").press("Enter")
    page.get_by_role("link", name="Who the child is").press("Enter")
    page.wait_for_url("**/pages/child")
    visitor.tab_to("given_names")
    for words in ("Ixchel", "Example Coj", "A220-559-901", "the 2nd of May"):
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Save and go on").press("Enter")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "This is not a date." in alert.inner_text()
    assert page.get_by_label("Date of birth").input_value() == "the 2nd of May"
    assert visitor.violations() == []
    page.get_by_role("button", name="Save and come back later").press("Enter")
    page.wait_for_url("**?done=intake_saved")
    assert "You can leave now" in page.get_by_role("status").inner_text()
    assert "This is not a date." in page.get_by_role("main").inner_text()
    page.get_by_role("link", name="Intake", exact=True).first.press("Enter")
    assert "Ixchel Example Coj" in page.get_by_role("main").inner_text()


def test_a_blurred_bill_is_told_at_once_and_replaced(visitor: Visitor, reader: None) -> None:
    site = visitor.site
    draft = a_draft(site.kit, site.staff["officer"], "TEST-BROWSER-UPLOAD")
    page = visitor.sign_in("officer")
    visitor.go(f"/intake/{draft}/documents/proof_of_address@sponsor")
    bill = next((SAMPLES / "03-blurred-bill" / "documents").glob("*bill*"))
    page.locator("#document").set_input_files(bill)
    page.get_by_role("button", name="Add it").press("Enter")
    page.wait_for_url("**#files")
    assert page.title().startswith("Too blurred: Proof of address")
    assert "lay the paper flat" in page.get_by_role("status").inner_text()
    assert visitor.violations() == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert visitor.overflow() <= 0
    page.get_by_role("button", name=f"Take out {bill.name}").press("Enter")
    page.wait_for_url("**?done=intake_removed")
    sharp = next((SAMPLES / "01-clean-aunt" / "documents").glob("*bill*"))
    page.get_by_label("Or take the picture now").set_input_files(sharp)
    page.get_by_role("button", name="Add it").press("Enter")
    page.wait_for_url("**#files")
    assert page.title().startswith("Legible: Proof of address")
    assert visitor.complaints == []


def test_the_bar_moves_by_itself(visitor: Visitor) -> None:
    page = visitor.sign_in("officer")
    visitor.go("/intake/bulk")
    content = zipped(a_packet("TEST-BROWSER-ZIP", a_number="220559977"))
    page.locator("#zips").set_input_files(
        [{"name": f"{n}.zip", "mimeType": "application/zip", "buffer": content} for n in ("one", "two")]
    )
    page.get_by_role("button", name="Send", exact=True).press("Enter")
    page.get_by_text("0 of 2 done").first.wait_for()
    work_batch(visitor.site.kit, UUID(page.url.rpartition("/")[2]))
    page.get_by_text("2 of 2 done.").first.wait_for()
    assert "Nothing new" in page.get_by_role("main").inner_text()
    assert visitor.violations() == []
    assert visitor.complaints == []


def test_a_packet_is_amended_by_keyboard(visitor: Visitor) -> None:
    site = visitor.site
    packet = another_family("TEST-BROWSER-AMEND", a_number="220559977")
    application = submit(site.kit, from_zip(zipped(packet)), actor="cli", now=NOW).application_id
    page = visitor.sign_in("officer")
    visitor.go(f"/applications/{application}")
    visitor.tab_to_link(f"/applications/{application}/amend")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Amend it").press("Enter")
    page.wait_for_url("**/intake/*")
    page.get_by_role("link", name="How to reach the sponsor").press("Enter")
    page.wait_for_url("**/pages/contact")
    visitor.tab_to("phone")
    page.keyboard.press("Control+A")
    page.keyboard.type("(832) 555-0133")
    page.keyboard.press("Enter")
    page.wait_for_url("**?done=intake_saved")
    # Meanwhile another person amends it: told, taken over, and nothing is lost.
    packet["care_provider"] = "Another Shelter"
    submit(site.kit, from_zip(zipped(packet)), actor="cli", now=NOW)
    page.get_by_role("link", name="What is changed so far").press("Enter")
    page.get_by_role("alert").wait_for()
    assert "This packet was amended meanwhile" in page.get_by_role("alert").inner_text()
    assert visitor.violations() == []
    page.get_by_role("button", name="Go on over revision 2").press("Enter")
    page.wait_for_url("**?done=intake_goes_on")
    assert "+18325550133" in page.locator(".changes").inner_text()
    assert "Another Shelter" in page.get_by_role("main").inner_text()
    assert visitor.violations() == []
    page.get_by_role("button", name="Hand in the amendment").press("Enter")
    page.wait_for_url("**/sent")
    assert "It is revision 3." in page.get_by_role("main").inner_text()
    assert visitor.violations() == []
    assert visitor.complaints == []
