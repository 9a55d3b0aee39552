"""The ladder by real acts: questions, waived review, consultation, withdrawal, the 90-day review, every stage."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from integrations.desk import home_studies, ladder, rounds, vetting
from integrations.desk import release as release_desk
from integrations.desk.application_views import applications_list
from integrations.desk.views import case_json, queue_json
from integrations.kit import Kit
from integrations.store.staff import SANDBOX_STAFF
from models.errors import BadInput, Refused
from models.facts import Person
from models.states import Stage
from tests.builders import DAY, NOW
from tests.integration import scenes
from tests.integration.scenes import World, a_packet, amended, hand_in, shown, vet

WHY = "All of it was looked at."
HOUR = timedelta(hours=1)
EVERYBODY = [email.partition("@")[0] for email, _, _ in SANDBOX_STAFF]
ALONE = {"sponsor__relationship": "mother"}


@pytest.fixture
def world(kit: Kit) -> Iterator[World]:
    with scenes.outside_world(kit) as world:
        yield world


class Request:
    """One application and the people around it. Each act is an hour after the one before."""

    def __init__(self, kit: Kit, world: World, staff: dict[str, Person], folder: Path, packet: Any) -> None:
        self.kit, self.world, self.staff, self.folder, self.packet = kit, world, staff, folder, packet
        self.now = NOW
        world.reader.shows(packet)
        self.id: UUID = hand_in(kit, folder, packet).application_id
        vet(kit, self.id)

    @property
    def key(self) -> str:
        return str(self.id)

    def later(self, by: timedelta = HOUR) -> Any:
        self.now += by
        return self.now

    def confirm(self) -> Request:
        scenes.confirm_all(self.kit, self.packet, self.id, self.staff["cm"], now=self.now)
        return self

    def recommend(self, value: str = "deny", *who: str) -> Request:
        for word in who or ("cm", "cc"):
            person, now = self.staff[word], self.later()
            vetting.recommend(self.kit, self.key, value, person, reason=WHY, now=now)
        return self

    def decide(self, value: str, **options: Any) -> Request:
        vetting.decide(self.kit, self.key, value, self.staff["ffs"], reason=WHY, now=self.later(), **options)
        return self

    def study(self, step: str, result: str | None = None) -> Request:
        if step == "order":
            home_studies.order(self.kit, self.key, self.staff["ffs"], reason=WHY, now=self.later())
            return self
        report = ("report.png", scenes.scan(f"{self.key} {self.now}"))
        home_studies.receive(
            self.kit, self.key, self.staff["cm"], result=result, report=report, reason=WHY, now=self.later()
        )
        return self

    def offer_services(self) -> Request:
        home_studies.offer_prs(
            self.kit, self.key, self.staff["cm"], answer="declined", reason=WHY, now=self.later()
        )
        return self

    def ask(self, *words: str, who: str = "cc") -> Request:
        ladder.ask(self.kit, self.key, words, self.staff[who], now=self.later())
        return self

    def answer(self, number: int, words: str = "Yes.", who: str = "cm") -> Request:
        ladder.answer(self.kit, self.key, number, words, self.staff[who], now=self.later())
        return self

    def waive_review(self, who: str = "ffs") -> Request:
        ladder.waive_review(self.kit, self.key, self.staff[who], reason=WHY, now=self.later())
        return self

    def consult(self, who: str = "ffs") -> Request:
        ladder.consult(self.kit, self.key, self.staff[who], reason=WHY, now=self.later())
        return self

    def conclude(self, outcome: str = "denial_supported", who: str = "supervisor") -> Request:
        ladder.conclude(self.kit, self.key, outcome, self.staff[who], reason=WHY, now=self.later())
        return self

    def withdraw(self, who: str = "cm") -> Request:
        ladder.withdraw(self.kit, self.key, self.staff[who], reason=WHY, now=self.later())
        return self

    def review(self, who: str = "supervisor") -> Request:
        ladder.review(self.kit, self.key, self.staff[who], reason=WHY, now=self.later())
        return self

    def release(self) -> Request:
        release_desk.release(self.kit, self.key, self.staff["cm"], on=self.now.date(), now=self.later())
        return self

    def amend(self, **changes: Any) -> Request:
        self.packet = amended(self.packet, **changes)
        hand_in(self.kit, self.folder, self.packet, now=self.later())
        return self

    def show(self, viewer: str | None = None) -> dict[str, Any]:
        who = self.staff[viewer] if viewer else None
        return shown(self.kit, self.id, viewer=who, now=self.now)

    @property
    def stage(self) -> str:
        return str(self.show()["stage"])

    def duties(self) -> set[tuple[str, str]]:
        return scenes.open_duties(self.kit, self.id)

    def rows(self, query: str) -> list[Any]:
        with self.kit.transaction() as session:
            return list(session.execute(text(query), {"id": self.id}).all())


Make = Callable[..., Request]


@pytest.fixture
def request_of(kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path) -> Make:
    made: list[Request] = []

    def make(**changes: Any) -> Request:
        number = len(made)
        packet = a_packet(f"TEST-{number:04}", a_number=f"2205599{number:02}")
        if number:  # another family in another home: none has to do with the others
            packet["sponsor"]["date_of_birth"] = f"{1960 + number}-11-20"
            packet["sponsor"]["phone"] = f"+1{713 + number}5550101"
            packet["address"]["line1"] = f"{1421 + 10 * number} Example Ave"
            for place, adult in enumerate((*packet["household"], packet["alternate_caregiver"])):
                adult["date_of_birth"] = f"{1950 + number}-10-{11 + place}"
                adult["identity_document"]["number"] += f"-{number}"
                if adult.get("phone"):
                    adult["phone"] = f"+1{713 + number}5550{120 + place}"
        packet = amended(packet, **changes)
        made.append(Request(kit, world, staff, tmp_path / str(number), packet))
        return made[-1]

    return make


def refused(act: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


def only(act: Callable[[str], Any], *allowed: str) -> None:
    """Everybody else is told that this is not for their role."""
    for word in sorted(set(EVERYBODY) - set(allowed)):
        assert refused(lambda w=word: act(w)).code == "wrong_role", word


# --- questions -----------------------------------------------------------------------------------


def test_a_remand_asks_and_nobody_recommends_before_each_question_is_answered(request_of: Make) -> None:
    case = request_of().recommend("remand")
    case.decide("remand", questions=["Who sleeps in the second room?", "Since when?"])
    found = case.show()
    assert (found["state"], found["stage"]) == ("remanded", "cm_further_information")
    assert [(q["number"], q["answer"]) for q in found["questions"]] == [(1, None), (2, None)]
    assert {d for d in case.duties() if d[0] != "confirm_document"} == {
        ("answer_question", "question:1"),
        ("answer_question", "question:2"),
    }
    case.answer(2)
    no = refused(lambda: case.recommend("deny", "cm"))
    assert (no.code, no.missing) == ("questions_open", ("answer question 1",))
    case.answer(1, "Nobody.")
    assert [q["answer"]["text"] for q in case.show()["questions"]] == ["Nobody.", "Yes."]
    assert case.recommend("deny", "cm").stage == "cc_review"
    ended = case.rows(
        "SELECT o.state, e.kind FROM obligation o JOIN evidence e ON e.id = o.evidence_id"
        " WHERE o.application_id = :id AND o.kind = 'answer_question'"
    )
    assert [tuple(row) for row in ended] == [("settled", "review")] * 2


def test_questions_and_answers_are_sealed_and_never_rewritten(request_of: Make) -> None:
    case = request_of().recommend("remand").decide("remand", questions=["Who is Zebulon?"])
    case.answer(1, "Zebulon is a dog.")
    [kept] = case.rows("SELECT string_agg(row_to_json(q)::text, '') FROM question q")
    assert "Zebulon" not in kept[0]
    for table in ("question", "answer"):
        for change in (f"UPDATE {table} SET at = now()", f"DELETE FROM {table}"):
            with pytest.raises(Exception, match="kept as they were written"):
                case.rows(change)


def test_an_answer_is_the_case_managers_and_given_once(request_of: Make) -> None:
    case = request_of().recommend("remand").decide("remand", questions=["Why?"])
    only(lambda word: case.answer(1, who=word), "cm")
    assert refused(lambda: case.answer(2)).code == "not_open"
    with pytest.raises(BadInput):
        case.answer(1, " ")
    case.answer(1)
    assert refused(lambda: case.answer(1)).code == "not_open"


@pytest.mark.parametrize(
    ("value", "options"), [("deny", {"questions": ["Why?"]}), ("remand", {"grounds": ["x"]})]
)
def test_only_a_remand_asks_and_only_a_denial_has_grounds(
    request_of: Make, value: str, options: dict[str, Any]
) -> None:
    case = request_of().recommend(value)
    with pytest.raises(BadInput):
        case.decide(value, **options)
    for wrong in ({"questions": [" "]}, {}):
        if value == "remand" and wrong:
            with pytest.raises(BadInput):
                case.decide(value, **wrong)
    with pytest.raises(BadInput):
        case.decide("deny", grounds=["because"])


def test_the_coordinator_may_ask_before_recommending(request_of: Make) -> None:
    case = request_of()
    assert refused(lambda: case.ask("Why?")).missing == ("recommendation case_manager",)
    case.recommend("deny", "cm")
    only(lambda word: case.ask("Why?", who=word), "cc")
    case.ask("Why?")
    assert case.stage == "cm_further_information"
    assert refused(lambda: case.recommend("deny", "cc")).code == "questions_open"
    assert case.answer(1).stage == "cc_review"
    assert case.recommend("deny", "cc").stage == "ffs_review"


# --- waived review -------------------------------------------------------------------------------


def test_third_party_review_is_waived_only_as_a_logged_act_of_the_decider(request_of: Make) -> None:
    case = request_of().confirm().recommend("approve", "cm")
    no = refused(lambda: case.decide("approve"))
    assert no.missing == ("recommendation case_coordinator",)
    only(lambda word: case.waive_review(word), "ffs")
    with pytest.raises(BadInput):
        ladder.waive_review(case.kit, case.key, case.staff["ffs"], reason=" ", now=case.now)
    found = case.waive_review().show()
    assert [(w["role"], w["by"]) for w in found["reviews_waived"]] == [
        ("case_coordinator", str(case.staff["ffs"].id))
    ]
    assert (found["state"], found["stage"]) == ("recommended", "ffs_review")
    assert refused(lambda: case.waive_review()).code == "out_of_order"
    assert refused(lambda: case.recommend("approve", "cc")).code == "out_of_order"
    assert case.decide("approve").show()["gate"] == {"open": True, "missing": []}
    assert case.release().stage == "completed"


def test_a_waiver_before_the_first_recommendation_holds_and_the_first_is_never_waived(
    request_of: Make,
) -> None:
    case = request_of().waive_review()
    assert case.stage == "cm_initiated"
    assert refused(lambda: case.decide("deny")).missing == ("recommendation case_manager",)
    assert case.recommend("deny", "cm").stage == "ffs_review"


def test_a_remand_ends_the_waiver(request_of: Make) -> None:
    case = request_of().waive_review().recommend("remand", "cm").decide("remand")
    assert case.show()["reviews_waived"] == []
    assert case.recommend("deny", "cm").stage == "cc_review"
    assert case.recommend("deny", "cc").stage == "ffs_review"
    assert refused(lambda: case.waive_review()).code == "out_of_order"


# --- consultation --------------------------------------------------------------------------------


def test_a_parent_is_denied_only_after_a_consultation_that_supports_it(request_of: Make) -> None:
    case = request_of(**ALONE)
    assert refused(lambda: case.consult()).code == "out_of_order"
    case.recommend("deny")
    no = refused(lambda: case.decide("deny"))
    assert (no.code, no.missing) == ("consultation_first", ("consultation",))
    only(lambda word: case.consult(word), "ffs")
    case.consult()
    assert case.stage == "case_consultation"
    assert case.duties() & {("conclude_consultation", "consultation"), ("decide", "decision")} == {
        ("conclude_consultation", "consultation")
    }
    for value in ("deny", "remand", "home_study"):
        assert refused(lambda v=value: case.decide(v)).code == "consultation_first"
    assert refused(lambda: case.consult()).code == "out_of_order"
    only(lambda word: case.conclude(who=word), "supervisor")
    with pytest.raises(BadInput):
        case.conclude("perhaps")
    found = case.conclude("denial_not_supported").show()
    assert (found["stage"], found["consultation"]["outcome"]) == ("ffs_review", "denial_not_supported")
    assert refused(lambda: case.decide("deny")).missing == ("consultation that supports a denial",)
    assert refused(lambda: case.conclude()).code == "not_open"
    case.consult().conclude().decide("deny")
    assert (case.stage, case.show()["state"]) == ("completed", "denied")


def test_another_sponsor_is_denied_without_one_and_a_remand_ends_a_consultation(request_of: Make) -> None:
    assert request_of().recommend("deny").decide("deny").stage == "completed"
    case = request_of(**ALONE).recommend("deny").consult().conclude().decide("remand")
    assert case.show()["consultation"] is None
    case.recommend("deny")
    assert refused(lambda: case.decide("deny")).code == "consultation_first"


def test_what_a_consultation_concluded_is_not_said_anew(request_of: Make) -> None:
    case = request_of(**ALONE).recommend("deny").consult().conclude()
    with pytest.raises(Exception, match="stays as it was written"):
        case.rows("UPDATE consultation SET outcome = 'denial_not_supported'")
    ffs = case.staff["ffs"].id
    with pytest.raises(Exception, match="consultation_four_eyes"):
        case.rows(
            "INSERT INTO consultation (id, application_id, asked_by, reason, asked_at, outcome, reasoning,"
            " concluded_by, concluded_at, superseded_at) VALUES (gen_random_uuid(), :id,"
            f" '{ffs}', 'why', now(), 'denial_supported', 'so', '{ffs}', now(), now())"
        )


# --- independence --------------------------------------------------------------------------------


def _seen_by_the_coordinator(case: Request) -> str:
    """All that a coordinator can be shown of it, without ids and times."""
    who = str(case.staff["cc"].id)
    told = [
        case.show("cc"),
        case_json(case.kit, case.show()["case_id"], actor=who, now=case.now),
        queue_json(case.kit, now=case.now),
        applications_list(case.kit, now=case.now),
    ]
    return json.dumps(told, default=str)


def test_nothing_that_the_coordinator_sees_tells_what_the_case_manager_said(request_of: Make) -> None:
    case = request_of().confirm()
    seen = []
    case.later()
    for value in ("approve", "deny", "home_study", "remand", "approve_with_prs"):
        vetting.recommend(
            case.kit, case.key, value, case.staff["cm"], reason=f"{value}: said so", now=case.now
        )
        seen.append(_seen_by_the_coordinator(case))
    assert len(set(seen)) == 1
    assert "said so" not in seen[0]
    case.recommend("deny", "cc")
    assert "said so" in _seen_by_the_coordinator(case)


# --- withdrawal ----------------------------------------------------------------------------------


def test_a_withdrawn_application_has_no_duty_left_and_may_be_handed_in_again(request_of: Make) -> None:
    case = request_of().recommend("deny", "cm")
    only(lambda word: case.withdraw(word), "cm", "ffs", "supervisor")
    with pytest.raises(BadInput):
        ladder.withdraw(case.kit, case.key, case.staff["cm"], reason="", now=case.now)
    found = case.withdraw().show()
    assert (found["state"], found["stage"], found["recommendations"]) == ("withdrawn", "inactive", [])
    left = case.rows("SELECT state, reason FROM obligation WHERE application_id = :id AND state <> 'settled'")
    assert {tuple(row) for row in left} == {("void", "the application is withdrawn")}
    assert refused(lambda: case.withdraw()).code == "out_of_order"
    assert refused(lambda: case.recommend("deny", "cm")).code == "out_of_order"
    assert refused(lambda: case.review()).code == "out_of_order"
    case.amend(address__line1="77 Example Rd")
    assert (case.show()["state"], case.stage) == ("submitted", "cm_initiated")


# --- clocks --------------------------------------------------------------------------------------


def _clock(case: Request, kind: str) -> list[tuple[str, Any, str]]:
    rows = case.rows(
        f"SELECT state, due_at, queue FROM obligation WHERE application_id = :id AND kind = '{kind}'"
        " ORDER BY created_at, due_at"
    )
    return [(row.state, row.due_at, row.queue) for row in rows]


@pytest.mark.parametrize(
    ("changes", "recommend_days", "decide_days"),
    [
        (ALONE, 10, 10),
        ({"sponsor__relationship": "grandmother"}, 10, 10),
        ({}, 14, 14),
        ({"sponsor__relationship": "family friend", "sponsor__related": False}, 21, 14),
    ],
)
def test_each_category_has_its_clocks(
    request_of: Make, changes: dict[str, Any], recommend_days: int, decide_days: int
) -> None:
    case = request_of(**changes)
    [(state, due, queue)] = _clock(case, "recommendation_clock")
    assert (state, due - NOW, queue) == ("open", recommend_days * DAY, "case_manager")
    [(state, due, queue)] = _clock(case, "decision_clock")
    assert (state, due - NOW, queue) == ("open", decide_days * DAY, "federal_field_specialist")
    assert [c[0] for c in _clock(case.recommend("remand"), "recommendation_clock")] == ["settled"]
    assert [c[0] for c in _clock(case.decide("remand"), "decision_clock")] == ["settled"]


def test_the_decision_clock_begins_with_a_complete_packet_and_rests_for_a_home_study(
    request_of: Make,
) -> None:
    packet = a_packet()
    papers = [d for d in packet["documents"] if d["kind"] != "proof_of_income"]
    case = request_of(documents=papers)
    assert _clock(case, "decision_clock") == []
    case.amend(documents=packet["documents"])
    vet(case.kit, case.id, now=case.now)
    assert [(state, due) for state, due, _ in _clock(case, "decision_clock")] == [
        ("open", case.now + 14 * DAY)
    ]
    case.study("order")
    assert [c[0] for c in _clock(case, "decision_clock")] == ["void"]
    case.study("receive", "positive")
    assert [c[:2] for c in _clock(case, "decision_clock")][1:] == [("open", case.now + 14 * DAY)]


def test_a_packet_that_the_case_manager_hands_in_is_to_be_completed_in_two_days(
    kit: Kit, staff: dict[str, Person], tmp_path: Path
) -> None:
    from integrations.desk.intake import submit
    from integrations.packets import read_path

    due = []
    for number, actor in enumerate(("cli", str(staff["cm"].id), str(staff["officer"].id))):
        packet = a_packet(f"TEST-000{number}", a_number=f"22055990{number}", documents=[])
        folder = scenes.write_packet(tmp_path / str(number), packet)
        taken = submit(kit, read_path(folder), actor=actor, now=NOW)
        with kit.transaction() as session:
            due.append(
                session.execute(
                    text("SELECT max(due_at) FROM obligation WHERE application_id = :id AND kind = :kind"),
                    {"id": taken.application_id, "kind": "obtain_document"},
                ).scalar_one()
            )
    assert [at - NOW for at in due] == [7 * DAY, 2 * DAY, 7 * DAY]


def test_a_supervisor_reviews_what_is_pending_at_90_days_and_every_90_after(request_of: Make) -> None:
    case = request_of(child__entered_care_on="2026-01-10")
    [(state, due, queue)] = _clock(case, "review_pending")
    assert (state, due.isoformat(), queue) == ("open", "2026-04-13T00:00:00+00:00", "supervisor")
    assert case.show()["next_review_on"] == "2026-04-10"
    case.later(70 * DAY)  # 13 April, 15:00: late
    assert [i["reason"] for i in queue_json(case.kit, queue="supervisor", now=case.now)["items"]] == [
        "review_pending"
    ]
    only(lambda word: case.review(word), "supervisor")
    found = case.review().show()
    assert [r["due_on"] for r in found["pending_reviews"]] == ["2026-04-10"]
    assert found["next_review_on"] == "2026-07-09"
    assert [c[0] for c in _clock(case, "review_pending")] == ["settled", "open"]


def test_a_packet_that_comes_late_is_reviewed_once_for_all_the_days_that_have_passed(
    request_of: Make,
) -> None:
    case = request_of(child__entered_care_on="2025-06-01")  # 246 days before
    assert case.show()["next_review_on"] == "2025-11-28"
    [(_, due, _)] = _clock(case, "review_pending")
    assert due == NOW + 3 * DAY
    assert case.review().show()["next_review_on"] == "2026-02-26"


def test_the_round_opens_the_review_of_an_application_that_nobody_touches(request_of: Make) -> None:
    cases = [request_of() for _ in range(3)]
    rounds.check_round(cases[0].kit, now=NOW)  # takes the jobs of the packets
    with cases[0].kit.transaction() as session:
        session.execute(
            text(
                "UPDATE obligation SET state = 'void', by_closure = true, reason = 'planted', ended_at = now()"
                " WHERE kind = 'review_pending'"
            )
        )
    cases[2].withdraw()
    assert rounds.check_round(cases[0].kit, now=cases[2].now)["reviews"] == 2
    assert [[c[0] for c in _clock(case, "review_pending")] for case in cases] == [
        ["void", "open"],
        ["void", "open"],
        ["void"],
    ]
    assert "reviews" not in rounds.check_round(cases[0].kit, now=cases[2].now)


# --- stages --------------------------------------------------------------------------------------


def _walks(request_of: Make) -> dict[Stage, Callable[[], Request]]:
    """How each stage is come to, by acts of people alone."""
    studied = lambda: request_of().study("order").study("receive", "positive")  # noqa: E731
    return {
        Stage.CM_INITIATED: request_of,
        Stage.CC_REVIEW: lambda: request_of().recommend("deny", "cm"),
        Stage.CM_FURTHER_INFORMATION: lambda: request_of().recommend("remand").decide("remand"),
        Stage.FFS_REVIEW: lambda: request_of().recommend("deny"),
        Stage.CASE_CONSULTATION: lambda: request_of(**ALONE).recommend("deny").consult(),
        Stage.HS_REQUESTED: lambda: request_of().recommend("home_study").decide("home_study"),
        Stage.HS_COMPLETED_CM_REVIEW: studied,
        Stage.HS_COMPLETED_CC_REVIEW: lambda: studied().recommend("deny", "cm"),
        Stage.HS_COMPLETED_FFS_REVIEW: lambda: studied().recommend("deny"),
        Stage.DNF_GENERATED: lambda: request_of().confirm().recommend("approve").decide("approve"),
        Stage.COMPLETED: lambda: request_of().confirm().recommend("approve").decide("approve").release(),
        Stage.INACTIVE: lambda: request_of().withdraw(),
    }


@pytest.mark.parametrize("stage", list(Stage))
def test_every_stage_is_come_to_by_what_people_do(request_of: Make, stage: Stage) -> None:
    case = _walks(request_of)[stage]()
    assert case.stage == stage
    passed = [s["stage"] for s in case.show()["stages"]]
    assert passed[0] == "cm_initiated"
    assert passed[-1] == stage
