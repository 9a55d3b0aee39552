"""A person of one office is kept out of another office's case, whatever the address, unless they have opened it.

The rule is asked of the address that was matched, not of its letters: every address with a part in braces is either about a
case, by a noun that `integrations.desk.offices` knows, or stands in `NOT_ABOUT_A_CASE`. Any other is closed to who has an office.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import Request

from console.errors import Forbidden, OtherOffice
from integrations.desk.offices import NOUNS, closed_among, closed_case
from integrations.kit import Kit
from models.facts import Person

# Their own rules say who sees them: drafts are their writer's, a measure's list is cut to the office.
NOT_ABOUT_A_CASE = frozenset({"intake", "oversight", "rota", "openings", "account"})


def noun_of(template: str) -> str | None:
    """What an address with a part in braces is about; None when it has none."""
    words = template.removeprefix("/api/v1").strip("/").split("/")
    return words[0] if "{" in template else None


def require_scope(request: Request, kit: Kit, person: Person, office: str | None, *, wall: datetime) -> None:
    """Nothing, when what this address names is open to this person, or is no case at all.

    Raises:
        OtherOffice: it is another office's case. Forbidden: nobody has said whose case this address is about.
    """
    if office is None or not request.path_params:
        return
    # As it was routed: `request.url` is made with the Host that the caller names.
    noun = request.scope["path"].removeprefix("/api/v1").strip("/").split("/")[0]
    if noun in NOT_ABOUT_A_CASE:
        return
    if noun not in NOUNS:
        raise Forbidden("no_scope", "Nobody has said whose cases this address is about.")
    key = str(next(iter(request.path_params.values())))
    case_id = closed_case(kit, noun, key, person, office, wall=wall)
    if case_id is not None:
        raise OtherOffice(str(case_id))


def require_all(
    kit: Kit, noun: str, ids: list[UUID], person: Person, office: str | None, *, wall: datetime
) -> None:
    """Nothing, when all of these are of cases that are open to this person.

    Raises:
        OtherOffice: one is another office's.
    """
    for case_id in closed_among(kit, noun, ids, person, office, wall=wall):
        raise OtherOffice(str(case_id))
