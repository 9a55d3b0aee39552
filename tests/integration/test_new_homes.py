"""A home after the release: the gate of intake, a person's sign-off, one set of duties, and where the child is now."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.exc import IntegrityError

from followup.replies import Meaning
from integrations.desk import addresses, court_forms, duties, escalations, homes, reports, whereabouts_acts
from integrations.desk.oversight import oversight_json
from integrations.desk.reacting import react
from integrations.desk.views import case_json
from integrations.kit import Kit
from integrations.letters.court_form import CourtFormFacts, fields_told
from integrations.store import ledger
from integrations.store.sealing import open_json
from integrations.store.whereabouts import whereabouts
from kinline.play.homes import file_form, open_verifications, verify
from models.errors import BadInput, Refused, Unavailable
from models.facts import Person, PostalAnswer
from models.states import Party
from models.tables.homes import CourtFiling, CourtForm, HomeSigning
from models.tables.ledger import Attempt
from models.tables.papers import Disclosure
from models.tables.people import Address, Case, PhoneNumber
from tests.integration.followup_scenes import DAY, Family, World, a_family, still_world
from tests.integration.scenes import StubReader, scan
from vetting.ports import AddressQuery

HOME = {"line1": "77 Sample St", "unit": "Apt 2", "city": "Dallas", "state": "TX", "zip": "75201"}
BILL = (
    "SAMPLE POWER COMPANY",
    "January 25, 2026",
    "MARTA EXAMPLE COJ",
    "77 SAMPLE ST APT 2",
    "DALLAS, TX 75201",
)
KINDS = {"verify_address", "court_address_form"}


@dataclass
class Post:
    """The postal service says of every address what `dpv` says; None: nothing."""

    dpv: str | None = "Y"
    business: bool = False
    down: bool = False
    asked: list[AddressQuery] = field(default_factory=list)

    def look_up(self, query: AddressQuery) -> PostalAnswer:
        self.asked.append(query)
        if self.down:
            raise Unavailable("usps", "ConnectError")
        return PostalAnswer(self.dpv, self.business, False, datetime(2026, 2, 2, tzinfo=UTC), "test")  # type: ignore[arg-type]


@dataclass
class Scene:
    world: World
    family: Family
    post: Post
    reader: StubReader

    @property
    def cm(self) -> Person:
        return self.world.staff["cm"]

    def moves(self, home: dict[str, Any] = HOME, **how: Any) -> Address:
        raw = json.dumps(home).encode()
        told = addresses.Moved(**how)
        addresses.change_address(
            self.world.kit, self.family.key, raw, self.cm, moved=told, now=self.world.now
        )
        return self.home()

    def brings(self, seed: str = "bill") -> None:
        homes.hand_in_proof(
            self.world.kit, self.family.key, scan(seed), self.cm, filename="bill.png", now=self.world.now
        )

    def signs(self, reason: str = "", **typed: Any) -> None:
        said = HOME | {"name": "Marta Example Coj", "issued_on": "2026-01-25"} | typed
        homes.confirm_home(
            self.world.kit,
            self.family.key,
            self.cm,
            typed=json.dumps(said).encode(),
            reason=reason,
            now=self.world.now,
        )

    def home(self) -> Address:
        (row,) = [a for a in self.world.rows(Address, self.family) if a.until_at is None]
        return row  # type: ignore[no-any-return]

    def where(self) -> str:
        with self.world.kit.transaction() as session:
            return whereabouts(session, self.family.case_id).state

    def shown(self) -> dict[str, Any]:
        return case_json(self.world.kit, self.family.key, now=self.world.now)["address"]  # type: ignore[no-any-return]

    def missing(self) -> list[str]:
        return [one["code"] for one in self.shown()["missing"]]

    def replies(self, key: str = "a") -> None:
        """They say by text that they moved, as `react` hears it."""

        with self.world.kit.transaction() as session:
            number = session.get_one(PhoneNumber, self.family.numbers["sponsor"])
            react(session, number, Meaning.MOVED, uuid4(), now=self.world.now)


@pytest.fixture
def scene(kit: Kit, staff: dict[str, Person]) -> Scene:
    world = still_world(kit, staff)
    post, reader = Post(), StubReader(lines=BILL)
    kit.make_postal = lambda: post
    kit.make_reader = lambda: reader
    family = a_family(kit, staff)
    world.later(DAY)
    return Scene(world, family, post, reader)


def refused(act: Any, code: str) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.code == code
    return caught.value


def test_a_new_home_is_stated_until_a_person_signs_it_off_by_its_proof(scene: Scene) -> None:
    home = scene.moves()
    assert (scene.where(), scene.missing()) == ("stated", ["proof_missing", "sign_off"])
    scene.brings()
    assert scene.missing() == ["sign_off"]
    duty = scene.world.duty(scene.family, "verify_address")
    scene.signs()
    assert (scene.where(), scene.missing()) == ("verified", [])
    assert scene.home().verified_by == scene.cm.id
    settled = scene.world.duty(scene.family, "verify_address", state="settled")
    (signing,) = [row for row in scene.world.rows(HomeSigning) if row.address_id == home.id]
    assert (settled.id, settled.evidence_kind, signing.agrees) == (duty.id, "document", True)
    refused(scene.signs, "verified_already")


@pytest.mark.parametrize(
    ("post", "lines", "code"),
    [
        (Post("N"), BILL, "ADDRESS_UNDELIVERABLE"),
        (Post("S"), BILL, "ADDRESS_UNDELIVERABLE"),
        (Post("D"), BILL, "ADDRESS_UNIT_MISSING"),
        (Post(None), BILL, "ADDRESS_UNDELIVERABLE"),  # no clear answer is none
        (Post(down=True), BILL, "postal_pending"),
        (Post("Y", business=True), BILL, "ADDRESS_NOT_RESIDENTIAL"),
        (Post(), (*BILL[:1], "January 25, 2025", *BILL[2:]), "ADDRESS_DOCUMENT_STALE"),
        (Post(), (*BILL[:2], "NOBODY SAMPLE", *BILL[3:]), "ADDRESS_NAME_MISMATCH"),
        (Post(), (*BILL[:3], "77 SAMPLE ST APT 9", BILL[4]), "ADDRESS_DOCUMENT_MISMATCH"),
        (Post(), (), "ADDRESS_UNREAD"),
    ],
)
def test_what_closes_the_gate_at_intake_closes_it_here(
    scene: Scene, post: Post, lines: tuple[str, ...], code: str
) -> None:
    scene.world.kit.__dict__.pop("postal", None)
    scene.world.kit.make_postal = lambda: post
    scene.reader.lines = lines
    scene.moves()
    scene.brings()
    assert code in scene.missing()
    no = refused(lambda: scene.signs(issued_on=None), "not_verified")
    assert any(one.startswith(f"{code}: ") for one in no.missing)
    assert scene.where() != "verified"
    assert scene.world.duty(scene.family, "verify_address")


def test_a_person_answers_with_a_reason_what_intake_lets_them_answer_and_nothing_else(scene: Scene) -> None:
    scene.reader.lines = (*BILL[:2], "NOBODY SAMPLE", *BILL[3:])
    scene.moves()
    scene.brings()
    scene.signs(reason="the lease is in the landlord's name; he was called")
    (signing,) = scene.world.rows(HomeSigning)
    assert (scene.where(), signing.cleared) == ("verified", ["ADDRESS_NAME_MISMATCH"])


def test_a_proof_that_stands_in_another_case_is_for_review_as_at_intake(scene: Scene) -> None:
    scene.moves()
    scene.brings()
    assert scene.missing() == ["sign_off"]
    other = Scene(
        scene.world,
        a_family(scene.world.kit, scene.world.staff, a_number="220500002"),
        scene.post,
        scene.reader,
    )
    other.moves()
    scene.world.later(DAY)
    other.brings()
    assert other.missing() == ["DOCUMENT_REUSED", "sign_off"]
    refused(other.signs, "not_verified")
    scene.world.later(DAY)  # of two that came at one instant, none is the newer one
    other.brings("a bill of their own")
    other.signs()
    assert other.where() == "verified"


def test_a_blurred_proof_is_never_answered_with_a_reason(scene: Scene) -> None:
    scene.reader.sharpness = 0.2
    scene.moves()
    scene.brings()
    assert scene.missing() == ["DOCUMENT_ILLEGIBLE", "sign_off"]
    refused(lambda: scene.signs(reason="I can read it"), "not_verified")


def test_what_was_typed_is_kept_when_it_differs_and_signs_nothing_off(scene: Scene) -> None:
    scene.moves()
    scene.brings()
    no = refused(lambda: scene.signs(unit="Apt 3"), "not_verified")
    assert [one.partition(":")[0] for one in no.missing] == ["unit"]
    (signing,) = scene.world.rows(HomeSigning)
    assert (signing.agrees, signing.differs, scene.where()) == (False, ["unit"], "stated")


def test_no_note_and_no_resolved_escalation_verifies_an_address(scene: Scene) -> None:
    scene.moves()
    kit, now = scene.world.kit, scene.world.now
    for kind in KINDS:
        duty = scene.world.duty(scene.family, kind)
        with pytest.raises(Refused, match="needs_evidence"):
            duties.do_duty(kit, duty.id, scene.cm, note="done", now=now)
    scene.world.later(6 * DAY).round("lost")
    alarms = [a for a in scene.world.alarms(scene.family, "overdue") if a.key.startswith("verify_address")]
    with pytest.raises(Refused, match="needs_evidence"):
        escalations.resolve(
            kit, alarms[0].id, scene.cm, outcome="ok", reason="surely fine", now=scene.world.now
        )
    form = scene.world.duty(scene.family, "court_address_form")
    told = reports.Told("clerk", "1", "phone", scene.world.now)
    with pytest.raises(Refused, match="not_a_report"):
        reports.file_report(kit, form.id, scene.cm, told, now=scene.world.now)


# --- one move, one set of duties ------------------------------------------------------------------


@pytest.mark.parametrize(("outcome", "party"), [("moved", "sponsor"), ("not_living_there", "child")])
def test_a_new_address_told_in_a_call_goes_through_the_gate_as_any_other(
    scene: Scene, outcome: str, party: str
) -> None:
    old, day = scene.home(), (scene.world.now - DAY).date()
    told = {"new_address": HOME, "moved_on": day.isoformat()}
    scene.world.records(scene.family, outcome, party=Party(party), **told)
    new = scene.home()
    assert (new.source, scene.where()) == ("call", "stated")
    assert new.since_at.astimezone(ZoneInfo(new.zone)).date() == day
    assert {a.id: a.until_at for a in scene.world.rows(Address, scene.family)}[old.id] == new.since_at
    assert [query.line1 for query in scene.post.asked] == ["77 Sample St"]
    verify = scene.world.duty(scene.family, "verify_address")
    assert verify.detail["address"] == str(new.id)
    form = scene.world.duty(scene.family, "court_address_form")
    assert form.due_at.date() - day in (timedelta(days=5), timedelta(days=6))
    scene.brings()
    scene.signs()
    assert scene.where() == "verified"


def test_a_call_that_tells_the_home_on_file_or_is_older_than_it_moves_nobody(scene: Scene) -> None:
    scene.moves()
    here, before = scene.home(), scene.world.now
    scene.world.later(DAY)
    scene.world.records(scene.family, "moved", new_address=HOME)
    assert (scene.home().id, scene.where()) == (here.id, "stated")
    late = HOME | {"line1": "71 Sample St"}
    scene.world.records(scene.family, "moved", true_time=before - timedelta(hours=1), new_address=late)
    assert scene.home().id == here.id
    assert scene.world.duty(scene.family, "verify_address")


def test_several_reports_of_one_move_open_one_set_of_duties(scene: Scene) -> None:
    scene.replies()
    scene.world.later(timedelta(hours=1))
    scene.replies()
    scene.world.records(scene.family, "moved", moved_on=(scene.world.now - DAY).date().isoformat())
    verify = scene.world.duty(scene.family, "verify_address")
    assert verify.detail["reports"] == ["reply", "reply", "call"]
    told = [a for a in scene.world.rows(Attempt) if a.obligation_id == verify.id]
    assert sorted(a.channel for a in told) == ["human_call", "text"]
    form = scene.world.duty(scene.family, "court_address_form")
    assert form.key == verify.key == scene.world.duty(scene.family, "request_vor").key
    new = scene.moves(on=(scene.world.now - DAY).date())
    assert scene.world.duty(scene.family, "court_address_form").id == form.id
    gone = scene.world.duty(scene.family, "verify_address", state="void")
    now_open = scene.world.duty(scene.family, "verify_address")
    assert (gone.successor_id, now_open.detail["address"]) == (now_open.id, str(new.id))


def test_the_form_is_due_five_days_from_the_move_once_its_day_is_known(scene: Scene) -> None:
    scene.world.later(5 * DAY)
    scene.replies()
    before = scene.world.duty(scene.family, "court_address_form").due_at
    scene.moves(on=(scene.world.now - 2 * DAY).date())
    after = scene.world.duty(scene.family, "court_address_form").due_at
    assert before == scene.world.now + 5 * DAY
    assert scene.world.now + 3 * DAY <= after < scene.world.now + 4 * DAY


def test_a_second_move_opens_its_own_form_and_the_first_ones_names_it(scene: Scene) -> None:
    scene.moves()
    first = scene.world.duty(scene.family, "court_address_form")
    scene.world.later(DAY)
    scene.moves(HOME | {"line1": "78 Sample St"})
    (now_open,) = scene.world.duties(scene.family, "court_address_form")
    (gone,) = scene.world.duties(scene.family, "court_address_form", state="void")
    assert (gone.id, gone.successor_id) == (first.id, now_open.id)
    assert len(scene.world.duties(scene.family, "household_check")) == 1


def test_an_address_that_is_put_right_gives_nobody_new_days_for_the_court(scene: Scene) -> None:
    scene.moves()
    first = scene.world.duty(scene.family, "court_address_form").due_at
    scene.world.later(3 * DAY)
    scene.moves(HOME | {"line1": "78 Sample St"})
    assert scene.world.duty(scene.family, "court_address_form").due_at == first


def test_the_address_that_is_on_file_is_no_move(scene: Scene) -> None:
    scene.moves()
    scene.brings()
    scene.signs()
    home = scene.home()
    no = refused(lambda: scene.moves(HOME | {"line1": "77 sample street", "unit": "#2"}), "same_address")
    assert any("kinline address still" in one for one in no.missing)
    assert (scene.home().id, scene.where()) == (home.id, "verified")
    scene.moves(HOME | {"unit": "Apt 3"})
    scene.moves()  # and back
    assert scene.where() == "stated"


def test_an_address_that_was_only_written_better_asks_for_no_new_household(scene: Scene) -> None:
    scene.moves(HOME | {"unit": None})
    (asked,) = scene.world.duties(scene.family, "household_check")
    form = scene.world.duty(scene.family, "court_address_form")
    scene.world.later(DAY)
    scene.moves()
    assert [d.id for d in scene.world.duties(scene.family, "household_check")] == [asked.id]
    assert scene.world.duty(scene.family, "court_address_form").id == form.id


def test_the_day_of_a_move_to_the_east_is_the_day_that_they_say(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.world.later(5 * DAY)
    scene.moves(on=(scene.world.now - 4 * DAY).date())
    files(scene)
    with scene.world.kit.transaction() as session:
        session.get_one(Case, scene.family.case_id).zone = "Pacific/Honolulu"
    on = (scene.world.now - 2 * DAY).date()
    scene.moves({"line1": "5 Sample St", "city": "Miami", "state": "FL", "zip": "33125"}, on=on)
    facts = printed(scene, monkeypatch)
    assert (facts.moved_on, facts.due_on) == (on, on + 5 * DAY)


@pytest.mark.parametrize(
    ("level", "state", "wanted"), [("2", "CA", 1), ("tvpra", "CA", 1), ("2", "TX", 0), ("1", "CA", 0)]
)
def test_services_are_handed_on_when_the_state_changes(
    scene: Scene, level: str, state: str, wanted: int
) -> None:
    with scene.world.kit.transaction() as session:
        case = session.get_one(Case, scene.family.case_id)
        case.prs_level, case.prs_since = level, case.released_at
        session.add(case)
    there = {"CA": {"city": "Fresno", "zip": "93701"}, "TX": {}}[state]
    scene.moves(HOME | {"state": state} | there)
    assert len(scene.world.duties(scene.family, "prs_transfer")) == wanted


def test_the_old_home_keeps_its_dates(scene: Scene) -> None:
    old = scene.home()
    scene.moves()
    rows = {a.id: a for a in scene.world.rows(Address, scene.family)}
    assert len(rows) == 2
    assert rows[old.id].until_at == scene.world.now
    assert open_json(scene.world.kit.vault, rows[old.id], "sealed_details")["city"] == "Houston"


@pytest.mark.parametrize(("days", "code"), [(1, "in_the_future"), (-30, "before_release")])
def test_a_move_lies_between_the_release_and_today(scene: Scene, days: int, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        scene.moves(on=(scene.world.now + days * DAY).date())
    assert [p.code for p in caught.value.problems] == [code]
    assert len(scene.world.rows(Address, scene.family)) == 1


# --- they have not moved, letters, nobody knows ------------------------------------------------------


def test_who_has_not_moved_ends_what_a_reply_opened_and_the_form_names_it(scene: Scene) -> None:
    before = scene.where()
    scene.replies()
    assert (scene.where(), scene.missing()) == ("moved", ["move_reported"])
    refused(scene.signs, "not_verified")
    homes.still_there(
        scene.world.kit, scene.family.key, scene.cm, reason="called: a slip", now=scene.world.now
    )
    assert scene.where() == before != "moved"
    verify = scene.world.duty(scene.family, "verify_address", state="settled")
    form = scene.world.duty(scene.family, "court_address_form", state="void")
    assert (verify.evidence_kind, form.successor_id) == ("review", verify.id)


@pytest.mark.parametrize("reports", [(), ("returned",), ("reply",), ("returned", "call")])
@pytest.mark.parametrize("about", [{}, {"address": "x"}, {"address": "x", "found_by": "address round"}])
def test_a_move_that_is_told_is_told_to_every_reader(
    scene: Scene, reports: tuple[str, ...], about: dict[str, Any]
) -> None:
    scene.replies()
    with scene.world.kit.transaction() as session:
        (verify,) = ledger.open_of(session, scene.family.case_id, kind="verify_address")
        verify.detail = {**about, "reports": list(reports)}
        session.add(verify)
    told = bool({"reply", "call"} & set(reports)) and ("address" not in about or "found_by" in about)
    assert (scene.where() == "moved") == told == ("move_reported" in scene.missing())


def test_what_a_person_heard_is_not_answered_by_another_note(scene: Scene) -> None:
    scene.replies()
    scene.world.records(scene.family, "moved")
    kit, now = scene.world.kit, scene.world.now
    still = lambda: homes.still_there(kit, scene.family.key, scene.cm, reason="no", now=now)  # noqa: E731
    refused(still, "needs_evidence")


def test_a_returned_letter_puts_the_home_in_doubt_until_a_person_has_looked(scene: Scene) -> None:
    scene.moves()
    scene.brings()
    scene.signs()
    scene.world.later(10 * DAY)
    kit, today = scene.world.kit, scene.world.now.date()
    whereabouts_acts.mail_returned(kit, scene.family.key, scene.cm, on=today, now=scene.world.now)
    assert (scene.where(), scene.missing()[0]) == ("defective", "letter_returned")
    assert {d.kind for d in scene.world.duties(scene.family)} & {"verify_address"}
    scene.world.later(DAY)
    homes.still_there(kit, scene.family.key, scene.cm, reason="seen at home", now=scene.world.now)
    assert scene.where() == "verified"
    assert not scene.world.duties(scene.family, "verify_address")


def unknown(scene: Scene) -> None:
    whereabouts_acts.lose_location(
        scene.world.kit, scene.family.key, scene.cm, reason="nobody at home", now=scene.world.now
    )


def test_a_location_that_nobody_knows_is_a_state_with_dates_that_a_rung_owns_at_once(scene: Scene) -> None:
    old = scene.home()
    unknown(scene)
    row = scene.home()
    assert (row.state, row.dwelling_key, row.since_at) == ("location_unknown", None, scene.world.now)
    assert {a.id: a for a in scene.world.rows(Address, scene.family)}[old.id].until_at == scene.world.now
    (alarm,) = scene.world.alarms(scene.family, "location_unknown")
    assert (alarm.level, alarm.opened_at) == (2, scene.world.now)
    assert scene.world.standing(scene.family) != "silent"
    assert (scene.where(), scene.missing()) == ("unknown", ["location_unknown"])
    told = oversight_json(scene.world.kit, now=scene.world.now)["measures"]
    (measure,) = [one for one in told if one["id"] == "location_unknown"]
    assert (measure["numerator"], measure["denominator"]) == (1, 1)
    assert measure["exceptions"] == [scene.family.key]
    refused(lambda: unknown(scene), "unknown_already")
    assert scene.world.round("address") == {}
    scene.world.later(DAY)
    scene.moves()
    assert scene.where() == "stated"
    # A new address resolves nothing by itself.
    assert scene.world.alarms(scene.family, "location_unknown")
    told = oversight_json(scene.world.kit, now=scene.world.now)["measures"]
    assert [one["numerator"] for one in told if one["id"] == "location_unknown"] == [0]


def test_a_child_whom_nothing_else_keeps_in_sight_is_looked_for(scene: Scene) -> None:
    scene.replies()
    with scene.world.kit.transaction() as session:
        case = session.get_one(Case, scene.family.case_id)
        how = {"reason": "test", "rule": "TEST", "actor": "engine:test", "now": scene.world.now}
        escalations.open_escalation(session, case, **how)  # type: ignore[arg-type]
        (verify,) = ledger.open_of(session, case.id, kind="verify_address")
        for duty in ledger.open_of(session, case.id, in_sight=True):
            ledger.void_for(session, duty, verify.id, actor="engine:test", why="test", now=scene.world.now)
    assert not any(d.in_sight for d in scene.world.duties(scene.family))
    unknown(scene)
    assert scene.world.duty(scene.family, "lost_contact_review").in_sight


def test_who_looks_for_the_child_takes_the_place_of_who_verifies_the_home(scene: Scene) -> None:
    scene.replies()
    unknown(scene)
    review = scene.world.duty(scene.family, "lost_contact_review")
    for kind in KINDS:
        assert scene.world.duty(scene.family, kind, state="void").successor_id == review.id


def test_a_missing_childs_location_is_unknown(scene: Scene) -> None:
    scene.world.records(scene.family, "missing")
    assert (scene.where(), scene.home().source) == ("unknown", "call")
    assert scene.world.alarms(scene.family, "location_unknown")


def test_the_database_wants_keys_of_every_home_but_of_none_that_nobody_knows(scene: Scene) -> None:
    for change in ({"dwelling_key": None}, {"state": "location_unknown"}):
        with pytest.raises(IntegrityError, match="address_keys_unless_unknown"):
            change_home(scene, change)


def change_home(scene: Scene, change: dict[str, Any]) -> None:
    with scene.world.kit.transaction() as session:
        row = session.get_one(Address, scene.home().id)
        for name, value in change.items():
            setattr(row, name, value)
        session.add(row)


# --- the court's form ---------------------------------------------------------------------------


def files(scene: Scene, **how: Any) -> None:
    filing = court_forms.Filing(**({"on": scene.world.now.date()} | how))
    court_forms.record_filing(scene.world.kit, scene.family.key, scene.cm, filing, now=scene.world.now)


def test_the_form_is_printed_kept_filed_and_on_record_as_told_outside(scene: Scene) -> None:
    scene.moves()
    kit, now = scene.world.kit, scene.world.now
    pdf = court_forms.print_form(kit, scene.family.key, scene.cm, now=now)
    assert pdf.startswith(b"%PDF")
    files(scene, receipt=scan("receipt"), filename="r.png", copy_on=now.date())
    (form,), (filing,) = scene.world.rows(CourtForm), scene.world.rows(CourtFiling)
    duty = scene.world.duty(scene.family, "court_address_form", state="settled")
    assert (filing.form_id, filing.filed_by, duty.evidence_kind) == (form.id, scene.cm.id, "document")
    told = {d.recipient: d for d in scene.world.rows(Disclosure)}
    assert set(told) == {"court", "dhs"}
    assert told["court"].fields == list(fields_told())
    assert (told["court"].legal_basis, told["court"].approved_by) == ("8 CFR 1003.15(d)(2)", scene.cm.id)
    refused(lambda: files(scene), "nothing_owed")


def printed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> CourtFormFacts:
    """What the form says."""
    seen: list[CourtFormFacts] = []

    def printing(facts: CourtFormFacts) -> bytes:
        seen.append(facts)
        return b"%PDF"

    monkeypatch.setattr(court_forms, "court_form", printing)
    court_forms.print_form(scene.world.kit, scene.family.key, scene.cm, now=scene.world.now)
    return seen[0]


def old_on_the_form(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """The street of the old home, as the form prints it."""
    old = printed(scene, monkeypatch).old
    return old.line1 if old else None


def test_the_old_home_on_the_form_is_the_one_that_the_court_knows(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.moves(HOME | {"line1": "71 Sample St"})  # misheard, and put right
    scene.world.later(DAY)
    scene.moves()
    assert old_on_the_form(scene, monkeypatch) == "1420 Example Ave"
    files(scene)
    scene.moves(HOME | {"line1": "80 Sample St"})
    assert old_on_the_form(scene, monkeypatch) == "77 Sample St"


def test_nobody_files_a_form_before_the_new_address_is_known(scene: Scene) -> None:
    scene.replies()
    refused(lambda: files(scene), "no_new_home")
    kit, now = scene.world.kit, scene.world.now
    refused(lambda: court_forms.print_form(kit, scene.family.key, scene.cm, now=now), "no_new_home")


@pytest.mark.parametrize(("days", "code"), [(1, "in_the_future"), (-3, "before_the_move")])
def test_a_filing_lies_between_the_move_and_today(scene: Scene, days: int, code: str) -> None:
    scene.moves()
    with pytest.raises(BadInput) as caught:
        files(scene, on=(scene.world.now + days * DAY).date())
    assert [p.code for p in caught.value.problems] == [code]


# --- the invented staff --------------------------------------------------------------------------


@pytest.mark.parametrize("dpv", ["Y", "N"])
def test_the_invented_staff_record_a_move_sign_the_home_off_and_file_the_form(scene: Scene, dpv: str) -> None:
    scene.reader.lines = ()  # read as nothing: compared by eye, and said so
    if dpv == "N":
        scene.post.dpv = "N"
        scene.moves()
        scene.post.dpv = "Y"
    else:
        scene.replies()
    kit = scene.world.kit
    assert verify(kit, scene.family.case_id, scene.cm, now=scene.world.now) == "verified"
    file_form(kit, scene.family.case_id, scene.cm, now=scene.world.now)
    assert scene.where() == "verified"
    open_kinds = {d.kind for d in scene.world.duties(scene.family)}
    assert not open_kinds & KINDS
    with kit.transaction() as session:
        assert open_verifications(session) == []


def test_the_invented_staff_record_another_home_when_the_family_moves_again(scene: Scene) -> None:
    scene.reader.lines = ()
    kit, seen = scene.world.kit, []
    for _ in range(3):
        scene.world.later(DAY)
        scene.replies()
        assert verify(kit, scene.family.case_id, scene.cm, now=scene.world.now) == "verified"
        seen.append(scene.home().dwelling_key)
    assert seen[0] == seen[2] != seen[1]
