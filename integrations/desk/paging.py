"""A cry for help calls a person at any hour: what is paged for begins here, in the transaction of the cry itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select, text
from sqlmodel import Session, col

from followup.paging import pages
from integrations.messaging.webhooks import StatusReport
from integrations.paging_rules import NEWEST, paging_rules
from integrations.store import history
from models.contacts import MessageState
from models.tables.ledger import Escalation
from models.tables.messages import InboundText
from models.tables.paging import Page, Paging

ACTOR = "engine:paging"
REACHED = frozenset({"accepted", "delivered"})
_NOT_DELIVERED = frozenset({MessageState.UNDELIVERED, MessageState.FAILED, MessageState.CANCELLED})


def page_for_alarms(session: Session, alarms: Iterable[Escalation], *, now: datetime) -> None:
    """People are paged for those of these new escalations whose reason the rules name."""
    rules = paging_rules()
    for alarm in alarms:
        if pages(alarm.reason, rules):
            _begin(session, Paging(escalation_id=alarm.id, rules=NEWEST, opened_at=now, next_at=now), now)


def page_for_stranger(session: Session, inbound_id: UUID, phone_key: bytes, *, now: datetime) -> None:
    """People are paged for a cry for help from a number that nobody knows; of one number once in a while."""
    wait = timedelta(minutes=paging_rules().strangers.again_after_minutes)
    # Two texts of one number at the same instant are one cry.
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:phone, 0))"), {"phone": phone_key.hex()}
    )
    lately = session.execute(
        select(
            exists().where(
                col(Paging.inbound_id) == col(InboundText.id),
                col(InboundText.phone_key) == phone_key,
                col(Paging.opened_at) > now - wait,
            )
        )
    ).scalar_one()
    if not lately:
        _begin(session, Paging(inbound_id=inbound_id, rules=NEWEST, opened_at=now, next_at=now), now)


def _begin(session: Session, row: Paging, now: datetime) -> None:
    session.add(row)
    history.record(session, row, old=None, new="paging", actor=ACTOR, why="help was asked for", now=now)


def end_paging(session: Session, row: Paging, outcome: str, *, actor: str, why: str, now: datetime) -> None:
    """Nobody is paged for this any more."""
    row.ended_at, row.next_at, row.outcome = now, None, outcome
    session.add(row)
    history.record(session, row, old="paging", new=outcome, actor=actor, why=why, now=now)


def end_for_text(session: Session, inbound_id: UUID, *, actor: str, why: str, now: datetime) -> None:
    """A person has read the text of a number that nobody knows: nobody is paged for it any more."""
    row = session.scalars(
        select(Paging)
        .where(col(Paging.inbound_id) == inbound_id, col(Paging.ended_at).is_(None))
        .with_for_update()
    ).one_or_none()
    if row is not None:
        end_paging(session, row, "read", actor=actor, why=why, now=now)


def take_page_receipt(session: Session, page_id: UUID, report: StatusReport, *, now: datetime) -> bool:
    """A receipt for a page is taken; one that did not arrive gives the turn to the next rung at once.

    False when no page has this id: the receipt is for something else.
    """
    page = session.get(Page, page_id)
    if page is None:
        return False
    paging = session.get_one(Paging, page.paging_id, with_for_update=True)
    session.refresh(page)
    page.provider_ref = page.provider_ref or report.provider_ref
    if report.state == MessageState.DELIVERED:
        page.state = "delivered"
    elif report.state in _NOT_DELIVERED and page.state != "delivered":
        page.state, page.error_code = "failed", report.error_code
        session.add(page)
        session.flush()
        is_last_turn = paging.step == page.step + 1
        if paging.next_at is not None and is_last_turn and not was_reached(session, paging.id, page.step):
            paging.next_at = min(paging.next_at, now)
            session.add(paging)
    session.add(page)
    return True


def was_reached(session: Session, paging_id: UUID, step: int) -> bool:
    """True when the provider took a page of this turn and has not said since that it did not arrive."""
    states = session.scalars(
        select(col(Page.state)).where(col(Page.paging_id) == paging_id, col(Page.step) == step)
    )
    return bool(REACHED.intersection(states))
