"""A released child in a few lines, and the world around: the console, Twilio's sandbox, and time.

Texts and calls go out by the official client over HTTP, and come back as signed webhooks to the console.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from console.app import create_app
from followup.accounting import classify
from integrations.database import set_sandbox_clock, wall_clock
from integrations.desk import calls, rounds
from integrations.desk.dispatch import dispatch_messages
from integrations.desk.duties import NOT_BY_NOTE, do_duty
from integrations.desk.sight import child_in_sight, lose, open_lost_review
from integrations.desk.voice import place_calls
from integrations.kit import Kit
from integrations.messaging.twilio import TwilioMessenger
from integrations.sandbox.serving import ThreadedServer
from integrations.sandbox.store import MemoryStore
from integrations.sandbox.twilio_server import TwilioSandbox
from integrations.store.accounting import Account, take_account
from models.contacts import CallOutcome
from models.facts import Person
from models.states import Party
from models.tables.base import Row
from models.tables.ledger import Attempt, Call, Escalation, Obligation
from models.tables.messages import Message
from models.tables.people import Case, PhoneNumber
from models.tables.system import Environment
from tests.builders import NOW
from tests.integration.families import POLICY, Family, a_family, a_phone

__all__ = ["POLICY", "Family", "World", "a_family", "a_phone", "local", "open_world", "still_world"]

OURS = "+15005550006"
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)


@dataclass
class World:
    """The kit, the sandbox and the clock. `now` only goes forward."""

    kit: Kit
    staff: dict[str, Person]
    sandbox: TwilioSandbox
    console_url: str
    time: list[datetime] = field(default_factory=lambda: [NOW])

    @property
    def now(self) -> datetime:
        return self.time[0]

    def at(self, now: datetime) -> World:
        """It is `now`, here and at the provider; nothing has happened yet."""
        assert now >= self.time[0], "a world's clock goes forward"
        self.time[0] = now
        with self.kit.transaction() as session:
            # Not by the act that people have: it refuses an instant that the wall has just passed.
            row = session.get_one(Environment, True)
            row.clock_at, row.wall_at = now, wall_clock()
        return self

    def later(self, by: timedelta) -> World:
        return self.at(self.now + by)

    def phones(self, by: timedelta = timedelta(minutes=15)) -> World:
        """The provider and the phones have done all that they do within `by`: receipts, replies, keys."""
        self.later(by)
        self.sandbox.advance(self.now)
        return self

    def send(self) -> dict[str, int]:
        return dispatch_messages(self.kit, now=self.now)

    def call(self) -> dict[str, int]:
        return place_calls(self.kit, now=self.now)

    def round(self, *names: str) -> dict[str, int]:
        counts: dict[str, int] = {}
        for name in names or ("lost", "contacts"):
            counts |= rounds.run_round(self.kit, name, now=self.now)
        return counts

    def beat(self) -> World:
        """One beat of clock and worker: rounds, texts, automated calls."""
        self.round()
        self.send()
        self.call()
        return self

    def live_until(self, until: datetime, step: timedelta = HOUR) -> World:
        """Clock, worker and phones alone, hour by hour: no person acts. Nobody may fall silent."""
        while self.now < until:
            self.at(min(self.now + step, until))
            self.sandbox.advance(self.now)
            self.beat()
            assert self.account().silent == ()
        return self

    def account(self) -> Account:
        with self.kit.transaction() as session:
            return take_account(session, now=self.now)

    def standing(self, family: Family) -> str:
        """Where the pure rule says that the child stands."""
        with self.kit.transaction() as session:
            return classify(child_in_sight(session, session.get_one(Case, family.case_id)), self.now)

    def texts(self, phone: str) -> list[str]:
        """What the provider has taken for this phone, oldest first."""
        return [
            item["body"] for item in self.sandbox.store.find("twilio_text", to=phone) if item["from"] == OURS
        ]

    def says(self, phone: str, body: str, sid: str = "") -> None:
        """Somebody texts us from this phone; the webhook has been answered, and a minute has passed."""
        self.sandbox.texts.receive(phone, OURS, body, self.now, sid=sid)
        self.sandbox.advance(self.now)
        # The console's clock runs on by itself: what it has queued is due within this minute.
        self.later(MINUTE)

    def records(
        self,
        family: Family,
        outcome: CallOutcome | str,
        party: Party = Party.CHILD,
        by: str = "caller",
        true_time: datetime | None = None,
        **answers: Any,
    ) -> None:
        """A person writes down a call, with the answers that its outcome asks for."""
        calls.record_call(
            self.kit,
            family.key,
            party=party,
            outcome=CallOutcome(outcome),
            answers=as_json(answers_for(party, CallOutcome(outcome)) | answers),
            person=self.staff[by],
            now=self.now,
            true_time=true_time,
        )

    def desk_work(self, family: Family) -> World:
        """The case manager has done what lies on the desk."""
        for duty in self.duties(family):
            if duty.kind not in NOT_BY_NOTE and duty.opens_at <= self.now:
                do_duty(self.kit, duty.id, self.staff["cm"], note="done", now=self.now)
        return self

    def lose(self, family: Family) -> World:
        """Contact with the child is lost, as at the end of a ladder."""
        with self.kit.transaction() as session:
            case = session.get_one(Case, family.case_id)
            open_lost_review(session, case, actor="engine:test", why="test", now=self.now)
            lose(session, [case], actor="engine:test", why="test", now=self.now)
        return self

    # --- looks -----------------------------------------------------------------------------------

    def rows(self, table: type[Row], family: Family | None = None, **equals: Any) -> list[Any]:
        """Rows of this table, of one family or all, with these values."""
        with self.kit.transaction() as session:
            query = select(table)
            if family is not None:
                query = query.where(col(table.case_id) == family.case_id)  # type: ignore[attr-defined]
            for name, value in equals.items():
                query = query.where(getattr(table, name) == value)
            return list(session.scalars(query))

    def duties(self, family: Family, kind: str | None = None, state: str = "open") -> list[Obligation]:
        found = self.rows(Obligation, family, state=state)
        return sorted((d for d in found if kind in (None, d.kind)), key=lambda d: d.due_at)

    def duty(self, family: Family, kind: str, state: str = "open", party: str = "") -> Obligation:
        """The one duty of this kind."""
        found = [d for d in self.duties(family, kind, state) if party in ("", d.party)]
        assert len(found) == 1, f"{len(found)} {state} {kind}"
        return found[0]

    def alarms(self, family: Family, reason: str | None = None) -> list[Escalation]:
        found = self.rows(Escalation, family)
        return [e for e in found if reason in (None, e.reason) and e.state != "resolved"]

    def messages(self, family: Family, **equals: Any) -> list[Message]:
        return sorted(self.rows(Message, family, **equals), key=lambda m: (m.created_at, m.send_after))

    def attempts(self, duty: Obligation) -> list[Attempt]:
        found = self.rows(Attempt, obligation_id=duty.id)
        return sorted(found, key=lambda a: (a.at, a.step))

    def calls_of(self, family: Family, **equals: Any) -> list[Call]:
        return sorted(self.rows(Call, family, **equals), key=lambda c: c.due_at)

    def case(self, family: Family) -> Case:
        with self.kit.transaction() as session:
            return session.get_one(Case, family.case_id)

    def number(self, family: Family, party: str) -> PhoneNumber:
        with self.kit.transaction() as session:
            return session.get_one(PhoneNumber, family.numbers[party])


def still_world(kit: Kit, staff: dict[str, Person]) -> World:
    """A world without servers: rounds and people act, and nothing goes out."""
    time = [NOW]
    sandbox = TwilioSandbox(store=MemoryStore(), clock=lambda: time[0], account_sid="AC1", auth_token="t")
    with kit.transaction() as session:
        set_sandbox_clock(session, NOW)
    return World(kit, staff, sandbox, "", time)


class _Stage:
    """A server that stays up for the whole run, and plays whichever app is on. To start and stop one for each
    test would cost more than the tests."""

    def __init__(self) -> None:
        self.app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await self.app(scope, receive, send)


@cache
def _stages() -> tuple[tuple[_Stage, str], tuple[_Stage, str]]:
    """The console's stage and Twilio's, with their addresses."""
    console, twilio = _Stage(), _Stage()
    return tuple((stage, ThreadedServer(stage).__enter__().url) for stage in (console, twilio))  # type: ignore[return-value]


@contextmanager
def open_world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    """Console and sandbox run on loopback inside this block, with the kit's messenger pointed at them."""
    time = [NOW]
    sandbox = TwilioSandbox(
        store=MemoryStore(), clock=lambda: time[0], account_sid="AC1", auth_token=kit.twilio_auth_token
    )
    with kit.transaction() as session:
        set_sandbox_clock(session, NOW)
    (console, console_url), (twilio, twilio_url) = _stages()
    console.app, twilio.app = create_app(kit), sandbox.app
    kit.public_url = console_url
    sandbox.set_inbound_url(f"{console_url}/webhooks/twilio/sms")
    kit.make_messenger = lambda: TwilioMessenger(
        account_sid="AC1",
        auth_token=kit.twilio_auth_token,
        from_number=OURS,
        base_url=twilio_url,
        timeout=10,
    )
    try:
        yield World(kit, staff, sandbox, console_url, time)
    finally:
        console.app = twilio.app = None


def as_json(answers: dict[str, Any]) -> bytes:
    return json.dumps(answers).encode()


def answers_for(party: Party, outcome: CallOutcome) -> dict[str, Any]:
    """The least that a call of this outcome must say."""
    if outcome in (CallOutcome.REACHED_ALONE, CallOutcome.REACHED_NOT_ALONE):
        alone = {"alone": outcome == CallOutcome.REACHED_ALONE} if party == Party.CHILD else {}
        return {"spoke_to": party.value} | alone
    if outcome in (CallOutcome.SPONSOR_ONLY, CallOutcome.MISSING):
        return {"spoke_to": "sponsor"}
    if outcome in (CallOutcome.MOVED, CallOutcome.NOT_LIVING_THERE):
        return {"spoke_to": "child", "alone": True} if party == Party.CHILD else {"spoke_to": "sponsor"}
    return {}


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """This many days after the release, at this hour in Chicago (winter)."""
    return NOW.replace(hour=0, minute=0) + timedelta(days=day, hours=hour + 6, minutes=minute)
