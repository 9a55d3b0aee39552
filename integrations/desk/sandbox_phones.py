"""The telephones of a sandbox's invented people: whose they are, what they show, and a text typed on one.

A typed text is handed to the sandbox's phone server and comes in as every text does; nothing here writes to a case.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlmodel import Session, col

from integrations.desk.child_story import words_of
from integrations.desk.views import in_sight
from integrations.kit import Kit
from integrations.messaging.invented import InventedPhones
from integrations.store import history
from integrations.store.contacts import plain_number
from integrations.store.scope import IN_SCOPE
from integrations.store.sealing import open_json
from models.errors import BadInput, NotFound, Problem, Refused, Unavailable
from models.facts import Person
from models.states import Party
from models.tables.messages import InboundText, Message
from models.tables.people import Case, PhoneNumber
from models.tables.vetting import Application

MOST_SHOWN = 100
LONGEST_TEXT = 320
# How a person may have a phone take automated calls: who picks up, and what is pressed then.
TAKING_CALLS: Mapping[str, tuple[str | None, str | None]] = {
    "by_digits": (None, None),
    "press_1": ("answers", "1"),
    "press_2": ("answers", "2"),
    "press_3": ("answers", "3"),
    "press_9": ("answers", "9"),
    "press_nothing": ("answers", None),
    "rings_out": ("rings_out", None),
    "busy": ("busy", None),
    "machine": ("machine", None),
}


def phones_json(
    kit: Kit, *, since: str = "", actor: str, office: str | None = None, now: datetime
) -> list[dict[str, Any]]:
    """The phones of released children and their sponsors: the first `MOST_SHOWN` of those whose case's reference is
    `since` or comes after it; of them the newest text first.

    Each with id, case_id, reference, party, language, number, last, unread.

    `last`: way (`in`, `out`), at, said; or None. `unread`: our text is the last one.
    """
    # Which they are must not need the texts: to find the newest would read those of every family.
    shown = (
        select(col(PhoneNumber.id))
        .join(Application, col(Application.id) == col(PhoneNumber.application_id))
        .join(Case, col(Case.id) == col(PhoneNumber.case_id))
        .where(
            # To Kinline every other phone that texts is a stranger's.
            col(PhoneNumber.retired_at).is_(None),
            col(PhoneNumber.role) == "party",
            col(PhoneNumber.party).in_((Party.CHILD.value, Party.SPONSOR.value)),
            col(Case.released_at).is_not(None),
            col(Application.reference) >= since,
            text(IN_SCOPE.format(case="phone_number.case_id")).bindparams(office=office),
        )
        .order_by(col(Application.reference), col(PhoneNumber.party).desc(), col(PhoneNumber.id))
        .limit(MOST_SHOWN)
        .subquery()
    )
    sent = (
        select(col(Message.id))
        .where(col(Message.number_id) == col(PhoneNumber.id), col(Message.accepted_at).is_not(None))
        .order_by(col(Message.accepted_at).desc())
        .limit(1)
        .correlate(PhoneNumber)
        .scalar_subquery()
    )
    came = (
        select(col(InboundText.id))
        .where(col(InboundText.number_id) == col(PhoneNumber.id))
        .order_by(col(InboundText.at).desc())
        .limit(1)
        .correlate(PhoneNumber)
        .scalar_subquery()
    )
    query = (
        select(PhoneNumber, col(Application.reference), Message, InboundText)
        .join(shown, shown.c.id == col(PhoneNumber.id))
        .join(Application, col(Application.id) == col(PhoneNumber.application_id))
        .outerjoin(Message, col(Message.id) == sent)
        .outerjoin(InboundText, col(InboundText.id) == came)
        .order_by(
            # greatest() passes over what is NULL
            func.greatest(col(Message.accepted_at), col(InboundText.at)).desc().nulls_last(),
            col(Application.reference),
            col(PhoneNumber.party).desc(),
            col(PhoneNumber.id),
        )
    )
    with kit.transaction() as session:
        found = [_line(kit, *row) for row in session.execute(query)]
        if found:
            ids = [UUID(one["id"]) for one in found]
            history.audit(session, actor=actor, act="list", noun="phone_number", ids=ids, now=now)
        return found


def _line(
    kit: Kit, number: PhoneNumber, reference: str, sent: Message | None, came: InboundText | None
) -> dict[str, Any]:
    last = None
    unread = False
    if came is not None and (sent is None or sent.accepted_at is None or sent.accepted_at <= came.at):
        last = {"way": "in", "at": came.at, "said": open_json(kit.vault, came, "sealed_body")["body"]}
    elif sent is not None:
        last = {"way": "out", "at": sent.accepted_at, "said": words_of(sent)}
        unread = True
    return _about(kit, number, reference) | {"last": last, "unread": unread}


def _about(kit: Kit, number: PhoneNumber, reference: str) -> dict[str, Any]:
    return {
        "id": str(number.id),
        "case_id": str(number.case_id),
        "reference": reference,
        "party": number.party,
        "language": number.language,
        "number": plain_number(kit.vault, number),
    }


def phone_json(kit: Kit, phone_id: UUID, *, actor: str, now: datetime) -> dict[str, Any]:
    """One phone, as in the list; with `in_sight` of its case, and `thread` as the phone server has it (None: it is off).

    Raises:
        NotFound: we know no such phone.
    """
    with kit.transaction() as session:
        number, reference = _find(session, phone_id)
        history.audit(session, actor=actor, act="read", noun="phone_number", ids=[number.id], now=now)
        case = session.get_one(Case, number.case_id)
        told = _about(kit, number, reference) | {
            "state": case.state,
            "in_sight": in_sight(session, case, now),
        }
    return told | {"thread": _thread(kit, told["number"])}


def _find(session: Session, phone_id: UUID) -> tuple[PhoneNumber, str]:
    row = session.execute(
        select(PhoneNumber, col(Application.reference))
        .join(Application, col(Application.id) == col(PhoneNumber.application_id))
        .where(col(PhoneNumber.id) == phone_id)
    ).one_or_none()
    if row is None:
        raise NotFound("phone_number", str(phone_id))
    return row[0], row[1]


def _thread(kit: Kit, phone: str) -> dict[str, Any] | None:
    try:
        return _phones(kit).thread(phone)
    except (Unavailable, Refused):
        return None


def type_text(kit: Kit, phone_id: UUID, body: str, person: Person, *, now: datetime) -> None:
    """A text was typed on this phone. It has come in when this returns, or is on its way.

    Raises:
        NotFound: we know no such phone.
        BadInput: nothing was typed, or too much.
        Refused: the phones are off.
        Unavailable: the phone server does not answer.
    """
    said = body.strip()
    if not said or len(said) > LONGEST_TEXT:
        raise BadInput(
            Problem(
                "body",
                "wrong_value",
                "Nothing was typed." if not said else "That is too long for a text.",
                f"Type up to {LONGEST_TEXT} characters.",
            )
        )
    phones = _phones(kit)
    phones.type_text(_in_hand(kit, phone_id, person, "sandbox_text", now), said)


def take_calls(kit: Kit, phone_id: UUID, how: str, person: Person, *, now: datetime) -> None:
    """This phone takes automated calls so from now on.

    Raises:
        NotFound: we know no such phone.
        BadInput: `how` is none of `TAKING_CALLS`.
        Refused: the phones are off.
        Unavailable: the phone server does not answer.
    """
    if how not in TAKING_CALLS:
        raise BadInput(
            Problem("how", "wrong_value", "A phone can't take calls so.", "Choose one line of the list.")
        )
    phones = _phones(kit)
    phones.take_calls(_in_hand(kit, phone_id, person, "sandbox_calls", now), *TAKING_CALLS[how])


def taking_calls(chosen: Mapping[str, Any] | None) -> str:
    """Which of `TAKING_CALLS` this is, as the phone server has it."""
    asked = (chosen["pickup"], chosen["presses"]) if chosen is not None else (None, None)
    return next(how for how, manner in TAKING_CALLS.items() if manner == asked)


def clock_json(kit: Kit) -> dict[str, Any] | None:
    """How far time has moved that was wished to: `moves`, `wish`. None: the phones are off, and with them the clock."""
    try:
        return _phones(kit).clock()
    except (Unavailable, Refused):
        return None


def move_time(kit: Kit, what: str) -> None:
    """The sandbox is to live through this step: `hour`, `day`, `week`, or to the `next` thing due. It begins in a moment.

    Raises:
        Refused: the phones are off, nobody moves time here, or it moves already.
        Unavailable: the phone server does not answer.
    """
    if not _phones(kit).wish(what):
        raise Refused(
            "clock_is_moving", "Time moves already, or nobody here can move it. Wait until it stands."
        )


def _in_hand(kit: Kit, phone_id: UUID, person: Person, act: str, now: datetime) -> str:
    """The number of the phone on which this person does something; the audit says so."""
    with kit.transaction() as session:
        number, _ = _find(session, phone_id)
        history.audit(session, actor=str(person.id), act=act, noun="phone_number", ids=[phone_id], now=now)
        return plain_number(kit.vault, number)


def _phones(kit: Kit) -> InventedPhones:
    if kit.settings.environment != "sandbox" or kit.phones is None:
        raise Refused("phones_are_off", "The sandbox's phones are off. `kinline up` turns them on.")
    return kit.phones
