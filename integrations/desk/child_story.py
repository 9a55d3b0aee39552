"""What a child's page shows beside the case: when each was last reached, both sides' texts, the papers since the release."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import Session, col

from integrations.desk.dispatch import body_of
from integrations.kit import Kit
from integrations.store.sealing import open_json
from models.errors import BadInput, NotFound
from models.states import Party
from models.tables.messages import InboundText, Message
from models.tables.paging import ReplyReading
from models.tables.people import PhoneNumber, Staff

# The newest word of each kind with each of the two. Only a person who spoke has reached anybody; a text that arrived
# says that a telephone is on, and a text that came in says that somebody held it.
_REACHED = text(
    """
    (SELECT DISTINCT ON (c.spoke_with) c.spoke_with AS party, c.kind AS how, c.at, s.display_name AS by
     FROM call c LEFT JOIN staff s ON s.id = c.called_by
     WHERE c.case_id = :case_id AND c.state = 'done' AND c.spoke_with IN ('child', 'sponsor')
     ORDER BY c.spoke_with, c.at DESC)
    UNION ALL
    (SELECT DISTINCT ON (n.party) n.party, 'wrote', t.at, NULL
     FROM inbound_text t JOIN phone_number n ON n.id = t.number_id
     WHERE t.case_id = :case_id ORDER BY n.party, t.at DESC)
    UNION ALL
    (SELECT DISTINCT ON (m.to_party) m.to_party, 'text_arrived', coalesce(m.ended_at, m.accepted_at), NULL
     FROM message m WHERE m.case_id = :case_id AND m.state = 'delivered'
     ORDER BY m.to_party, coalesce(m.ended_at, m.accepted_at) DESC)
    """
)
_PAPERS = text(
    """
    SELECT 'home_proof' AS kind, p.at, s.display_name AS by
    FROM home_proof p JOIN address a ON a.id = p.address_id JOIN staff s ON s.id = p.handed_in_by
    WHERE a.case_id = :case_id
    UNION ALL
    SELECT 'home_signing', g.at, s.display_name
    FROM home_signing g JOIN address a ON a.id = g.address_id JOIN staff s ON s.id = g.signed_by
    WHERE a.case_id = :case_id
    UNION ALL
    SELECT 'court_form', f.at, s.display_name FROM court_form f JOIN staff s ON s.id = f.made_by
    WHERE f.case_id = :case_id
    UNION ALL
    SELECT 'court_filing', f.at, s.display_name FROM court_filing f JOIN staff s ON s.id = f.filed_by
    WHERE f.case_id = :case_id
    ORDER BY at, kind
    """
)
REACHED = (Party.SPONSOR.value, Party.CHILD.value)


def story_json(kit: Kit, case_id: UUID) -> dict[str, Any]:
    """Beside `case_json`, whose audit row covers this too:

    `reached`: for the sponsor and the child, `spoke` (`how`, `at`, `by`), `wrote` and `text_arrived` (`at`), or None;
    `sent`: said and language of each text that went out, by its id; those still to come stand in the case;
    `replies`: party, at, said, language, meaning, read_by; `papers`: kind, at, by.
    """
    with kit.transaction() as session:
        return {
            "reached": _reached(session, case_id),
            "sent": _sent(session, case_id),
            "replies": _replies(session, kit, case_id),
            "papers": [
                {"kind": row.kind, "at": row.at, "by": row.by}
                for row in session.execute(_PAPERS, {"case_id": case_id})
            ],
        }


def _reached(session: Session, case_id: UUID) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        party: {"spoke": None, "wrote": None, "text_arrived": None} for party in REACHED
    }
    for row in session.execute(_REACHED, {"case_id": case_id}):
        if row.party in found:
            way = row.how if row.how in ("wrote", "text_arrived") else "spoke"
            found[row.party][way] = {"how": row.how, "at": row.at, "by": row.by}
    return found


def _sent(session: Session, case_id: UUID) -> dict[str, dict[str, str]]:
    rows = session.scalars(
        select(Message).where(col(Message.case_id) == case_id, col(Message.accepted_at).is_not(None))
    )
    return {str(one.id): {"said": words_of(one), "language": one.language} for one in rows}


def words_of(message: Message) -> str:
    """As today's catalog renders it; nothing where the catalog has dropped the message since."""
    try:
        return body_of(message)
    except (BadInput, NotFound):
        return ""


def _replies(session: Session, kit: Kit, case_id: UUID) -> list[dict[str, Any]]:
    rows = session.execute(
        select(InboundText, PhoneNumber, ReplyReading, col(Staff.display_name))
        .join(PhoneNumber, col(PhoneNumber.id) == col(InboundText.number_id))
        .outerjoin(ReplyReading, col(ReplyReading.inbound_id) == col(InboundText.id))
        .outerjoin(Staff, col(Staff.id) == col(ReplyReading.read_by))
        .where(col(InboundText.case_id) == case_id)
    )
    return [
        {
            "party": number.party,
            "at": one.at,
            "said": open_json(kit.vault, one, "sealed_body")["body"],
            "language": number.language,
            "meaning": one.meaning if reading is None else reading.meaning,
            "read_by": reader,
        }
        for one, number, reading, reader in rows
    ]
