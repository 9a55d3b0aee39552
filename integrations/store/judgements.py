"""What was found of an application, and what people said of it, as facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.store.sealing import open_json
from integrations.vault import Vault
from models.facts import (
    ConcernFacts,
    Finding,
    FindingFacts,
    HomeStudyFacts,
    InterviewFacts,
    LinkFacts,
    ManualFacts,
    MergedFacts,
    OpinionFacts,
)
from models.findings import FindingCode, FindingState
from models.states import ApplicationState, DecisionValue, Role
from models.tables import vetting as tables
from models.tables.linkage import Interview
from models.tables.studies import Concern, HomeStudy, ManualItem, PrsOffer


def findings_of(session: Session, application_id: UUID) -> tuple[FindingFacts, ...]:
    rows = session.scalars(
        select(tables.Finding)
        .where(col(tables.Finding.application_id) == application_id)
        .order_by(col(tables.Finding.found_at), col(tables.Finding.code), col(tables.Finding.subject))
    )
    return tuple(
        FindingFacts(
            id=row.id,
            finding=Finding(
                code=FindingCode(row.code),
                subject=row.subject,
                message=row.message,
                rule=row.rule,
                source=row.source,
                evidence=row.evidence,
            ),
            state=FindingState(row.state),
        )
        for row in rows
    )


def links_of(
    session: Session, application: tables.Application, merged: Sequence[MergedFacts]
) -> tuple[LinkFacts, ...]:
    rows = session.scalars(
        select(tables.Link)
        .where(col(tables.Link.application_id) == application.id)
        .order_by(col(tables.Link.at), col(tables.Link.kind))
    ).all()
    children = _children_of(session, application, [r for r in rows if r.kind == "sponsor"], merged)
    others = [r.other_application_id for r in rows]
    states = dict(
        session.execute(
            select(col(tables.Application.id), col(tables.Application.state)).where(
                col(tables.Application.id).in_(others)
            )
        )
        .tuples()
        .all()
    )
    return tuple(
        LinkFacts(
            id=row.id,
            kind=row.kind,  # type: ignore[arg-type]
            tier=row.tier,  # type: ignore[arg-type]
            other_application=row.other_application_id,
            state=row.state,  # type: ignore[arg-type]
            related_children=children if row.kind == "sponsor" else 0,
            other_state=ApplicationState(states[row.other_application_id]),
            through=tuple(row.through),
            features=tuple(row.features),
            score=row.score,
        )
        for row in rows
    )


def _children_of(
    session: Session,
    application: tables.Application,
    links: Sequence[tables.Link],
    merged: Sequence[MergedFacts],
) -> int:
    """How many other children the likely same sponsor has asked for, also as whom they are merged with."""
    likely = [
        link.other_application_id
        for link in links
        if link.tier == "likely"
        and link.state != "split"
        and (not link.through or any(one.startswith("sponsor=") for one in link.through))
    ]
    cases = session.scalars(
        select(col(tables.Application.case_id)).where(col(tables.Application.id).in_(likely)).distinct()
    ).all()
    return len({*cases, *(one.case_id for one in merged)} - {application.case_id})


def concerns_of(session: Session, application_id: UUID) -> tuple[ConcernFacts, ...]:
    rows = session.scalars(
        select(Concern).where(col(Concern.application_id) == application_id).order_by(col(Concern.at))
    )
    return tuple(ConcernFacts(id=row.id, by=row.raised_by, at=row.at) for row in rows)


def interviews_of(session: Session, vault: Vault, application_id: UUID) -> tuple[InterviewFacts, ...]:
    """Every one, the oldest first: what was said once is not unsaid by a later one."""
    rows = session.scalars(
        select(Interview)
        .where(col(Interview.application_id) == application_id)
        .order_by(col(Interview.at), col(Interview.id))
    )
    return tuple(
        InterviewFacts(
            id=row.id,
            party=row.party,  # type: ignore[arg-type]
            question_set=row.question_set,
            by=row.recorded_by,
            at=row.at,
            answers=open_json(vault, row, "sealed_answers")["answers"],
            alone=row.alone,
        )
        for row in rows
    )


def manual_of(session: Session, application_id: UUID, people: dict[str, bytes]) -> tuple[ManualFacts, ...]:
    """Of the people whom the newest packet names; what was done with one never speaks for another."""
    rows = session.scalars(
        select(ManualItem)
        .where(col(ManualItem.application_id) == application_id)
        .order_by(col(ManualItem.at))
    )
    return tuple(
        ManualFacts(
            id=row.id,
            item=row.item,
            subject=subject,
            result=row.result,  # type: ignore[arg-type]
            on=row.done_on,
        )
        for row in rows
        for subject, key in people.items()
        if key == row.person_key
    )


def home_studies_of(session: Session, application_id: UUID) -> tuple[HomeStudyFacts, ...]:
    rows = session.scalars(
        select(HomeStudy)
        .where(col(HomeStudy.application_id) == application_id)
        .order_by(col(HomeStudy.number))
    )
    return tuple(
        HomeStudyFacts(
            id=row.id,
            number=row.number,
            kind=row.kind,  # type: ignore[arg-type]
            triggers=tuple(row.triggers),
            ordered_at=row.ordered_at,
            due_at=row.due_at,
            received_at=row.received_at,
            result=row.result,  # type: ignore[arg-type]
            override_proposed_by=row.override_by,
            overridden=row.override_approved_by is not None,
        )
        for row in rows
    )


def prs_offer_of(session: Session, application_id: UUID) -> Any:
    return session.scalars(
        select(col(PrsOffer.answer))
        .where(col(PrsOffer.application_id) == application_id)
        .order_by(col(PrsOffer.at).desc(), col(PrsOffer.id))
        .limit(1)
    ).first()


def recommendations_of(session: Session, application_id: UUID) -> tuple[OpinionFacts, ...]:
    rows = session.scalars(
        select(tables.Recommendation)
        .where(
            col(tables.Recommendation.application_id) == application_id,
            col(tables.Recommendation.superseded_at).is_(None),
        )
        .order_by(col(tables.Recommendation.at))
    )
    return tuple(
        OpinionFacts(value=DecisionValue(r.value), role=Role(r.role), by=r.given_by, at=r.at) for r in rows
    )


def decision_of(session: Session, application_id: UUID) -> OpinionFacts | None:
    row = session.scalars(
        select(tables.Decision).where(
            col(tables.Decision.application_id) == application_id,
            col(tables.Decision.superseded_at).is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    return OpinionFacts(value=DecisionValue(row.value), role=Role(row.role), by=row.decided_by, at=row.at)
