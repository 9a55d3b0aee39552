"""What families wrote, shown to the person whose task it is to read it. Every look is in the audit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, and_, cast, exists, func, or_, select
from sqlmodel import col

from integrations.desk.duties import DOERS
from integrations.desk.instants import iso
from integrations.desk.paging_views import pagings_of
from integrations.kit import Kit
from integrations.store import history
from integrations.store.sealing import open_json
from integrations.store.staff import require_role
from models.facts import Person
from models.tables.ledger import Obligation
from models.tables.messages import InboundText
from models.tables.paging import Paging, ReplyReading
from models.tables.people import PhoneNumber

# Nobody's duty names the text of an unknown number, so it stands in the list for this long, or until it is read.
STRANGERS_FOR = timedelta(days=30)


def replies_json(kit: Kit, person: Person, *, now: datetime) -> dict[str, Any]:
    """The texts that wait to be read, oldest first: those of an open `review_reply`, and those of numbers that
    we do not know, with the cries for help among them first.

    Raises:
        Refused: this person's role reads no replies.
    """
    require_role(person, *DOERS)
    waits = and_(
        col(Obligation.case_id) == col(InboundText.case_id),
        col(Obligation.kind) == "review_reply",
        col(Obligation.state) == "open",
        col(Obligation.key) == func.left(cast(col(InboundText.id), String), 8),
    )
    unknown = and_(
        col(InboundText.number_id).is_(None),
        col(InboundText.staff_id).is_(None),
        col(InboundText.at) > now - STRANGERS_FOR,
        ~exists().where(col(ReplyReading.inbound_id) == col(InboundText.id)),
    )
    with kit.transaction() as session:
        rows = session.execute(
            select(InboundText, col(PhoneNumber.party), col(PhoneNumber.language), Obligation)
            .outerjoin(PhoneNumber, col(PhoneNumber.id) == col(InboundText.number_id))
            .outerjoin(Obligation, waits)
            .where(or_(col(Obligation.id).is_not(None), unknown))
            .order_by(col(InboundText.meaning) != "help", col(InboundText.at), col(InboundText.id))
        ).all()
        ids = [row[0].id for row in rows]
        paged = pagings_of(session, col(Paging.inbound_id), ids)
        history.audit(session, actor=str(person.id), act="read", noun="inbound_text", ids=ids, now=now)
        return {
            "items": [
                {
                    "id": str(text.id),
                    "at": iso(text.at),
                    "case_id": str(text.case_id) if text.case_id else None,
                    "party": party,
                    "language": language,
                    "meaning": text.meaning,
                    "text": open_json(kit.vault, text, "sealed_body")["body"],
                    "duty": str(duty.id) if duty else None,
                    "due_at": iso(duty.due_at) if duty else None,
                    "paging": paged[text.id]["state"] if text.id in paged else None,
                }
                for text, party, language, duty in rows
            ]
        }
