"""A packet comes in: a new application, an amendment of one, or nothing new. One transaction each."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from integrations import keys
from integrations.desk.amending import Changes, papers_of, weigh
from integrations.desk.jobs import enqueue_vetting
from integrations.desk.locating import located_by_packet
from integrations.desk.particulars import UNSEALED, Submission, retire_particulars, write_particulars
from integrations.desk.vetting_duties import first_duties
from integrations.kit import Kit
from integrations.packets import HandedIn
from integrations.store import history
from integrations.store.applications import gather
from integrations.store.policy_acts import vetting_policy_for
from integrations.store.roster import wait_for_rosters
from integrations.store.sealing import seal_bytes, seal_json
from integrations.store.stages import first_stage
from models.errors import BadInput, Problem, Refused
from models.states import APPLICATION_MOVES, ApplicationState, Role
from models.tables.people import Case, Child, Sponsor
from models.tables.vetting import Application, ApplicationRevision
from vetting.category import category_of

How = Literal["new", "amended", "unchanged"]
# Of named people; the command line without a name is trusted as it is.
MAY_SUBMIT = (Role.INTAKE_OFFICER, Role.CASE_MANAGER, Role.SUPERVISOR)
RELEASED = "The child of this application has been released; its packet can't be amended."


@dataclass(frozen=True, slots=True)
class Onto:
    """The revision that an amendment was written over: another one that came in meanwhile is not written over unseen."""

    application_id: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a packet. `changed` and `reopened`: of an amendment, names and codes only."""

    application_id: UUID
    reference: str
    state: str
    revision: int
    how: How
    changed: tuple[str, ...] = ()
    reopened: tuple[dict[str, Any], ...] = ()


def submit(kit: Kit, handed_in: HandedIn, *, actor: str, onto: Onto | None = None, now: datetime) -> Taken:
    """The packet is in the file. The same bytes again change nothing; other bytes amend.

    Raises:
        BadInput: the reference belongs to another child, or to an application that ended in a release.
        Refused: it was to amend `onto`, and that is not the newest revision any more.
    """
    with kit.transaction() as session:
        work = Submission(kit, session, handed_in, actor, now)
        _take_turns(work)
        content_key = _content_key(work)
        found = session.scalars(
            select(Application).where(col(Application.reference) == work.packet.reference).with_for_update()
        ).one_or_none()
        if found is None:
            _want(onto is None)
            return _new(work, content_key)
        latest = session.scalars(
            select(ApplicationRevision).where(
                col(ApplicationRevision.application_id) == found.id,
                col(ApplicationRevision.number) == found.revision,
            )
        ).one()
        if latest.content_key == content_key:
            return Taken(found.id, found.reference, found.state, found.revision, "unchanged")
        _want(onto is None or onto == Onto(found.id, found.revision))
        return _amend(work, found, content_key)


def _want(stands: bool) -> None:
    if not stands:
        raise Refused(
            "amended_meanwhile",
            "this packet was amended by somebody else meanwhile; nothing of yours is lost, and nothing was handed in",
        )


def _take_turns(work: Submission) -> None:
    """Two senders may hand in the same reference or the same child at once: one waits for the other."""
    wait_for_rosters(work.session)
    for key in sorted((work.packet.reference, work.packet.child.a_number)):
        blind = int.from_bytes(work.kit.vault.blind("lock", key)[:8], "big", signed=True)
        work.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": blind})


def _content_key(work: Submission) -> bytes:
    parts: list[str | bytes] = [hashlib.sha256(work.handed_in.raw).digest()]
    for name in sorted(work.handed_in.files):
        parts += [name, hashlib.sha256(work.handed_in.files[name]).digest()]
    return work.kit.vault.blind("packet", *parts)


def _new(work: Submission, content_key: bytes) -> Taken:
    case, policy_version = _case(work)
    application = Application(
        case_id=case.id,
        sponsor_id=_sponsor(work).id,
        reference=work.packet.reference,
        category=category_of(work.packet),
        policy_version=policy_version,
        submitted_at=work.now,
        submitted_by=work.actor,
    )
    work.session.add(application)
    work.session.flush()
    _record(work, application, None, application.state, "packet submitted")
    first_stage(work.session, application, actor=work.actor, now=work.now)
    _file(work, application, case, content_key)
    located_by_packet(work, case, application)
    return _finish(work, application, "new")


def _amend(work: Submission, application: Application, content_key: bytes) -> Taken:
    case = work.session.get_one(Case, application.case_id)
    child = work.session.get_one(Child, case.child_id)
    _refuse_amendment(work, application, child)
    before = gather(work.session, work.kit.vault, application)
    papers = papers_of(work.session, application)
    same_home = before.packet.address == work.packet.address
    application.revision += 1
    application.category = category_of(work.packet)
    application.sponsor_id = _sponsor(work).id
    if case.released_at is None:
        _describe(work, child)
    retire_particulars(work, application, same_home=same_home)
    _file(work, application, case, content_key, same_home=same_home)
    changes = weigh(work, application, before, papers)
    _stand_again(work, application, changes)
    taken = _finish(work, application, "amended")
    return dataclasses.replace(
        taken, changed=changes.changed, reopened=tuple(item.as_json() for item in changes.reopened)
    )


def _stand_again(work: Submission, application: Application, changes: Changes) -> None:
    """Vetting begins anew where an opinion fell or the packet had been withdrawn; else all stays as it was."""
    why = f"amended, revision {application.revision}"
    withdrawn = application.state == ApplicationState.WITHDRAWN
    if not (changes.is_weighty or withdrawn) or not history.move(
        work.session,
        application,
        ApplicationState.SUBMITTED,
        APPLICATION_MOVES,
        actor=work.actor,
        why=why,
        now=work.now,
    ):
        _record(work, application, application.state, application.state, why)


def _refuse_amendment(work: Submission, application: Application, child: Child) -> None:
    if child.a_number_key != keys.a_number_key(work.kit.vault, work.packet.child.a_number):
        raise BadInput(
            Problem(
                "reference",
                "reference_of_another_child",
                "This reference belongs to the application of another child.",
                "Give this packet a reference of its own.",
            )
        )
    if application.state == ApplicationState.RELEASED:
        raise BadInput(
            Problem(
                "reference",
                "already_released",
                RELEASED,
                "Use `kinline address change`, `kinline number add` or `kinline call record` for what has changed since.",
            )
        )


def _file(
    work: Submission, application: Application, case: Case, content_key: bytes, *, same_home: bool = False
) -> None:
    """The revision and everything that it says stand in the file."""
    revision = ApplicationRevision(
        application_id=application.id,
        sponsor_id=application.sponsor_id,
        number=application.revision,
        content_key=content_key,
        sealed_packet=UNSEALED,
        at=work.now,
        actor=work.actor,
    )
    seal_bytes(work.kit.vault, revision, "sealed_packet", work.packet.model_dump_json().encode())
    work.session.add(revision)
    write_particulars(work, application, case, same_home=same_home)
    work.session.flush()


def _finish(work: Submission, application: Application, how: How) -> Taken:
    """Its duties stand open, and vetting will run."""
    first_duties(work.session, work.kit, application, actor=work.actor, now=work.now)
    enqueue_vetting(work.session, application.id, now=work.now)
    history.audit(
        work.session,
        actor=work.actor,
        act="submit",
        noun="application",
        ids=[application.id],
        now=work.now,
    )
    return Taken(application.id, application.reference, application.state, application.revision, how)


def _case(work: Submission) -> tuple[Case, str]:
    """The case of this child and its policy: what stands already, or a new one under the policy of today."""
    child_key = keys.a_number_key(work.kit.vault, work.packet.child.a_number)
    child = work.session.scalars(select(Child).where(col(Child.a_number_key) == child_key)).one_or_none()
    if child is not None:
        case = work.session.scalars(select(Case).where(col(Case.child_id) == child.id)).one()
        return case, case.vetting_policy or _first_packet(work, child, case)
    child = Child(sealed_details=UNSEALED, a_number_key=child_key, name_key=b"", created_at=work.now)
    _describe(work, child)
    work.session.flush()
    version = _policy_of_today(work)
    case = Case(
        child_id=child.id,
        entered_care_on=work.packet.child.entered_care_on,
        care_provider=work.packet.care_provider,
        vetting_policy=version,
        created_at=work.now,
    )
    work.session.add(case)
    work.session.flush()
    _record(work, case, None, case.state, f"first packet; policy {version}")
    return case, version


def _first_packet(work: Submission, child: Child, case: Case) -> str:
    """Of this child the official list of releases gave a number and two dates; now there is more."""
    _describe(work, child)
    case.vetting_policy = version = _policy_of_today(work)
    case.entered_care_on = work.packet.child.entered_care_on
    case.care_provider = work.packet.care_provider
    work.session.add(case)
    _record(work, case, case.state, case.state, f"first packet; policy {version}")
    return version


def _policy_of_today(work: Submission) -> str:
    return vetting_policy_for(work.session, work.kit.settings, work.packet, work.now.date()).version


def _describe(work: Submission, child: Child) -> None:
    details = work.packet.child
    seal_json(work.kit.vault, child, "sealed_details", details.model_dump(mode="json"))
    child.name_key = keys.name_key(work.kit.vault, details.family_names, details.date_of_birth)
    work.session.add(child)


def _sponsor(work: Submission) -> Sponsor:
    details, vault = work.packet.sponsor, work.kit.vault
    document = details.identity_document
    sponsor = Sponsor(
        sealed_details=UNSEALED,
        name_key=keys.name_key(vault, details.family_names, details.date_of_birth),
        identity_key=keys.identity_key(vault, document.issuer, document.number) if document else None,
        email_key=keys.email_key(vault, details.email) if details.email else None,
        created_at=work.now,
    )
    seal_json(vault, sponsor, "sealed_details", details.model_dump(mode="json"))
    work.session.add(sponsor)
    work.session.flush()
    return sponsor


def _record(work: Submission, row: Any, old: str | None, new: str, why: str) -> None:
    history.record(work.session, row, old=old, new=new, actor=work.actor, why=why, now=work.now)
