"""After a denial: the letter, who may appeal and until when, the clocks, and a decision by a neutral."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from integrations.desk import appeals
from integrations.letters.denial import TEMPLATE
from integrations.store.staff import add_staff, get_person
from kinline.cli.show_acts import acts
from models.errors import BadInput
from models.facts import Person
from models.states import Role
from tests.builders import DAY, NOW
from tests.integration.test_ladder import ALONE, Make, Request, only, refused, request_of, world

__all__ = ["request_of", "world"]

WHY = "As it came in."
FAR = {"sponsor__relationship": "family friend", "sponsor__related": False}


def denied(request_of: Make, *grounds: str, **changes: Any) -> Request:
    case = request_of(**changes).recommend("deny")
    if changes == ALONE:
        case.consult().conclude(who="supervisor")
    return case.decide("deny", grounds=grounds)


def neutral(case: Request) -> Person:
    """One more supervisor, who had no part in anything."""
    with case.kit.transaction() as session:
        email = f"second-{case.key[:8]}@example.org"
        add_staff(session, email=email, name="Second", roles=[Role.SUPERVISOR], now=NOW)
        return get_person(session, email)


def send(case: Request, who: str = "ffs", method: str = "post") -> Request:
    appeals.send_letter(case.kit, case.key, case.staff[who], method=method, now=case.later())
    return case


def file(case: Request, who: str = "cm", by: str = "sponsor", on: date | None = None) -> Request:
    now = case.later()
    appeals.file_appeal(
        case.kit,
        case.key,
        by,
        case.staff[who],
        received_on=on or now.date(),
        with_hearing=True,
        reason=WHY,
        now=now,
    )
    return case


def acknowledge(case: Request, who: str = "cm") -> Request:
    appeals.acknowledge_appeal(case.kit, case.key, case.staff[who], now=case.later())
    return case


def deliver(case: Request, who: str = "cm", *, withheld: bool = False) -> Request:
    person = case.staff[who]
    appeals.deliver_file(case.kit, case.key, person, withheld=withheld, reason=WHY, now=case.later())
    return case


def decide(case: Request, outcome: str, person: Person | None = None) -> Request:
    who = person or case.staff["supervisor"]
    appeals.decide_appeal(case.kit, case.key, outcome, who, reason=WHY, now=case.later())
    return case


# --- the letter ----------------------------------------------------------------------------------


def _words(content: bytes) -> str:
    pages = pypdfium2.PdfDocument(content)
    return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pages)


def test_a_denial_leaves_its_letter_to_send_and_the_letter_says_why_and_until_when(request_of: Make) -> None:
    case = denied(request_of, "sponsor_risk", "incomplete")
    assert case.duties() == {("send_denial_letter", "letter")}
    only(lambda word: send(case, word), "ffs", "supervisor")
    with pytest.raises(BadInput):
        send(case, method="pigeon")
    draft = appeals.letter(case.kit, case.key, case.staff["ffs"], now=case.now)
    found = send(case).show()["denial"]
    kept = appeals.letter(case.kit, case.key, case.staff["cm"], now=case.later(30 * DAY))
    assert (draft, hashlib.sha256(kept).hexdigest()) == (kept, found["letter"]["digest"])
    assert (found["letter"]["template"], found["letter"]["method"]) == (TEMPLATE, "post")
    assert found["appeal_until"] == "2026-03-05"  # it went out on 3 February
    assert case.duties() == set()
    said = _words(kept)
    assert "Marta Example Coj" in said
    assert "We found a risk to the child with you or in your home." in said
    assert "You may appeal" in said
    assert "5 March 2026" in said
    assert refused(lambda: send(case)).code == "out_of_order"
    [row] = case.rows("SELECT row_to_json(l)::text FROM denial_letter l")
    assert "Marta" not in row[0]
    with pytest.raises(Exception, match="kept as they were written"):
        case.rows("UPDATE denial_letter SET method = 'email'")


def test_a_letter_without_a_right_to_appeal_says_so(request_of: Make) -> None:
    case = denied(request_of, **FAR)
    said = _words(appeals.letter(case.kit, case.key, case.staff["ffs"], now=case.now))
    assert "can not be appealed" in said
    assert "All of it was looked at." in said  # no ground was named: the decider's own words


def test_there_is_no_letter_without_a_denial(request_of: Make) -> None:
    case = request_of()
    for act in (
        lambda: send(case),
        lambda: appeals.letter(case.kit, case.key, case.staff["ffs"], now=case.now),
    ):
        assert refused(act).code == "out_of_order"


def test_a_wording_that_went_out_is_never_edited() -> None:
    words = Path(appeals.__file__).parents[1] / "letters" / f"{TEMPLATE}.txt"
    assert hashlib.sha256(words.read_bytes()).hexdigest() == DIGEST


DIGEST = "7559a160dd6387545ed827c4558fe305f8436154a92671649c760d5e7708f45d"


# --- who may appeal, and until when --------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "grounds", "may"),
    [
        ({}, ("sponsor_risk",), ["sponsor"]),
        (ALONE, ("sponsor_risk",), ["sponsor"]),
        ({"sponsor__relationship": "grandmother"}, ("sponsor_risk",), ["sponsor"]),
        (FAR, ("sponsor_risk",), []),
        (FAR, ("danger_to_self_or_others",), ["child"]),
        ({}, ("danger_to_self_or_others",), ["sponsor", "child"]),
        ({}, ("danger_to_self_or_others", "incomplete"), ["sponsor"]),
        ({}, (), ["sponsor"]),
    ],
)
def test_parents_guardians_and_close_relatives_may_appeal_and_the_child_on_one_ground_alone(
    request_of: Make, changes: dict[str, Any], grounds: tuple[str, ...], may: list[str]
) -> None:
    case = denied(request_of, *grounds, **changes)
    assert case.show()["denial"]["may_appeal"] == may
    for who in ("sponsor", "child"):
        if who not in may:
            assert refused(lambda w=who: file(case, by=w)).code == "no_appeal_right"
    if may:
        file(case, by=may[0])
        assert case.show()["denial"]["appeal"]["by"] == may[0]


def test_the_window_runs_from_the_letter_and_ends(request_of: Make) -> None:
    case = denied(request_of)
    case.later(5 * DAY)
    send(case)  # 7 February
    assert case.show()["denial"]["appeal_until"] == "2026-03-09"
    case.later(40 * DAY)
    assert refused(lambda: file(case)).code == "window_closed"
    for wrong in (date(2026, 2, 1), (case.now + 2 * DAY).date()):
        with pytest.raises(BadInput):
            file(case, on=wrong)
    file(case, on=date(2026, 3, 9))
    assert refused(lambda: file(case, on=date(2026, 3, 9))).code == "out_of_order"


def test_filing_is_the_case_managers_or_a_supervisors(request_of: Make) -> None:
    case = denied(request_of)
    only(lambda word: file(case, word), "cm", "supervisor")
    with pytest.raises(BadInput):
        file(case, by="neighbour")
    assert refused(lambda: acknowledge(case)).code == "not_open"
    assert refused(lambda: file(request_of())).code == "out_of_order"


# --- its clocks ----------------------------------------------------------------------------------


def test_an_appeal_opens_its_duties_and_five_business_days_leave_out_a_holiday(request_of: Make) -> None:
    case = send(denied(request_of))
    case.later(date(2026, 2, 12) - case.now.date())  # a Thursday; Monday the 16th is a holiday
    file(case)
    due = {
        row.kind: (row.due_at.isoformat(), row.queue)
        for row in case.rows(
            "SELECT kind, due_at, queue FROM obligation WHERE application_id = :id AND state = 'open'"
        )
    }
    assert set(due) == {"acknowledge_appeal", "deliver_appeal_file", "decide_appeal"}
    assert due["acknowledge_appeal"] == ("2026-02-21T00:00:00+00:00", "case_manager")  # Friday the 20th
    assert due["decide_appeal"][1] == "supervisor"
    deliver(acknowledge(case))
    assert case.duties() == {("decide_appeal", "appeal")}
    assert refused(lambda: acknowledge(case)).code == "not_open"
    assert refused(lambda: deliver(case)).code == "not_open"
    decide(case, "upheld")
    assert case.duties() == set()
    ended = case.rows(
        "SELECT o.kind, e.by_staff FROM obligation o JOIN evidence e ON e.id = o.evidence_id"
        " WHERE o.application_id = :id AND o.kind LIKE '%appeal%' AND o.state = 'settled'"
    )
    assert {tuple(row) for row in ended} == {
        ("acknowledge_appeal", case.staff["cm"].id),
        ("deliver_appeal_file", case.staff["cm"].id),
        ("decide_appeal", case.staff["supervisor"].id),
    }


def test_a_late_appeal_duty_escalates_like_every_other(request_of: Make) -> None:
    from integrations.desk import rounds
    from integrations.desk.views import queue_json

    case = file(denied(request_of))
    rounds.lost_contact_round(case.kit, now=case.later(12 * DAY))
    reasons = {(i["kind"], i["reason"]) for i in queue_json(case.kit, now=case.now)["items"]}
    assert ("escalation", "overdue") in reasons


# --- its decision --------------------------------------------------------------------------------


def test_an_appeal_is_decided_after_it_was_acknowledged_and_the_file_delivered(request_of: Make) -> None:
    case = file(denied(request_of))
    no = refused(lambda: decide(case, "upheld"))
    assert no.missing == ("acknowledge appeal", "deliver appeal file")
    deliver(acknowledge(case), withheld=True)
    with pytest.raises(BadInput):
        decide(case, "moot")
    found = decide(case, "upheld").show()
    assert (found["state"], found["stage"]) == ("denied", "completed")
    appeal = found["denial"]["appeal"]
    assert (appeal["outcome"], appeal["withheld"], appeal["with_hearing"]) == ("upheld", True, True)
    assert refused(lambda: decide(case, "reversed")).code == "not_open"
    with pytest.raises(Exception, match="stays as it was written"):
        case.rows("UPDATE appeal SET outcome = 'reversed'")


def test_who_took_part_in_the_denial_does_not_decide_the_appeal(request_of: Make) -> None:
    case = deliver(acknowledge(file(denied(request_of, **ALONE))))
    for word in ("cm", "cc", "ffs", "supervisor"):
        assert refused(lambda w=word: decide(case, "upheld", case.staff[w])).code == "not_neutral"
    for word in ("officer", "integrity"):
        assert refused(lambda w=word: decide(case, "upheld", case.staff[w])).code == "wrong_role"
    with pytest.raises(Exception, match="appeal_neutral"):
        case.rows(
            "UPDATE appeal SET outcome = 'upheld', reasoning = 'so', decided_by = denied_by, decided_at = at"
        )
    decide(case, "upheld", neutral(case))


def test_a_denial_that_is_reversed_stands_before_the_decider_again(request_of: Make) -> None:
    case = deliver(acknowledge(file(send(denied(request_of, **ALONE)))))
    found = decide(case, "reversed", neutral(case)).show()
    assert (found["state"], found["stage"], found["decision"]) == ("recommended", "ffs_review", None)
    assert found["denial"] is None
    # The denial speaks no more; that it was appealed, and how that ended, stays to be read.
    [kept] = found["appeals"]
    assert (kept["outcome"], kept["reasoning"], kept["by"]) == ("reversed", WHY, "sponsor")
    assert kept["against"]["by"] == str(case.staff["ffs"].id)
    [told] = [line for line in acts(found) if line.startswith("appeal ")]
    assert f"the denial by {kept['against']['by'][:8]} on " in told
    assert f": reversed by {kept['decided_by'][:8]} on " in told
    assert told.endswith(WHY)
    assert ("decide", "decision") in case.duties()
    assert refused(lambda: case.decide("deny")).code == "consultation_first"
    case.consult().conclude().decide("deny")
    assert case.duties() == {("send_denial_letter", "letter")}
    assert file(send(case)).show()["denial"]["appeal"]["outcome"] is None


def test_an_amendment_of_a_denied_packet_makes_its_appeal_moot(request_of: Make) -> None:
    case = file(denied(request_of))
    case.amend(sponsor__phone="+17135550108")
    assert (case.show()["state"], case.show()["denial"]["appeal"]["outcome"]) == ("denied", None)
    case.amend(address__unit="Apt 9")
    assert case.show()["state"] == "submitted"
    [row] = case.rows("SELECT outcome, decided_by FROM appeal")
    assert tuple(row) == ("moot", None)
    [told] = [line for line in acts(case.show()) if line.startswith("appeal ")]
    assert ": moot on " in told
    assert not {kind for kind, _ in case.duties() if "appeal" in kind}
    left = case.rows("SELECT state FROM obligation WHERE application_id = :id AND kind = 'decide_appeal'")
    assert [r.state for r in left] == ["void"]
