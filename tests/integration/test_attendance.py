"""What came of a hearing: recorded with evidence or overdue; a miss is somebody's at once; the week and who will go."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from integrations.desk import call_tasks, duties, escalations
from integrations.desk.attendance import record_outcome, say_outcome
from integrations.desk.calendar import heard_of, record_going, week_json
from integrations.desk.court_measures import measures_json
from integrations.desk.views import case_json
from integrations.kit import Kit
from models.court_status import Attendance, CourtSource, Going
from models.errors import BadInput, NotFound, Refused
from models.facts import Person
from models.states import Party
from models.tables.court import HearingRecord
from models.tables.ledger import Evidence, Hearing
from models.tables.paging import ReplyReading
from models.tables.people import Case, PhoneNumber
from tests.builders import a_call, a_hearing, a_message, an_inbound_text, save
from tests.integration.followup_scenes import HOUR, Family, World, a_family, local, still_world
from tests.refusals import refused

DAY_OF = 10


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


@pytest.fixture
def family(world: World) -> Family:
    """A child with a hearing on day 10 at nine, planned by the round."""
    made = a_family(world.kit, world.staff)
    a_date(world, made, DAY_OF)
    world.round("court")
    return made


def a_date(world: World, family: Family, day: int, **columns: Any) -> Hearing:
    with world.kit.transaction() as session:
        case = session.get_one(Case, family.case_id)
        return a_hearing(session, case, starts_at=local(day, 9), seen_at=world.now, **columns)


def says(world: World, key: str, outcome: str, by: str = "cm", **options: Any) -> None:
    say_outcome(
        world.kit,
        key,
        Attendance(outcome),
        world.staff[by],
        source=CourtSource.FAMILY,
        now=world.now,
        **options,
    )


def the_list_says(world: World, family: Family, outcome: str) -> None:
    with world.kit.transaction() as session:
        hearing = session.get_one(Hearing, the_hearing(world, family).id)
        record_outcome(
            session,
            hearing,
            outcome,
            source="feed",
            by=None,
            actor="engine:hearings",
            note=None,
            now=world.now,
        )


def the_hearing(world: World, family: Family) -> Hearing:
    found: Hearing = min(world.rows(Hearing, family), key=lambda h: h.starts_at)
    return found


def after_it(world: World, days: int = 1) -> World:
    return world.at(local(DAY_OF + days, 9))


# --- outcomes -------------------------------------------------------------------------------------


def test_the_outcome_is_on_record_and_settles_its_duty(world: World, family: Family) -> None:
    after_it(world)
    says(world, family.key, "attended", note="was there with the lawyer")
    hearing = the_hearing(world, family)
    assert (hearing.outcome, hearing.state) == ("attended", "completed")
    (record,) = world.rows(HearingRecord, family)
    duty = world.duty(family, "hearing_outcome", "settled")
    (evidence,) = world.rows(Evidence, id=duty.evidence_id)
    assert (evidence.kind, evidence.row_id, evidence.by_staff) == (
        "hearing",
        record.id,
        world.staff["cm"].id,
    )
    assert world.alarms(family) == []
    assert world.case(family).court_status == "unknown"


def test_without_an_outcome_the_duty_is_overdue_and_climbs(world: World, family: Family) -> None:
    after_it(world, 4).round("lost")
    duty = world.duty(family, "hearing_outcome")
    assert duty.due_at < world.now
    assert duty.id in {a.obligation_id for a in world.alarms(family, "overdue")}


def test_nothing_but_a_record_settles_it(world: World, family: Family) -> None:
    after_it(world, 4).round("lost")
    duty = world.duty(family, "hearing_outcome")
    with pytest.raises(Refused) as note:
        duties.do_duty(world.kit, duty.id, world.staff["cm"], note="was there", now=world.now)
    alarm = next(a for a in world.alarms(family, "overdue") if a.obligation_id == duty.id)
    with pytest.raises(Refused) as word:
        escalations.resolve(
            world.kit, alarm.id, world.staff["cm"], outcome="done", reason="there", now=world.now
        )
    assert note.value.missing == word.value.missing == ("what came of the hearing: kinline hearing outcome",)
    says(world, family.key, "attended")
    assert alarm.id not in {a.id for a in world.alarms(family)}


def test_not_to_know_is_a_try_and_settles_nothing(world: World, family: Family) -> None:
    after_it(world)
    says(world, family.key, "unknown")
    says(world, family.key, "unknown")
    duty = world.duty(family, "hearing_outcome")
    assert [(a.channel, a.serial, a.outcome) for a in world.attempts(duty)] == [
        ("look_up", 1, "unknown"),
        ("look_up", 2, "unknown"),
    ]
    assert the_hearing(world, family).outcome == "unknown"
    says(world, family.key, "attended")
    with pytest.raises(Refused, match="takes that back"):
        says(world, family.key, "unknown")


def test_the_courts_list_says_it_without_a_person_and_once(world: World, family: Family) -> None:
    after_it(world)
    for _ in range(2):
        the_list_says(world, family, "unknown")
        the_list_says(world, family, "attended")
    the_list_says(world, family, "unknown")  # it never unsays what it said
    assert [r.outcome for r in world.rows(HearingRecord, family)].count("attended") == 1
    assert len(world.rows(HearingRecord, family)) == 2
    assert world.duty(family, "hearing_outcome", "settled").evidence_kind == "hearing"
    assert the_hearing(world, family).outcome == "attended"


@pytest.mark.parametrize("state", ["scheduled", "cancelled"])
def test_nothing_comes_of_a_hearing_that_was_not(world: World, family: Family, state: str) -> None:
    if state == "cancelled":
        after_it(world)
        with world.kit.transaction() as session:
            session.get_one(Hearing, the_hearing(world, family).id).state = state
    with pytest.raises(Refused):
        says(world, str(the_hearing(world, family).id), "attended")
    with pytest.raises(Refused, match="no hearing of this child has been"):
        says(world, family.key, "attended")
    with pytest.raises(NotFound):
        says(world, str(uuid4()), "attended")


def test_a_hearing_that_goes_on_names_the_next(world: World, family: Family) -> None:
    after_it(world)
    with pytest.raises(BadInput):
        says(world, family.key, "continued", next_at=local(DAY_OF, 12))
    says(world, family.key, "continued", next_at=local(90, 9))
    first, second = sorted(world.rows(Hearing, family), key=lambda h: h.starts_at)
    assert (first.outcome, second.state, second.starts_at, second.court) == (
        "continued", "scheduled", local(90, 9), "Houston Immigration Court",
    )  # fmt: skip
    assert world.duty(family, "hearing_outcome").detail == {"hearing_id": str(second.id)}
    assert world.case(family).court_status == "dated"


def test_put_off_without_a_date_is_filed_and_dateless(world: World, family: Family) -> None:
    after_it(world)
    says(world, family.key, "continued")
    assert (world.case(family).court_status, world.case(family).court_since) == (
        "filed_no_date",
        local(DAY_OF, 9),
    )


# --- a miss ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_the_list", [False, True])
def test_a_miss_opens_a_duty_and_somebody_owns_it_at_once_with_the_clocks(
    world: World, family: Family, by_the_list: bool
) -> None:
    after_it(world)
    if by_the_list:
        the_list_says(world, family, "missed")
    else:
        says(world, family.key, "missed")
    duty = world.duty(family, "missed_hearing")
    (alarm,) = world.alarms(family, "missed_hearing")
    assert (alarm.obligation_id, alarm.opened_at) == (duty.id, world.now)
    found = case_json(world.kit, family.key, now=world.now)
    (told,) = [e["help"] for e in found["escalations"] if e["reason"] == "missed_hearing"]
    assert told == found["court"]["help"]
    assert (told["basis"], told["counted_from"]) == ("missed_hearing", "2026-02-12")
    until = {c["days"]: c["until"] for c in told["clocks"]}
    assert until == {180: (date(2026, 2, 12) + timedelta(days=180)).isoformat(), None: None}


def test_the_caller_is_told_of_the_clocks_and_a_contact_is_not(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51, backup=52)
    a_date(world, family, DAY_OF)
    world.round("court")
    after_it(world)
    says(world, family.key, "missed")
    with world.kit.transaction() as session:
        case = session.get_one(Case, family.case_id)
        tasks = [
            a_call(session, case, number_id=family.numbers[who], due_at=world.now).id
            for who in ("child", "backup")
        ]
    ours, theirs = (
        call_tasks.open_task(world.kit, task, world.staff["caller"], now=world.now) for task in tasks
    )
    assert ours["court_help"]["clocks"]
    assert (theirs["to"], theirs["court_help"]) == ("backup", None)


def test_a_miss_that_was_none_is_corrected_by_a_newer_record(world: World, family: Family) -> None:
    after_it(world)
    says(world, family.key, "missed")
    world.later(HOUR)
    says(world, str(the_hearing(world, family).id), "attended", note="the clerk had the wrong day")
    assert [r.outcome for r in sorted(world.rows(HearingRecord, family), key=lambda r: r.at)] == [
        "missed",
        "attended",
    ]
    assert world.duty(family, "missed_hearing", "settled").evidence_kind == "hearing"
    # Whoever owns it reads why, and says so.
    assert len(world.alarms(family, "missed_hearing")) == 1
    assert [r["outcome"] for r in case_json(world.kit, family.key, now=world.now)["hearings"][0]["records"]]


def test_what_was_said_is_kept(world: World, family: Family) -> None:
    after_it(world)
    says(world, family.key, "missed")
    with world.kit.transaction() as session:
        for change in ("UPDATE hearing_record SET outcome = 'attended'", "DELETE FROM hearing_record"):
            with refused(session, "hearing_record"):
                session.connection().exec_driver_sql(change)


def test_the_share_that_attended_counts_no_silence(world: World) -> None:
    for outcome in ("attended", "attended", "missed", "continued", "unknown", None):
        family = a_family(world.kit, world.staff)
        a_date(world, family, 2, outcome=outcome)
    world.at(local(3, 9))
    measures = {m["id"]: m for m in measures_json(world.kit, now=world.now)["measures"]}
    attended, silent = measures["hearings_attended"], measures["hearings_without_outcome"]
    assert (attended["numerator"], attended["denominator"], attended["share"]) == (2, 3, 0.6667)
    assert (silent["numerator"], silent["denominator"], len(silent["exceptions"])) == (2, 6, 2)


# --- the week -------------------------------------------------------------------------------------


def week(world: World, first: date = date(2026, 2, 9)) -> list[dict[str, Any]]:
    return [
        h | {"day": d["day"]}
        for d in week_json(world.kit, first=first, now=world.now)["days"]
        for h in d["hearings"]
    ]


@pytest.mark.parametrize(
    ("child", "sponsor", "heard"),
    [
        ("confirmed", "no_ride", "trouble"),
        ("needs_help", "confirmed", "trouble"),
        ("not_going", "no_answer", "trouble"),
        ("not_reminded", "confirmed", "going"),
        ("no_answer", "not_reminded", "unheard"),
    ],
)
def test_who_needs_help_outweighs_who_will_go(child: str, sponsor: str, heard: str) -> None:
    assert heard_of({"parties": {"child": {"state": child}, "sponsor": {"state": sponsor}}}) == heard


def reminded(world: World, family: Family, party: str, *, starts_at: Any = None, meaning: str = "") -> Any:
    """A reminder of the hearing was delivered; perhaps it was answered."""
    hearing = the_hearing(world, family)
    with world.kit.transaction() as session:
        message = a_message(
            session,
            session.get_one(PhoneNumber, family.numbers[party]),
            purpose=str(uuid4()),
            state="delivered",
            claimed_at=world.now,
            accepted_at=world.now,
            template="hearing",
            params={
                "hearing_id": str(hearing.id),
                "starts_at": (starts_at or hearing.starts_at).isoformat(),
                "zone": "America/Chicago",
            },
        )
        if not meaning:
            return None
        return an_inbound_text(
            session,
            world.kit.vault,
            case_id=family.case_id,
            number_id=message.number_id,
            message_id=message.id,
            meaning=meaning,
            at=world.now,
        )


def states(world: World) -> dict[str, str]:
    (hearing,) = week(world)
    return {party: told["state"] for party, told in hearing["parties"].items()}


def test_the_week_shows_each_hearing_on_its_day_at_the_court_s_own_time(world: World, family: Family) -> None:
    with world.kit.transaction() as session:
        # Late in the evening at the court, the next day already in UTC.
        hearing = session.get_one(Hearing, the_hearing(world, family).id)
        hearing.zone, hearing.starts_at = "America/Los_Angeles", local(DAY_OF, 22)
    (shown,) = week(world)
    assert (shown["day"], shown["time"], shown["zone"]) == ("2026-02-12", "20:00", "America/Los_Angeles")
    assert (shown["court"], shown["case_id"]) == ("Houston", family.key)
    assert week(world, date(2026, 2, 13)) == week(world, date(2026, 2, 5)) == []
    assert set(shown["parties"]) == {"child", "sponsor"}


def test_no_answer_is_no_yes(world: World, family: Family) -> None:
    assert states(world) == {"child": "not_reminded", "sponsor": "not_reminded"}
    reminded(world, family, "sponsor")
    assert states(world) == {"child": "not_reminded", "sponsor": "no_answer"}
    reminded(world, family, "child", meaning="yes")
    reminded(world, family, "sponsor", meaning="help")
    assert states(world) == {"child": "confirmed", "sponsor": "needs_help"}
    (shown,) = week(world)
    assert shown["parties"]["child"]["by"] == "text"
    assert shown["parties"]["sponsor"]["last_reminder"] == world.now.isoformat()


def test_a_yes_to_another_time_of_the_hearing_is_none_to_this(world: World, family: Family) -> None:
    reminded(world, family, "child", starts_at=local(9, 9), meaning="yes")
    assert states(world)["child"] == "no_answer"


def test_what_a_person_read_in_a_reply_counts(world: World, family: Family) -> None:
    text = reminded(world, family, "child", meaning="unclear")
    assert states(world)["child"] == "no_answer"
    with world.kit.transaction() as session:
        save(
            session,
            ReplyReading(
                inbound_id=text.id, meaning="yes", reason="test", read_by=world.staff["cm"].id, at=world.now
            ),
        )
    assert states(world)["child"] == "confirmed"


def going(world: World, family: Family, word: str, party: str = "sponsor", by: str = "caller") -> None:
    hearing = the_hearing(world, family).id
    record_going(world.kit, hearing, Party(party), Going(word), world.staff[by], now=world.now)


def test_the_newest_word_counts_said_or_written(world: World, family: Family) -> None:
    reminded(world, family, "sponsor", meaning="yes")
    world.later(HOUR)
    going(world, family, "no_ride")
    assert states(world)["sponsor"] == "no_ride"
    (alarm,) = world.alarms(family, "needs_help_to_go")
    assert alarm.owned_until > world.now
    world.later(HOUR)
    reminded(world, family, "sponsor", meaning="yes")
    assert states(world)["sponsor"] == "confirmed"


def test_who_will_go_needs_nobody(world: World, family: Family) -> None:
    going(world, family, "going", party="child")
    assert states(world) == {"child": "confirmed", "sponsor": "not_reminded"}
    assert world.alarms(family) == []


@pytest.mark.parametrize(
    ("days", "party", "by"), [(1, "child", "caller"), (-9, "case", "caller"), (-9, "child", "auditor")]
)
def test_a_word_needs_a_hearing_ahead_a_speaker_and_a_person_who_may(
    world: World, family: Family, days: int, party: str, by: str
) -> None:
    after_it(world, days)
    with pytest.raises(Refused):
        going(world, family, "going", party=party, by=by)


def test_a_week_is_one_query(world: World, family: Family) -> None:
    from tests.integration.test_rounds import counted

    for _ in range(3):
        a_date(world, a_family(world.kit, world.staff), DAY_OF)
    with counted(world) as sent:
        assert len(week(world)) == 4
    assert sum("FROM hearing" in statement for statement in sent) == 1
