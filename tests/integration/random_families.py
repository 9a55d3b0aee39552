"""Families at random: they answer, fall silent, move, ask for help, say stop; providers fail; people do their work or don't.

After every step the promises are looked at, from outside where that is possible: at what Twilio was asked to send, at the
account, at the rows that were settled. Set `STEPS_EXAMPLES` and `STEPS_EACH` for a longer walk.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select, text
from sqlmodel import col
from starlette.responses import Response

from followup.accounting import classify
from followup.replies import asks_to_stop
from integrations.catalogs import lexicon_for, written_language
from integrations.database import make_engine
from integrations.desk import addresses, calls, cases, duties, escalations, lost, numbers, rota
from integrations.desk.dispatch import dispatch_messages
from integrations.desk.page_dispatch import dispatch_pages
from integrations.desk.sight import child_in_sight
from integrations.postal.usps import Usps
from integrations.sandbox.postal_server import create_postal_app
from integrations.sandbox.serving import ThreadedServer
from integrations.sandbox.twilio_voice import CALLS, EVENTS, TEXTS
from integrations.store.accounting import take_account
from kinline.play.run import next_in_ledger
from kinline.play.staff import Staff
from models.contacts import CallOutcome
from models.errors import BadInput, Refused
from models.states import ClosureReason, LostOutcome, Party
from models.tables.ledger import Escalation, Obligation
from models.tables.messages import InboundText, Message
from models.tables.paging import Paging
from models.tables.people import Case, PhoneNumber
from tests.builders import NOW, a_vault
from tests.clones import Clones
from tests.integration import followup_scenes
from tests.integration.conftest import a_kit, the_staff
from tests.integration.families import Family, a_family, a_phone
from tests.integration.followup_scenes import DAY, HOUR, MINUTE, World, answers_for, as_json, open_world

STEP = timedelta(minutes=5)
QUIET_FROM, QUIET_UNTIL = time(21), time(8)
STRANGER = "+12025550142"
# One of each behaviour of design 6.5, and what an invented caller finds.
PHONES = (0, 1, 50, 60, 65, 70, 75, 80, 83, 85, 90, 95)
STAFF_PHONES = {"caller": "+19995550101", "cm": "+19995550182", "supervisor": "+19995550150"}
PAGE = "Kinline: an urgent task waits."
CRIES = ("child_asks_for_help", "sponsor_asks_for_help", "help_after_closure")
FOUND = ("00", "60", "65", "70", "75", "80")
ZONES = (
    "America/Chicago",
    "America/Los_Angeles",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
    "America/Phoenix",
)
LANGUAGES = ("en", "es", "fr", "ht", "pt", "mam")
SAID = (
    "1", "2", "3", "9", "yes", "Sí, todo bien", "help", "AYUDA", "edem", "socorro", "we moved", "nos mudamos",
    "wrong number", "STOP", "alto", "arrêt", "please don't stop calling", "START", "👍", "", "1 2", "gracias",
    "who is this?", "mañana a las 5", "stop 2",
)  # fmt: skip
HERE = ("1421 Example Ave", "Houston", "TX", "77036")
FAR = ("1421 Example Ave", "Los Angeles", "CA", "90011")


@dataclass
class Explored:
    """What all walks of one run have done, to be printed."""

    walks: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    lived: timedelta = timedelta()
    children: int = 0
    texts: int = 0
    calls: int = 0
    replies: int = 0
    settled: int = 0

    def __str__(self) -> str:
        return (
            f"{self.steps.total()} steps in {self.walks} walks: {self.children} children, "
            f"{self.lived.days / 365.25:.1f} simulated years, {self.texts} texts and {self.calls} automated calls sent, "
            f"{self.replies} replies taken, {self.settled} obligations settled; "
            f"{', '.join(f'{name} {n}' for name, n in self.steps.most_common())}"
        )


@dataclass
class _Network:
    """The provider as it is today: it answers, or it is down; and each webhook that it has posted, with the texts in them."""

    world: World
    down: bool = False
    posted: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    stops: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._app, self._post = self.world.sandbox.app, self.world.sandbox.switch.post
        self.world.sandbox.switch.post = self.post  # type: ignore[method-assign]
        followup_scenes._stages()[1][0].app = self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        app = Response(status_code=503) if self.down else self._app
        await app(scope, receive, send)

    def post(self, url: str, form: Any) -> str | None:
        told = {name: str(value) for name, value in dict(form).items()}
        self.posted.append((url, told))
        answer = self._post(url, form)
        if "Body" in told and answer is not None:
            self._note_consent(told)
        return answer

    def _note_consent(self, told: dict[str, str]) -> None:
        """From now on no unprompted text may go to this phone; or, after START, one may."""
        body, phone = told["Body"], told["From"]
        if asks_to_stop(body, lexicon_for("en")):
            self.stops.setdefault(phone, self.world.now)
        elif body == "START":
            self.stops.pop(phone, None)

    def again(self, choice: int) -> None:
        """One webhook more, of those that were posted: doubled, late, and out of order."""
        if self.posted:
            url, form = self.posted[choice % len(self.posted)]
            with suppress(Exception):
                self._post(url, form)


class FamiliesAtRandom(RuleBasedStateMachine):
    """One world: a database, the provider, the console, the clock, and up to four families."""

    explored: Explored
    clones: Clones

    @initialize()
    def begin(self) -> None:
        self.open = ExitStack()
        url = self.open.enter_context(self.clones.lent())
        engine = make_engine(url)
        self.open.callback(engine.dispose)
        kit = a_kit(engine, a_vault())
        self.open.callback(kit.close)
        self.world = self.open.enter_context(open_world(kit, the_staff(engine)))
        self._open_the_post()
        self.network = _Network(self.world)
        self.families: list[Family] = []
        self.looked_at: set[str] = set()
        self.ever: set[str] = set()
        self.zones: dict[UUID, list[str | None]] = {}
        self.strangers_told = 0
        self._fill_the_rota()
        self.released(0, 1, True, False, "America/Chicago", "en", "00")

    def _open_the_post(self) -> None:
        """The postal service's sandbox answers, at the world's time."""
        world = self.world
        app = create_postal_app(clock=lambda: world.now, client_id="c", client_secret="s")
        url = self.open.enter_context(ThreadedServer(app)).url
        made = Usps(base_url=url, client_id="c", client_secret="s", clock=lambda: world.now)
        self.open.callback(made.close)
        world.kit.make_postal = lambda: made

    def _fill_the_rota(self) -> None:
        """Two are on call; the supervisor, whom both fall back on, has a phone that nobody answers."""
        for rung, (who, phone) in enumerate(STAFF_PHONES.items(), start=1):
            rota.set_phone(
                self.world.kit, f"{who}@example.org", phone, self.world.staff["admin"], now=self.world.now
            )
            if rung <= 2:
                rota.add(
                    self.world.kit,
                    f"{who}@example.org",
                    self.world.staff["supervisor"],
                    rung=rung,
                    begins_at=self.world.now,
                    ends_at=self.world.now + 60 * DAY,
                    now=self.world.now,
                )

    def _beat(self) -> None:
        """One beat of clock and worker, pages among it."""
        self.world.beat()
        dispatch_pages(self.world.kit, now=self.world.now)
        waiting = [p for p in self.world.rows(Paging) if p.ended_at is None and p.next_at <= self.world.now]
        assert not waiting, "a page was due and nobody's turn came"

    def teardown(self) -> None:
        if hasattr(self, "world"):
            made = self.explored
            made.walks += 1
            made.lived += (self.world.now - NOW) * len(self.families)
            made.children += len(self.families)
            made.texts += len(self._sent(TEXTS))
            made.calls += len(self.world.sandbox.store.find(CALLS))
            made.replies += len(self.world.rows(InboundText))
            made.settled += len(self.world.rows(Obligation, state="settled"))
        if hasattr(self, "open"):
            self.open.close()

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        """One step; what the desk refuses, it refuses, and nothing may have come of it."""
        self.explored.steps[name] += 1
        self._note()
        with suppress(Refused, BadInput):
            yield
        self._note()

    # --- what happens ----------------------------------------------------------------------------

    @precondition(lambda self: len(self.families) < 4)
    @rule(
        child=st.sampled_from((*PHONES, None)),
        sponsor=st.sampled_from(PHONES),
        consent=st.booleans(),
        shared=st.booleans(),
        zone=st.sampled_from(ZONES),
        language=st.sampled_from(LANGUAGES),
        found=st.sampled_from(FOUND),
    )
    def released(
        self,
        child: int | None,
        sponsor: int,
        consent: bool,
        shared: bool,
        zone: str,
        language: str,
        found: str,
    ) -> None:
        with self._step("release"):
            phone = a_phone(sponsor)
            if shared and self.families and found == "00":
                phone = self.families[0].phones["sponsor"]  # two families on one phone
            self.families.append(
                a_family(
                    self.world.kit,
                    self.world.staff,
                    child=phone if shared and child is not None else child,
                    sponsor=phone,
                    shared=shared and child is not None,
                    consent=("child", "sponsor") if consent else ("sponsor",),
                    backup=0 if found == "60" else None,
                    language=language,
                    zone=zone,
                    a_number=f"2205000{found}",
                    released_at=self.world.now,
                )
            )

    @rule(minutes=st.integers(1, 240))
    def some_time_passes(self, minutes: int) -> None:
        with self._step("time"):
            self.world.phones(minutes * MINUTE)
            self._beat()

    @rule(instants=st.integers(1, 12))
    def clock_and_phones_live(self, instants: int) -> None:
        """From due instant to due instant, with nobody at work."""
        with self._step("instants"):
            for _ in range(instants):
                self._to_the_next_instant(None)

    @rule(days=st.integers(1, 45), callers=st.integers(0, 2))
    def people_work(self, days: int, callers: int) -> None:
        """From due instant to due instant, with invented staff who do what they should."""
        with self._step("people"):
            staff, until = Staff(self.world.kit, callers), self.world.now + days * DAY
            for _ in range(25):
                if not self._to_the_next_instant(staff, until):
                    break

    @rule(hours=st.integers(1, 24 * 12), then_beats=st.booleans())
    def machines_stand_still(self, hours: int, then_beats: bool) -> None:
        """Clock and worker are down this long. The phones go on."""
        with self._step("standstill"):
            self.world.phones(hours * HOUR)
            self._promises()
            if then_beats:
                self._beat()

    @rule(down=st.booleans())
    def provider(self, down: bool) -> None:
        with self._step("provider down" if down else "provider up"):
            self.network.down = down

    @rule(who=st.integers(0, 7), body=st.sampled_from(SAID), twice=st.booleans())
    def somebody_texts(self, who: int, body: str, twice: bool) -> None:
        with self._step("text"):
            phone = self._phone(who)
            followed, before = self._followed(phone), self._answers(phone)
            sid = f"SM{len(self.network.posted):032x}"
            for _ in range(1 + twice):
                self.world.says(phone, body, sid=sid)
            owed = 1 if any(written_language(n.language) for n in followed[:1]) else 0
            new = self._answers(phone) - before
            self.strangers_told += 0 if followed else new.total()
            if len(followed) == 1:
                assert new.total() == owed, f"{new.total()} answers to one reply, {owed} owed"
            assert new.total() <= 1, "a reply is answered once"
            assert set(new) <= {"thanks", "stop_confirm", "start_confirm"}, "the same thanks for everybody"

    @rule(choice=st.integers(0, 10_000))
    def a_webhook_comes_again(self, choice: int) -> None:
        with self._step("webhook again"):
            self.network.again(choice)

    @rule()
    def a_dispatcher_is_killed(self) -> None:
        """Right after the provider took the text."""
        with self._step("killed"):
            real = self.world.kit.messenger.send_text

            def send_and_die(**named: Any) -> None:
                real(**named)
                raise _Killed

            self.world.kit.messenger.send_text = send_and_die  # type: ignore[method-assign]
            try:
                with suppress(_Killed):
                    dispatch_messages(self.world.kit, now=self.world.now)
            finally:
                self.world.kit.messenger.send_text = real  # type: ignore[method-assign]

    # --- what people do, at their desks ----------------------------------------------------------

    @rule(
        who=st.integers(0, 3),
        outcome=st.sampled_from(CallOutcome),
        party=st.sampled_from((Party.CHILD, Party.SPONSOR)),
        ago=st.integers(0, 72),
    )
    def a_call_is_written_down(self, who: int, outcome: CallOutcome, party: Party, ago: int) -> None:
        with self._step("call"):
            calls.record_call(
                self.world.kit,
                self._family(who).key,
                party=party,
                outcome=outcome,
                answers=as_json(answers_for(party, outcome)),
                person=self.world.staff["caller"],
                now=self.world.now,
                true_time=self.world.now - ago * HOUR if ago else None,
            )

    @rule(choice=st.integers(0, 50), ends=st.booleans(), by=st.sampled_from(("cm", "supervisor", "caller")))
    def an_escalation_is_taken(self, choice: int, ends: bool, by: str) -> None:
        with self._step("escalation"):
            rows = [e for e in self.world.rows(Escalation) if e.state != "resolved"]
            if not rows:
                return
            row = sorted(rows, key=lambda e: (e.opened_at, e.id))[choice % len(rows)]
            person = self.world.staff[by]
            if row.state == "open":
                escalations.acknowledge(self.world.kit, row.id, person, now=self.world.now)
            if ends:
                escalations.resolve(
                    self.world.kit, row.id, person, outcome="looked into", reason="a test", now=self.world.now
                )

    @rule(choice=st.integers(0, 50), by=st.sampled_from(("cm", "supervisor")))
    def a_duty_is_done(self, choice: int, by: str) -> None:
        with self._step("duty"):
            rows = self.world.rows(Obligation, state="open")
            row = sorted(rows, key=lambda d: (d.due_at, d.id))[choice % len(rows)] if rows else None
            if row is not None:
                person = self.world.staff[by]
                duties.do_duty(self.world.kit, row.id, person, note="a test", now=self.world.now)

    @rule(choice=st.integers(0, 20), outcome=st.sampled_from(LostOutcome))
    def a_lost_child_is_looked_for(self, choice: int, outcome: LostOutcome) -> None:
        with self._step("lost step"):
            steps = [d for d in self.world.rows(Obligation, state="open") if "step" in d.detail]
            if steps:
                duty = sorted(steps, key=lambda d: (d.due_at, d.id))[choice % len(steps)]
                lost.record_step(
                    self.world.kit,
                    str(duty.case_id),
                    str(duty.detail["step"]),
                    self.world.staff["cm"],
                    lost.StepRecord(outcome, "a test"),
                    now=self.world.now,
                )

    @rule(who=st.integers(0, 3), far=st.booleans(), ago=st.integers(0, 20))
    def they_move(self, who: int, far: bool, ago: int) -> None:
        with self._step("move"):
            line1, city, state, code = FAR if far else HERE
            raw = json.dumps({"line1": line1, "city": city, "state": state, "zip": code}).encode()
            addresses.change_address(
                self.world.kit,
                self._family(who).key,
                raw,
                self.world.staff["cm"],
                moved_at=self.world.now - ago * DAY,
                now=self.world.now,
            )

    @rule(
        who=st.integers(0, 3),
        party=st.sampled_from((Party.CHILD, Party.SPONSOR)),
        ends=st.sampled_from(PHONES),
    )
    def a_better_number_is_found(self, who: int, party: Party, ends: int) -> None:
        with self._step("number"):
            family, phone = self._family(who), a_phone(ends)
            consent = {"method": "spoken", "wording": "May we text you?", "at": self.world.now.isoformat()}
            told = {"number": phone, "language": "en", "text_consent": consent}
            numbers.add_number(
                self.world.kit,
                family.key,
                json.dumps(told).encode(),
                self.world.staff["cm"],
                party=party,
                role="party",
                now=self.world.now,
            )
            family.phones[party.value] = phone

    @rule(
        who=st.integers(0, 3), reason=st.sampled_from(ClosureReason), by=st.sampled_from(("cm", "supervisor"))
    )
    def a_case_is_closed(self, who: int, reason: ClosureReason, by: str) -> None:
        with self._step("close"):
            cases.close_case(
                self.world.kit,
                self._family(who).key,
                self.world.staff[by],
                reason=reason.value,
                note="a test",
                evidence="paper 7",
                now=self.world.now,
            )

    @rule(who=st.integers(0, 3))
    def a_case_is_reopened(self, who: int) -> None:
        with self._step("reopen"):
            cases.reopen_case(
                self.world.kit,
                self._family(who).key,
                self.world.staff["cm"],
                note="a test",
                now=self.world.now,
            )

    @rule(who=st.integers(0, 3))
    def the_machines_may_speak_again(self, who: int) -> None:
        with self._step("resume"):
            cases.resume_automation(
                self.world.kit,
                self._family(who).key,
                self.world.staff["cm"],
                note="a test",
                now=self.world.now,
            )

    # --- the promises ----------------------------------------------------------------------------

    @invariant()
    def promises_are_kept(self) -> None:
        if hasattr(self, "world"):
            self._promises()

    def _promises(self) -> None:
        self._nobody_is_silent()
        self._nothing_is_sent_that_must_not_be()
        self._nothing_is_settled_without_evidence()
        self._every_cry_wakes_somebody()
        assert self.strangers_told == 0, "who is not followed is answered nothing"

    def _nobody_is_silent(self) -> None:
        now = self.world.now
        with self.world.kit.transaction() as session:
            account = take_account(session, now=now)
            assert account.silent == (), f"{len(account.silent)} silent children"
            for family in self.families:
                stands = classify(child_in_sight(session, session.get_one(Case, family.case_id)), now)
                assert stands != "silent"
                assert (family.case_id in account.unanswered) == (stands == "unanswered")

    def _nothing_is_sent_that_must_not_be(self) -> None:
        sent = self._sent(TEXTS)
        twice = [ref for ref, n in Counter(t["status_callback"] for t in sent).items() if n > 1]
        assert not twice, "a message went out twice"
        messages = {str(m.id): m for m in self.world.rows(Message)}
        parties = self.ever
        for item in sent:
            if item["sid"] in self.looked_at:
                continue
            self.looked_at.add(item["sid"])
            if item["to"] in STAFF_PHONES.values():
                assert item["body"].startswith(PAGE), "staff are told no more than that a task waits"
                continue
            message = messages[item["status_callback"].rpartition("/")[2].partition("?")[0]]
            assert item["to"] in parties, "a third party was told something"
            if not message.answer:
                self._is_welcome(message, item)
        for call in self.world.sandbox.store.find(CALLS):
            assert call["to"] in parties, "an automated call went to a third party"

    def _is_welcome(self, message: Message, item: dict[str, Any]) -> None:
        at = datetime.fromisoformat(item["created_at"]).astimezone(UTC)
        stopped = self.network.stops.get(item["to"])
        assert stopped is None or at <= stopped, "a text went out after STOP"
        zones = [zone for zone in self.zones[message.case_id] if zone]
        hours = [at.astimezone(ZoneInfo(zone)).time() for zone in zones]
        assert any(QUIET_UNTIL <= hour < QUIET_FROM for hour in hours), f"a text at {hours} where they live"

    def _nothing_is_settled_without_evidence(self) -> None:
        with self.world.kit.transaction() as session:
            wrong = session.scalars(_SETTLED_WRONGLY).all()
        assert not wrong, f"settled without what it needs: {sorted(set(wrong))}"

    def _every_cry_wakes_somebody(self) -> None:
        paged = {p.escalation_id for p in self.world.rows(Paging)}
        cries = [e.id for e in self.world.rows(Escalation) if e.reason in CRIES]
        assert paged >= set(cries), "somebody asked for help, and nobody is paged"

    # --- looks -----------------------------------------------------------------------------------

    def _to_the_next_instant(self, staff: Staff | None, until: datetime | None = None) -> bool:
        """The next instant at which something is due has been lived. False when there is none before `until`."""
        world = self.world
        with world.kit.transaction() as session:
            times = [next_in_ledger(session, world.now), world.sandbox.store.next_due(EVENTS)]
        if staff is not None:
            times.append(staff.next_time(world.now))
        at = max(min((t for t in times if t is not None), default=world.now + DAY), world.now + STEP)
        if until is not None and at > until:
            return False
        self._note()
        world.phones(at - world.now)
        self._beat()
        if staff is not None:
            staff.act(world.now)
        self._note()
        self._promises()
        return True

    def _family(self, who: int) -> Family:
        return self.families[who % len(self.families)]

    def _phone(self, who: int) -> str:
        family = self._family(who // 2)
        return (
            STRANGER
            if who == 7
            else family.phones["child" if who % 2 and "child" in family.phones else "sponsor"]
        )

    def _sent(self, kind: str) -> list[dict[str, Any]]:
        return [t for t in self.world.sandbox.store.find(kind) if t["direction"] == "outbound-api"]

    def _numbers(self, phone: str) -> list[PhoneNumber]:
        key = self.world.kit.vault.blind("phone", phone)
        return [
            n for n in self.world.rows(PhoneNumber, role="party") if n.phone_key == key and not n.retired_at
        ]

    def _followed(self, phone: str) -> list[PhoneNumber]:
        with self.world.kit.transaction() as session:
            states = {n.id: session.get_one(Case, n.case_id).state for n in self._numbers(phone)}
        return [n for n in self._numbers(phone) if states[n.id] in ("in_follow_up", "lost_contact")]

    def _answers(self, phone: str) -> Counter[str]:
        ids = {n.id for n in self._numbers(phone)}
        return Counter(m.template for m in self.world.rows(Message, answer=True) if m.number_id in ids)

    def _note(self) -> None:
        """Where each family lives before and after a step; and every phone that ever was a child's or a sponsor's."""
        self.ever |= {f.phones[who] for f in self.families for who in ("child", "sponsor") if who in f.phones}
        with self.world.kit.transaction() as session:
            for case_id, zone in session.execute(select(col(Case.id), col(Case.zone))):
                self.zones[case_id] = [*self.zones.get(case_id, [])[-1:], zone]


class _Killed(BaseException):
    """The process is gone at this instant."""


_SETTLED_WRONGLY = text(
    """
    SELECT o.kind FROM obligation o
    LEFT JOIN evidence e ON e.id = o.evidence_id
    LEFT JOIN call c ON c.id = e.call_id
    LEFT JOIN message m ON e.kind = 'message' AND m.id = e.row_id
    WHERE o.state = 'settled' AND (
        e.id IS NULL
        OR e.case_id <> o.case_id
        OR (o.kind IN ('welfare_call', 'sight_check') AND o.party = 'child' AND coalesce(e.spoke_with, '') <> 'child')
        OR (e.kind = 'call' AND (c.kind = 'automated' OR c.called_by IS NULL OR c.state <> 'done'))
        OR (e.kind = 'message' AND m.state <> 'delivered')
        OR (e.kind IN ('review', 'decision') AND e.by_staff IS NULL)
    )
    """
)
