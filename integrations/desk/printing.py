"""A child's sheet on paper: what leaves the system on it is chosen, and who printed it, when and why is on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from integrations.desk.child_story import story_json
from integrations.desk.views import case_json
from integrations.kit import Kit
from integrations.store import history
from integrations.store.cases import find_case
from models.errors import BadInput, Problem
from models.facts import Person


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed. The home and the words of texts are there only when they were asked for."""

    case: dict[str, Any]
    story: dict[str, Any]


def print_sheet(
    kit: Kit, key: str, person: Person, *, reason: str, home: bool, texts: bool, now: datetime
) -> Sheet:
    """The sheet of this child, and the row that says who took it and why.

    Raises:
        BadInput: no reason was given. NotFound: there is no such case.
    """
    if not reason.strip():
        raise BadInput(
            Problem(
                "--reason",
                "missing",
                "Nothing says what the paper is for.",
                "Say who needs it, and for what.",
            )
        )
    case = case_json(kit, key, actor=str(person.id), now=now)
    story = story_json(kit, UUID(case["case_id"]))
    with kit.transaction() as session:
        row = find_case(session, key)
        parts = ", ".join(part for part, wanted in (("the home", home), ("words of texts", texts)) if wanted)
        told = f"printed, with {parts}" if parts else "printed"
        actor, why = str(person.id), f"{told}: {reason.strip()}"
        history.record(session, row, old=row.state, new=row.state, actor=actor, why=why, now=now)
        history.audit(session, actor=actor, act="print", noun="child_case", ids=[row.id], now=now)
    if not home:
        kept = ("where", "since", "zone")
        case["address"] = {name: value if name in kept else None for name, value in case["address"].items()}
    if not texts:
        story["sent"] = {}
        story["replies"] = [text | {"said": ""} for text in story["replies"]]
    return Sheet(case, story)
