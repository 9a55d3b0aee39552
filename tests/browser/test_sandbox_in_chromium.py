"""A newcomer takes an invented phone in hand, answers as the sponsor, moves time, and watches the case."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest

from integrations.database import current_time
from integrations.messaging.invented import InventedPhones
from integrations.messaging.twilio import TwilioMessenger
from integrations.sandbox.serving import ThreadedServer
from integrations.sandbox.store import MemoryStore
from integrations.sandbox.twilio_server import TwilioSandbox
from kinline.play.moving import TimeMover
from kinline.providers import SandboxTime, SandboxUrls
from tests.browser.conftest import Site, Visitor
from tests.integration.families import Family, a_family

OURS, PATIENCE_MS = "+15005550006", 60_000


@dataclass
class Phones:
    """The phone server as `kinline up` has it, and a family of this test's own."""

    sandbox: TwilioSandbox
    family: Family


@pytest.fixture
def phones(site: Site) -> Iterator[Phones]:
    kit = site.kit

    def clock() -> datetime:
        with kit.transaction() as session:
            return current_time(session)

    token = kit.twilio_auth_token
    sandbox = TwilioSandbox(store=MemoryStore(), clock=clock, account_sid="AC1", auth_token=token)
    sandbox.set_inbound_url(f"{site.url}/webhooks/twilio/sms")
    sandbox.moves_clock = True
    family = a_family(kit, site.staff, child=50, sponsor=51)
    stopping = threading.Event()
    with ThreadedServer(sandbox.app) as server:
        kit.make_messenger = lambda: TwilioMessenger(
            account_sid="AC1", auth_token=token, from_number=OURS, base_url=server.url, timeout=10
        )
        kit.phones = InventedPhones(server.url, OURS)
        time = SandboxTime(SandboxUrls(server.url, site.world.background_url, ""))
        mover = TimeMover(kit, time, stopping)

        def move() -> None:
            while not stopping.wait(0.2):
                mover.look(sandbox.wishes)

        thread = threading.Thread(target=move)
        thread.start()
        stop_living = sandbox.run_live(0.5)
        yield Phones(sandbox, family)
        stopping.set()
        thread.join()
        stop_living()
        time.close()
        kit.phones = None


def move_time(visitor: Visitor, step: str) -> None:
    visitor.page.get_by_role("button", name=step).click()
    visitor.page.get_by_text("Time begins to move").wait_for()
    visitor.page.get_by_text("Time has moved from").wait_for(timeout=PATIENCE_MS)


def test_a_newcomer_answers_as_the_sponsor_and_moves_time(visitor: Visitor, phones: Phones) -> None:
    page = visitor.sign_in("cm")
    page.get_by_role("link", name="Phones").click()
    page.get_by_role("heading", name="Phones of the invented people").wait_for()
    phone = f"/sandbox/phones/{phones.family.numbers['sponsor']}"
    page.locator(f'a[href="{phone}"]').click()
    page.get_by_text("Nothing has come yet").wait_for()
    for _ in range(4):
        move_time(visitor, "One day")
    page.get_by_text("(arrived)").wait_for()
    banner = page.locator("#sandbox-time").inner_text()
    assert banner != "It is 2 Feb 2026, 15:00 UTC here."  # it was told with the page, and has moved with time

    page.get_by_role("button", name="1", exact=True).click()
    page.get_by_text("The text is sent from this phone").wait_for()
    page.locator(".mine p", has_text="1").wait_for()
    assert visitor.violations() == []
    page.get_by_role("link", name="Open the case").click()
    said = page.get_by_role("row", name="Text from the sponsor").inner_text()
    assert said.endswith("Text from the sponsor. 1\tYes")

    visitor.go(phone)
    move_time(visitor, "To the next thing due")
    page.get_by_text("We got your message").wait_for()
    assert "it answers no text by itself" in page.locator("#thread").inner_text()
    page.set_viewport_size({"width": 360, "height": 740})
    assert (visitor.violations(), visitor.overflow()) == ([], 0)
    visitor.go("/sandbox")
    assert (visitor.violations(), visitor.overflow()) == ([], 0)
    assert visitor.complaints == []
