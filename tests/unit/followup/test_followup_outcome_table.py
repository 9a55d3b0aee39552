"""The outcome table of domain.md section 6, row by row: what opens next, who is told, and within what time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from followup_builders import CHICAGO, POLICY, a_call, policy_text, procedures_text, utc

from followup.policy import outcomes_of, parse_followup_policy, review_of
from followup.questionnaire import weigh
from models.contacts import CallOutcome
from models.errors import BadInput
from models.reports import NOTICE_DUTY, REPORT_DUTIES
from models.states import Party

O = CallOutcome  # noqa: E741
SPONSOR = {"spoke_to": "sponsor"}
AT_ONCE = 1
NOC = ("notice_of_concern", "orr", 24)
CPS = ("report_cps", "cps", 24)
OTIP = ("report_otip", "otip", 24)
POLICE = ("report_police", "police", AT_ONCE)
COURT = ("court_address_form", "court", 5 * 24)
VERIFY = ("verify_address", None, 72)
# Each row: the call, then kind, recipient and hours of what it opens, then the alarms with their levels.
ROWS = {
    "reached both, no worry": (a_call(), set(), {}),
    "reached sponsor only": (a_call(O.SPONSOR_ONLY, **SPONSOR), {("retry_child", None, 3 * 24)}, {}),
    "address changed": (
        a_call(O.MOVED, spoke_to="child", alone=True),
        {VERIFY, COURT, ("request_vor", "orr", 5 * 24)},
        {},
    ),
    "child left home, known place": (
        a_call(O.NOT_LIVING_THERE, **SPONSOR),
        {NOC, ("assess_new_adult", None, 24), VERIFY, COURT},
        {"child_lives_elsewhere": 1},
    ),
    "child missing": (
        a_call(O.MISSING, **SPONSOR),
        {
            POLICE,
            ("report_ncmec", "ncmec", AT_ONCE),
            ("report_orr", "orr", AT_ONCE),
            NOC,
            ("lost_contact_review", None, 168),
        },
        {"child_missing": 2},
    ),
    "child missing, with harm": (
        a_call(O.MISSING, spoke_to="sponsor", hurt_or_threatened="yes"),
        {
            POLICE,
            ("report_ncmec", "ncmec", AT_ONCE),
            ("report_orr", "orr", AT_ONCE),
            NOC,
            CPS,
            ("lost_contact_review", None, 168),
        },
        {"child_missing": 2, "concern_harm": 2},
    ),
    "abuse or neglect suspected": (a_call(hurt_or_threatened="yes"), {CPS, NOC}, {"concern_harm": 2}),
    "abuse, immediate": (
        a_call(in_danger_now="yes"),
        {CPS, NOC, POLICE},
        {"concern_danger": 2, "concern_harm": 2},
    ),
    "labour trafficking suspected": (
        a_call(work={"works": True, "hours": "night", "owes_money": True}),
        {OTIP, CPS, NOC, ("report_labor", "labor", 24)},
        {"concern_trafficking": 2},
    ),
    "sex trafficking suspected": (
        a_call(sexual_acts_for_gain="yes"),
        {OTIP, CPS, NOC, POLICE},
        {"concern_trafficking": 2},
    ),
    "a concern (the child asks for help)": (a_call(asks_for_help="yes"), {NOC}, {"concern_help": 2}),
}


@pytest.mark.parametrize(("record", "opens", "alarms"), ROWS.values(), ids=list(ROWS))
def test_each_row_has_its_recipients_and_its_clocks(record, opens, alarms):
    weighed = weigh(record, POLICY)
    assert {(o.kind, o.recipient, o.within_hours) for o in weighed.opens} == opens
    assert {alarm.reason: alarm.level for alarm in weighed.escalate} == alarms
    for duty in weighed.opens:
        if duty.kind in ("court_address_form", "request_vor"):
            continue
        assert duty.window(record, CHICAGO) == (record.at, record.at + timedelta(hours=duty.within_hours))


def test_no_contact_after_the_ladder_is_a_weekly_review_that_keeps_the_child_in_sight():
    (line,) = outcomes_of(POLICY, "exhausted")
    review = next(duty for duty in line.opens if duty.kind == "lost_contact_review")
    assert (review.within_hours, review.queue, review.in_sight) == (168, "supervision", True)
    assert line.escalate == "no_contact"


@pytest.mark.parametrize(
    ("moved_on", "due"),
    [
        # The call is on Thursday 12 February 2026, 17:30 in Chicago.
        (None, "2026-02-17T23:30"),
        ("2026-02-12", "2026-02-17T23:30"),  # that very day: five days from the call
        ("2026-02-11", "2026-02-17T03:00"),  # the evening of the fifth day after
        ("2026-02-09", "2026-02-15T03:00"),
        ("2026-02-03", "2026-02-09T03:00"),  # late at its birth, and therefore at once somebody's
    ],
)
@pytest.mark.parametrize("outcome", [O.MOVED, O.NOT_LIVING_THERE])
def test_the_court_form_counts_five_calendar_days_from_the_move_not_from_the_call(outcome, moved_on, due):
    told = {"moved_on": moved_on} if moved_on else {}
    record = a_call(outcome, Party.SPONSOR, spoke_to="sponsor", **told)
    (form,) = (duty for duty in weigh(record, POLICY).opens if duty.kind == "court_address_form")
    assert form.window(record, CHICAGO)[1] == utc(due)


def test_every_report_names_its_recipient_and_its_legal_basis():
    for kind in [*REPORT_DUTIES, NOTICE_DUTY]:
        if kind in ("report_concern", "report_missing"):  # of versions before the procedures
            continue
        line = review_of(POLICY, kind)
        assert line.recipient in REPORT_DUTIES.get(kind, {line.recipient})
        assert line.recipient
        assert line.legal_basis


@pytest.mark.parametrize(
    ("old", "new", "field", "code"),
    [
        (
            'recipient = "otip"\nlegal_basis = "22 USC 7105(b)"',
            "",
            "reviews[P2-REVIEW-REPORT-OTIP]",
            "missing_key",
        ),
        (
            'recipient = "otip"\nlegal_basis',
            'recipient = "cps"\nlegal_basis',
            "reviews[P2-REVIEW-REPORT-OTIP]",
            "wrong_value",
        ),
        (
            'queue = "case_management", recipient = "otip"',
            'queue = "case_management"',
            "outcomes[P2-OUT-TRAFFICKING]",
            "wrong_value",
        ),
        ('kind = "notice_acknowledged"', 'kind = "notice_read"', "reviews", "missing_key"),
        ('kind = "assess_new_adult"\n', 'kind = "assess"\n', "reviews", "missing_key"),
    ],
)
def test_a_report_without_its_recipient_or_its_time_is_refused(old, new, field, code):
    assert old in procedures_text()
    with pytest.raises(BadInput) as caught:
        parse_followup_policy(policy_text(), procedures_text().replace(old, new, 1))
    assert any(p.field.startswith(field) and p.code == code for p in caught.value.problems)
