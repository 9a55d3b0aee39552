"""Reports to the world outside: who is told what a call brought up, and how a notice of concern goes its way."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Recipient(StrEnum):
    """Whom a report goes to."""

    ORR = "orr"  # the office that released the child; its national call centre takes calls
    OTIP = "otip"  # the office on trafficking in persons
    POLICE = "police"
    NCMEC = "ncmec"  # the centre for missing and exploited children
    CPS = "cps"  # the state's child protective services
    LABOR = "labor"  # the department of labor
    COURT = "court"


# How a report is made.
METHODS = ("phone", "web", "form", "in_person")
_R = Recipient
# Duties that end with a report on record (who told whom, when, and the recipient's reference), never with a note.
# The first two are of versions that named no recipient: the reporter does.
REPORT_DUTIES: Mapping[str, frozenset[Recipient]] = {
    "report_concern": frozenset({_R.ORR, _R.OTIP, _R.CPS, _R.POLICE, _R.LABOR}),
    "report_missing": frozenset({_R.POLICE, _R.NCMEC, _R.ORR}),
    "report_police": frozenset({_R.POLICE}),
    "report_ncmec": frozenset({_R.NCMEC}),
    "report_orr": frozenset({_R.ORR}),
    "report_cps": frozenset({_R.CPS}),
    "report_otip": frozenset({_R.OTIP}),
    "report_labor": frozenset({_R.LABOR}),
    "request_vor": frozenset({_R.ORR}),
    "court_address_form": frozenset({_R.COURT}),
}
# What a written notice of concern ends, and what then waits for its recipient.
NOTICE_DUTY, NOTICE_ANSWER = "notice_of_concern", "notice_acknowledged"
NOTICE_DUTIES = (NOTICE_DUTY, NOTICE_ANSWER)
# The database itself refuses to settle these without the paper: the kinds that no older version knows.
PAPER_DUTIES = (
    *NOTICE_DUTIES,
    *("report_police", "report_ncmec", "report_orr", "report_cps", "report_otip", "report_labor"),
    "request_vor",
)

# What was learned of a child and must still be told: no closing of the case ends these.
MUST_BE_TOLD = frozenset({*REPORT_DUTIES, NOTICE_DUTY} - {"request_vor", "court_address_form"})


class NoticeState(StrEnum):
    """How far a notice of concern (form A-7) has come."""

    DRAFT = "draft"
    APPROVED = "approved"
    CERTIFIED = "certified"
    ACKNOWLEDGED = "acknowledged"


# What history says of a draft beside its moves: its drafter wrote it anew, or a supervisor sent it back.
REVISED, SENT_BACK = "draft revised", "draft sent back"
DRAFT_MARKS = (NoticeState.DRAFT.value, REVISED, SENT_BACK)


class NoticeStep(StrEnum):
    """What a concern waits for."""

    DRAFT = "draft"  # by anybody who writes notices
    REVISE = "revise"  # by its drafter: it was sent back
    APPROVE = "approve"  # by a supervisor who has not drafted it
    CERTIFY = "certify"  # by its owner: it is to be submitted
    ACKNOWLEDGE = "acknowledge"  # by its recipient; its owner asks for it


_N = NoticeState
NOTICE_MOVES: Mapping[NoticeState, frozenset[NoticeState]] = {
    _N.DRAFT: frozenset({_N.APPROVED}),
    _N.APPROVED: frozenset({_N.CERTIFIED}),
    _N.CERTIFIED: frozenset({_N.ACKNOWLEDGED}),
    _N.ACKNOWLEDGED: frozenset(),
}
