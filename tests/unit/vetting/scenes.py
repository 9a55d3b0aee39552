"""Applications in their dull state, and the steps that lead from one to the next. All people are invented."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from integrations.policies import vetting_policy
from integrations.questions import question_set
from models.facts import (
    ApplicationFacts,
    CheckFacts,
    ConcernFacts,
    ConfirmationFacts,
    DocumentFacts,
    HomeStudyFacts,
    InterviewFacts,
    LinkFacts,
    OpinionFacts,
    Person,
)
from models.packet import Packet, parse_packet
from models.reading import DocumentText, PostalAnswer
from models.states import (
    ApplicationState,
    CheckKind,
    CheckState,
    DecisionValue,
    DocumentKind,
    Role,
)
from tests.unit.vetting import address_lines
from vetting.checks import required_checks
from vetting.completeness import requirements

NOW = datetime(2026, 2, 2, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
P2025 = vetting_policy("orr-2025")
P2024 = vetting_policy("orr-2024")
POLICIES = (P2024, P2025)


def an_id(name: object) -> UUID:
    """The same id for the same name in every run."""
    return uuid5(UUID(int=7), str(name))


_IDENTITY = {"type": "passport", "issuer": "GT", "number": "GT0000001", "expires_on": "2029-03-01"}


def a_packet(**parts: Any) -> Packet:
    """An aunt in Houston who asks for a girl of 15. A part that is a mapping changes that part's keys."""
    tree: dict[str, Any] = {
        "format": "kinline-packet/1",
        "reference": "TEST-000001",
        "care_provider": "Example Shelter",
        "child": {
            "a_number": "220555001",
            "given_names": "Ixchel",
            "family_names": "Example Coj",
            "date_of_birth": "2010-05-02",
            "languages": ["es"],
            "entered_care_on": "2026-01-10",
        },
        "sponsor": {
            "given_names": "Marta",
            "family_names": "Example Coj",
            "other_names": ["Marta E. Lopez"],
            "date_of_birth": "1989-11-20",
            "relationship": "aunt",
            "related": True,
            "languages": ["es"],
            "phone": "+17135550101",
            "identity_document": _IDENTITY,
        },
        "address": {
            "line1": "1420 Example Ave",
            "unit": "Apt 3B",
            "city": "Houston",
            "state": "TX",
            "zip": "77036",
        },
    }
    for name, part in parts.items():
        tree[name] = tree[name] | part if isinstance(part, Mapping) and name in tree else part
    return parse_packet(json.dumps(tree).encode())


PARENT = {"relationship": "mother"}
STRANGER = {"relationship": "family friend", "related": False}


def a_member(born: str = "1985-02-11") -> dict[str, Any]:
    return {
        "given_names": "Jorge",
        "family_names": "Example Ruiz",
        "date_of_birth": born,
        "relationship_to_sponsor": "spouse",
    }


def a_caregiver() -> dict[str, Any]:
    return {"given_names": "Rosa", "family_names": "Example Lopez", "date_of_birth": "1979-07-07"}


POSTAL = PostalAnswer(dpv="Y", business=False, vacant=False, checked_at=NOW, reference_version="test")
NO_SUCH_PLACE = replace(POSTAL, dpv="N")
NO_UNIT = replace(POSTAL, dpv="D")


def submitted(packet: Packet | None = None, **facts: Any) -> ApplicationFacts:
    """An application as it came in: nothing in the file but the packet."""
    given: dict[str, Any] = {
        "id": an_id("application"),
        "case_id": an_id("case"),
        "state": ApplicationState.SUBMITTED,
        "submitted_at": NOW,
        "policy_version": "orr-2025",
        "packet": packet or a_packet(),
        "postal": POSTAL,
    }
    return ApplicationFacts(**(given | facts))


# A page that says what `a_packet` says: home, name, and a day that counts.
A_BILL = DocumentText(tuple(address_lines.BILL), "ocr", 1)


def with_an_old_bill(facts: ApplicationFacts) -> ApplicationFacts:
    """The same application with a proof of address of last summer."""
    old = replace(A_BILL, lines=tuple(replace(x, text=x.text.replace("2026", "2025")) for x in A_BILL.lines))
    proofs = (
        replace(d, text=old, issued_on=None) if d.kind is DocumentKind.PROOF_OF_ADDRESS else d
        for d in facts.documents
    )
    return replace(facts, documents=tuple(proofs))


def a_document(kind: DocumentKind, subject: str = "sponsor", **facts: Any) -> DocumentFacts:
    given: dict[str, Any] = {
        "id": an_id((kind, subject)),
        "kind": kind,
        "subject": subject,
        "issued_on": address_lines.ISSUED,
        "sharpness": 2.0,
        "text": A_BILL,
    }
    return DocumentFacts(**(given | facts))


def a_check(
    kind: CheckKind, state: CheckState = CheckState.CLEAR, subject: str = "sponsor", **facts: Any
) -> CheckFacts:
    """A check ordered yesterday; one with a result got it today, good for 90 days."""
    attempt = facts.get("attempt", 1)
    given: dict[str, Any] = {
        "id": an_id((kind, subject, facts.get("jurisdiction"), attempt)),
        "subject": subject,
        "kind": kind,
        "jurisdiction": None,
        "state": state,
        "ordered_at": NOW - DAY,
        "result_at": NOW,
        "expires_on": NOW.date() + 90 * DAY,
    }
    return CheckFacts(**(given | facts))


def a_confirmation(item: str, subject: str = "sponsor", **facts: Any) -> ConfirmationFacts:
    given: dict[str, Any] = {
        "item": item,
        "subject": subject,
        "document_id": an_id((DocumentKind(item), subject)),
        "by": an_id("intake_officer"),
        "at": NOW,
        "agrees": True,
    }
    return ConfirmationFacts(**(given | facts))


QUESTIONS = question_set()


def an_interview(party: Any = "sponsor", name: str = "", hours: int = 0, **said: str) -> InterviewFacts:
    """A dull interview, in which everybody says what is well. `said` changes answers; `hours` after NOW."""
    dull = {
        "relationship": "aunt_or_uncle",
        "met_in_person": "yes",
        "who_proposed": "family",
        "parent_agrees": "yes",
        "smuggling_fee": "none",
        "lives_at_the_address": "yes",
    }
    asked = [question.code for question in QUESTIONS.asked_of(party)]
    return InterviewFacts(
        id=an_id(name or party),
        party=party,
        question_set=QUESTIONS.version,
        by=an_id("cm"),
        at=NOW + timedelta(hours=hours),
        answers={code: dull.get(code, "no") for code in asked} | said,
        alone=True if party == "child" else None,
    )


def interviewed(*interviews: InterviewFacts) -> ApplicationFacts:
    """An application with these interviews, or with a dull one of each."""
    held = interviews or tuple(
        an_interview(party, hours=n) for n, party in enumerate(("child", "sponsor", "parent_abroad"))
    )
    return submitted(interviews=held, question_sets=(QUESTIONS,))


def a_link(kind: Any, tier: Any = "likely", name: str = "other", **facts: Any) -> LinkFacts:
    return LinkFacts(id=an_id((kind, name)), kind=kind, tier=tier, other_application=an_id(name), **facts)


def a_study(*triggers: str, result: Any = "positive", number: int = 1, **facts: Any) -> HomeStudyFacts:
    """A home study for these triggers that has come back; `result` None: still under way."""
    given: dict[str, Any] = {
        "id": an_id(("study", number)),
        "number": number,
        "kind": "tvpra" if any("TVPRA" in t for t in triggers) else "orr" if triggers else "discretionary",
        "triggers": triggers,
        "ordered_at": NOW - 10 * DAY,
        "due_at": NOW + 4 * DAY,
        "received_at": NOW if result else None,
        "result": result,
    }
    return HomeStudyFacts(**(given | facts))


def a_concern() -> ConcernFacts:
    return ConcernFacts(an_id("concern"), an_id("who raised it"), NOW)


def a_person(*roles: Role, name: str = "") -> Person:
    key = name or roles[0]
    return Person(id=an_id(key), email=f"{key}@example.org", roles=frozenset(roles))


def complete(facts: ApplicationFacts, policy: Any = P2025, now: datetime = NOW) -> ApplicationFacts:
    """Every required document is in the file."""
    documents = tuple(
        a_document(DocumentKind(r.item), r.subject)
        for r in requirements(facts, policy, now)
        if r.kind == "document"
    )
    return replace(facts, documents=documents)


def checked(facts: ApplicationFacts, policy: Any = P2025, now: datetime = NOW) -> ApplicationFacts:
    """Every required check is clear."""
    rows = tuple(
        a_check(asked.rule.item, subject=asked.subject, jurisdiction=asked.jurisdiction)
        for asked in required_checks(facts, policy, now)
    )
    return replace(facts, checks=rows)


def confirmed(facts: ApplicationFacts, policy: Any = P2025, now: datetime = NOW) -> ApplicationFacts:
    """A person has typed what policy wants typed."""
    typed = tuple(
        a_confirmation(r.item, r.subject)
        for r in requirements(facts, policy, now)
        if r.kind == "document" and r.confirm
    )
    return replace(facts, confirmations=typed)


def ready(packet: Packet | None = None, policy: Any = P2025, **facts: Any) -> ApplicationFacts:
    """Everything is there; nobody has recommended yet."""
    given = confirmed(checked(complete(submitted(packet), policy), policy), policy)
    return replace(given, **({"state": ApplicationState.IN_REVIEW} | facts))


def an_opinion(role: Role, value: DecisionValue = DecisionValue.APPROVE, minutes: int = 0) -> OpinionFacts:
    return OpinionFacts(value=value, role=role, by=an_id(role), at=NOW + timedelta(minutes=minutes))


def recommended(facts: ApplicationFacts, *values: DecisionValue) -> ApplicationFacts:
    """Case manager and case coordinator have recommended these values (else approval), in order."""
    roles = P2025.roles.recommend
    given = values or (DecisionValue.APPROVE,) * len(roles)
    opinions = tuple(an_opinion(r, v, n) for n, (r, v) in enumerate(zip(roles, given, strict=False)))
    return replace(facts, recommendations=opinions, state=ApplicationState.RECOMMENDED)


def approved(facts: ApplicationFacts) -> ApplicationFacts:
    """The federal field specialist has approved."""
    decision = an_opinion(P2025.roles.decide, minutes=10)
    return replace(recommended(facts), decision=decision, state=ApplicationState.APPROVED)


def keys(found: Iterable[Any]) -> list[str]:
    """The keys of requirements, for a readable comparison."""
    return [r.key for r in found]
