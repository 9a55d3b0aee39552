"""Two sponsors who are one person: by two voices, looked up through, undone without a trace in what is found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from integrations.desk.link_acts import decide_link
from integrations.desk.linking import link
from integrations.desk.merges import merge, unmerge
from integrations.kit import Kit
from integrations.policies import vetting_policy
from integrations.store.applications import find_application, gather
from models.errors import BadInput, NotFound, Refused
from models.facts import ApplicationFacts, Person
from tests.builders import NOW
from tests.integration.scenes import a_packet, amended, hand_in, shown
from vetting.linkage import children_before
from vetting.replay import Judgement, differences, judge

WHY = {"reason": "One face on two papers.", "now": NOW}


def _hand_in(kit: Kit, folder: Path, number: int, **changes: Any) -> UUID:
    """A friend of the family asks for one more child."""
    packet = amended(
        a_packet(f"TEST-000{number}", a_number=f"22055990{number}", household=[], alternate_caregiver=None),
        sponsor__relationship="family friend",
        sponsor__related=False,
        sponsor__phone=f"+1713555010{number}",
        address__line1=f"{number} Example Ave",
        **changes,
    )
    return hand_in(kit, folder / f"{number}{len(changes)}", packet).application_id


def _as(name: str, born: str, number: str) -> dict[str, Any]:
    document = {"type": "passport", "issuer": "UTO", "number": number}
    return {
        "sponsor__family_names": name,
        "sponsor__date_of_birth": born,
        "sponsor__identity_document": document,
    }


RUIZ, LUX = _as("Sample Ruiz", "1985-01-01", "UT1"), _as("Sample Lux", "1986-01-01", "UT2")


@pytest.fixture
def three(kit: Kit, tmp_path: Path) -> tuple[UUID, UUID, UUID]:
    """Two applications of one sponsor, who are linked, and one of somebody else by name and papers."""
    first, second, third = (_hand_in(kit, tmp_path, n, **who) for n, who in enumerate((RUIZ, RUIZ, LUX)))
    for application in (first, second, third):
        link(kit, application, now=NOW)
    return first, second, third


def _facts(kit: Kit, application: UUID) -> ApplicationFacts:
    with kit.transaction() as session:
        return gather(session, kit.vault, find_application(session, str(application)))


def _judged(kit: Kit, application: UUID) -> Judgement:
    return judge(_facts(kit, application), vetting_policy("orr-2024"), NOW)


def _unlike(kit: Kit, applications: Sequence[UUID], before: Sequence[Judgement]) -> list[str]:
    """In what these are judged otherwise than before."""
    return [
        line
        for application, then in zip(applications, before, strict=True)
        for line in differences(then, _judged(kit, application))
    ]


def _rules(kit: Kit, application: UUID) -> list[str]:
    found = shown(kit, application)["findings"]
    return sorted(f["rule"] for f in found if f["state"] == "open" and f["rule"].startswith("L"))


def test_merged_sponsors_are_counted_together_and_undone_they_are_as_before(
    kit: Kit, staff: dict[str, Person], three: tuple[UUID, UUID, UUID]
) -> None:
    _, second, third = three
    before = [_judged(kit, one) for one in three]
    merge(kit, str(third), str(second), staff["integrity"], **WHY)
    assert _unlike(kit, three, before) == []  # one voice is none
    links = [_facts(kit, one).links for one in three]
    assert merge(kit, str(second), str(third), staff["supervisor"], **WHY) == second

    # The third is the second's sponsor, and through the second's link the first's; and they are the third's.
    assert [children_before(_facts(kit, one)) for one in three] == [2, 2, 2]
    assert _rules(kit, third) == ["L1-merged", "L1-merged", "L4"]
    assert shown(kit, third)["merges"][0] | {"proposed_by": "", "approved_by": ""} == {
        "other_application": str(second),
        "state": "approved",
        "proposed_by": "",
        "approved_by": "",
        "reason": WHY["reason"],
        "undone_by": None,
        "undone_reason": None,
    }
    with kit.transaction() as session:
        session.execute(text("UPDATE job SET state = 'done', ended_at = run_after"))

    unmerge(kit, str(second), str(third), staff["supervisor"], **WHY)
    assert _unlike(kit, three, before) == []
    assert [_facts(kit, one).links for one in three] == links
    assert [_facts(kit, one).merged for one in three] == [(), (), ()]
    assert _rules(kit, third) == []
    with kit.transaction() as session:
        # Whoever was one of them is looked at again; and the row says who did and undid it.
        assert session.execute(text("SELECT count(*) FROM job WHERE state = 'waiting'")).scalar_one() == 1
        moves = session.execute(
            text("SELECT new FROM history WHERE noun = 'person_merge' ORDER BY seq")
        ).scalars()
        assert list(moves) == ["proposed", "approved", "undone"]
    with pytest.raises(NotFound):
        unmerge(kit, str(second), str(third), staff["supervisor"], **WHY)
    for change in ("UPDATE person_merge SET reason = 'x'", "DELETE FROM person_merge"):
        with pytest.raises(IntegrityError, match="kept as they were written"), kit.transaction() as session:
            session.execute(text(change))


def test_a_merge_outlives_an_amendment_of_the_same_person_and_not_of_another(
    kit: Kit, staff: dict[str, Person], three: tuple[UUID, UUID, UUID], tmp_path: Path
) -> None:
    _, second, third = three
    for who in ("integrity", "supervisor"):
        merge(kit, str(second), str(third), staff[who], **WHY)
    renamed = LUX | {"sponsor__given_names": "Martha"}
    assert _hand_in(kit, tmp_path, 2, **renamed) == third
    assert {one.application for one in _facts(kit, third).merged} == set(three[:2])
    other = _as("Sample Paz", "1970-01-01", "UT3")
    _hand_in(kit, tmp_path / "other", 2, **other)
    assert _facts(kit, third).merged == _facts(kit, second).merged == ()
    assert [m["state"] for m in shown(kit, third)["merges"]] == ["outdated"]


def test_who_may_not_merge_and_what_cannot_be(
    kit: Kit, staff: dict[str, Person], three: tuple[UUID, UUID, UUID]
) -> None:
    first, second, third = map(str, three)
    integrity, supervisor = staff["integrity"], staff["supervisor"]
    with pytest.raises(BadInput):
        merge(kit, first, first, integrity, **WHY)
    with pytest.raises(BadInput):
        merge(kit, first, second, integrity, reason=" ", now=NOW)

    def refused(act: Any, *args: Any, **more: Any) -> str:
        with pytest.raises(Refused) as caught:
            act(kit, *args, **more)
        return caught.value.code

    assert refused(merge, first, third, staff["cm"], **WHY) == "wrong_role"
    merge(kit, first, third, integrity, **WHY)
    assert refused(merge, third, first, integrity, **WHY) == "four_eyes"
    merge(kit, third, first, supervisor, **WHY)
    assert refused(merge, third, first, supervisor, **WHY) == "already_merged"
    # Split and merged cannot both be.
    (seen,) = (one for one in shown(kit, UUID(first))["links"] if one["kind"] == "sponsor")
    split = {"verdict": "split", "reason": "Two people.", "now": NOW}
    merge(kit, first, second, integrity, **WHY)
    assert refused(decide_link, seen["id"], supervisor, **split) == "merged"
    unmerge(kit, first, second, integrity, **WHY)
    decide_link(kit, seen["id"], supervisor, **split)
    assert refused(merge, first, second, integrity, **WHY) == "split"
