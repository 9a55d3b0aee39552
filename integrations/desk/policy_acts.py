"""What named people do with policy versions: sign a line, bring a version into use, move a case; and what a
version would change, looked at without changing anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.acting import Act, want_reason
from integrations.desk.followup_moves import dry_run_followup, move_followup
from integrations.desk.jobs import enqueue_vetting
from integrations.desk.judging import judge_in
from integrations.desk.policy_voices import MAY_MOVE, give_voice
from integrations.desk.steps import STEPS
from integrations.desk.vetting_duties import settle_state
from integrations.kit import Kit
from integrations.policies import digest, vetting_policy
from integrations.store import history
from integrations.store.applications import gather
from integrations.store.ladder import supersede
from integrations.store.policy_acts import (
    VOICES,
    how_it_stands,
    policy_of,
    room_of,
    unverified_lines,
)
from integrations.store.staff import require_role
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.states import APPLICATION_MOVES, APPLICATION_OVER, ApplicationState, Role
from models.tables.people import Case
from models.tables.policies import PolicySignOff, PolicyVoice
from models.tables.vetting import Application, Decision, Recommendation
from models.voices import want_another
from vetting.policy_changes import changed_by

_MAY_SIGN = (Role.SUPERVISOR, Role.ADMINISTRATOR)


def sign(kit: Kit, version: str, rule: str, person: Person, *, reason: str, now: datetime) -> dict[str, Any]:
    """This person answers for a line whose source could not be read, as the file has it today.

    Raises:
        NotFound: no such version. Refused: wrong role. BadInput: no such unverified line, no reason.
    """
    want_reason(reason)
    require_role(person, *_MAY_SIGN)
    wanted = unverified_lines(version)
    if rule not in wanted:
        raise BadInput(
            Problem(
                "RULE",
                "not_an_unverified_line",
                f"{version} has no unverified line in force of that name.",
                "See kinline policy show: only lines marked unverified need a sign-off.",
            )
        )
    with kit.transaction() as session:
        stands = how_it_stands(session, kit.settings, version)
        if kit.settings.environment == "sandbox":
            raise _sandbox_signs()
        if rule in stands.signed:
            raise Refused("not_reviewable", "This line has been signed already.")
        row = PolicySignOff(
            version=version,
            rule=rule,
            digest=digest(room_of(version), version),
            reason=reason,
            signed_by=person.id,
            at=now,
        )
        session.add(row)
        session.flush()
        history.record(session, row, old=None, new="signed", actor=str(person.id), why=reason, now=now)
        left = sorted(wanted - stands.signed - {rule})
    return {"version": version, "signed": rule, "unsigned": left}


def activate(kit: Kit, version: str, person: Person, *, reason: str, now: datetime) -> dict[str, Any]:
    """One of the two voices that bring a version into use, for the file as it is today.

    Raises:
        Refused: wrong role, unsigned lines (named), this person's second voice, or in use already.
    """
    want_reason(reason)
    require_role(person, *_MAY_SIGN)
    with kit.transaction() as session:
        if kit.settings.environment == "sandbox":
            raise _sandbox_signs()
        stands = how_it_stands(session, kit.settings, version)
        lacking = sorted(unverified_lines(version) - stands.signed)
        if lacking:
            raise Refused(
                "lines_unsigned",
                f"{len(lacking)} lines of {version} rest on a source that could not be read. "
                "A named person must sign each.",
                [f"kinline policy sign {version} {rule}" for rule in lacking],
            )
        if stands.in_use:
            raise Refused("not_reviewable", f"{version} is in use already.")
        now_digest = digest(room_of(version), version)
        _refuse_second_voice(session, version, now_digest, person)
        row = PolicyVoice(version=version, digest=now_digest, reason=reason, given_by=person.id, at=now)
        session.add(row)
        session.flush()
        voices = stands.voices + 1
        history.record(
            session, row, old=None, new=f"voice {voices}", actor=str(person.id), why=reason, now=now
        )
    return {"version": version, "voices": voices, "in_use": voices >= VOICES}


def _refuse_second_voice(session: Session, version: str, of_digest: str, person: Person) -> None:
    mine = session.scalars(
        select(PolicyVoice).where(
            col(PolicyVoice.version) == version,
            col(PolicyVoice.digest) == of_digest,
            col(PolicyVoice.given_by) == person.id,
        )
    ).first()
    if mine is not None:
        want_another(person, mine.given_by)


def _sandbox_signs() -> Refused:
    return Refused(
        "sandbox_signs",
        "In a sandbox the shipped versions are signed and in use by themselves; nobody can sign here.",
    )


def move(kit: Kit, key: str, version: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """One of the two voices that move a case to another version; the second moves it and has it vetted anew, or has
    its follow-up planned anew. Returns the application, or the case where it is about follow-up.

    Raises:
        NotFound: no such application or version. BadInput: no reason.
        Refused: wrong role, two roles, four eyes, not in use, already under it, or the application is over.
    """
    want_reason(reason)
    if room_of(version) == "followup":
        return move_followup(kit, key, version, person, reason=reason, now=now)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = require_role(person, *MAY_MOVE)
        _refuse_move(act, version)
        application = act.application
        is_second = give_voice(
            session,
            application.case_id,
            application.policy_version,
            version,
            person,
            reason=reason,
            now=now,
        )
        if is_second:
            _move_case(act, version, reason)
        return act.done(role, f"policy move {'approved' if is_second else 'proposed'}")


def is_of_vetting(version: str) -> bool:
    """True for a version of vetting, false for one of follow-up.

    Raises:
        NotFound: there is no such version.
    """
    return room_of(version) == "vetting"


def _refuse_move(act: Act, version: str) -> None:
    if act.facts.state in APPLICATION_OVER:
        raise Refused("out_of_order", f"This application is {act.facts.state}; its policy stays.")
    if act.application.policy_version == version:
        raise Refused("not_reviewable", f"This case is under {version} already.")
    if not how_it_stands(act.session, act.kit.settings, version).in_use:
        raise Refused("not_in_use", f"{version} is not in use here.", [f"kinline policy activate {version}"])


def _move_case(act: Act, version: str, reason: str) -> None:
    """Every open application of the child is under the new version and is vetted anew."""
    session, case_id = act.session, act.application.case_id
    case = session.get_one(Case, case_id)
    history.record(
        session, case, old=case.vetting_policy, new=version, actor=act.actor, why=reason, now=act.now
    )
    case.vetting_policy = version
    for row in session.scalars(
        select(Application).where(col(Application.case_id) == case_id).with_for_update()
    ).all():
        if ApplicationState(row.state) in APPLICATION_OVER:
            continue
        row.policy_version = version
        supersede(session, row.id, (Recommendation, Decision), now=act.now)
        history.move(
            session,
            row,
            ApplicationState.SUBMITTED,
            APPLICATION_MOVES,
            actor=act.actor,
            why=f"moved to {version}",
            now=act.now,
        )
        session.flush()
        for step in STEPS:
            judge_in(session, act.kit, row, step, now=act.now)
        settle_state(session, act.kit, row, actor=act.actor, why=f"moved to {version}", now=act.now)
        enqueue_vetting(session, row.id, now=act.now)


def dry_run(kit: Kit, version: str, *, actor: str, now: datetime) -> dict[str, Any]:
    """What would change for each open application if it were judged under this version, or for each case of
    follow-up if it were planned by it. Nothing is written but the audit of the look.

    Raises:
        NotFound: no such version.
    """
    if room_of(version) == "followup":
        return dry_run_followup(kit, version, actor=actor, now=now)
    with kit.transaction() as session:
        ids = list(
            session.scalars(
                select(col(Application.id))
                .where(col(Application.state).not_in([s.value for s in APPLICATION_OVER]))
                .order_by(col(Application.submitted_at), col(Application.id))
            )
        )
        changes = list(_changes(session, kit, ids, version, now))
        history.audit(session, actor=actor, act="policy dry-run", noun="application", ids=ids, now=now)
    return {"version": version, "open": len(ids), "changed": len(changes), "applications": changes}


def _changes(
    session: Session, kit: Kit, ids: list[UUID], version: str, now: datetime
) -> Iterator[dict[str, Any]]:
    new = vetting_policy(version)
    for application_id in ids:
        application = session.get_one(Application, application_id)
        facts = gather(session, kit.vault, application)
        found = changed_by(facts, vetting_policy(application.policy_version), new, now)
        if found.any:
            yield {
                "application_id": str(application_id),
                "reference": application.reference,
                "policy": application.policy_version,
                "state": application.state,
                **found.as_json(),
            }
        session.expunge_all()


def title_of(version: str) -> str:
    return policy_of(version).title
