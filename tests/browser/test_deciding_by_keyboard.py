"""An application from its papers to the decision, with the keyboard alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.browser.conftest import Visitor, another_family
from tests.integration.scenes import confirm_all, hand_in, shown, typed_for, vet

PAPER = "sponsor_identity"


def test_a_paper_is_read_and_the_case_decided_without_a_mouse(visitor: Visitor, tmp_path: Path) -> None:
    site, packet = visitor.site, another_family("TEST-KEYS", identity="K1", a_number="220559917")
    site.world.reader.shows(packet)
    application = hand_in(site.kit, tmp_path, packet).application_id
    vet(site.kit, application)
    confirm_all(site.kit, packet, application, site.staff["cm"], but=PAPER)
    _reads_the_paper(visitor, str(application), packet)
    for who in ("cm", "cc"):
        _chooses(visitor, who, str(application), "recommend", "Recommend")
    _chooses(visitor, "ffs", str(application), "decide", "Decide")
    assert shown(site.kit, application)["state"] == "approved"
    assert visitor.complaints == []


def test_what_is_seldom_done_is_unfolded_and_done_without_a_mouse(visitor: Visitor, tmp_path: Path) -> None:
    site, packet = visitor.site, another_family("TEST-SELDOM", identity="K2", a_number="220559918")
    site.world.reader.shows(packet)
    application = hand_in(site.kit, tmp_path, packet).application_id
    vet(site.kit, application)
    page = visitor.sign_in("cm")
    visitor.go(f"/applications/{application}")
    visitor.tab_until("document.activeElement.innerText === 'What is seldom done'")
    page.keyboard.press("Enter")
    visitor.tab_until("(document.activeElement.getAttribute('href') || '').endsWith('/acts/withdraw')")
    assert visitor.violations() == []
    page.keyboard.press("Enter")
    page.wait_for_url("**/acts/withdraw")
    visitor.tab_until("document.activeElement.id === 'reason'")
    page.keyboard.type("The family has chosen somebody else.")
    visitor.tab_until("document.activeElement.innerText === 'Withdraw it'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/applications/*?done=withdraw")
    assert shown(site.kit, application)["state"] == "withdrawn"
    assert "The application moved on: withdrawn" in page.content()
    assert (visitor.violations(), visitor.complaints) == ([], [])


def _reads_the_paper(visitor: Visitor, application: str, packet: dict[str, Any]) -> None:
    page = visitor.sign_in("cm")
    visitor.go(f"/applications/{application}")
    visitor.tab_until("document.activeElement.innerText === 'To the papers'")
    page.keyboard.press("Enter")
    visitor.tab_until("(document.activeElement.getAttribute('href') || '').includes('/documents/')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/documents/*")
    # The picture is there, and is the page of a paper.
    assert page.evaluate("document.querySelector('.paper img').naturalWidth") > 0
    for name, value in json.loads(typed_for(packet, PAPER, "sponsor")).items():
        visitor.tab_until(f"document.activeElement.id === '{name}'")
        page.keyboard.type(value)
    page.keyboard.press("Enter")
    page.wait_for_url("**/documents/*?done=confirmed")
    assert "What was typed agrees with the packet." in page.content()
    assert visitor.violations() == []


def _chooses(visitor: Visitor, who: str, application: str, act: str, button: str) -> None:
    page = visitor.sign_in(who)
    visitor.go(f"/applications/{application}")
    visitor.tab_until(f"(document.activeElement.getAttribute('href') || '').endsWith('/acts/{act}')")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/acts/{act}")
    visitor.tab_until("document.activeElement.name === 'value'")
    page.keyboard.press("Space")
    visitor.tab_until("document.activeElement.id === 'reason'")
    page.keyboard.type("All papers and checks agree.")
    visitor.tab_until(f"document.activeElement.innerText === '{button}'")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/applications/*?done={act}")
    assert "is on record" in page.get_by_role("status").inner_text()
    assert visitor.violations() == []
