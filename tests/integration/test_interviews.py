"""Interviews before a release: sealed, never rewritten, and their signs stand until a person clears them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from integrations.desk import vetting
from integrations.desk.interviews import read, record
from integrations.kit import Kit
from integrations.store.applications import find_application, gather
from models.errors import BadInput, Refused
from models.facts import Person
from models.kept_facts import keep, restore
from tests.builders import DAY, NOW
from tests.integration import scenes
from tests.integration.scenes import World, a_packet, hand_in, shown, vet
from tests.unit.vetting.scenes import an_interview


@pytest.fixture
def world(kit: Kit) -> Iterator[World]:
    with scenes.outside_world(kit) as world:
        yield world


def _form(party: str, **said: str) -> bytes:
    tree = {"answers": dict(an_interview(party, **said).answers), "note": "Cried when asked."}
    return json.dumps(tree | ({"alone": True} if party == "child" else {})).encode()


def test_what_is_said_is_sealed_found_and_stays(
    kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path
) -> None:
    packet = a_packet(household=[])
    world.reader.shows(packet)
    application = hand_in(kit, tmp_path, packet).application_id
    vet(kit, application)
    key, cm = str(application), staff["cm"]
    record(kit, key, cm, party="sponsor", answers=_form("sponsor"), now=NOW)
    assert scenes.open_codes(shown(kit, application)) == []
    record(kit, key, cm, party="child", answers=_form("child", debt="yes"), now=NOW + DAY)

    found = shown(kit, application)
    told = {f["rule"]: f for f in found["findings"] if f["code"] == "TRAFFICKING_INDICATOR"}
    assert set(told) == {"L5-DEBT", "L5-DIFFER-DEBT"}
    assert any("TRAFFICKING_INDICATOR" in line for line in found["gate"]["missing"])
    assert [(one["with"], one["alone"], one["unanswered"]) for one in found["interviews"]] == [
        ("sponsor", None, []),
        ("child", True, []),
    ]
    # A later talk, in which the child takes it back, takes nothing away.
    record(kit, key, cm, party="child", answers=_form("child"), now=NOW + 2 * DAY)
    vet(kit, application, now=NOW + 2 * DAY)
    assert scenes.open_codes(shown(kit, application)).count("TRAFFICKING_INDICATOR") == 2
    for finding in told.values():
        vetting.clear(kit, key, finding["id"], cm, reason="Screened; the debt is paid.", now=NOW + 3 * DAY)
    vet(kit, application, now=NOW + 3 * DAY)
    assert "TRAFFICKING_INDICATOR" not in scenes.open_codes(shown(kit, application))

    with kit.transaction() as session:
        facts = gather(session, kit.vault, find_application(session, key))
        assert restore(keep(facts)) == facts
        rows = session.execute(text("SELECT (to_jsonb(i) - 'sealed_answers')::text FROM interview i")).all()
        seals = session.execute(text("SELECT sealed_answers FROM interview")).scalars()
        assert not any(b"Cried" in seal for seal in seals)
    assert "Cried" not in str(rows)
    assert "debt" not in str(rows)
    for change in ("UPDATE interview SET alone = false", "DELETE FROM interview"):
        with pytest.raises(IntegrityError, match="kept as they were written"), kit.transaction() as session:
            session.execute(text(change))

    with pytest.raises(Refused) as refused:
        record(kit, key, staff["caller"], party="child", answers=_form("child"), now=NOW + 3 * DAY)
    assert refused.value.code == "wrong_role"
    with pytest.raises(BadInput):
        record(kit, key, cm, party="uncle", answers=b"{}", now=NOW + 3 * DAY)


def test_who_may_hold_an_interview_reads_it_back_and_the_look_is_on_record(
    kit: Kit, staff: dict[str, Person], tmp_path: Path
) -> None:
    application = hand_in(kit, tmp_path, a_packet(household=[])).application_id
    key = str(application)
    assert read(kit, key, staff["cm"], now=NOW)["interviews"] == []
    record(kit, key, staff["cm"], party="child", answers=_form("child", debt="yes"), now=NOW)
    record(kit, key, staff["supervisor"], party="sponsor", answers=_form("sponsor"), now=NOW + DAY)
    for word in ("cm", "supervisor", "integrity"):
        child, sponsor = read(kit, key, staff[word], now=NOW + DAY)["interviews"]
        assert (child["with"], child["alone"], child["note"]) == ("child", True, "Cried when asked.")
        assert (child["answers"]["debt"], child["by"]) == ("yes", "cm@example.org")
        assert (sponsor["with"], sponsor["alone"]) == ("sponsor", None)
    for word in ("officer", "cc", "ffs", "caller", "auditor", "admin"):
        with pytest.raises(Refused) as refused:
            read(kit, key, staff[word], now=NOW + DAY)
        assert refused.value.code == "wrong_role"
    with kit.transaction() as session:
        looks = session.execute(
            text("SELECT actor, count FROM audit_entry WHERE act = 'read interviews' ORDER BY seq")
        ).all()
    assert [tuple(look) for look in looks] == [
        (str(staff[word].id), 2) for word in ("cm", "supervisor", "integrity")
    ]
