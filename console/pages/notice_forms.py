"""The acts on a notice of concern as forms, each by the same function as its command; and which a page offers whom."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from console.pages.act_forms import REASON, ActForm, Box, BoxKind, Filled
from console.pages.notice_words import FACTS, METHODS
from console.pages.offers import Offer
from console.permissions import WRITE_NOTICES
from integrations.desk import notices
from models.facts import Person
from models.reports import NoticeState
from models.states import Role

_SUPERVISOR = (Role.SUPERVISOR,)
_LONG = ("what_happened", "done_so_far", "asked_of_the_recipient")
_HINTS = {
    "what_happened": "In your own words: what is known, and from whom. All the rest may be left empty: part of it is enough to begin with.",
    "when": "Also how soon something is feared.",
    "done_so_far": "Whom you told, and what was done for the child.",
}


def _fact(name: str) -> Box:
    # As long as its form lets it be (`followup.forms`).
    kind: BoxKind
    kind, most = ("area", 4000) if name in _LONG else ("line", 300)
    must = name == "what_happened"
    hint = _HINTS.get(name, "")
    return Box(name, kind, FACTS[name], hint, must=must, problem=f"facts.{name}", most=most, mark=False)


FACT_BOXES = tuple(map(_fact, FACTS))
_METHOD = Box("method", "choice", "How it went out", options=tuple(METHODS.items()), problem="--method")
_REFERENCE = Box("reference", "line", "The recipient's own reference", problem="--reference")
_AT = Box(
    "at",
    "line",
    "Day and hour, when it was not just now",
    "By your own clock, as 2026-02-02 15:30.",
    must=False,
    problem="--acknowledged-at",
    mark=False,
)
OWNER = Box("owner", "pick", "Another owner", must=False, problem="--owner", mark=False)
_NEXT = Box(
    "next",
    "line",
    "Another time for the next step",
    "By your own clock, as 2026-02-02 15:30.",
    must=False,
    problem="--next",
    mark=False,
)


def _facts(filled: Filled) -> bytes:
    """What was typed, as the command's file holds it."""
    return json.dumps({name: filled.text(name) for name in FACTS if filled.text(name)}).encode()


def _id(told: str) -> UUID | None:
    """An id as a page of ours has written it; none for anything else."""
    try:
        return UUID(told)
    except ValueError:
        return None


def _amend(filled: Filled) -> UUID:
    return notices.revise(
        filled.kit,
        UUID(filled.key),
        _facts(filled),
        filled.person,
        reason=filled.text("reason"),
        now=filled.now,
    )


def _acknowledge(filled: Filled) -> UUID:
    answer = notices.Acknowledgement(filled.text("reference"), filled.find_moment(_AT) or filled.now)
    return notices.acknowledge(filled.kit, UUID(filled.key), filled.person, answer, now=filled.now)


def _plan(filled: Filled) -> UUID:
    return notices.plan(
        filled.kit,
        UUID(filled.key),
        filled.person,
        owner=filled.text("owner") or None,
        next_action_at=filled.find_moment(_NEXT),
        reason=filled.text("reason"),
        now=filled.now,
    )


DRAFT = ActForm(
    "Draft a notice of concern",
    "Form A-7: what is known of a worry about this child. It is sealed, and you own it. As soon as it is saved a supervisor"
    " may approve it or send it back; until it is approved you can write it anew.",
    "Save the draft",
    notices.WRITERS,
    lambda filled: notices.draft(
        filled.kit,
        filled.key,
        _facts(filled),
        filled.person,
        duty_id=_id(filled.text("duty")),
        form=_id(filled.text("form")),
        now=filled.now,
    ),
    FACT_BOXES,
)
NOTICE_ACTS: Mapping[str, ActForm] = {
    "amend": ActForm(
        "Write the draft anew",
        "Only who drafted it does. From its approval on it stays as it is.",
        "Save the draft",
        notices.WRITERS,
        _amend,
        (*FACT_BOXES, REASON),
    ),
    "approve": ActForm(
        "Approve the notice",
        "Read it first: from now on it stays as it is, and is to be submitted.",
        "Approve it as it stands",
        _SUPERVISOR,
        lambda f: notices.approve(f.kit, UUID(f.key), f.person, now=f.now),
        (),
    ),
    "send-back": ActForm(
        "Send the draft back",
        "Its drafter reads why, and writes it anew. Its time runs on.",
        "Send it back",
        _SUPERVISOR,
        lambda f: notices.send_back(f.kit, UUID(f.key), f.person, reason=f.text("reason"), now=f.now),
    ),
    "certify": ActForm(
        "The notice was submitted",
        "You say that you have submitted it, and answer for it. Its duty is settled, and its acknowledgement is waited for.",
        "I have submitted it",
        notices.WRITERS,
        lambda f: notices.certify(f.kit, UUID(f.key), f.person, method=f.text("method"), now=f.now),
        (_METHOD,),
    ),
    "acknowledge": ActForm(
        "Its recipient acknowledged it",
        "Nothing is left to do then.",
        "Put it on record",
        notices.WRITERS,
        _acknowledge,
        (_REFERENCE, _AT),
    ),
    "plan": ActForm(
        "Another owner, or another time",
        "Who has the next step in hand, when it is, or both. Its clocks stay.",
        "Save it",
        notices.WRITERS,
        _plan,
        (OWNER, _NEXT, REASON),
    ),
}


def notice_offers(shown: Mapping[str, Any], person: Person) -> list[Offer]:
    """What this person may do with the notice as it stands. Whether they may when they do is the desk's to say."""
    if not WRITE_NOTICES.is_held_by(person):
        return []
    names = _fitting(NoticeState(shown["state"]), is_drafter=shown["drafted"]["by"] == person.email)
    offered = [name for name in names if NOTICE_ACTS[name].is_offered_to(person)]
    return [
        Offer(f"/notices/{shown['id']}/{name}", NOTICE_ACTS[name].title, is_next=shown["mine"] and place == 0)
        for place, name in enumerate(offered)
    ]


def _fitting(state: NoticeState, *, is_drafter: bool) -> Iterator[str]:
    """What may be done with a notice in this state, what comes next first."""
    if state is NoticeState.ACKNOWLEDGED:
        return
    if state is NoticeState.DRAFT:
        yield from ("amend",) if is_drafter else ("approve", "send-back")
    elif state is NoticeState.APPROVED:
        yield "certify"
    else:
        yield "acknowledge"
    yield "plan"
