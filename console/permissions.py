"""Who may visit what. Each permission stands here once, and docs/routes.md tells it; a test compares the two.

A page names its permission by a dependency of `console.context`: `Reader`, `Actor`, or `holder(PERMISSION)`. What a desk
asks beyond it (the right role for one act, nobody in two roles on one case) it asks itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from console.errors import Forbidden
from integrations.desk.hits import MAY_JUDGE
from integrations.desk.intake import MAY_SUBMIT
from integrations.desk.interviews import MAY_INTERVIEW
from integrations.desk.link_views import MAY_LOOK
from integrations.desk.notice_views import MAY_READ as MAY_READ_NOTICES
from integrations.desk.notices import WRITERS
from models.facts import Person
from models.states import Role

# A person with one of these is that alone, whatever other roles stand beside it; the first counts.
_ALONE = (Role.ADMINISTRATOR, Role.AUDITOR)
_WORKING = frozenset(Role).difference(_ALONE)


@dataclass(frozen=True, slots=True)
class Permission:
    """What somebody may do, and the roles that may. `refusal` is said to the others."""

    name: str
    roles: frozenset[Role]
    refusal: str

    def is_held_by(self, person: Person) -> bool:
        return not self.roles.isdisjoint(_counting(person.roles))

    def require(self, person: Person) -> None:
        """Nothing, when this person holds it.

        Raises:
            Forbidden: with the code `no_case_content`, `read_only` or `wrong_role`.
        """
        if self.is_held_by(person):
            return
        roles = _counting(person.roles)
        if Role.ADMINISTRATOR in roles:
            raise Forbidden("no_case_content", "An administrator's account does not show cases.")
        if Role.AUDITOR in roles:
            raise Forbidden("read_only", "An auditor's account reads, and changes nothing.")
        raise Forbidden("wrong_role", self.refusal)


def _counting(roles: frozenset[Role]) -> frozenset[Role]:
    return next((frozenset({alone}) for alone in _ALONE if alone in roles), roles)


READ_CASES = Permission(
    "case readers", _WORKING | {Role.AUDITOR}, "Cases are for those who work with them, and for auditors."
)
ACT_ON_CASES = Permission("case workers", _WORKING, "This is for those who work on cases.")
READ_LINKS = Permission(
    "link readers", MAY_LOOK, "The queue of links is for integrity reviewers, supervisors and auditors."
)
READ_INTERVIEWS = Permission(
    "interview readers",
    frozenset(MAY_INTERVIEW),
    "What was said in an interview is for who may hold one: case managers, supervisors and integrity reviewers.",
)
READ_RECORDS = Permission(
    "record readers",
    frozenset(MAY_JUDGE),
    "The record behind a hit is for those who judge it: federal field specialists and supervisors.",
)
READ_NOTICES = Permission(
    "notice readers",
    frozenset(MAY_READ_NOTICES),
    "Notices of concern are for those who follow released children, and for auditors.",
)
WRITE_NOTICES = Permission(
    "notice writers",
    frozenset(WRITERS),
    "Notices of concern are written by case managers, callers and supervisors.",
)
HAND_IN = Permission(
    "packet senders",
    frozenset(MAY_SUBMIT),
    "Packets are handed in by intake officers, case managers and supervisors.",
)
KEEP_ROTA = Permission(
    "rota keepers",
    frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "The rota is kept by supervisors and administrators.",
)
READ_OPENINGS = Permission(
    "opening readers",
    frozenset({Role.SUPERVISOR, Role.AUDITOR}),
    "The list of cases opened across offices is for supervisors and auditors.",
)
JUDGE_OPENINGS = Permission(
    "opening judges", frozenset({Role.SUPERVISOR}), "A supervisor reviews what was opened."
)
