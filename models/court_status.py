"""What is known of a child's case in court: its status, who said so, and whether the child was at a hearing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CourtStatus(StrEnum):
    """Where a child's case stands in court. No hearing found is never proof that all is well."""

    NTA_NOT_SERVED = "nta_not_served"  # the notice to appear has not been served
    SERVED_NOT_FILED = "served_not_filed"  # served, and not filed with the court yet
    FILED_NO_DATE = "filed_no_date"
    DATED = "dated"
    COMPLETED = "completed"
    ORDERED_REMOVED = "ordered_removed"
    UNKNOWN = "unknown"


# A hearing that becomes known ends these; it says nothing against an end that the court itself has told.
WITHOUT_A_DATE = (
    CourtStatus.NTA_NOT_SERVED,
    CourtStatus.SERVED_NOT_FILED,
    CourtStatus.FILED_NO_DATE,
    CourtStatus.UNKNOWN,
)


class CourtSource(StrEnum):
    """Where a word about the court comes from."""

    ACIS_WEB = "acis_web"
    ACIS_PHONE = "acis_phone"
    FEED = "feed"
    LAWYER = "lawyer"
    FAMILY = "family"
    PAPER = "paper"


class Attendance(StrEnum):
    """What came of a hearing. `continued`: the court put it off, whoever was there."""

    ATTENDED = "attended"
    MISSED = "missed"
    CONTINUED = "continued"
    UNKNOWN = "unknown"


class Going(StrEnum):
    """What a family said to a person about going to a hearing."""

    GOING = "going"
    NOT_GOING = "not_going"
    NO_RIDE = "no_ride"


@dataclass(frozen=True, slots=True)
class Standing:
    """A status, and the moment since which it holds; None: nobody knows since when."""

    status: CourtStatus
    since: datetime | None
