"""The sandbox's phones and clock: only in a sandbox, only by the real way in, and time goes forward alone."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from httpx import Client
from sqlalchemy import select
from sqlmodel import col

from console.app import create_app
from integrations.desk.voice import place_calls
from integrations.kit import Kit
from integrations.messaging.invented import InventedPhones
from integrations.messaging.twilio import TwilioMessenger
from integrations.sandbox.serving import ThreadedServer
from integrations.sandbox.store import MemoryStore
from integrations.sandbox.twilio_server import TwilioSandbox
from integrations.sandbox.wishes import ClockWishes
from integrations.settings import Settings
from kinline.play.moving import TimeMover
from kinline.providers import SandboxTime, SandboxUrls
from models.facts import Person
from models.tables.ledger import Call
from models.tables.messages import InboundText
from models.tables.system import AuditEntry
from tests.builders import NOW
from tests.integration.console.conftest import open_browser, token_in
from tests.integration.families import Family, a_family
from tests.integration.scenes import outside_world

OURS = "+15005550006"
SignIn = Callable[[str], Client]


@pytest.fixture
def family(kit: Kit, staff: dict[str, Person]) -> Family:
    return a_family(kit, staff, child=50, sponsor=51)


@pytest.fixture
def sandbox(kit: Kit, browser: Client) -> Iterator[TwilioSandbox]:
    """The phone server, which posts to the console that the test's browser looks at."""
    kit.public_url = str(browser.base_url).rstrip("/")
    made = TwilioSandbox(
        store=MemoryStore(),
        clock=lambda: kit.now(),
        account_sid="AC1",
        auth_token=kit.twilio_auth_token,
        inbound_url=f"{kit.public_url}/webhooks/twilio/sms",
    )
    made.moves_clock = True
    with ThreadedServer(made.app) as server, outside_world(kit):
        kit.make_messenger = lambda: TwilioMessenger(
            account_sid="AC1",
            auth_token=kit.twilio_auth_token,
            from_number=OURS,
            base_url=server.url,
            timeout=10,
        )
        kit.phones = InventedPhones(server.url, OURS)
        yield made


def page_of(family: Family, party: str = "sponsor") -> str:
    return f"/sandbox/phones/{family.numbers[party]}"


def test_production_has_no_such_pages(kit: Kit) -> None:
    app = create_app(replace(kit, settings=Settings(environment="production")))
    with open_browser(app) as client:
        for path in ("/sandbox", "/sandbox/clock", "/sandbox/phones/x", "/sandbox/phones/x/thread"):
            assert client.get(path).status_code == 404
        for path in ("/sandbox/clock", "/sandbox/phones/x/texts", "/sandbox/phones/x/calls"):
            assert client.post(path).status_code == 404


def test_a_typed_text_comes_in_by_the_signed_webhook(
    kit: Kit, family: Family, sign_in: SignIn, sandbox: TwilioSandbox
) -> None:
    browser = sign_in("cm")
    path = page_of(family)
    token = token_in(browser.get(path).text)
    answer = browser.post(f"{path}/texts", data={"csrf_token": token, "body": "ayuda 2"})
    assert answer.headers["location"] == f"{path}?done=phone_sent"
    with kit.transaction() as session:
        came = session.scalars(select(InboundText)).one()
        assert (came.number_id, came.case_id) == (family.numbers["sponsor"], family.case_id)
        assert came.provider_ref.startswith("SM")
        typed = session.scalars(select(AuditEntry).where(col(AuditEntry.act) == "sandbox_text")).one()
        assert typed.row_id == family.numbers["sponsor"]
    assert "ayuda 2" in browser.get(path).text
    listed = browser.get("/sandbox").text
    assert "From the phone" in listed
    assert family.phones["sponsor"] in listed


def test_the_list_begins_at_a_reference(family: Family, sign_in: SignIn, sandbox: TwilioSandbox) -> None:
    browser = sign_in("cm")
    all_of_them = browser.get("/sandbox").text
    assert family.phones["sponsor"] in all_of_them
    assert 'name="since"' not in all_of_them  # nothing is left out
    reference = re.findall(r"/cases/[0-9a-f-]+\">([^<]+)</a>", all_of_them)[0]
    assert family.phones["sponsor"] in browser.get("/sandbox", params={"since": reference}).text
    behind = browser.get("/sandbox", params={"since": f"{reference}-"}).text
    assert family.phones["sponsor"] not in behind
    assert f'value="{reference}-"' in behind


def test_a_forged_text_is_refused(kit: Kit, family: Family, sign_in: SignIn, sandbox: TwilioSandbox) -> None:
    """What the phone server signs is checked as Twilio's is: with another token nothing comes in."""
    kit.twilio_auth_token = "another"
    browser = sign_in("cm")
    token = token_in(browser.get(page_of(family)).text)
    browser.post(f"{page_of(family)}/texts", data={"csrf_token": token, "body": "1"})
    with kit.transaction() as session:
        assert session.scalars(select(InboundText)).all() == []


@pytest.mark.parametrize("body", ["", "   ", "x" * 321])
def test_nothing_is_sent_that_is_no_text(
    family: Family, sign_in: SignIn, sandbox: TwilioSandbox, body: str
) -> None:
    browser = sign_in("cm")
    token = token_in(browser.get(page_of(family)).text)
    answer = browser.post(f"{page_of(family)}/texts", data={"csrf_token": token, "body": body})
    assert answer.status_code == 422
    assert "Type up to 320 characters." in answer.text
    assert sandbox.store.find("twilio_text") == []


def test_without_phones_the_pages_say_so(family: Family, sign_in: SignIn) -> None:
    browser = sign_in("cm")
    shown = browser.get(page_of(family)).text
    assert "The phones are off." in shown
    assert "Nobody moves time here." in shown
    answer = browser.post(f"{page_of(family)}/texts", data={"csrf_token": token_in(shown), "body": "1"})
    assert answer.status_code == 409


def test_a_phone_in_hand_answers_no_text_by_itself(
    kit: Kit, family: Family, sign_in: SignIn, sandbox: TwilioSandbox
) -> None:
    told = {"To": ["+12025550100"], "From": [OURS], "Body": ["Are you well? Reply 1"]}
    sandbox.texts.accept(told, NOW)
    sandbox.advance(NOW + timedelta(hours=1))
    assert [one["body"] for one in sandbox.store.find("twilio_text", direction="inbound")] == ["1"]
    assert kit.phones is not None
    kit.phones.type_text("+12025550101", "hello")
    sandbox.texts.accept(told | {"To": ["+12025550101"]}, NOW + timedelta(hours=2))
    sandbox.advance(NOW + timedelta(hours=4))
    thread = kit.phones.thread("+12025550101")
    assert sorted(one["body"] for one in thread["texts"]) == ["Are you well? Reply 1", "hello"]
    assert thread["by_hand"]


def test_a_phone_takes_calls_as_it_is_told_and_the_case_hears_of_it(
    kit: Kit, family: Family, sign_in: SignIn, sandbox: TwilioSandbox
) -> None:
    browser, path = sign_in("cm"), page_of(family)
    shown = browser.get(path).text
    assert "When Kinline calls: By itself, as its last two digits say." in shown
    choose = {"csrf_token": token_in(shown), "how": "press_2"}
    assert browser.post(f"{path}/calls", data=choose).headers["location"] == f"{path}?done=phone_calls"
    assert "When Kinline calls: Pick up and press 2: needs help." in browser.get(path).text
    call_id = an_automated_call(kit, family)
    place_calls(kit, now=NOW)
    sandbox.advance(NOW + timedelta(minutes=5))
    with kit.transaction() as session:
        call = session.get_one(Call, call_id)
        assert (call.state, call.digits) == ("done", "2")
    assert "answered, pressed 2" in browser.get(path).text
    assert browser.post(f"{path}/calls", data=choose | {"how": "by_digits"}).status_code == 303
    assert sandbox.store.find("twilio_takes_calls") == []
    wrong = browser.post(f"{path}/calls", data=choose | {"how": "sing"})
    assert (wrong.status_code, "Choose one line of the list." in wrong.text) == (422, True)


def test_time_moves_as_wished_one_wish_at_a_time(
    kit: Kit, family: Family, sign_in: SignIn, sandbox: TwilioSandbox
) -> None:
    browser = sign_in("cm")
    shown = browser.get("/sandbox").text
    wish = {"csrf_token": token_in(shown), "what": "day", "phone": str(family.numbers["sponsor"])}
    assert browser.post("/sandbox/clock", data=wish).headers["location"].startswith(page_of(family))
    assert browser.post("/sandbox/clock", data=wish).status_code == 409
    assert browser.post("/sandbox/clock", data=wish | {"what": "back"}).status_code == 422
    assert kit.now() < NOW + timedelta(hours=1)  # it was wished alone: no page waits for it

    mover = a_mover(kit)
    mover.look(sandbox.wishes)
    newest = sandbox.wishes.newest()
    assert newest is not None
    assert (newest["state"], newest["error"]) == ("done", None)
    assert NOW + timedelta(days=1) <= kit.now() < NOW + timedelta(days=1, hours=1)
    assert "Time has moved from" in browser.get("/sandbox/clock").text
    before = kit.now()
    mover.look(sandbox.wishes)  # nothing is wished for
    assert kit.now() - before < timedelta(hours=1)


def test_a_mover_that_is_stopped_goes_on_at_the_next_start(
    kit: Kit, family: Family, sandbox: TwilioSandbox
) -> None:
    sandbox.wishes.wish("week", kit.now())
    stopped = a_mover(kit)
    stopped.stopping.set()
    stopped.look(sandbox.wishes)
    halfway = sandbox.wishes.newest()
    assert halfway is not None
    assert halfway["state"] == "moving"
    assert kit.now() < NOW + timedelta(days=7)
    a_mover(kit).look(ClockWishes(sandbox.store))
    assert kit.now() >= NOW + timedelta(days=7)


def test_a_step_that_fails_is_said_and_can_be_wished_again(
    kit: Kit, family: Family, sign_in: SignIn, sandbox: TwilioSandbox
) -> None:
    sandbox.wishes.wish("hour", kit.now())
    nowhere = SandboxTime(SandboxUrls("http://127.0.0.1:9", "http://127.0.0.1:9", ""))
    TimeMover(kit, nowhere, threading.Event()).look(sandbox.wishes)
    newest = sandbox.wishes.newest()
    assert newest is not None
    assert (newest["state"], newest["error"]) == ("failed", "ConnectError")
    assert "Time stopped on its way" in sign_in("cm").get("/sandbox/clock").text
    assert sandbox.wishes.wish("hour", kit.now()) is not None


def an_automated_call(kit: Kit, family: Family) -> UUID:
    """One to the sponsor that is due now."""
    call = Call(
        case_id=family.case_id,
        number_id=family.numbers["sponsor"],
        kind="automated",
        party="sponsor",
        due_at=NOW,
    )
    with kit.transaction() as session:
        session.add(call)
        session.flush()
        return call.id


def a_mover(kit: Kit) -> TimeMover:
    assert kit.phones is not None
    url = kit.phones.base_url  # no check is under way here: the phones alone live on
    return TimeMover(kit, SandboxTime(SandboxUrls(url, url, "")), threading.Event())
