"""Every page in a real browser: no fault that axe finds, nothing cut off on a phone, no complaint of the browser's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pyotp
import pytest
from fastapi.routing import APIRoute

import console
from console.app import create_app
from tests.browser.conftest import PASSWORD, Site, Visitor
from tests.builders import NOW

PHONE = {"width": 320, "height": 640}
# A page's path, and who looks at it.
PAGES: Mapping[str, str] = {
    "/": "supervisor",
    "/account": "cm",
    "/account/factor": "cm",
    "/openings": "supervisor",
    "/queue": "cm",
    "/queue/reassign": "cm",
    "/escalations/{escalation_id}/take": "cm",
    "/escalations/{escalation_id}/resolve": "cm",
    "/escalations/{escalation_id}/reassign": "cm",
    "/escalations/{escalation_id}/snooze": "cm",
    "/hearings": "cm",
    "/hearings/{hearing_id}/{said}": "cm",
    "/oversight": "supervisor",
    "/oversight/board/{part}": "supervisor",
    "/oversight/{name}": "supervisor",
    "/applications": "cm",
    "/applications/{key}": "cm",
    "/applications/{key}/acts/{act}": "ffs",
    "/applications/{key}/amend": "officer",
    "/applications/{key}/acts/{act}/{thing}": "ffs",
    "/applications/{key}/documents/{document_id}": "cm",
    "/applications/{key}/interviews/{interview_id}": "cm",
    "/applications/{key}/checks/{check_id}/record": "ffs",
    "/applications/{key}/links": "integrity",
    "/applications/{key}/links/{link}": "integrity",
    "/links": "integrity",
    "/intake": "officer",
    "/intake/bulk": "officer",
    "/intake/bulk/{batch_id}": "officer",
    "/intake/{draft_id}": "officer",
    "/intake/{draft_id}/check": "officer",
    "/intake/{draft_id}/documents": "officer",
    "/intake/{draft_id}/documents/{slot}": "officer",
    "/intake/{draft_id}/pages/{slug}": "officer",
    "/intake/{draft_id}/pages/{slug}/new": "officer",
    "/intake/{draft_id}/pages/{slug}/{entry}": "officer",
    "/intake/{draft_id}/sent": "officer",
    "/notices": "supervisor",
    "/notices/{notice_id}": "supervisor",
    "/notices/{notice_id}/{act}": "cm",
    "/cases/{key}/notices/new": "cm",
    "/rota": "supervisor",
    "/sandbox": "cm",
    "/sandbox/phones/{phone_id}": "cm",
    "/rota/{on_call_id}/end": "supervisor",
    "/calls": "caller",
    "/calls/{task_id}": "caller",
    "/cases/{key}": "cm",
    "/cases/{key}/call": "cm",
    "/cases/{key}/conversation/{turn}": "cm",
    "/cases/{key}/court": "cm",
    "/cases/{key}/close": "supervisor",
    "/cases/{key}/reopen": "supervisor",
    "/cases/{key}/print": "cm",
    "/cases/{key}/address": "cm",
    "/cases/{key}/address/proof": "cm",
    "/cases/{key}/address/confirm": "cm",
    "/cases/{key}/address/{learnt}": "cm",
}
# The steps of signing in, which have their own tests, a part of a page, and a picture.
OTHERS = {
    "/sign-in",
    "/sign-in/code",
    "/queue/list",
    "/sandbox/clock",
    "/sandbox/phones/{phone_id}/thread",
    "/intake/{draft_id}/files/{file_id}",
}


def test_every_page_is_looked_at(site: Site) -> None:
    assert set(_pages(site)) == set(PAGES) | OTHERS


def _pages(site: Site) -> Iterator[str]:
    routers = (getattr(part, "original_router", None) for part in create_app(site.kit).routes)
    for route in (route for router in routers if router is not None for route in router.routes):
        is_page = isinstance(route, APIRoute) and route.endpoint.__module__.startswith("console.pages.")
        if is_page and "GET" in route.methods:
            yield route.path


def _path(route: str, site: Site) -> str:
    row = site.ids["application" if route.startswith("/applications") else "case"]
    act = "adjudicate" if "{thing}" in route else "amend" if route.startswith("/notices") else "decide"
    draft = site.ids["sent_draft" if route.endswith("/sent") else "draft"]
    slug = "household" if route.endswith(("/new", "/{entry}")) else "child"
    return route.format(
        key=row,
        name="duties_overdue",
        part="last_contact",
        learnt="unknown",
        escalation_id=site.ids["escalation"],
        task_id=site.ids["call"],
        phone_id=site.ids["phone"],
        hearing_id=site.ids["hearing"],
        said="going",
        turn="take",
        on_call_id=uuid4(),
        document_id=site.ids["document"],
        interview_id=site.ids["interview"],
        check_id=site.ids["check"],
        notice_id=site.ids["notice"],
        act=act,
        thing="x",
        link="x",
        draft_id=draft,
        batch_id=site.ids["batch"],
        slug=slug,
        entry="2",
        slot="proof_of_address@sponsor",
    )


@pytest.mark.parametrize("route", sorted(PAGES))
def test_a_page_reads_well_to_everybody(visitor: Visitor, route: str) -> None:
    visitor.sign_in(PAGES[route])
    page = visitor.go(_path(route, visitor.site))
    assert page.title().endswith("– Kinline")
    assert visitor.violations() == []
    page.set_viewport_size(PHONE)
    assert visitor.overflow() <= 0
    assert visitor.violations() == []
    assert visitor.complaints == []


def test_the_sign_in_reads_well_and_tells_what_was_wrong(visitor: Visitor) -> None:
    page = visitor.go("/sign-in")
    assert visitor.violations() == []
    page.get_by_label("Email address").fill("nobody@example.org")
    page.get_by_label("Password", exact=True).fill("not the word")
    page.keyboard.press("Enter")
    assert page.get_by_role("alert").inner_text().startswith("That address and password do not go together")
    assert visitor.violations() == []
    page.set_viewport_size(PHONE)
    assert visitor.overflow() <= 0


def test_a_second_factor_is_set_up_and_asked_for(visitor: Visitor) -> None:
    page = visitor.sign_in("auditor")
    visitor.go("/account/factor")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Code").wait_for()
    assert visitor.violations() == []
    secret = next(text for text in page.locator("code").all_inner_texts() if len(text) == 32)
    app = pyotp.TOTP(secret)
    page.get_by_label("Code").fill(app.at(NOW))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Keep these recovery codes").wait_for()
    assert visitor.violations() == []
    page.get_by_role("link", name="go on").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Email address").fill(visitor.site.staff["auditor"].email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/code*")
    assert visitor.violations() == []
    page.set_viewport_size(PHONE)
    assert visitor.overflow() <= 0
    page.get_by_label("Code").fill(app.at(NOW + timedelta(seconds=30)))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Today").wait_for()
    assert visitor.complaints == []


def test_the_vendored_files_are_what_they_say() -> None:
    folder = Path(console.__path__[0]) / "static" / "vendor"
    told = dict(reversed(line.split(maxsplit=1)) for line in (folder / "SHA256SUMS").read_text().splitlines())
    found = {
        f"./{path.relative_to(folder)}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("SHA256SUMS", "README.md")
    }
    assert found == told
