"""A packet that was handed in is amended by form: begun from its last revision, handed in as the next, nothing lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx import Client, Response
from sqlalchemy import func, select
from sqlmodel import col

from integrations.desk import amendments, ladder
from integrations.desk.intake import submit
from integrations.kit import Kit
from integrations.packets import from_zip
from integrations.store.revisions import current_packet
from models.errors import Refused
from models.facts import Person
from models.tables.intake import PacketDraft, PacketDraftFile
from models.tables.vetting import Application, ApplicationRevision
from tests.builders import NOW
from tests.integration.console.conftest import token_in
from tests.integration.console.test_act_pages import WHY
from tests.integration.intake_scenes import Eyes, a_scan, zipped
from tests.integration.scenes import World, a_packet, amended, hand_in, outside_world, shown, vet

SignIn = Callable[[str], Client]


class Amendment:
    """One amendment in a signed-in browser."""

    def __init__(self, client: Client, application: UUID) -> None:
        self.client, self.application = client, application
        self.ask = f"/applications/{application}/amend"
        self.path = self.post(self.ask).headers["location"]

    def get(self, rest: str = "") -> str:
        answer = self.client.get(self.path + rest)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, **fields: str) -> Response:
        token = token_in(self.client.get("/intake").text)
        return self.client.post(path, data={"csrf_token": token} | fields)

    def save(self, slug: str, seen: str = "99999", **fields: str) -> Response:
        return self.post(f"{self.path}/pages/{slug}", seen=seen, then="on", **self.stands(slug) | fields)

    def stands(self, slug: str) -> dict[str, str]:
        """What the page's fields hold, as a browser would send them back."""
        page = self.get(f"/pages/{slug}")
        found = dict(re.findall(r'<input class="usa-input[^>]* name="(\w+)"[^>]* value="([^"]*)"', page))
        found |= dict(re.findall(r'type="radio" name="(\w+)" id="[^"]*" value="([^"]*)" checked', page))
        for name, options in re.findall(
            r'<select class="usa-select" id="(\w+)"[^>]*>(.*?)</select>', page, re.S
        ):
            found[name] = "".join(re.findall(r'value="([^"]*)" selected', options))
        return found


def told_to(kit: Kit, packet: dict[str, Any]) -> UUID:
    return submit(kit, from_zip(zipped(packet)), actor="cli", now=NOW).application_id


def revisions(kit: Kit) -> int:
    with kit.transaction() as session:
        return session.scalars(select(func.count()).select_from(ApplicationRevision)).one()


def packet_now(kit: Kit) -> Any:
    with kit.transaction() as session:
        return current_packet(session, kit.vault, session.scalars(select(Application)).one())


@pytest.fixture
def begun(kit: Kit, sign_in: SignIn, eyes: Eyes) -> Amendment:
    return Amendment(sign_in("officer"), told_to(kit, a_packet()))


def test_the_next_revision_changes_what_was_changed_and_nothing_else(begun: Amendment, kit: Kit) -> None:
    before = packet_now(kit)
    assert "It says what revision 1 says" in begun.get()
    assert "Nothing yet. It says what the last revision says." in begun.get("/check")
    assert "Hand in the amendment" not in begun.get("/check")
    # Pages that are saved as they stand change nothing, not by other words either.
    for slug in ("child", "sponsor", "texts", "address"):
        assert begun.save(slug).status_code == 303
    assert begun.post(f"{begun.path}/check").status_code == 409
    assert begun.save("contact", phone="(713) 555-0177").status_code == 303
    check = begun.get("/check")
    assert "<del>+17135550101</del>" in check
    assert "<ins>+17135550177</ins>" in check
    assert "No recommendation and no decision rests on this" in check
    sent = begun.post(f"{begun.path}/check")
    assert sent.headers["location"] == f"{begun.path}/sent"
    assert "It is revision 2." in begun.get("/sent")
    after = packet_now(kit)
    assert after.sponsor.phone == "+17135550177"
    same = {"documents", "sponsor"}
    assert after.model_dump(exclude=same) == before.model_dump(exclude=same)
    assert after.sponsor.model_dump(exclude={"phone"}) == before.sponsor.model_dump(exclude={"phone"})
    assert [(d.kind, d.subject, d.issued_on) for d in after.documents] == sorted(
        (d.kind, d.subject, d.issued_on) for d in before.documents
    )
    assert shown(kit, begun.application)["amendments"][0]["changed"] == ["sponsor.phone"]
    # Pressed again it hands in nothing, and the line of the packet stands once.
    begun.post(f"{begun.path}/check")
    assert revisions(kit) == 2
    assert begun.client.get("/intake").text.count(f'<a href="{begun.path}/sent">') == 1


def test_a_paper_stays_unless_it_is_taken_out_or_another_is_brought(begun: Amendment, kit: Kit) -> None:
    slot = "/documents/proof_of_address@sponsor"
    page = begun.get(slot)
    assert "From revision 1: it stays unless you take it out." in page
    (file,) = re.findall(rf"{begun.path}/files/[0-9a-f-]+(?=\">)", page)
    assert begun.client.get(file).status_code == 200
    begun.post(f"{file}/remove")
    token = token_in(begun.client.get("/intake").text)
    brought = {"document": ("new bill.png", a_scan("grey"), "image/png")}
    begun.client.post(begun.path + slot, data={"csrf_token": token}, files=brought)
    check = begun.get("/check")
    assert "<ins>new bill.png</ins>" in check
    assert "fall with this" in check
    begun.post(f"{begun.path}/check")
    changed = shown(kit, begun.application)["amendments"][0]["changed"]
    assert changed == ["documents.proof_of_address@sponsor"]
    with kit.transaction() as session:
        left = col(PacketDraftFile.sealed_content).is_not(None)
        assert session.scalars(select(func.count()).where(left)).one() == 0


def test_whose_application_it_is_stays(begun: Amendment, kit: Kit) -> None:
    assert "can't be amended" in begun.get("/pages/child".replace("child", "packet")).replace("&#39;", "'")
    begun.save("packet", reference="TEST-OTHER", care_provider="Another Shelter")
    begun.save("child", a_number="220559999")
    begun.post(f"{begun.path}/check")
    assert shown(kit, begun.application)["amendments"][0]["changed"] == ["care_provider"]


def test_what_was_found_stands_where_it_is_mended(
    kit: Kit, sign_in: SignIn, tmp_path: Path, world: World
) -> None:
    said = amended(
        a_packet(), documents=[d for d in a_packet()["documents"] if d["kind"] != "sponsor_identity"]
    )
    world.reader.shows(said)
    application = hand_in(kit, tmp_path / "packet", said).application_id
    vet(kit, application)
    found = next(f for f in shown(kit, application)["findings"] if f["code"] == "DOCUMENT_MISSING")
    form = Amendment(sign_in("cm"), application)
    for rest in ("", "/documents", "/documents/sponsor_identity@sponsor"):
        assert found["message"].split(".")[0] in form.get(rest).replace("&#39;", "'"), rest
    assert found["message"].split(".")[0] not in form.get("/documents/proof_of_address@sponsor")
    assert "add it, or say that you don" in form.get("/check")


@pytest.fixture
def world(kit: Kit) -> Iterator[World]:
    with outside_world(kit) as world:
        yield world


def test_one_person_has_one_amendment_of_it(begun: Amendment, kit: Kit, sign_in: SignIn) -> None:
    assert begun.post(begun.ask).headers["location"] == begun.path
    assert "Go on with your amendment" in begun.client.get(begun.ask).text
    assert "Amendment begun" in begun.client.get("/intake").text
    assert f'href="{begun.ask}">Amend it</a>' in begun.client.get(f"/applications/{begun.application}").text
    other = sign_in("cm")
    assert "Amend it" in other.get(begun.ask).text
    assert other.get(begun.path).status_code == 404
    assert begun.ask not in sign_in("cc").get(f"/applications/{begun.application}").text
    with kit.transaction() as session:
        assert session.scalars(select(func.count()).select_from(PacketDraft)).one() == 1


def test_what_another_amended_meanwhile_is_told_and_neither_is_lost(begun: Amendment, kit: Kit) -> None:
    begun.save("contact", phone="(713) 555-0177")
    begun.save("address", line1="77 Sample Road", previous_states="LA")
    meanwhile = amended(a_packet(), previous_states=["NM"])
    meanwhile["care_provider"] = "Another Shelter"
    meanwhile["household"].append(
        {
            "given_names": "Tomas",
            "family_names": "Example Sol",
            "date_of_birth": "1990-01-01",
            "relationship_to_sponsor": "lodger",
        }
    )
    told_to(kit, meanwhile)
    for rest in ("", "/check", "/pages/contact"):
        assert "This packet was amended meanwhile" in begun.get(rest), rest
    assert "Hand in the amendment" not in begun.get("/check")
    refused = begun.post(f"{begun.path}/check")
    assert refused.status_code == 409
    assert "amended by somebody else meanwhile" in refused.text
    assert revisions(kit) == 2
    on = begun.post(f"{begun.path}/go-on")
    assert on.headers["location"] == f"{begun.path}/check?done=intake_both"
    check = begun.client.get(on.headers["location"]).text
    assert "What both of you changed stands as you typed it" in check
    assert "amended meanwhile" not in check
    # Against the newer revision: of the states theirs is what stood before.
    assert "<del>NM</del>" in check
    assert "<ins>LA</ins>" in check
    for slot in re.findall(r"/documents/([a-z_]+@household-\d+)", begun.get("/documents")):
        begun.post(f"{begun.path}/documents/{slot}/cannot", reason="Comes later.", then="cannot")
    assert begun.post(f"{begun.path}/check").headers["location"] == f"{begun.path}/sent"
    packet = packet_now(kit)
    assert (packet.sponsor.phone, packet.address.line1) == ("+17135550177", "77 Sample Road")
    assert (packet.previous_states, packet.care_provider) == (("LA",), "Another Shelter")
    assert [one.given_names for one in packet.household][-1] == "Tomas"
    assert len(packet.documents) == len(a_packet()["documents"])


def test_two_lists_come_together(begun: Amendment, kit: Kit) -> None:
    """Here somebody left and somebody came; there somebody else came in front: each keeps their papers."""
    path = f"{begun.path}/pages/household"
    assert begun.post(f"{path}/1/remove").status_code == 303
    person = {"given_names": "Pilar", "family_names": "Example", "relationship": "lodger"}
    begun.post(f"{path}/new", **person, date_of_birth="1991-02-03")
    new = re.findall(r"household_identity@household-(\d+)", begun.get("/documents"))[-1]
    token = token_in(begun.client.get("/intake").text)
    begun.client.post(
        f"{begun.path}/documents/household_identity@household-{new}",
        data={"csrf_token": token},
        files={"document": ("pilar.png", a_scan("grey"), "image/png")},
    )
    meanwhile = a_packet()
    first = meanwhile["household"][0]
    guest = {**first, "given_names": "Tomas", "identity_document": None}
    meanwhile["household"] = [guest, *meanwhile["household"]]
    for document in meanwhile["documents"]:
        word, _, place = document["subject"].partition(":")
        if word == "household":
            document["subject"] = f"household:{int(place) + 1}"
    told_to(kit, meanwhile)
    begun.post(f"{begun.path}/go-on")
    page = begun.get("/pages/household")
    for name, is_there in (("Tomas", True), ("Pilar", True), (first["given_names"], False)):
        assert (name in page) == is_there, name
    assert "pilar.png" in begun.get("/documents")
    assert "Say whether this is everything" in begun.get("/check")


def test_what_has_ended_says_so(kit: Kit, sign_in: SignIn, staff: dict[str, Person], eyes: Eyes) -> None:
    application = told_to(kit, a_packet())
    form = Amendment(sign_in("cm"), application)
    form.save("contact", phone="(713) 555-0177")
    for state, says in (
        ("approved", "It was approved already"),
        ("denied", "It was denied already"),
        ("recommended", "Recommended already"),
        ("withdrawn", "This application was withdrawn"),
        ("released", "It can't be amended any more"),
    ):
        with kit.transaction() as session:
            session.get_one(Application, application).state = state
        page = form.client.get(form.ask).text.replace("&#39;", "'")
        assert says in page, state
        assert ('action="/applications' in page or "Go on with" in page) == (state != "released")
    assert "It can't be amended any more" in form.get("/check").replace("&#39;", "'")
    assert "Hand in the amendment" not in form.get("/check")
    assert form.post(f"{form.path}/go-on").status_code == 409
    refused = form.post(f"{form.path}/check")
    assert refused.status_code == 422
    assert "has been released" in refused.text
    supervisor = sign_in("supervisor")
    token = token_in(supervisor.get("/intake").text)
    assert supervisor.post(form.ask, data={"csrf_token": token}).status_code == 409
    with pytest.raises(Refused):
        amendments.begin_amendment(kit, str(application), staff["supervisor"], now=NOW)
    assert sign_in("cc").get(form.ask).status_code == 403


def test_a_withdrawn_packet_is_taken_up_again(begun: Amendment, kit: Kit, staff: dict[str, Person]) -> None:
    ladder.withdraw(kit, str(begun.application), staff["cm"], reason=WHY, now=NOW)
    assert "An amendment takes it up again." in begun.get()
    begun.save("contact", phone="(713) 555-0177")
    begun.post(f"{begun.path}/check")
    assert shown(kit, begun.application)["state"] == "submitted"


def test_an_amendment_is_sealed(begun: Amendment, kit: Kit) -> None:
    with kit.transaction() as session:
        draft = session.scalars(select(PacketDraft)).one()
        files = session.scalars(select(PacketDraftFile)).all()
    for words in ("Ixchel", "Marta", "559901", str(begun.application)):
        assert words.encode() not in bytes(draft.sealed_answers)
    assert files
    assert all(b"bill" not in bytes(one.sealed_name) for one in files)
    assert all(b"PNG" not in bytes(one.sealed_content or b"") for one in files)
