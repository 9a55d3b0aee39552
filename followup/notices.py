"""A notice of concern (form A-7): what it says, and on which rung it stands by its age."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from followup.escalation import EscalationWindow, climb, first
from followup.forms import FormPart, Note, Words, read_form
from models.facts import EscalationFacts
from models.followup_policy import FollowupPolicy
from models.reports import NoticeState, NoticeStep

_NOBODY = UUID(int=0)


class NoticeFacts(FormPart):
    """`what_happened` in a person's own words; the rest as far as it is known: part of it is enough to file."""

    what_happened: Note
    when: Words | None = None
    where: Words | None = None
    who: Words | None = None
    where_the_child_is_now: Words | None = None
    done_so_far: Note | None = None
    asked_of_the_recipient: Note | None = None


def parse_notice(raw: bytes) -> dict[str, str]:
    """The facts as plain JSON values, without what is not known.

    Raises:
        BadInput: one problem per fault.
    """
    facts: dict[str, str] = read_form(NoticeFacts, raw, "facts").model_dump(mode="json", exclude_none=True)
    return facts


_NEXT = {
    NoticeState.DRAFT: NoticeStep.APPROVE,
    NoticeState.APPROVED: NoticeStep.CERTIFY,
    NoticeState.CERTIFIED: NoticeStep.ACKNOWLEDGE,
    NoticeState.ACKNOWLEDGED: None,
}


def next_step(state: NoticeState | None, *, sent_back: bool = False) -> NoticeStep | None:
    """What a concern waits for whose notice stands here (None: nobody has drafted one); None at its end."""
    if state is None:
        return NoticeStep.DRAFT
    return NoticeStep.REVISE if sent_back and state is NoticeState.DRAFT else _NEXT[state]


def stands_at(policy: FollowupPolicy, learned_at: datetime, now: datetime) -> EscalationWindow:
    """Who must look at a concern of this age that has not been acknowledged yet: its owner first, then each rung
    after the time of the one below. It needs no sweep."""
    born = first(policy, learned_at)
    facts = EscalationFacts(_NOBODY, born.level, "open", born.acknowledge_by, born.resolve_by)
    return climb(facts, policy, now) or born
