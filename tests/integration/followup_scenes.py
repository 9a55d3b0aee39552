"""A released child in a few lines, and the world around: the console, Twilio's sandbox, and time.

Texts and calls go out by the official client over HTTP, and come back as signed webhooks to the console.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from console.app import create_app
from followup.accounting import classify
from followup.plan import release_plan
from integrations import keys
from integrations.database import set_sandbox_clock, wall_clock
from integrations.desk import calls, rounds
from integrations.desk.dispatch import dispatch_messages
from integrations.desk.duties import NOT_BY_NOTE, do_duty, open_followup
from integrations.desk.release import facts_for_plan
from integrations.desk.sight import child_in_sight
from integrations.desk.voice import place_calls
from integrations.kit import Kit
from integrations.messaging.twilio import TwilioMessenger
from integrations.policies import followup_policy
from integrations.sandbox.serving import ThreadedServer
from integrations.sandbox.store import MemoryStore
from integrations.sandbox.twilio_server import TwilioSandbox
from integrations.store.accounting import Account, take_account
from integrations.store.sealing import seal_json
from models.facts import Person
from models.states import CallOutcome, Party
from models.tables.base import Row, Sealed
from models.tables.ledger import Attempt, Call, Escalation, Message, Obligation
from models.tables.people import Case, Consent, PhoneNumber
from models.tables.system import Environment
from models.tables.vetting import Application, Release
from tests.builders import NOW, a_case, a_child, an_address, an_application

OURS = "+15005550006"
POLICY = "swb-2024"
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
BORN_ON = date(2011, 5, 2)
_areas = itertools.count(201)


def a_phone(ends: int) -> str:
    """A sandbox phone that behaves as its last two digits say; each call another area code."""
    return f"+1{next(_areas) % 700 + 201}55501{ends:02d}"


@dataclass(frozen=True)
class Family:
    """One released child, by ids alone; and the invented phones."""

    case_id: UUID
    application_id: UUID
    phones: dict[str, str]
    numbers: dict[str, UUID]

    @property
    def key(self) -> str:
        return str(self.case_id)


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


@contextmanager
def open_world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    """Console and sandbox run on loopback inside this block, with the kit's messenger pointed at them."""
    time = [NOW]
    sandbox = TwilioSandbox(
        store=MemoryStore(), clock=lambda: time[0], account_sid="AC1", auth_token=kit.twilio_auth_token
    )
    with kit.transaction() as session:
        set_sandbox_clock(session, NOW)
    with ThreadedServer(create_app(kit)) as console, ThreadedServer(sandbox.app) as twilio:
        kit.public_url = console.url
        sandbox.set_inbound_url(f"{console.url}/webhooks/twilio/sms")
        kit.make_messenger = lambda: TwilioMessenger(
            account_sid="AC1",
            auth_token=kit.twilio_auth_token,
            from_number=OURS,
            base_url=twilio.url,
            timeout=10,
        )
        yield World(kit, staff, sandbox, console.url, time)


def as_json(answers: dict[str, Any]) -> bytes:
    import json

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


def a_family(
    kit: Kit,
    staff: dict[str, Person],
    *,
    child: int | str | None = 0,
    sponsor: int | str = 1,
    consent: Sequence[str] = ("child", "sponsor"),
    shared: bool = False,
    backup: int | None = None,
    language: str = "en",
    zone: str = "America/Chicago",
    released_at: datetime = NOW,
    born_on: date = BORN_ON,
    plan: bool = True,
) -> Family:
    """A child released at `released_at` with the policy's whole plan, as the desk opens it.

    `child` and `sponsor` are the last two digits of a phone, or a whole number; `child=None`: no phone of its own.
    """
    phones = {"sponsor": sponsor if isinstance(sponsor, str) else a_phone(sponsor)}
    if child is not None:
        phones["child"] = child if isinstance(child, str) else a_phone(child)
    if backup is not None:
        phones["backup"] = a_phone(backup)
    with kit.transaction() as session:
        case, application = _rows(session, kit, zone, born_on)
        numbers = {
            who: _number(session, kit, application, who, phone, language, shared)
            for who, phone in phones.items()
        }
        for who in consent:
            if who in numbers:
                session.add(
                    Consent(
                        number_id=numbers[who].id,
                        given=True,
                        method="signed_form",
                        at=released_at,
                        recorded_at=released_at,
                        actor="cli",
                    )
                )
        _release(session, case, application, staff, released_at)
        if plan:
            facts = facts_for_plan(session, case, application.id, born_on)
            duties = release_plan(facts, followup_policy(POLICY))
            open_followup(
                session, case, duties, actor="cli", why="planned at the release", now=max(released_at, NOW)
            )
        return Family(case.id, application.id, phones, {who: row.id for who, row in numbers.items()})


def _rows(session: Session, kit: Kit, zone: str, born_on: date) -> tuple[Case, Application]:
    child = a_child(session, kit.vault)
    details = {"given_names": "Ixchel", "family_names": "Example Coj", "date_of_birth": born_on.isoformat()}
    seal_json(kit.vault, child, "sealed_details", details)
    case = a_case(session, kit.vault, child_id=child.id)
    application = an_application(session, kit.vault, case, state="released")
    an_address(session, kit.vault, application, zone=zone)
    case.zone = zone
    return case, application


def _number(
    session: Session, kit: Kit, application: Application, who: str, phone: str, language: str, shared: bool
) -> PhoneNumber:
    row = PhoneNumber(
        case_id=application.case_id,
        application_id=application.id,
        party="child" if who == "child" else "sponsor",
        role="backup" if who == "backup" else "party",
        sealed_number=Sealed(b""),
        phone_key=keys.phone_key(kit.vault, phone),
        language=language,
        shared=shared and who != "backup",
    )
    seal_json(kit.vault, row, "sealed_number", {"number": phone})
    session.add(row)
    session.flush()
    return row


def _release(
    session: Session, case: Case, application: Application, staff: dict[str, Person], at: datetime
) -> None:
    session.add(
        Release(
            application_id=application.id,
            case_id=case.id,
            released_on=at.date(),
            released_by=staff["ffs"].id,
            at=at,
        )
    )
    case.state, case.followup_policy = "in_follow_up", POLICY
    case.released_at = case.last_contact_at = at
    case.max_silence_days = followup_policy(POLICY).silence.max_silence_days
    session.add(case)
    session.flush()


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """This many days after the release, at this hour in Chicago (winter)."""
    return NOW.replace(hour=0, minute=0) + timedelta(days=day, hours=hour + 6, minutes=minute)
