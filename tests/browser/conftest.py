"""A console with a family in every state, and a real Chromium before it, driven as a person would.

Where no Chromium is found these tests are skipped; `make test-browser` brings one. The browser is a module's: Playwright
keeps an event loop running in the thread, which other tests of this process could not bear.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine

from console.app import create_app
from integrations.database import set_sandbox_clock, transaction
from integrations.desk import drafts, hits, interviews, notices
from integrations.desk.batches import send_zips, work_batch
from integrations.desk.documents import documents_json
from integrations.desk.draft_files import Brought, add_file
from integrations.desk.draft_handing_in import hand_in
from integrations.desk.draft_views import view_draft
from integrations.desk.drafts import Answers
from integrations.desk.homes import hand_in_proof
from integrations.desk.intake import submit
from integrations.identity.accounts import set_password
from integrations.keys import person_keys
from integrations.kit import Kit
from integrations.packets import read_path
from integrations.sandbox.serving import ThreadedServer
from integrations.store.applications import gather
from models.facts import Person
from models.tables.vetting import Application
from tests.builders import (
    DAY,
    NOW,
    a_call,
    a_call_that_reached,
    a_check,
    a_followed_case,
    a_hearing,
    a_message,
    a_number,
    a_vault,
    a_welfare_call,
    an_address,
    an_application,
    an_attempt,
    an_escalation,
)
from tests.integration.conftest import a_kit, the_staff
from tests.integration.intake_scenes import a_draft, a_scan, zipped
from tests.integration.scenes import World, a_bundle, a_packet, outside_world, scan
from tests.unit.vetting.scenes import an_interview

PASSWORD = "four plain invented words"
SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "packets"
AXE = Path(__file__).parent / "axe" / "axe.min.js"
_STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    if found is None:
        pytest.skip("no Chromium is on this machine: `make test-browser` installs one")
    with sync_playwright() as playwright:
        # The pages are our own; as root, Chromium has no sandbox.
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


@dataclass
class Site:
    """A console that runs, and what is in it. `ids` names rows that stand for their kind."""

    url: str
    kit: Kit
    staff: dict[str, Person]
    world: World
    ids: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def site(shared_engine: Engine, chromium: Browser) -> Iterator[Site]:
    """One console for the module's tests. Whoever changes a family makes one of their own."""
    kit, staff = a_kit(shared_engine, a_vault()), the_staff(shared_engine)
    with kit.transaction() as session:
        set_sandbox_clock(session, NOW)
    with transaction(shared_engine) as session:
        for person in {p.id: p for p in staff.values()}.values():
            set_password(session, person.email, PASSWORD)
    ids = a_followed_child(kit, staff)
    application_id = submit(kit, read_path(SAMPLES / "04-missing-unit"), actor="cli", now=NOW).application_id
    ids["application"] = str(application_id)
    ids["document"] = documents_json(kit, ids["application"])[0]["id"]
    with outside_world(kit) as world, ThreadedServer(create_app(kit, wall=lambda: NOW)) as server:
        kit.public_url = server.url
        hand_in_proof(kit, ids["case"], scan("bill"), staff["cm"], filename="bill.png", now=NOW)
        ids |= intake_in_every_state(kit, staff)
        ids |= what_is_sealed(kit, staff, application_id)
        ids["notice"] = a_notice(kit, staff)
        yield Site(server.url, kit, staff, world, ids)
    kit.close()


def a_followed_child(kit: Kit, staff: dict[str, Person]) -> dict[str, str]:
    """A released child, its escalation and a call to make: heard once, next call late and escalated, a text out, a hearing ahead."""
    with kit.transaction() as session:
        case = a_followed_case(session, kit.vault, followup_policy="swb-2024r3")
        application = an_application(session, kit.vault, case, state="released")
        an_address(session, kit.vault, application)
        number = a_number(session, kit.vault, application)
        late = a_welfare_call(session, case, due_at=NOW - 2 * DAY, key="day-7", queue="rota")
        a_welfare_call(session, case, due_at=NOW + 20 * DAY, key="day-30", queue="rota")
        an_attempt(session, late, at=NOW - 2 * DAY)
        a_message(session, number, obligation_id=late.id, state="delivered", accepted_at=NOW - 2 * DAY)
        alarm = an_escalation(
            session, case, obligation_id=late.id, reason="no_contact", acknowledge_by=NOW - DAY
        )
        a_call_that_reached(session, case, "sponsor", staff["caller"].id, at=NOW - DAY)
        hearing = a_hearing(session, case)
        call = a_call(session, case, party="child", obligation_id=late.id, due_at=NOW)
        return {
            "case": str(case.id),
            "escalation": str(alarm.id),
            "call": str(call.id),
            "phone": str(number.id),
            "hearing": str(hearing.id),
        }


def another_family(reference: str, **changes: Any) -> dict[str, Any]:
    """A packet that shares nobody, no home and no phone with the dull one: a link would keep that from being approved."""
    told = json.dumps(a_packet(reference, **changes))
    for old, new in (
        ("Example Coj", "Muestra Luna"),
        ("Example Ruiz", "Muestra Sol"),
        ("Marta", "Nora"),
        ("Jorge", "Pablo"),
        ("Rosa", "Alba"),
        ("Ixchel", "Nicte"),
        ("1420 Example Ave", "88 Sample Road"),
        ("713555", "832555"),
        ("1989-11-20", "1979-10-02"),
        ("1985-02-11", "1975-03-14"),
        ("1991-07-30", "1981-08-21"),
        ("2012-05-02", "2011-06-07"),
    ):
        told = told.replace(old, new)
    packet: dict[str, Any] = json.loads(told)
    return packet


def intake_in_every_state(kit: Kit, staff: dict[str, Person]) -> dict[str, str]:
    """A draft that is half filled in, one that was handed in, and zips of which one is taken in and one can't be."""
    officer = staff["officer"]
    half, whole = (a_draft(kit, officer, f"TEST-BROWSER-{n}") for n in (1, 2))
    drafts.drop_entry(kit, half, "household", 1, officer, now=NOW)
    broken = {"given_names": "Jorge", "date_of_birth": "soon"}
    drafts.save(kit, half, Answers("household", broken, 99), officer, now=NOW)
    drafts.save(kit, half, Answers("household", broken, 99, 2), officer, now=NOW)
    blurred = Brought("proof_of_address", "sponsor", "bill.png", a_scan())
    add_file(kit, half, blurred, officer, now=NOW)
    for slot in view_draft(kit, whole, officer, now=NOW).slots:
        drafts.say_cannot(kit, whole, slot.name, "The consulate is closed.", officer, now=NOW)
    hand_in(kit, whole, officer, now=NOW)
    batch = send_zips(
        kit, [("good.zip", zipped(a_packet("TEST-BATCH-1"))), ("bad.zip", b"no zip")], officer, now=NOW
    )
    work_batch(kit, batch)
    return {"draft": str(half), "sent_draft": str(whole), "batch": str(batch)}


def what_is_sealed(kit: Kit, staff: dict[str, Person], application_id: UUID) -> dict[str, str]:
    """An interview with the child, and a hit behind which a record of two pages is kept."""
    key = str(application_id)
    told = {"answers": dict(an_interview("child").answers), "alone": True, "note": "Con calma, en su idioma."}
    told |= {"language": "Mam", "interpreter": "Rosa Example"}
    interviews.record(kit, key, staff["cm"], party="child", answers=json.dumps(told).encode(), now=NOW)
    (interview,) = interviews.read(kit, key, staff["cm"], now=NOW)["interviews"]
    with kit.transaction() as session:
        application = session.get_one(Application, application_id)
        sponsor = person_keys(kit.vault, gather(session, kit.vault, application).packet)["sponsor"]
        check = a_check(session, application, person_key=sponsor, state="hit_review", result_at=NOW).id
    hits.keep_record(
        kit, key, str(check), staff["cm"], record=("record.tiff", a_bundle("one", "two")), now=NOW
    )
    return {"interview": interview["id"], "check": str(check)}


def a_notice(kit: Kit, staff: dict[str, Person]) -> str:
    """A draft of the case manager's, which a supervisor is to approve; of a child of its own, for it forbids to close."""
    with kit.transaction() as session:
        case_id = str(a_followed_case(session, kit.vault, followup_policy="swb-2024r3").id)
    told = {"what_happened": "La menor trabaja de noche.\nDebe dinero.", "where": "En una bodega."}
    return str(notices.draft(kit, case_id, json.dumps(told).encode(), staff["cm"], now=NOW))


@dataclass
class Visitor:
    """A person at a browser. `complaints`: what the browser itself found fault with (scripts, policies, lost files)."""

    site: Site
    page: Page
    complaints: list[str]

    def go(self, path: str) -> Page:
        self.page.goto(self.site.url + path)
        return self.page

    def sign_in(self, word: str) -> Page:
        self.page.context.clear_cookies()
        self.go("/sign-in")
        self.page.get_by_label("Email address").fill(self.site.staff[word].email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)
        return self.page

    def tab_until(self, claim: str) -> None:
        """The keyboard alone leads to where this holds, as JavaScript says it."""
        for _ in range(150):
            if self.page.evaluate(f"Boolean({claim})"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not lead to where {claim}")

    def tab_to(self, field: str) -> None:
        self.tab_until(f"document.activeElement.id === '{field}'")

    def tab_to_link(self, href: str) -> None:
        self.tab_until(f"document.activeElement.getAttribute('href') === '{href}'")

    def violations(self) -> list[str]:
        """What axe finds on the page as it stands: rule, how grave, and where."""
        self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = self.page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", _STANDARD
        )
        return [
            f"{one['id']} ({one['impact']}): {', '.join(str(node['target']) for node in one['nodes'][:3])}"
            for one in found["violations"]
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        width: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width


@pytest.fixture
def visitor(site: Site, chromium: Browser) -> Iterator[Visitor]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield Visitor(site, page, complaints)
    context.close()
