"""Home studies, special concerns and what people do by hand, by the people who may, on the real database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from integrations.desk import by_hand, home_studies, vetting
from integrations.kit import Kit
from integrations.policies import vetting_policy
from kinline.cli.show_acts import acts
from models.errors import BadInput, Refused
from models.facts import Person
from models.vetting_policy import ManualRule, When
from tests.builders import DAY, NOW
from tests.integration import scenes
from tests.integration.scenes import World, a_packet, amended, hand_in, open_duties, shown, vet

WHY = "As the file shows."
REPORT = ("report.png", scenes.scan("report"))
DISABLED = {"circumstances": {"disability": True}}


@pytest.fixture
def world(kit: Kit) -> Iterator[World]:
    with scenes.outside_world(kit) as world:
        yield world


def _refused(act: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


def _vetted(kit: Kit, world: World, folder: Path, **changes: Any) -> tuple[dict[str, Any], str]:
    packet = amended(a_packet(), **changes)
    world.reader.shows(packet)
    taken = hand_in(kit, folder, packet)
    vet(kit, taken.application_id)
    return packet, str(taken.application_id)


@pytest.fixture
def by_law(kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path) -> str:
    """A child with a disability: everything else is in the file and confirmed."""
    packet, key = _vetted(kit, world, tmp_path, child__circumstances={"disability": True})
    scenes.confirm_all(kit, packet, UUID(key), staff["cm"])
    return key


def _receive(
    kit: Kit, key: str, person: Person, result: str | None = "positive", report: Any = REPORT
) -> UUID:
    return home_studies.receive(kit, key, person, result=result, report=report, reason=WHY, now=NOW + DAY)


def _recommend(kit: Kit, key: str, staff: dict[str, Person], value: str) -> None:
    for who in ("cm", "cc"):
        vetting.recommend(kit, key, value, staff[who], reason=WHY, now=NOW + DAY)


# --- ordered, received --------------------------------------------------------------------------


def test_a_study_is_ordered_once_and_is_due_by_the_policy(
    kit: Kit, by_law: str, staff: dict[str, Person]
) -> None:
    assert ("complete_home_study", "home_study@sponsor") in open_duties(kit, UUID(by_law))
    for who in ("cm", "cc", "supervisor", "officer"):
        refused = _refused(lambda w=who: home_studies.order(kit, by_law, staff[w], reason=WHY, now=NOW))
        assert refused.code == "wrong_role"
    for _ in range(2):
        home_studies.order(kit, by_law, staff["ffs"], reason=WHY, now=NOW)
    (study,) = shown(kit, UUID(by_law))["home_studies"]
    assert (study["number"], study["kind"], study["triggers"]) == (1, "tvpra", ["TVPRA-2"])
    assert study["due_at"] == (NOW + 14 * DAY).isoformat()
    assert study["received_at"] is None


def test_deciding_for_a_study_and_ordering_one_order_one(
    kit: Kit, by_law: str, staff: dict[str, Person]
) -> None:
    _recommend(kit, by_law, staff, "home_study")
    vetting.decide(kit, by_law, "home_study", staff["ffs"], reason=WHY, now=NOW + DAY)
    home_studies.order(kit, by_law, staff["ffs"], reason=WHY, now=NOW + DAY)
    assert len(shown(kit, UUID(by_law))["home_studies"]) == 1
    assert shown(kit, UUID(by_law))["state"] == "home_study"


def test_a_study_counts_only_with_its_report_and_a_result(
    kit: Kit, by_law: str, staff: dict[str, Person]
) -> None:
    assert _refused(lambda: _receive(kit, by_law, staff["cm"])).code == "out_of_order"
    home_studies.order(kit, by_law, staff["ffs"], reason=WHY, now=NOW)
    assert _refused(lambda: _receive(kit, by_law, staff["cm"], report=None)).code == "report_missing"
    for result, report, field in (
        (None, REPORT, "--result"),
        ("fine", REPORT, "--result"),
        ("positive", ("report.pdf", b"not a pdf"), "--report"),
        ("positive", ("report.png", b""), "--report"),
    ):
        with pytest.raises(BadInput) as caught:
            _receive(kit, by_law, staff["cm"], result, report)
        assert caught.value.problems[0].field == field
    assert "HOME_STUDY_TVPRA" in scenes.open_codes(shown(kit, UUID(by_law)))
    _receive(kit, by_law, staff["cm"])
    assert "HOME_STUDY_TVPRA" not in scenes.open_codes(shown(kit, UUID(by_law)))
    assert ("complete_home_study", "home_study@sponsor") not in open_duties(kit, UUID(by_law))
    asked = next(r for r in shown(kit, UUID(by_law))["required"] if r["kind"] == "home_study")
    assert (asked["state"], asked["evidence"][0]["result"]) == ("confirmed", "positive")


def test_a_report_that_came_with_the_packet_counts(
    kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path
) -> None:
    packet = a_packet()
    packet["child"] |= DISABLED
    paper = {
        "kind": "home_study_report",
        "subject": "sponsor",
        "file": "documents/study.png",
        "issued_on": "2026-01-20",
    }
    packet["documents"].append(paper)
    world.reader.shows(packet)
    key = str(hand_in(kit, tmp_path, packet).application_id)
    vet(kit, UUID(key))
    home_studies.order(kit, key, staff["ffs"], reason=WHY, now=NOW)
    _receive(kit, key, staff["cm"], report=None)
    assert shown(kit, UUID(key))["home_studies"][0]["result"] == "positive"


def test_a_study_by_choice_is_required_once_a_person_has_ordered_it(
    kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path
) -> None:
    packet, key = _vetted(kit, world, tmp_path)
    scenes.confirm_all(kit, packet, UUID(key), staff["cm"])
    assert not any(r["kind"] == "home_study" for r in shown(kit, UUID(key))["required"])
    home_studies.order(kit, key, staff["ffs"], reason=WHY, now=NOW)
    assert scenes.open_codes(shown(kit, UUID(key)), "block") == ["HOME_STUDY_ORR"]
    assert "home_study home_study@sponsor" in shown(kit, UUID(key))["gate"]["missing"]
    _receive(kit, key, staff["cm"])
    assert scenes.open_codes(shown(kit, UUID(key)), "block") == []


# --- a negative one; an addendum ----------------------------------------------------------------


@pytest.fixture
def negative(kit: Kit, by_law: str, staff: dict[str, Person]) -> str:
    home_studies.order(kit, by_law, staff["ffs"], reason=WHY, now=NOW)
    _receive(kit, by_law, staff["cm"], "negative")
    return by_law


def test_a_negative_study_closes_the_gate_until_two_people_have_said_why_not(
    kit: Kit, negative: str, staff: dict[str, Person]
) -> None:
    act = lambda who, why=WHY: home_studies.override(kit, negative, staff[who], reason=why, now=NOW)  # noqa: E731
    assert "HOME_STUDY_TVPRA" in scenes.open_codes(shown(kit, UUID(negative)))
    for who in ("cm", "cc", "supervisor"):
        assert _refused(lambda w=who: act(w)).code == "wrong_role"
    with pytest.raises(BadInput):
        act("ffs", " ")
    act("ffs")
    found = shown(kit, UUID(negative))
    assert not found["home_studies"][0]["overridden"]
    assert "HOME_STUDY_TVPRA" in scenes.open_codes(found)
    assert "home_study home_study@sponsor" in found["gate"]["missing"]
    assert _refused(lambda: act("ffs")).code == "four_eyes"
    for who in ("cm", "cc", "officer"):
        assert _refused(lambda w=who: act(w)).code == "wrong_role"
    act("supervisor", "I read the report; I agree.")
    found = shown(kit, UUID(negative))
    assert "HOME_STUDY_TVPRA" not in scenes.open_codes(found)
    assert not any(line.startswith("home_study ") for line in found["gate"]["missing"])
    assert found["home_studies"][0]["overridden"]
    assert found["home_studies"][0]["override"] == {
        "proposed_by": str(staff["ffs"].id),
        "proposed_at": NOW.isoformat(),
        "reason": WHY,
        "approved_by": str(staff["supervisor"].id),
        "approved_at": NOW.isoformat(),
    }
    decider, second = (str(staff[who].id)[:8] for who in ("ffs", "supervisor"))
    assert (
        f"  overridden by {decider} on {NOW.date()}: {WHY.rstrip('.')}; approved by {second} on {NOW.date()}"
        in list(acts(found))
    )
    with kit.transaction() as session:
        told = session.execute(
            text("SELECT why FROM history WHERE noun = 'home_study' AND new = 'overridden'")
        ).scalar_one()
    assert told == "I read the report; I agree."
    assert _refused(lambda: act("ffs")).code == "not_reviewable"


def test_a_word_on_a_negative_study_does_not_pass_to_its_addendum(
    kit: Kit, negative: str, staff: dict[str, Person]
) -> None:
    act = lambda who: home_studies.override(kit, negative, staff[who], reason=WHY, now=NOW)  # noqa: E731
    act("ffs")
    home_studies.order(kit, negative, staff["ffs"], reason="An addendum.", now=NOW + DAY)
    _receive(kit, negative, staff["cm"], "negative")
    assert _refused(lambda: act("supervisor")).code == "wrong_role"
    assert "HOME_STUDY_TVPRA" in scenes.open_codes(shown(kit, UUID(negative)))


def test_after_a_study_an_addendum_may_be_ordered_and_its_word_is_the_newest(
    kit: Kit, negative: str, staff: dict[str, Person]
) -> None:
    home_studies.order(kit, negative, staff["ffs"], reason="An addendum.", now=NOW + DAY)
    assert ("complete_home_study", "home_study@sponsor") in open_duties(kit, UUID(negative))
    assert _refused(lambda: home_studies.override(kit, negative, staff["ffs"], reason=WHY, now=NOW)).code == (
        "not_reviewable"
    )
    _receive(kit, negative, staff["cm"])
    found = shown(kit, UUID(negative))
    assert [(s["number"], s["result"]) for s in found["home_studies"]] == [(1, "negative"), (2, "positive")]
    assert "HOME_STUDY_TVPRA" not in scenes.open_codes(found)


def test_a_trigger_that_comes_up_after_the_study_asks_for_an_addendum(
    kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path
) -> None:
    packet, key = _vetted(kit, world, tmp_path)
    home_studies.order(kit, key, staff["ffs"], reason=WHY, now=NOW)
    _receive(kit, key, staff["cm"])
    hand_in(kit, tmp_path, amended(packet, child__circumstances={"abused": True}), now=NOW + DAY)
    vet(kit, UUID(key), now=NOW + DAY)
    (told,) = [f for f in shown(kit, UUID(key))["findings"] if f["code"] == "HOME_STUDY_TVPRA"]
    assert "order an addendum" in told["message"]


# --- services -----------------------------------------------------------------------------------


def test_after_a_study_by_law_only_an_approval_with_services_is_taken(
    kit: Kit, by_law: str, staff: dict[str, Person]
) -> None:
    home_studies.order(kit, by_law, staff["ffs"], reason=WHY, now=NOW)
    _receive(kit, by_law, staff["cm"])
    _recommend(kit, by_law, staff, "approve")
    decide = lambda value: vetting.decide(kit, by_law, value, staff["ffs"], reason=WHY, now=NOW + DAY)  # noqa: E731
    refused = _refused(lambda: decide("approve"))
    assert (refused.code, list(refused.missing)) == ("prs_required", ["decide approve_with_prs"])
    assert shown(kit, UUID(by_law))["post_release_services"] == {
        "required": True,
        "offer": None,
        "level": None,
    }
    decide("approve_with_prs")
    assert shown(kit, UUID(by_law))["gate"]["open"]


@pytest.mark.parametrize(("answer", "value"), [("declined", "approve"), ("accepted", "approve_with_prs")])
def test_after_any_other_study_services_are_offered_and_the_answer_is_on_record(
    kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path, answer: str, value: str
) -> None:
    packet, key = _vetted(kit, world, tmp_path)
    scenes.confirm_all(kit, packet, UUID(key), staff["cm"])
    home_studies.order(kit, key, staff["ffs"], reason=WHY, now=NOW)
    _receive(kit, key, staff["cm"])
    _recommend(kit, key, staff, "approve")
    decide = lambda value: vetting.decide(kit, key, value, staff["ffs"], reason=WHY, now=NOW + DAY)  # noqa: E731
    assert list(_refused(lambda: decide("approve")).missing) == ["offer post_release_services"]
    offer = lambda who, says=answer: home_studies.offer_prs(  # noqa: E731
        kit, key, staff[who], answer=says, reason=WHY, now=NOW + DAY
    )
    assert _refused(lambda: offer("cc")).code == "wrong_role"
    with pytest.raises(BadInput):
        offer("cm", "maybe")
    offer("cm")
    if answer == "accepted":
        assert _refused(lambda: decide("approve")).code == "prs_required"
    decide(value)
    assert shown(kit, UUID(key))["state"] == "approved"


# --- concerns -----------------------------------------------------------------------------------


def test_a_concern_asks_for_the_checks_that_policy_names(
    kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path
) -> None:
    _, key = _vetted(
        kit, world, tmp_path, child__entered_care_on="2025-03-01", sponsor__relationship="mother"
    )
    before = {r["key"] for r in shown(kit, UUID(key))["required"]}
    assert shown(kit, UUID(key))["policy"] == "orr-2024"
    assert "fbi_fingerprint@sponsor" not in before
    assert _refused(lambda: by_hand.raise_concern(kit, key, staff["officer"], words=WHY, now=NOW)).code == (
        "wrong_role"
    )
    by_hand.raise_concern(kit, key, staff["cm"], words="The child is afraid of Marta.", now=NOW)
    found = shown(kit, UUID(key))
    more = {r["key"] for r in found["required"]} - before
    assert {"fbi_fingerprint@sponsor", "child_abuse_registry@sponsor:TX"} <= more
    (line,) = [
        line for r in found["required"] if r["key"] == "fbi_fingerprint@sponsor" for line in r["asked_by"]
    ]
    assert line["because"][-1].startswith("the file shows: concern")
    with kit.transaction() as session:
        kept = session.execute(text("SELECT to_jsonb(c)::text FROM concern c")).scalar_one()
        told = session.execute(text("SELECT string_agg(why, ' ') FROM history")).scalar_one()
    assert "Marta" not in kept + told


# --- by hand ------------------------------------------------------------------------------------

CUSTODY = json.dumps(
    {"operator": "A. Example", "place": "Example Field Office", "at": "2026-02-02T14:00:00Z", "device": "E-1"}
).encode()


@pytest.fixture
def asks_in_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """orr-2025 with its two lines about DNA and identity in person switched on."""
    policy = vetting_policy("orr-2025")
    lines = tuple(
        ManualRule(rule=m.rule, source=m.source, item=m.item, subject=m.subject, when=When())
        for m in policy.manual
    )
    changed = policy.model_copy(update={"manual": lines})
    for room in ("acting", "application_views", "judging", "vetting_duties", "steps", "replays", "release"):
        monkeypatch.setattr(f"integrations.desk.{room}.vetting_policy", lambda _: changed)


def _done(**changes: Any) -> by_hand.Done:
    given: dict[str, Any] = {
        "result": "confirmed",
        "on": NOW.date(),
        "evidence": REPORT,
        "custody": CUSTODY,
    }
    return by_hand.Done(**(given | changes))


def test_what_is_done_by_hand_is_written_down_with_its_evidence(
    kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path, asks_in_person: None
) -> None:
    _, key = _vetted(kit, world, tmp_path)

    def record(item: str, done: by_hand.Done, who: str = "cm") -> None:
        by_hand.record(kit, key, item, staff[who], done, reason=WHY, now=NOW)

    missing = shown(kit, UUID(key))["gate"]["missing"]
    assert {"manual dna@sponsor", "manual in_person_identity@sponsor"} <= set(missing)
    assert {("record_check", "sponsor:dna")} <= open_duties(kit, UUID(key))
    assert _refused(lambda: record("dna", _done(), "cc")).code == "wrong_role"
    record("in_person_identity", _done())
    record("dna", _done(samples_destroyed_on=NOW.date()))
    found = shown(kit, UUID(key))
    assert not any(line.startswith("manual") for line in found["gate"]["missing"])
    assert {(k, v) for k, v in open_duties(kit, UUID(key)) if "dna" in v or "in_person" in v} == set()
    (told,) = [r["evidence"] for r in found["required"] if r["item"] == "dna"]
    assert told[0]["result"] == "confirmed"
    # A later failure is the newest word, and a person cannot waive it away.
    record("in_person_identity", _done(result="failed"))
    assert "manual in_person_identity@sponsor" in shown(kit, UUID(key))["gate"]["missing"]


@pytest.mark.parametrize(
    ("item", "changes", "field"),
    [
        ("in_person_identity", {"result": "clear"}, "--result"),
        ("in_person_identity", {"on": NOW.date() + DAY}, "--on"),
        ("in_person_identity", {"evidence": ("paper.pdf", b"words")}, "--evidence"),
        ("in_person_identity", {"custody": b"{}"}, "--custody.operator"),
        ("in_person_identity", {"custody": b"no"}, "--custody"),
        ("in_person_identity", {"samples_destroyed_on": NOW.date()}, "--samples-destroyed-on"),
        ("dna", {}, "--samples-destroyed-on"),
        ("dna", {"samples_destroyed_on": NOW.date() - DAY}, "--samples-destroyed-on"),
        ("sponsor_identity", {}, "ITEM"),
    ],
)
def test_what_is_wrong_with_it_is_said_and_nothing_is_kept(
    kit: Kit,
    world: World,
    staff: dict[str, Person],
    tmp_path: Path,
    asks_in_person: None,
    item: str,
    changes: Any,
    field: str,
) -> None:
    _, key = _vetted(kit, world, tmp_path)
    with pytest.raises(BadInput) as caught:
        by_hand.record(kit, key, item, staff["cm"], _done(**changes), reason=WHY, now=NOW)
    assert field in [p.field for p in caught.value.problems]
    with kit.transaction() as session:
        assert session.execute(text("SELECT count(*) FROM manual_item")).scalar_one() == 0


# --- what the database refuses ------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE home_study SET received_at = now(), result = 'positive'",
        "UPDATE home_study SET override_by = ordered_by",
        "UPDATE home_study SET override_approved_by = ordered_by, override_approved_at = now()",
        "DELETE FROM home_study",
        "TRUNCATE home_study",
        "INSERT INTO home_study SELECT gen_random_uuid(), application_id, 2, kind, triggers, reason, ordered_by,"
        " ordered_at, due_at FROM home_study",
    ],
)
def test_the_database_refuses_a_study_without_its_report(
    kit: Kit, by_law: str, staff: dict[str, Person], change: str
) -> None:
    home_studies.order(kit, by_law, staff["ffs"], reason=WHY, now=NOW)
    with pytest.raises(IntegrityError), kit.transaction() as session:
        session.execute(text(change))


def test_a_report_that_nobody_can_read_is_no_report(
    kit: Kit, world: World, by_law: str, staff: dict[str, Person]
) -> None:
    home_studies.order(kit, by_law, staff["ffs"], reason=WHY, now=NOW)
    world.reader.sharpness = 0.2
    with pytest.raises(BadInput) as caught:
        _receive(kit, by_law, staff["cm"])
    assert [(p.field, p.code) for p in caught.value.problems] == [("--report", "illegible")]
    world.reader.sharpness = 3.0
    _receive(kit, by_law, staff["cm"])
