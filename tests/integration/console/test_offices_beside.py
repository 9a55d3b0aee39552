"""What lies beside another office's case: reasons told of both, ids put under another key, and whoever must act there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from httpx import Client

from integrations.desk import escalations
from integrations.desk.documents import documents_json
from integrations.desk.link_acts import decide_link
from integrations.desk.merges import merge, unmerge
from integrations.desk.offices import set_provider, set_staff_office
from integrations.desk.queues import Look, Tab, counts_json, queue_page
from integrations.kit import Kit
from models.facts import Person
from models.tables.people import Case
from models.tables.vetting import Application
from tests.builders import NOW
from tests.integration.console.conftest import token_in
from tests.integration.office_scenes import Scene, two_offices
from tests.integration.scenes import a_packet, hand_in, outside_world, shown, vet

SignIn = Callable[[str], Client]
WHY_ONE, WHY_NOT, WHY_LINKED = "One face on two papers.", "Two birth records.", "The same front door."


@dataclass
class Pair:
    """Two applications that share a home: one of our office, one of another."""

    ours: UUID
    theirs: UUID
    our_case: UUID
    their_case: UUID


@pytest.fixture
def pair(kit: Kit, tmp_path: Path, staff: dict[str, Person]) -> Iterator[Pair]:
    with outside_world(kit):
        found = []
        for n, house in (("1", "Example House, Here"), ("2", "Example House, There")):
            one = hand_in(kit, tmp_path / n, a_packet(f"TEST-000{n}", a_number=f"22055990{n}")).application_id
            with kit.transaction() as session:
                case = session.get_one(Case, session.get_one(Application, one).case_id)
                case.care_provider = house
                found.append((one, case.id))
        for one, _ in found:
            vet(kit, one)
        set_provider(kit, "Example House, Here", "here", staff["admin"], wall=NOW)
        set_provider(kit, "Example House, There", "there", staff["admin"], wall=NOW)
        set_staff_office(kit, "cm@example.org", "here", staff["admin"], wall=NOW)
        set_staff_office(kit, "caller@example.org", "there", staff["admin"], wall=NOW)
        yield Pair(found[0][0], found[1][0], found[0][1], found[1][1])


def test_reasons_that_tell_of_both_families_are_not_told_from_the_one_side(
    sign_in: SignIn, kit: Kit, staff: dict[str, Person], pair: Pair
) -> None:
    one, other = str(pair.ours), str(pair.theirs)
    merge(kit, one, other, staff["integrity"], reason=WHY_ONE, now=NOW)
    unmerge(kit, one, other, staff["supervisor"], reason=WHY_NOT, now=NOW)
    merge(kit, one, other, staff["integrity"], reason=WHY_ONE, now=NOW)
    shared = next(x for x in shown(kit, pair.ours)["links"] if x["kind"] == "address")["id"]
    decide_link(kit, shared, staff["integrity"], verdict="confirm", reason=WHY_LINKED, now=NOW)
    pages = (f"/applications/{one}", f"/applications/{one}/links", f"/api/v1/applications/{one}")

    def told(browser: Client) -> set[str]:
        whole = "".join(browser.get(page).text for page in pages)
        return {why for why in (WHY_ONE, WHY_NOT, WHY_LINKED) if why in whole}

    browser = sign_in("cm")
    assert told(browser) == set()
    assert "another office" in browser.get(f"/applications/{one}/links").text
    merges = browser.get(f"/api/v1/applications/{one}").json()["merges"]
    assert sorted(m["state"] for m in merges) == ["proposed", "undone"]
    assert {m[name] for m in merges for name in ("reason", "undone_reason")} == {None}
    set_staff_office(kit, "cm@example.org", None, staff["admin"], wall=NOW)
    assert told(browser) == {WHY_ONE, WHY_NOT, WHY_LINKED}


def ids_of(kit: Kit, application: UUID) -> dict[str, str]:
    """One id of each kind that an address may name under an application."""
    told = shown(kit, application)
    return {
        "clear": told["findings"][0]["id"],
        "record": told["checks"][0]["check_id"],
        "links": next(x for x in told["links"] if x["kind"] == "address")["id"],
        "documents": documents_json(kit, str(application))[0]["id"],
    }


def standing(kit: Kit, application: UUID) -> list[tuple[str, str]]:
    """How everything stands that somebody may act on."""
    told = shown(kit, application)
    states = [(f["id"], f["state"]) for f in (*told["findings"], *told["links"])]
    return sorted(states + [(c["check_id"], c["state"]) for c in told["checks"]])


@pytest.mark.parametrize("who", ["cm", "supervisor"])
def test_an_id_opens_nothing_under_the_key_of_another_case(
    sign_in: SignIn, kit: Kit, pair: Pair, who: str
) -> None:
    ours, theirs = ids_of(kit, pair.ours), ids_of(kit, pair.theirs)
    before = standing(kit, pair.theirs)
    browser = sign_in(who)
    token = token_in(browser.get("/account").text)
    at = f"/applications/{pair.ours}"
    said = {"csrf_token": token, "reason": "x", "verdict": "split", "result": "clear", "on": "2026-02-01"}
    named = {
        "clear": f"{at}/acts/clear/{{}}",
        "record": f"{at}/acts/record/{{}}",
        "links": f"{at}/links/{{}}",
        "documents": f"{at}/documents/{{}}",
    }
    for kind, path in named.items():
        assert browser.get(path.format(ours[kind])).status_code == 200, kind
        assert browser.get(path.format(theirs[kind])).status_code == 404, kind
        assert browser.get(path.format(uuid4())).status_code == 404, kind
        assert browser.post(path.format(theirs[kind]), data=said).status_code == 404, kind
    assert browser.get(f"{at}/documents/{theirs['documents']}/pages/1").status_code == 404
    assert standing(kit, pair.theirs) == before


def test_the_host_that_a_caller_names_opens_nothing(sign_in: SignIn, scene: Scene) -> None:
    browser = sign_in("cm")
    for host in ("console/rota", "console/rota/x?", "console/account#"):
        answer = browser.get(f"/cases/{scene.theirs}", headers={"host": host})
        assert answer.status_code in (400, 403), host
        assert not [word for word in scene.their_words if word in answer.text], host


@pytest.fixture
def scene(kit: Kit, staff: dict[str, Person]) -> Scene:
    return two_offices(kit, staff)


def test_who_was_handed_an_escalation_sees_its_case_until_it_is_resolved(
    sign_in: SignIn, kit: Kit, staff: dict[str, Person], scene: Scene
) -> None:
    browser = sign_in("cm")
    alarm, cm = scene.their_escalation, staff["cm"]

    def sees() -> tuple[int, bool, bool]:
        mine = queue_page(kit, cm, Look(Tab.MINE, office="here"), now=NOW)["items"]
        listed = str(alarm) in browser.get("/api/v1/queue").text
        return browser.get(f"/cases/{scene.theirs}").status_code, bool(mine), listed

    assert sees() == (403, False, False)
    escalations.acknowledge(kit, alarm, staff["caller"], now=NOW)
    assert sees() == (403, False, False)
    escalations.reassign(kit, alarm, staff["supervisor"], to_email=cm.email, reason="She knows them", now=NOW)
    assert sees() == (200, True, True)
    assert browser.get(f"/escalations/{alarm}/resolve").status_code == 200
    counts = counts_json(kit, cm, Look(office="here"), now=NOW)
    assert counts["mine"] == 1
    assert counts["all"] == len(queue_page(kit, cm, Look(office="here"), now=NOW)["items"])
    escalations.resolve(kit, alarm, cm, outcome="safe", reason="Spoke with the child", now=NOW)
    assert sees() == (403, False, False)
