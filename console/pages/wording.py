"""The words that people read: states, reasons, queues and times. Stored words never change for a page's sake."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from console.pages.moments import moment as moment
from console.speech import gettext, ngettext

_WORDS: Mapping[str, str] = {
    # queues
    "case_management": "Case management",
    "rota": "On-call rota",
    "post_release_services": "Post-release services",
    "supervision": "Supervision",
    "programme": "Programme lead",
    "oversight": "Oversight",
    "integrity": "Programme integrity",
    # duties
    "welfare_call": "Welfare call",
    "sight_check": "Call to make sure that the child is in sight",
    "prs_start": "Begin the post-release services",
    "prs_contact": "Contact of the post-release services",
    "prs_visit": "Visit to the home",
    "hear_child_alone": "Hear the child alone",
    "allow_home_country": "Decide whether people may call the home country",
    "lost_contact_review": "Review: contact is lost",
    "lost_supervisor_review": "Contact is lost: a supervisor's review",
    "lost_second_ladder": "Contact is lost: second ladder of calls",
    "lost_school_check": "Contact is lost: ask at the school",
    "lost_prs_visit": "Contact is lost: visit the home",
    "lost_welfare_check": "Contact is lost: decide on a welfare check",
    "text_reminder": "Text reminder",
    "hearing_reminder": "Reminder of a hearing",
    "hearing_change": "Tell the family that a hearing changed",
    "hearing_outcome": "Record what came of the hearing",
    "missed_hearing": "A hearing was missed",
    "court_lookup": "Look up the court date",
    "court_address_form": "Court form for the new address",
    "verify_address": "Verify the address",
    "concentration_review": "Review: unrelated children or sponsors at one home",
    "household_check": "Find out who lives in the new home",
    "prs_transfer": "Hand the post-release services on to the new place",
    "location_unknown": "Nobody knows where the child is",
    "find_number": "Find a number that works",
    "find_interpreter": "Find an interpreter",
    "tell_by_voice": "Tell the family by voice",
    "call_back": "Call back",
    "review_reply": "Read a reply that no machine understands",
    "review_stop": "STOP from the child's phone: look at it",
    "report_concern": "Report a concern",
    "report_missing": "Report the child missing",
    "report_police": "Report to the police",
    "report_ncmec": "Report to the centre for missing children (NCMEC)",
    "report_orr": "Report to the national call centre (ORR)",
    "report_cps": "Report to child protective services",
    "report_otip": "Report to the office on trafficking (OTIP)",
    "report_labor": "Report to the department of labor",
    "request_vor": "Ask for the release paper with the new address",
    "notice_of_concern": "Notice of concern",
    "notice_acknowledged": "Notice of concern: wait for its acknowledgement",
    "assess_new_adult": "Assess the adult whom the child lives with now",
    "retry_child": "Reach the child itself",
    "closure_review": "Review the closing of the case",
    "representation_known": "Find out who represents the child",
    "obtain_document": "Obtain a document",
    "confirm_document": "Confirm a document",
    "record_check": "Record a check's result",
    "pending_check": "Record the result of a check that was out at the release",
    "settle_finding": "Settle a finding",
    "complete_home_study": "Complete the home study",
    "recommend:case_manager": "Recommendation of the case manager",
    "recommend:case_coordinator": "Recommendation of the case coordinator",
    "decide": "Decision",
    "release_child": "Release the child",
    "recommendation_clock": "Recommend in time",
    "decision_clock": "Decide in time",
    "review_pending": "Review: it is pending for long",
    "answer_question": "Answer a question",
    "conclude_consultation": "Conclude the case consultation",
    "send_denial_letter": "Send the letter of the denial",
    "acknowledge_appeal": "Acknowledge the appeal",
    "deliver_appeal_file": "Deliver the evidence file of the appeal",
    "decide_appeal": "Decide the appeal",
    # why somebody owns a thing
    "child_asks_for_help": "The child asks for help",
    "sponsor_asks_for_help": "The sponsor asks for help",
    "help_after_closure": "Help was asked for after the case was closed",
    "no_contact": "No contact so far",
    "no_answer": "No answer",
    "overdue": "Not done in time",
    "late_hit": "A check came back with a hit after the release",
    "ordered_removed": "A removal was ordered",
    "needs_help_to_go": "The family needs help to go to a hearing",
    # where a case stands in court, and who says so
    "court_nta_not_served": "Notice to appear not served",
    "court_served_not_filed": "Served, not filed with the court",
    "court_filed_no_date": "Filed, without a date",
    "court_dated": "A date is known",
    "court_completed": "Completed",
    "court_ordered_removed": "Removal ordered",
    "court_unknown": "Unknown",
    "acis_web": "the court's website",
    "acis_phone": "the court's telephone line",
    "feed": "the court's list",
    # application states
    "in_checks": "In checks",
    "in_review": "In review",
    "home_study": "Home study",
    # stages of a release request
    "cm_initiated": "With the case manager",
    "cc_review": "With the case coordinator",
    "cm_further_information": "The case manager is to give more information",
    "ffs_review": "With the federal field specialist",
    "case_consultation": "Case consultation",
    "hs_requested": "A home study is out",
    "hs_completed_cm_review": "After the home study: with the case manager",
    "hs_completed_cc_review": "After the home study: with the case coordinator",
    "hs_completed_ffs_review": "After the home study: with the federal field specialist",
    "dnf_generated": "Approved: discharge notification",
    # case states
    "in_care": "In care",
    "in_follow_up": "In follow-up",
    "lost_contact": "Contact is lost",
    # reasons to close a case
    "turned_18": "Turned 18",
    "declined_child_spoken_to": "Declined, the child was spoken to",
    "declined_child_not_spoken_to": "Declined, the child was not spoken to",
    # check states and kinds
    "hit_review": "Hit: needs review",
    "hit_bar": "Hit: a bar",
    "bar": "A bar",
    "bar_5y": "A bar for five years",
    "not_this_person": "Another person's record",
    "public_records": "Public records check",
    "sex_offender_registry": "Sex offender registry check",
    "fbi_fingerprint": "FBI fingerprint check",
    "fbi_name": "FBI name check",
    "child_abuse_registry": "Child abuse registry check",
    "state_criminal": "State criminal check",
    # what may be decided
    "approve_with_prs": "Approve, with post-release services",
    # tries
    "human_call": "Call by a person",
    "automated_call": "Automated call",
    "reached_alone": "Reached alone",
    "reached_not_alone": "Reached, not alone",
    "sponsor_only": "The sponsor only",
    "not_living_there": "The child does not live there",
    "missing": "Missing",
    "machine": "Answering machine",
    "case": "the case",
    "child": "the child",
    "sponsor": "the sponsor",
    "former_sponsor": "the sponsor before an amendment",
    "alternate_caregiver": "the other caregiver",
    "nobody": "nobody",
}


def words(code: str | None) -> str:
    """A stored word as people read it; one that nobody has put into words loses its underscores."""
    if not code:
        return ""
    if code in _WORDS:
        return gettext(_WORDS[code])
    plain = code.replace("_", " ").replace(":", ": ")
    return gettext(plain[:1].upper() + plain[1:])


_PAGING = {
    "paging": "Who is on call is being paged",
    "unanswered": "Everybody on call was paged, and nobody took it",
    "nobody could be paged": "Nobody could be paged",
}


def paging(state: str | None) -> str:
    """How it stands with the person on call; nothing once somebody has taken it, or where nobody is paged."""
    return gettext(_PAGING.get(state or "", ""))


def subject(code: str) -> str:
    """Whom a row is about, without a name: `household:0` is household member 1."""
    kind, _, number = code.partition(":")
    if kind == "household" and number.isdigit():
        return gettext("household member %(number)s", number=int(number) + 1)
    return gettext(_WORDS.get(code, code.replace("_", " ")))


def lower(text: str) -> str:
    """For the middle of a sentence; FBI and STOP stay as they are."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def span(length: timedelta) -> str:
    """A length of time in words, its largest unit alone: 40 minutes, 3 hours, 2 days."""
    minutes = int(abs(length).total_seconds() // 60)
    if minutes < 1:
        return gettext("less than a minute")
    if minutes >= 48 * 60:
        return count(minutes // (24 * 60), "day", "days")
    return count(minutes // 60, "hour", "hours") if minutes >= 60 else count(minutes, "minute", "minutes")


def time_left(until: str | None, now: datetime) -> str:
    """How long there is: `3 hours left`, or `2 days late`."""
    if not until:
        return ""
    left = datetime.fromisoformat(until) - now
    told = "%(time)s left" if left >= timedelta(0) else "%(time)s late"
    return gettext(told, time=span(left))


def prs_level(code: str) -> str:
    """How much a child is helped after the release."""
    if code == "tvpra":
        return gettext("the level that the law wants after a home study")
    return gettext("level %(level)s", level=code)


_WHERE = {
    "verified": "signed off by a person",
    "stated": "as told, not signed off yet",
    "moved": "in doubt: we were told that they moved",
    "defective": "in doubt: mail does not reach it, or came back",
    "unknown": "location unknown",
    "in_care": "in care; this is the home that is vetted",
}


def whereabouts(code: str) -> str:
    """How far it is known where a child is."""
    return gettext(_WHERE[code]) if code in _WHERE else words(code).lower()


_COMMAND = re.compile(r"\s*\(kinline [^)]*\)|(?:^|: )kinline [^.;]*")


def without_command(told: str) -> str:
    """A desk's word as a page says it: the command that would do it stands there for those who type."""
    return _COMMAND.sub("", told).strip()


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 child`, `3 children`."""
    return f"{number:,} {ngettext(one, many or one + 's', number)}"
