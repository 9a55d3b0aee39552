"""Notices of concern as people read them: how each stands, what it waits for, whose that is, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from console.pages.wording import lower, span, time_left, words
from console.permissions import READ_NOTICES, WRITE_NOTICES
from console.speech import gettext
from models.facts import Person
from models.reports import REVISED, SENT_BACK, NoticeStep

_STATES = {
    "to_draft": "Nobody has drafted it",
    "draft": "Draft",
    "approved": "Approved, not submitted",
    "certified": "Submitted, not acknowledged",
    "acknowledged": "Acknowledged by its recipient",
}
_STEPS: Mapping[NoticeStep | None, str] = {
    NoticeStep.DRAFT: "Somebody is to draft it",
    NoticeStep.REVISE: "It was sent back: its drafter writes it anew",
    NoticeStep.APPROVE: "A supervisor approves it, or sends it back",
    NoticeStep.CERTIFY: "It is to be submitted",
    NoticeStep.ACKNOWLEDGE: "Its recipient is to acknowledge it",
    None: "Nothing is left to do",
}
# What its facts are called, in the order of the form.
FACTS = {
    "what_happened": "What happened",
    "when": "When",
    "where": "Where",
    "who": "To whom, and who else was part of it",
    "where_the_child_is_now": "Where the child is now",
    "done_so_far": "What has been done so far",
    "asked_of_the_recipient": "What you ask of who receives it",
}


# How it was submitted, and to whom other reports went.
METHODS = {
    "form": "On the form",
    "web": "On the recipient's website",
    "phone": "By telephone",
    "in_person": "In person",
}
_RECIPIENTS = {
    "orr": "The national call centre (ORR)",
    "otip": "The office on trafficking (OTIP)",
    "police": "The police",
    "ncmec": "The centre for missing children (NCMEC)",
    "cps": "Child protective services",
    "labor": "The department of labor",
    "court": "The court",
}
# What happened to it. The desk's own reasons for a step say no more than the step.
_CHANGES = {
    "draft": "Drafted",
    REVISED: "Written anew",
    SENT_BACK: "Sent back to its drafter",
    "approved": "Approved as it stands",
    "certified": "Submitted",
    "acknowledged": "Acknowledged by its recipient",
}
_PLANNED = "Another owner, or another time"


def about(shown: Mapping[str, Any], now: datetime, person: Person) -> dict[str, Any]:
    """What a page about one notice tells of it: `notice` as the desk does, and the rest in words."""
    return {
        "notice": shown,
        "row": notice_row(shown, now, person),
        "facts": [
            (gettext(label), shown["facts"][name]) for name, label in FACTS.items() if name in shown["facts"]
        ],
        "sent_back": _sent_back(shown),
        "submitted": _way(shown["certified"]["method"]) if shown["certified"] else "",
        "reports": [
            report | {"to": gettext(_RECIPIENTS[report["recipient"]]), "how": _way(report["method"])}
            for report in shown["reports"]
        ],
        "changes": [_change(one) for one in shown["history"]],
    }


def _way(method: str) -> str:
    """How it went out, for the middle of a sentence."""
    return lower(gettext(METHODS[method]))


def _sent_back(shown: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Who sent it back and why, while its drafter has not written it anew."""
    if shown["step"] is not NoticeStep.REVISE:
        return None
    found: Mapping[str, Any] = next(one for one in reversed(shown["history"]) if one["new"] == SENT_BACK)
    return found


def _change(one: Mapping[str, Any]) -> dict[str, str]:
    told = _CHANGES.get(one["new"], _PLANNED)
    said = one["why"] if one["new"] in (REVISED, SENT_BACK) or told is _PLANNED else ""
    return {"at": one["at"], "what": gettext(told), "by": one["by_name"] or "", "why": said}


def notice_row(item: Mapping[str, Any], now: datetime, person: Person) -> dict[str, Any]:
    """One concern in a list, for this person. `path`: where they may read it, or draft it."""
    step = item["step"]
    return {
        "path": path_to(item["case_id"], {"notice": item["id"], "duty": item["duty"]}, person),
        "case_id": item["case_id"],
        "state": gettext(_STATES[item["state"]]),
        "tone": _tone(item),
        "step": gettext(_STEPS[step]),
        "whose": _whose(item),
        "mine": item["mine"],
        "until": item["next_action_at"] if step else None,
        "left": time_left(item["next_action_at"], now) if step else "",
        "late": item["late"],
        "age": _age_of(item),
        "rung": _rung_of(item),
    }


def _age_of(item: Mapping[str, Any]) -> str:
    """How long the concern has been known; of one that was acknowledged, how long that took."""
    return span(timedelta(hours=item["age_hours"]))


def _rung_of(item: Mapping[str, Any]) -> str:
    """The rung of the ladder on which a concern of this age stands."""
    return gettext("level %(level)s, %(queue)s", level=item["level"], queue=lower(words(item["queue"])))


def _whose(item: Mapping[str, Any]) -> str:
    """Who has the next step: a person by name, or a role; nobody at the end."""
    match item["step"]:
        case NoticeStep.DRAFT:
            return gettext("nobody yet")
        case NoticeStep.APPROVE:
            return gettext("a supervisor")
        case NoticeStep.REVISE:
            return str(item["drafter_name"])
        case None:
            return ""
    return str(item["owner_name"])


def path_to(case_id: str, about: Mapping[str, Any], person: Person) -> str:
    """Where this person reads the notice; where nobody has drafted one, where they draft it; nothing when they may not."""
    if about["notice"]:
        return f"/notices/{about['notice']}" if READ_NOTICES.is_held_by(person) else ""
    return f"/cases/{case_id}/notices/new?duty={about['duty']}" if WRITE_NOTICES.is_held_by(person) else ""


def _tone(item: Mapping[str, Any]) -> str:
    if item["step"] is None:
        return "good"
    return "bad" if item["step"] is NoticeStep.DRAFT and item["late"] else ""
