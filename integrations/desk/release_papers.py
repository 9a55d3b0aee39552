"""At the release: its papers are made and kept, and the notice that is given outside is on record as a disclosure."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.kit import Kit
from integrations.letters.release_papers import TEMPLATES, fields_told, release_paper
from integrations.store import history
from integrations.store.applications import find_application, gather
from integrations.store.ladder import standing_decision
from integrations.store.sealing import open_bytes, seal_bytes
from models.errors import Refused
from models.facts import ApplicationFacts, Person
from models.states import ReleasePaperKind, Role
from models.tables.base import Sealed
from models.tables.papers import Disclosure, ReleasePaper
from models.tables.vetting import Application, Release
from models.vetting_policy import VettingPolicy
from vetting.acts import may_act

_MAY_READ = (Role.CASE_MANAGER, Role.FEDERAL_FIELD_SPECIALIST, Role.SUPERVISOR)


def make_papers(
    session: Session,
    kit: Kit,
    release: Release,
    facts: ApplicationFacts,
    policy: VettingPolicy,
    person: Person,
    *,
    now: datetime,
) -> None:
    """Both papers are kept as they were made, in the transaction of the release, and so is the disclosure.

    Whoever decided on the release approved the notice of it.
    """
    rule = policy.release_notice
    made: dict[ReleasePaperKind, ReleasePaper] = {}
    for kind in ReleasePaperKind:
        content = release_paper(
            kind, facts.packet, release.released_on, recipient=rule.recipient, basis=rule.legal_basis
        )
        row = made[kind] = ReleasePaper(
            release_id=release.id,
            kind=kind.value,
            template=TEMPLATES[kind],
            digest=hashlib.sha256(content).hexdigest(),
            sealed_content=Sealed(b""),
            at=now,
        )
        seal_bytes(kit.vault, row, "sealed_content", content)
        session.add(row)
    session.flush()
    if rule.active:
        _disclose(session, release, made[ReleasePaperKind.DISCHARGE_NOTICE], policy, person, now=now)


def _disclose(
    session: Session,
    release: Release,
    notice: ReleasePaper,
    policy: VettingPolicy,
    person: Person,
    *,
    now: datetime,
) -> None:
    decision = standing_decision(session, release.application_id)
    rule = policy.release_notice
    row = Disclosure(
        case_id=release.case_id,
        recipient=rule.recipient,
        legal_basis=rule.legal_basis,
        fields=list(fields_told(ReleasePaperKind.DISCHARGE_NOTICE)),
        rule=rule.rule,
        policy_version=policy.version,
        paper_id=notice.id,
        approved_by=person.id if decision is None else decision.decided_by,
        recorded_by=person.id,
        at=now,
    )
    session.add(row)
    session.flush()
    history.record(session, row, old=None, new="told", actor=str(person.id), why=rule.rule, now=now)


def paper(kit: Kit, key: str, kind: ReleasePaperKind, person: Person, *, now: datetime) -> bytes:
    """The PDF as it was made at the release. The look is on record.

    Raises:
        Refused: the child has not been released to this sponsor, or the person may not see it.
    """
    with kit.transaction() as session:
        application = find_application(session, key)
        may_act(gather(session, kit.vault, application), person, *_MAY_READ)
        row = session.scalars(
            select(ReleasePaper)
            .join(Release, col(Release.id) == col(ReleasePaper.release_id))
            .where(col(Release.application_id) == application.id, col(ReleasePaper.kind) == kind.value)
        ).one_or_none()
        if row is None:
            raise Refused(
                "not_released", "There is no release of this application, so no paper.", ["release"]
            )
        history.audit(
            session,
            actor=str(person.id),
            act="read release paper",
            noun="application",
            ids=[application.id],
            now=now,
        )
        return open_bytes(kit.vault, row, "sealed_content")


def papers_json(session: Session, application: Application, release_id: UUID) -> dict[str, Any]:
    """The papers of a release by kind, version and digest, and the disclosures of its case."""
    papers = session.scalars(
        select(ReleasePaper)
        .where(col(ReleasePaper.release_id) == release_id)
        .order_by(col(ReleasePaper.kind).desc())
    )
    told = session.scalars(
        select(Disclosure)
        .where(col(Disclosure.case_id) == application.case_id)
        .order_by(col(Disclosure.at), col(Disclosure.id))
    )
    return {
        "papers": [{"kind": p.kind, "template": p.template, "digest": p.digest} for p in papers],
        "disclosures": [
            {
                "recipient": d.recipient,
                "legal_basis": d.legal_basis,
                "fields": list(d.fields),
                "rule": d.rule,
                "approved_by": str(d.approved_by),
                "recorded_by": str(d.recorded_by),
                "at": d.at.isoformat(),
            }
            for d in told
        ],
    }
