"""Linkage: found by blind key whatever the spelling, proposed for a person to judge, never proposed again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from integrations.desk import vetting
from integrations.desk.intake import submit
from integrations.desk.link_acts import decide_link
from integrations.desk.link_views import links_json
from integrations.desk.linking import link as link_application
from integrations.kit import Kit
from integrations.packets import read_path
from models.errors import BadInput, NotFound, Refused
from models.facts import Person
from tests.builders import NOW, a_followed_case, a_sponsor, a_welfare_call, an_application
from tests.integration import scenes
from tests.integration.scenes import World, a_packet, amended, an_adult, hand_in, shown, vet

DAY = timedelta(days=1)


@pytest.fixture
def world(kit: Kit) -> Iterator[World]:
    with scenes.outside_world(kit) as world:
        yield world


def _stranger(**changes: Any) -> dict[str, Any]:
    """A packet that shares nothing with `a_packet()` but what `changes` say."""
    packet = a_packet("TEST-0002", a_number="220559902", household=[])
    packet = amended(
        packet,
        child__family_names="Sample Tum",
        child__date_of_birth="2011-03-04",
        sponsor__given_names="Rolando",
        sponsor__family_names="Sample Tum",
        sponsor__date_of_birth="1979-09-09",
        sponsor__phone="+12145550101",
        address__line1="77 Sample Harbor Rd",
        address__unit=None,
        address__zip="75217",
        address__city="Dallas",
        alternate_caregiver={
            k: v
            for k, v in an_adult("Edith", "Sample Ro", "1982-02-02", "GT-55").items()
            if k != "relationship_to_sponsor"
        },
    )
    return amended(packet, **changes)


def _both(
    kit: Kit, world: World, folder: Path, *, home: Sequence[dict[str, Any]] = (), **changes: Any
) -> tuple[UUID, UUID]:
    """Two applications, the first vetted before the second came in. Returns (first, second).

    `home`: who lives with the first one's sponsor.
    """
    ids = []
    for name, packet in (("first", a_packet(household=list(home))), ("second", _stranger(**changes))):
        world.reader.shows(packet)
        ids.append(hand_in(kit, folder / name, packet).application_id)
        vet(kit, ids[-1])
    return ids[0], ids[1]


def _links(kit: Kit, application_id: UUID) -> list[tuple[str, str, str]]:
    found = shown(kit, application_id)["links"]
    return sorted((link["kind"], link["tier"], link["other_application"]) for link in found)


def test_strangers_are_not_linked(kit: Kit, world: World, tmp_path: Path) -> None:
    first, second = _both(kit, world, tmp_path)
    assert _links(kit, first) == _links(kit, second) == []


def test_one_home_is_found_in_another_spelling(kit: Kit, world: World, tmp_path: Path) -> None:
    home = {"line1": "1420 EXAMPLE AVENUE #3-B", "city": "HOUSTON", "state": "TX", "zip": "77036-1234"}
    first, second = _both(kit, world, tmp_path, address=home)
    assert _links(kit, second) == [("address", "likely", str(first))]
    assert scenes.open_codes(shown(kit, second)) == ["LINK_SHARED_ADDRESS"]


def test_another_flat_in_one_building_is_not_the_same_home(kit: Kit, world: World, tmp_path: Path) -> None:
    home = {"line1": "1420 Example Ave", "unit": "Apt 4C", "city": "Houston", "state": "TX", "zip": "77036"}
    _, second = _both(kit, world, tmp_path, address=home)
    assert _links(kit, second) == []


def test_one_phone_in_two_packets_is_found(kit: Kit, world: World, tmp_path: Path) -> None:
    first, second = _both(kit, world, tmp_path, sponsor__backup_phone="+17135550101")
    assert _links(kit, second) == [("contact", "likely", str(first))]
    assert scenes.open_codes(shown(kit, second)) == ["LINK_SHARED_CONTACT"]


def test_one_identity_document_is_very_likely_one_sponsor(kit: Kit, world: World, tmp_path: Path) -> None:
    document = {"type": "passport", "issuer": "uto", "number": "test 0001-x1", "expires_on": "2029-03-01"}
    first, second = _both(kit, world, tmp_path, sponsor__identity_document=document)
    # Under another name, which is a finding of its own.
    assert _links(kit, second) == [("document", "likely", str(first)), ("sponsor", "likely", str(first))]
    assert scenes.open_codes(shown(kit, second)) == ["LINK_SPONSOR_SEEN", "LINK_SPONSOR_SEEN"]


def test_a_name_and_birthday_alone_are_only_possible(kit: Kit, world: World, tmp_path: Path) -> None:
    changes = {"sponsor__family_names": "Exámple Otro", "sponsor__date_of_birth": "1989-11-20"}
    first, second = _both(kit, world, tmp_path, **changes)
    assert _links(kit, second) == [("sponsor", "possible", str(first))]
    [finding] = shown(kit, second)["findings"]
    assert "possibly" in finding["message"]


@pytest.mark.parametrize(
    ("changes", "features"),
    [
        # Surnames in the other order, then day and month too.
        ({"sponsor__family_names": "Coj Example"}, ["name_alike", "birth_date_same"]),
        (
            {"sponsor__family_names": "Coj Example", "sponsor__date_of_birth": "1990-02-01"},
            ["name_alike", "birth_date_swapped"],
        ),
        # Under one phone no key of theirs has to be the same.
        (
            {"sponsor__date_of_birth": "1990-01-12", "sponsor__backup_phone": "+17135550101"},
            ["name_same", "birth_date_one_digit", "phone_same"],
        ),
        # Of another first name there is a sound of a surname left, and nothing else.
        ({"sponsor__given_names": "Rolanda", "sponsor__date_of_birth": "1990-02-01"}, None),
    ],
)
def test_one_sponsor_written_another_way_is_possible_and_a_mere_surname_is_dropped(
    kit: Kit, tmp_path: Path, changes: dict[str, str], features: list[str] | None
) -> None:
    born = {"sponsor__date_of_birth": "1990-01-02"}
    first = hand_in(kit, tmp_path / "first", amended(a_packet(household=[]), **born)).application_id
    same = born | {"sponsor__given_names": "Marta", "sponsor__family_names": "Example Coj"}
    second = hand_in(kit, tmp_path / "second", _stranger(**same | changes)).application_id
    # The earlier one's own look finds the pair as well, and says the same of it.
    for finder in (second, first):
        link_application(kit, finder, now=NOW)
        told = [one for one in shown(kit, finder)["links"] if one["kind"] == "sponsor"]
        assert [(one["tier"], one["features"]) for one in told] == (
            [("possible", features)] if features else []
        )
    with kit.transaction() as session:
        jobs = session.execute(text("SELECT count(*) FROM job WHERE state = 'waiting'")).scalar_one()
    assert jobs == 2  # of the two submissions: neither look is news to the other a second time


def test_the_same_name_birthday_and_phone_are_likely_one_sponsor_and_stand_first(
    kit: Kit, tmp_path: Path
) -> None:
    born = {"sponsor__given_names": "Marta", "sponsor__family_names": "Example Coj"}
    born |= {"sponsor__date_of_birth": "1989-11-20"}
    home = {"line1": "1420 Example Ave", "unit": "Apt 3B", "city": "Houston", "state": "TX", "zip": "77036"}
    hand_in(kit, tmp_path / "first", a_packet(household=[]))
    neighbour = hand_in(kit, tmp_path / "second", _stranger(address=home)).application_id
    link_application(kit, neighbour, now=NOW)
    again = amended(
        a_packet("TEST-0003", a_number="220559903", household=[], identity="OTHER"),
        address__line1="99 Sample Blvd",
        alternate_caregiver=None,
        documents=[],
        **born,
    )
    link_application(kit, hand_in(kit, tmp_path / "third", again).application_id, now=NOW + DAY)
    items = links_json(kit, state="open", limit=9, viewer=None, now=NOW + DAY)["items"]
    told = [(one["kind"], one["tier"], one["score"]) for one in items if "home_same" not in one["features"]]
    assert sorted(told) == [("contact", "likely", 75), ("sponsor", "likely", 75)]
    assert [one["score"] for one in items] == sorted((one["score"] for one in items), reverse=True)
    assert items[-1]["features"] == ["name_differs", "birth_date_differs", "home_same"]
    # Nothing that is shared stands there in clear.
    assert "Example" not in str([one["features"] for one in items])


def test_a_rival_application_for_one_child_is_found(kit: Kit, world: World, tmp_path: Path) -> None:
    first, second = _both(kit, world, tmp_path, child__a_number="220559901")
    assert _links(kit, second) == [("child", "likely", str(first))]
    assert scenes.open_codes(shown(kit, second)) == ["LINK_CHILD_SEEN"]


ANA = {
    "sponsor__given_names": "Ana",
    "sponsor__family_names": "Sample Ixim",
    "sponsor__date_of_birth": "1984-04-04",
    "sponsor__email": "ana@example.org",
    "sponsor__identity_document": {
        "type": "passport",
        "issuer": "UTO",
        "number": "ANA1",
        "expires_on": "2029-03-01",
    },
}


@pytest.mark.parametrize(
    ("traits", "tier", "kind"),
    [
        (set(ANA) - {"sponsor__email"}, "likely", "sponsor"),
        ({key for key in ANA if key.endswith(("names", "birth"))}, "possible", "sponsor"),
        ({"sponsor__email"}, "likely", "contact"),
    ],
)
@pytest.mark.parametrize("replaced_first", [True, False])
def test_a_sponsor_whom_an_amendment_replaced_is_found_when_they_apply_elsewhere(
    kit: Kit, world: World, tmp_path: Path, traits: set[str], tier: str, kind: str, replaced_first: bool
) -> None:
    first = amended(a_packet(household=[]), **ANA)
    one = hand_in(kit, tmp_path / "first", first).application_id
    now_marta = a_packet(household=[])
    if replaced_first:
        hand_in(kit, tmp_path / "replaced", now_marta)
    packet = _stranger(**{key: ANA[key] for key in traits})
    other = hand_in(kit, tmp_path / "second", packet).application_id
    link_application(kit, other, now=NOW)
    if not replaced_first:
        hand_in(kit, tmp_path / "replaced", now_marta)
        link_application(kit, one, now=NOW + DAY)
    assert _links(kit, other) == [(kind, tier, str(one))]
    assert _links(kit, one) == [(kind, tier, str(other))]
    if kind == "sponsor":
        through = [shown(kit, file)["links"][0]["through"] for file in (one, other)]
        assert through == [["former_sponsor=sponsor"], ["sponsor=former_sponsor"]]


JORGE = an_adult("Jorge", "Example Ruiz", "1985-02-11", "GT-77")


def test_who_lives_in_one_home_and_sponsors_in_another_is_found_from_both_sides(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    changes = {f"sponsor__{key}": JORGE[key] for key in ("given_names", "family_names", "date_of_birth")}
    document = JORGE["identity_document"] | {"expires_on": "2029-03-01"}
    first, second = _both(kit, world, tmp_path, home=[JORGE], **changes, sponsor__identity_document=document)
    assert _links(kit, second) == [("person", "likely", str(first))]
    assert shown(kit, second)["links"][0]["through"] == ["sponsor=household:0"]
    [finding] = shown(kit, second)["findings"]
    assert (finding["code"], finding["rule"]) == ("LINK_SPONSOR_SEEN", "L1-person")
    # The earlier one has the link at once, and its officer a finding as soon as its job has run.
    assert _links(kit, first) == [("person", "likely", str(second))]
    assert shown(kit, first)["links"][0]["through"] == ["household:0=sponsor"]
    with kit.transaction() as session:
        waiting = session.scalars(
            text("SELECT key FROM job WHERE kind = 'vet' AND state = 'waiting' ORDER BY created_at")
        ).all()
    assert str(first) in waiting
    vet(kit, first)
    assert scenes.open_codes(shown(kit, first)) == ["LINK_SPONSOR_SEEN"]


def test_a_caregiver_is_found_by_phone_and_by_name_and_birthday_only_possibly(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    rosa = {
        "given_names": "Rosa Maria",
        "family_names": "Exampel",
        "date_of_birth": "1991-07-30",
        "phone": "+17135550101",
        "identity_document": {"type": "passport", "issuer": "GT", "number": "GT-78"},
    }
    first, second = _both(kit, world, tmp_path, alternate_caregiver=rosa)
    assert _links(kit, second) == [("contact", "likely", str(first)), ("person", "possible", str(first))]
    assert {tuple(link["through"]) for link in shown(kit, second)["links"]} == {
        (),
        ("alternate_caregiver=alternate_caregiver",),
    }


def test_one_document_under_two_names_is_told_wherever_it_stands(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    other = an_adult("Ramiro", "Sample Paz", "1970-01-01", "gt 77")
    first, second = _both(kit, world, tmp_path, home=[JORGE], household=[other])
    assert _links(kit, second) == [("document", "likely", str(first))]
    # The check of the member has not come back yet; that is a finding too.
    told = [f for f in shown(kit, second)["findings"] if f["code"] == "LINK_SPONSOR_SEEN"]
    assert [(f["rule"], f["severity"]) for f in told] == [("L6-number", "review")]


def _filed(kit: Kit, *, released: bool = False, category: str = "3") -> UUID:
    """An application of one sponsor, always the same, as bare rows."""
    with kit.transaction() as session:
        case = a_followed_case(session, kit.vault, followup_policy="swb-2024r3") if released else None
        if case is not None:
            a_welfare_call(session, case)
        sponsor = a_sponsor(session, kit.vault, identity_key=b"one")
        state = {"state": "released"} if released else {}
        return an_application(session, kit.vault, case, sponsor_id=sponsor.id, category=category, **state).id


@pytest.mark.parametrize(("category", "alarms"), [("3", 1), ("2A", 0)])
def test_a_released_childs_nonrelative_who_comes_again_is_a_supervisors_at_once(
    kit: Kit, category: str, alarms: int
) -> None:
    released = _filed(kit, released=True, category=category)
    for _ in range(2):
        link_application(kit, _filed(kit, category=category), now=NOW)
    with kit.transaction() as session:
        told = session.execute(
            text(
                "SELECT e.reason, e.rule, e.queue FROM escalation e"
                " JOIN application a ON a.case_id = e.case_id WHERE a.id = :id"
            ),
            {"id": released},
        ).all()
        jobs = session.execute(text("SELECT count(*) FROM job")).scalar_one()
    assert [tuple(row) for row in told] == [("link_found", "L1", "supervision")] * alarms
    assert jobs == 1  # of the first newcomer, which learns of the second


def test_the_queue_of_links_tells_each_pair_once_and_the_oldest_first(
    kit: Kit, staff: dict[str, Person]
) -> None:
    first, second = _filed(kit), _filed(kit)
    link_application(kit, second, now=NOW)
    third = _filed(kit)
    link_application(kit, third, now=NOW + DAY)
    link_application(kit, first, now=NOW + DAY)
    look = {"limit": 200, "viewer": staff["integrity"], "now": NOW + 2 * DAY}
    told = links_json(kit, state="open", **look)
    pairs = [{one["application_id"] for one in item["applications"]} for item in told["items"]]
    assert told["total"] == 3
    assert pairs[0] == {str(first), str(second)}
    assert sorted(map(sorted, pairs[1:])) == sorted(sorted((str(one), str(third))) for one in (first, second))
    assert told["items"][0]["age_hours"] == 48
    with pytest.raises(Refused):
        links_json(kit, state="open", **look | {"viewer": staff["caller"]})
    with pytest.raises(BadInput) as caught:
        links_json(kit, state="shut", **look | {"limit": 0})
    assert [p.field for p in caught.value.problems] == ["--state", "--limit"]


def _shared_home(kit: Kit, world: World, tmp_path: Path) -> tuple[UUID, UUID, str]:
    home = {"line1": "1420 Example Ave", "unit": "#3B", "city": "Houston", "state": "TX", "zip": "77036"}
    first, second = _both(kit, world, tmp_path, address=home)
    return first, second, shown(kit, second)["links"][0]["id"]


def test_a_split_pair_is_never_proposed_again_from_either_side(
    kit: Kit, world: World, tmp_path: Path, staff: dict[str, Person]
) -> None:
    first, second, link = _shared_home(kit, world, tmp_path)
    decide_link(kit, link, staff["integrity"], verdict="split", reason="Two doors, two families.", now=NOW)
    for day in (1, 2):
        for application in (first, second):
            vet(kit, application, now=NOW + day * DAY)
    for application in (first, second):
        found = shown(kit, application)
        assert scenes.open_codes(found) == []
        assert [link["state"] for link in found["links"]] == ["split"]
    for state, there in (("open", 0), ("split", 1)):
        assert links_json(kit, state=state, limit=9, viewer=None, now=NOW)["total"] == there


def test_a_confirmed_link_still_asks_for_a_persons_word(
    kit: Kit, world: World, tmp_path: Path, staff: dict[str, Person]
) -> None:
    _, second, link = _shared_home(kit, world, tmp_path)
    decide_link(kit, link, staff["supervisor"], verdict="confirm", reason="One flat, two rooms.", now=NOW)
    assert scenes.open_codes(shown(kit, second)) == ["LINK_SHARED_ADDRESS"]
    reason = "Both families were visited."
    vetting.clear(kit, str(second), "LINK_SHARED_ADDRESS", staff["cm"], reason=reason, now=NOW)
    vet(kit, second, now=NOW + DAY)
    assert scenes.open_codes(shown(kit, second)) == []


def test_a_link_is_judged_by_the_integrity_reviewer_or_a_supervisor(
    kit: Kit, world: World, tmp_path: Path, staff: dict[str, Person]
) -> None:
    _, second, link = _shared_home(kit, world, tmp_path)
    for word in ("officer", "cm", "cc", "ffs", "caller", "auditor", "admin"):
        with pytest.raises(Refused) as caught:
            decide_link(kit, link, staff[word], verdict="split", reason="x", now=NOW)
        assert caught.value.code == "wrong_role"
    assert shown(kit, second)["links"][0]["state"] == "open"


def test_a_link_that_is_not_there_and_a_missing_reason_are_told(
    kit: Kit, world: World, staff: dict[str, Person]
) -> None:
    who = staff["integrity"]
    with pytest.raises(NotFound):
        decide_link(kit, str(uuid4()), who, verdict="split", reason="x", now=NOW)
    for link, reason, field in (("3", "x", "LINK"), (str(uuid4()), " ", "--reason")):
        with pytest.raises(BadInput) as caught:
            decide_link(kit, link, who, verdict="split", reason=reason, now=NOW)
        assert caught.value.problems[0].field == field


def test_a_friend_who_reaches_a_third_child_is_for_a_supervisor(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    last = None
    for number in range(3):
        packet = amended(
            a_packet(f"TEST-000{number}", a_number=f"22055990{number}", household=[]),
            sponsor__relationship="family friend",
            sponsor__related=False,
            sponsor__identity_document={"type": "passport", "issuer": "UTO", "number": "UT1"},
        )
        world.reader.shows(packet)
        last = hand_in(kit, tmp_path / str(number), packet).application_id
        vet(kit, last)
        assert ("LINK_MANY_CHILDREN" in scenes.open_codes(shown(kit, last))) is (number == 2)


def test_a_file_that_stands_in_another_case_is_for_review(kit: Kit, world: World, tmp_path: Path) -> None:
    first = a_packet(household=[])
    world.reader.shows(first)
    hand_in(kit, tmp_path / "first", first)
    second = _stranger()
    folder = scenes.write_packet(tmp_path / "second", second)
    name = "documents/proof_of_income-sponsor.png"
    (folder / name).write_bytes((tmp_path / "first" / name).read_bytes())
    world.reader.shows(second)
    taken = submit(kit, read_path(folder), actor="cli", now=NOW)
    vet(kit, taken.application_id)
    assert scenes.open_codes(shown(kit, taken.application_id)) == ["DOCUMENT_REUSED"]
