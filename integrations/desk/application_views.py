"""`<application>` of design 6.3, and the list of them. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlmodel import Session, col

from integrations.desk.instants import iso
from integrations.desk.ladder_views import ladder_json
from integrations.desk.merges import merges_json
from integrations.desk.release_papers import papers_json
from integrations.desk.voices_views import home_studies_json, voices_json
from integrations.kit import Kit
from integrations.policies import vetting_policy
from integrations.store import history
from integrations.store.applications import find_application, gather
from integrations.store.scope import IN_SCOPE
from models.facts import ApplicationFacts, Person, Requirement
from models.states import Role
from models.tables.people import Case
from models.tables.vetting import Application, Decision, Recommendation, Release
from models.vetting_policy import VettingPolicy
from vetting import explain, home_study
from vetting.completeness import requirements
from vetting.findings import key_of
from vetting.gate import Gate, gate, lacking_recommendations
from vetting.interviews import unanswered
from vetting.pending_release import allowance_for


class Shown(NamedTuple):
    """An application as one person may see it. `withheld`: not yet how others see it, for theirs must be independent."""

    told: dict[str, Any]
    withheld: bool


def application_json(
    kit: Kit,
    key: str,
    *,
    viewer: Person | None = None,
    actor: str | None = None,
    office: str | None = None,
    now: datetime,
) -> dict[str, Any]:
    """`<application>` of design 6.3. The look is in the audit: the viewer's, unless `actor` says whose.

    For somebody of this `office` (None: of none) it tells no reason that is another office's, too.
    """
    return application_shown(kit, key, viewer=viewer, actor=actor, office=office, now=now).told


def application_shown(
    kit: Kit,
    key: str,
    *,
    viewer: Person | None = None,
    actor: str | None = None,
    office: str | None = None,
    now: datetime,
) -> Shown:
    """As `application_json`, with what a page that tells more of it must know."""
    with kit.transaction() as session:
        application = find_application(session, key)
        actor = actor or (str(viewer.id) if viewer else "cli")
        history.audit(session, actor=actor, act="read", noun="application", ids=[application.id], now=now)
        return _application(session, kit, application, viewer, office, now)


def _application(
    session: Session,
    kit: Kit,
    application: Application,
    viewer: Person | None,
    office: str | None,
    now: datetime,
) -> Shown:
    facts = gather(session, kit.vault, application)
    policy = vetting_policy(application.policy_version)
    required = requirements(facts, policy, now)
    release = session.scalars(
        select(Release).where(col(Release.application_id) == application.id)
    ).one_or_none()
    withheld = _withheld(facts, policy, viewer)
    barrier = _gate(facts, required, policy, now, released=release is not None, withheld=withheld)
    told = {
        "application_id": str(application.id),
        "reference": application.reference,
        "state": application.state,
        "revision": application.revision,
        "policy": application.policy_version,
        "category": application.category,
        "required": [_required(facts, policy, r, now) for r in required],
        "checks": _checks(facts),
        "findings": _findings(facts),
        "links": [
            {
                "id": str(link.id),
                "kind": link.kind,
                "tier": link.tier,
                "state": link.state,
                "other_application": str(link.other_application),
                "through": list(link.through),
                "features": list(link.features),
                "score": link.score,
            }
            for link in facts.links
        ],
        "merges": merges_json(session, application.id, office=office),
        "home_studies": list(home_studies_json(session, application.id)),
        "post_release_services": {
            "required": home_study.prs_required(facts, policy, now),
            "offer": facts.prs_offer,
            "level": session.get_one(Case, application.case_id).prs_level,
        },
        "interviews": [
            {
                "id": str(one.id),
                "with": one.party,
                "question_set": one.question_set,
                "alone": one.alone,
                "unanswered": list(unanswered(one)),
                "by": str(one.by),
                "at": iso(one.at),
            }
            for one in facts.interviews
        ],
        "concerns": [{"by": str(c.by), "at": iso(c.at)} for c in facts.concerns],
        "recommendations": [] if withheld else _recommendations(session, application, policy),
        "decision": _decision(session, application),
        **voices_json(session, application, facts),
        **ladder_json(session, kit, application, facts, policy, withheld=withheld),
        "gate": {"open": barrier.open, "missing": list(barrier.missing)},
        "pending_allowed": list(_pending_allowed(facts, policy, now)),
        "release": _release(session, application, release),
        "case_id": str(application.case_id),
    }
    return Shown(told, withheld)


def _required(
    facts: ApplicationFacts, policy: VettingPolicy, asked: Requirement, now: datetime
) -> dict[str, Any]:
    return {
        "item": asked.item,
        "subject": asked.subject,
        "kind": asked.kind,
        "state": asked.state.value,
        "rule": asked.rule,
        "source": asked.source,
        "jurisdiction": asked.jurisdiction,
        "confirm": asked.confirm,
        "waivable": asked.waivable,
        "key": asked.key,
        "asked_by": [
            {
                "rule": line.rule,
                "source": line.source,
                "unverified": line.unverified,
                "because": list(line.because),
            }
            for line in explain.asked_by(facts, policy, asked, now)
        ],
        "evidence": [dict(one) for one in explain.evidence_of(facts, policy, asked, now)],
    }


def _checks(facts: ApplicationFacts) -> list[dict[str, Any]]:
    return [
        {
            "check_id": str(c.id),
            "subject": c.subject,
            "kind": c.kind.value,
            "jurisdiction": c.jurisdiction,
            "attempt": c.attempt,
            "state": c.state.value,
            "expires_on": c.expires_on.isoformat() if c.expires_on else None,
            "adjudication": c.adjudication,
            "bars_until_on": c.bars_until_on.isoformat() if c.bars_until_on else None,
        }
        for c in facts.checks
    ]


def _pending_allowed(
    facts: ApplicationFacts, policy: VettingPolicy, now: datetime
) -> Iterator[dict[str, Any]]:
    """What the gate lets through without its result: by whose word, and under which line."""
    for check in {c.id: c for c in facts.checks}.values():
        allowed = allowance_for(facts, policy, check, now)
        if allowed is None:
            continue
        word, line = allowed
        yield {
            "check_id": str(check.id),
            "subject": check.subject,
            "kind": check.kind.value,
            "jurisdiction": check.jurisdiction,
            "rule": line.rule,
            "source": line.source,
            "due_days": line.due_days,
            "role": word.role.value,
            "by": str(word.by),
            "at": iso(word.at),
            "reason": word.reason,
        }


def _findings(facts: ApplicationFacts) -> list[dict[str, Any]]:
    return [
        {
            "id": str(f.id),
            "key": key_of(f.finding),
            "code": f.finding.code.value,
            "severity": f.finding.severity.value,
            "subject": f.finding.subject,
            "state": f.state.value,
            "message": f.finding.message,
            "rule": f.finding.rule,
            "source": f.finding.source,
            "evidence": dict(f.finding.evidence),
        }
        for f in facts.findings
    ]


def _release(session: Session, application: Application, row: Release | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "on": row.released_on.isoformat(),
        "by": str(row.released_by),
        "at": iso(row.at),
        "prs": row.prs,
        **papers_json(session, application, row.id),
    }


def _withheld(facts: ApplicationFacts, policy: VettingPolicy, viewer: Person | None) -> bool:
    """True for the coordinator until both are in: the second opinion must be independent."""
    waiting = bool(lacking_recommendations(facts, policy))
    return viewer is not None and Role.CASE_COORDINATOR in viewer.roles and waiting


def _gate(
    facts: ApplicationFacts,
    required: Sequence[Requirement],
    policy: VettingPolicy,
    now: datetime,
    *,
    released: bool,
    withheld: bool,
) -> Gate:
    """The gate now; for a released child the one that was passed."""
    if released:
        return Gate(open=True)
    barrier = gate(facts, required, policy, now)
    if not withheld:
        return barrier
    # Which of them is missing would tell whether the first opinion was for or against.
    others = [line for line in barrier.missing if not line.startswith("recommendation ")]
    roles = [f"recommendation {role}" for role in policy.roles.recommend]
    return Gate(open=False, missing=(*others, *roles))


def _recommendations(
    session: Session, application: Application, policy: VettingPolicy
) -> list[dict[str, Any]]:
    """In the order in which policy asks for them."""
    rows = session.scalars(
        select(Recommendation).where(
            col(Recommendation.application_id) == application.id,
            col(Recommendation.superseded_at).is_(None),
        )
    )
    order = [str(role) for role in policy.roles.recommend]
    return [
        {"value": r.value, "role": r.role, "by": str(r.given_by), "at": iso(r.at), "reason": r.reason}
        for r in sorted(rows, key=lambda r: (order.index(r.role) if r.role in order else 9, r.at))
    ]


def _decision(session: Session, application: Application) -> dict[str, Any] | None:
    row = session.scalars(
        select(Decision).where(
            col(Decision.application_id) == application.id, col(Decision.superseded_at).is_(None)
        )
    ).one_or_none()
    if row is None:
        return None
    return {
        "value": row.value,
        "role": row.role,
        "by": str(row.decided_by),
        "at": iso(row.at),
        "reason": row.reason,
        "grounds": list(row.grounds),
    }


def applications_list(kit: Kit, *, office: str | None = None, now: datetime) -> list[dict[str, Any]]:
    """The applications of one office, or all, newest first; one query."""
    with kit.transaction() as session:
        rows = session.execute(
            text(
                "SELECT a.id, a.reference, a.state, a.category, a.policy_version, a.revision,"
                " a.submitted_at, a.case_id,"
                " (SELECT count(*) FROM finding f WHERE f.application_id = a.id AND f.state = 'open'"
                "   AND f.severity <> 'note') AS open_findings"
                f" FROM application a WHERE {IN_SCOPE.format(case='a.case_id')}"
                " ORDER BY a.submitted_at DESC, a.id LIMIT 200"
            ),
            {"office": office},
        ).mappings()
        return [
            {
                "application_id": str(r["id"]),
                "reference": r["reference"],
                "state": r["state"],
                "category": r["category"],
                "policy": r["policy_version"],
                "revision": r["revision"],
                "submitted_at": iso(r["submitted_at"]),
                "case_id": str(r["case_id"]),
                "open_findings": r["open_findings"],
            }
            for r in rows
        ]
