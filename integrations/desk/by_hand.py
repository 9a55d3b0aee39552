"""What named people write down by themselves: a special concern, a DNA comparison, an identity check in person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from integrations.desk.acting import Act, want_reason
from integrations.desk.evidence import keep_legible
from integrations.desk.naming import find_requirement
from integrations.keys import person_keys
from integrations.kit import Kit
from integrations.store import history
from integrations.store.sealing import seal_json
from integrations.store.staff import require_role
from models.custody import Custody
from models.errors import BadInput, Problem
from models.facts import Person, Requirement
from models.packet import parse_part
from models.states import Role
from models.tables.base import Sealed
from models.tables.studies import Concern, ManualItem
from vetting import acts

_MAY_RAISE = (
    Role.CASE_MANAGER,
    Role.CASE_COORDINATOR,
    Role.FEDERAL_FIELD_SPECIALIST,
    Role.SUPERVISOR,
    Role.INTEGRITY_REVIEWER,
)


@dataclass(frozen=True, slots=True)
class Done:
    """What was done by hand. `evidence`: name and content of the paper; `custody`: JSON of `models.custody.Custody`."""

    result: str
    on: date
    evidence: tuple[str, bytes]
    custody: bytes
    samples_destroyed_on: date | None = None


def raise_concern(kit: Kit, key: str, person: Person, *, words: str, now: datetime) -> UUID:
    """A special concern stands in the file, sealed; what policy asks because of it is asked from now on.

    Raises:
        Refused: wrong role, or the application is over. BadInput: no words.
    """
    want_reason(words)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        held = require_role(person, *_MAY_RAISE)
        acts.refuse_when_over(act.facts)
        row = Concern(
            application_id=act.application.id, sealed_words=Sealed(b""), raised_by=person.id, at=now
        )
        seal_json(kit.vault, row, "sealed_words", words)
        session.add(row)
        session.flush()
        history.record(
            session, row, old=None, new="raised", actor=act.actor, why="a special concern", now=now
        )
        return act.done(held, "raise concern", judge="background_checks")


def record(kit: Kit, key: str, item: str, person: Person, done: Done, *, reason: str, now: datetime) -> UUID:
    """What was done by hand stands in the file with its evidence and who had it in hand. It is never rewritten.

    Raises:
        Refused: wrong role, not asked for, or the application is over.
        BadInput: each fault of what was given.
    """
    want_reason(reason)
    custody = parse_part(Custody, done.custody, "--custody")
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = require_role(person, Role.CASE_MANAGER)
        acts.refuse_when_over(act.facts)
        asked = find_requirement(_by_hand(act), item)
        _check(asked.item, done, now)
        name, content = done.evidence
        row = ManualItem(
            application_id=act.application.id,
            item=asked.item,
            subject=asked.subject,
            person_key=person_keys(kit.vault, act.facts.packet)[asked.subject],
            result=done.result,
            done_on=done.on,
            evidence_file_id=keep_legible(act, content, option="--evidence", filename=name),
            sealed_custody=Sealed(b""),
            samples_destroyed_on=done.samples_destroyed_on,
            recorded_by=person.id,
            reason=reason,
            at=now,
        )
        seal_json(kit.vault, row, "sealed_custody", custody.model_dump(mode="json"))
        session.add(row)
        session.flush()
        history.record(session, row, old=None, new=done.result, actor=act.actor, why=reason, now=now)
        return act.done(role, f"record {asked.key}", judge="completeness")


def _by_hand(act: Act) -> list[Requirement]:
    """What is to be done by hand.

    Raises:
        BadInput: the case's policy version asks for nothing of the kind.
    """
    found = [r for r in act.required if r.kind == "manual"]
    if not found:
        raise BadInput(
            Problem(
                "ITEM",
                "not_asked",
                f"{act.application.policy_version} asks for no DNA comparison and no identity check in person here.",
                "Nothing is to be written down. `kinline explain` shows what is asked for.",
            )
        )
    return found


def _check(item: str, done: Done, now: datetime) -> None:
    problems: list[Problem] = []
    today = now.astimezone(UTC).date()
    if done.result not in ("confirmed", "failed"):
        problems.append(
            Problem("--result", "wrong_value", "Say confirmed or failed.", "Use --result confirmed.")
        )
    if done.on > today:
        problems.append(
            Problem("--on", "in_the_future", "It can't have been done on a day to come.", "Give the day.")
        )
    problems += _sample_problems(item, done, today)
    if problems:
        raise BadInput(problems)


def _sample_problems(item: str, done: Done, today: date) -> list[Any]:
    destroyed = done.samples_destroyed_on
    if item != "dna":
        return [] if destroyed is None else [_sample("Only a DNA comparison has samples.", "Leave this out.")]
    if destroyed is None:
        return [
            _sample(
                "A DNA result is taken only once the samples have been destroyed.",
                "Give the day from the laboratory's paper.",
            )
        ]
    if not done.on <= destroyed <= today:
        return [_sample("That day does not fit: before the test, or still to come.", "Check both days.")]
    return []


def _sample(message: str, remedy: str) -> Problem:
    return Problem("--samples-destroyed-on", "wrong_value", message, remedy)
