"""A packet by form: filled in page by page, kept whatever is wrong with it, and handed in as a folder's is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from httpx import Client, Response
from sqlalchemy import func, select
from sqlmodel import col

from integrations.desk.draft_views import not_at_hand
from integrations.desk.intake import submit
from integrations.identity.accounts import end_session
from integrations.kit import Kit
from integrations.packets import from_zip
from integrations.store.revisions import current_packet
from models.facts import Person
from models.tables.intake import PacketDraft, PacketDraftFile
from models.tables.vetting import Application
from tests.builders import NOW
from tests.integration.console.conftest import token_in
from tests.integration.intake_scenes import PAGES, Eyes, a_scan, zipped
from tests.integration.scenes import a_packet

SignIn = Callable[[str], Client]


class Form:
    """One draft in a signed-in browser."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.path = self.post("/intake").headers["location"]

    def get(self, rest: str = "") -> str:
        answer = self.client.get(self.path + rest)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, **fields: str) -> Response:
        token = token_in(self.client.get("/intake").text)
        return self.client.post(path, data={"csrf_token": token} | fields)

    def save(self, slug: str, **fields: str) -> Response:
        return self.post(f"{self.path}/pages/{slug}", **({"seen": "99999", "then": "on"} | fields))

    def bring(self, slot: str, content: bytes, name: str = "scan.png") -> Response:
        token = token_in(self.client.get("/intake").text)
        return self.client.post(
            f"{self.path}/documents/{slot}",
            data={"csrf_token": token},
            files={"document": (name, content, "image/png")},
        )

    def fill(self) -> None:
        reference = "TEST-FORM-1"
        for slug, fields in PAGES.items():
            more = {"reference": reference} if slug == "packet" else {}
            answer = self.save(slug, **fields, **more)
            assert answer.status_code == 303, (slug, answer.text)
        for slug in ("household", "contacts", "hearings"):
            assert self.post(f"{self.path}/pages/{slug}/whole").status_code == 303


@pytest.fixture
def form(sign_in: SignIn, eyes: Eyes) -> Form:
    return Form(sign_in("officer"))


def slots(form: Form) -> list[str]:

    return sorted(set(re.findall(r"/documents/([a-z_]+@[\w-]+)", form.get("/documents"))))


def test_a_packet_goes_in_page_by_page(form: Form, kit: Kit, staff: dict[str, Person]) -> None:
    form.fill()
    assert "of 13 parts are done" in form.get()
    asked = slots(form)
    assert "sponsor_identity@sponsor" in asked
    assert "proof_of_address@sponsor" in asked
    for slot in asked[1:]:
        answer = form.bring(slot, a_scan())
        assert answer.status_code == 303, answer.text
    assert "Hand in the packet" not in form.get("/check")
    form.post(f"{form.path}/documents/{asked[0]}/cannot", reason="The consulate is closed.", then="cannot")
    assert "Hand in the packet" in form.get("/check")
    sent = form.post(f"{form.path}/check")
    assert sent.headers["location"] == f"{form.path}/sent"
    page = form.get("/sent")
    assert "TEST-FORM-1" in page
    assert "The consulate is closed." in page
    with kit.transaction() as session:
        application = session.scalars(select(Application)).one()
        packet = current_packet(session, kit.vault, application)
        left = session.scalars(
            select(func.count()).where(col(PacketDraftFile.sealed_content).is_not(None))
        ).one()
    assert application.submitted_by == str(staff["officer"].id)
    assert (packet.child.a_number, packet.child.languages) == ("220559901", ("quc", "es"))
    assert (packet.sponsor.phone, packet.previous_states) == ("+17135550101", ("LA", "NM"))
    assert [f"{d.kind}@{d.subject}" for d in packet.documents] == asked[1:]
    assert left == 0
    # The note is a note: the document is missing all the same, and the second press hands in nothing.
    assert [note.reason for note in not_at_hand(kit, application.id)] == ["The consulate is closed."]
    assert form.post(f"{form.path}/check").headers["location"] == f"{form.path}/sent"
    assert form.save("child", given_names="Other").status_code == 409
    assert "TEST-FORM-1" in form.client.get("/intake").text


def test_what_is_wrong_is_kept_and_told_beside_its_field(form: Form) -> None:
    answer = form.save("child", **PAGES["child"] | {"a_number": "12", "date_of_birth": "soon"})
    assert answer.status_code == 422
    for words in ('value="soon"', "This is not a date.", "This is not an A-number."):
        assert words in answer.text
    assert 'value="soon"' in form.get("/pages/child")
    page = form.get()
    assert "In progress" in page
    assert "This is not an A-number." in page
    later = form.save("child", a_number="12", then="later")
    assert later.headers["location"].startswith(f"{form.path}?done=")


def test_people_of_the_household_come_and_go(form: Form) -> None:
    form.fill()
    person = {"given_names": "Jorge", "family_names": "Example Ruiz", "relationship": "spouse"}
    path = f"{form.path}/pages/household"
    answer = form.post(f"{path}/new", **person)
    assert answer.status_code == 422
    assert "“Date of birth” is missing." in answer.text
    assert form.post(f"{path}/1", **person, seen="999", date_of_birth="2/11/1985").status_code == 303
    assert "household_identity@household-1" in slots(form)
    assert "Jorge Example Ruiz" in form.get("/documents")
    form.post(f"{path}/1/remove")
    assert "household_identity@household-1" not in slots(form)


def test_two_tabs_do_not_overwrite_one_another(form: Form) -> None:
    first, second = PAGES["contact"], {"phone": "(713) 555-0102"}
    assert form.save("contact", **first, seen="1").status_code == 303
    # Another page is no matter; this one is told, with what stands there, and nothing is lost.
    assert form.save("address", **PAGES["address"], seen="1").status_code == 303
    answer = form.save("contact", **second, seen="1")
    assert answer.status_code == 409
    assert "saved elsewhere meanwhile" in answer.text
    assert "(713) 555-0101" in answer.text
    assert 'value="(713) 555-0102"' in answer.text
    assert form.save("contact", **second, seen="3").status_code == 303


def test_what_was_typed_outlives_the_session(form: Form, kit: Kit, sign_in: SignIn) -> None:
    client, path = form.client, f"{form.path}/pages/contact"
    typed = {"phone": "(713) 555-0107", "seen": "1", "then": "on"}
    old = token_in(client.get(path).text)
    with kit.transaction() as session:
        end_session(session, client.cookies["kinline_session"], now=NOW)
    out = client.post(path, data={"csrf_token": old} | typed)
    assert out.status_code == 401
    assert "(713) 555-0107" in out.text
    assert "You have been signed out" in out.text
    sign_in("officer")
    back = client.post(path, data=typed)
    assert back.status_code == 403
    assert 'value="(713) 555-0107"' in back.text
    assert "555-0107" not in client.get(path).text
    assert client.post(path, data={"csrf_token": token_in(back.text)} | typed).status_code == 303
    assert "555-0107" in client.get(path).text


def test_a_file_is_looked_at_at_once(form: Form, eyes: Eyes) -> None:
    form.fill()
    eyes.sharpness = 0.5
    form.bring("proof_of_address@sponsor", a_scan())
    page = form.get("/documents/proof_of_address@sponsor")
    assert "Too blurred" in page
    assert "lay the paper flat" in page
    (picture,) = re.findall(rf'{form.path}/files/[0-9a-f-]+(?=">)', page)
    seen = form.client.get(picture)
    assert (seen.headers["content-type"], seen.content) == ("image/png", a_scan())
    assert form.client.get(f"{picture}?page=1").status_code == 404
    assert form.post(f"{picture}/remove").status_code == 303
    assert form.client.get(picture).status_code == 404
    refused = form.bring("proof_of_address@sponsor", b"GIF89a", "bill.gif")
    assert refused.status_code == 422
    assert "not what its name says" in refused.text
    assert form.bring("sponsor_identity@nobody", a_scan()).status_code == 404


def test_a_draft_is_its_owners_and_a_supervisors(form: Form, sign_in: SignIn) -> None:
    form.save("child", **PAGES["child"])
    client = sign_in("cm")
    assert client.get(form.path).status_code == 404
    assert "Ixchel" not in client.get("/intake?all=yes").text
    assert "Ixchel" in sign_in("supervisor").get("/intake?all=yes").text
    assert client.get(form.path).status_code == 200
    assert form.post(f"{form.path}/put-away").status_code == 303
    assert form.save("child", given_names="x").status_code == 409
    assert form.post(f"{form.path}/take-up").status_code == 303
    assert "Ixchel" in form.get("/pages/child")


def test_a_draft_is_sealed(form: Form, kit: Kit) -> None:
    form.fill()
    form.bring("proof_of_address@sponsor", a_scan(), "marta-bill.png")
    with kit.transaction() as session:
        draft = session.scalars(select(PacketDraft)).one()
        file = session.scalars(select(PacketDraftFile)).one()
    told = draft.model_dump_json(exclude={"sealed_answers"}) + file.model_dump_json(
        exclude={"sealed_name", "sealed_content"}
    )
    for words in ("Ixchel", "Marta", "marta", "559901"):
        assert words not in told
        assert words.encode() not in bytes(draft.sealed_answers)
    assert b"marta" not in bytes(file.sealed_name)
    assert b"PNG" not in bytes(file.sealed_content or b"")


def test_what_the_desk_refuses_is_told_at_its_question(
    form: Form, kit: Kit, staff: dict[str, Person]
) -> None:
    other = zipped(a_packet("TEST-FORM-1", a_number="220559999"))
    submit(kit, from_zip(other), actor="cli", now=NOW)
    form.fill()
    for slot in slots(form):
        form.post(f"{form.path}/documents/{slot}/cannot", reason="Not yet.", then="cannot")
    answer = form.post(f"{form.path}/check")
    assert answer.status_code == 422
    assert "This reference belongs to the application of another child." in answer.text
    assert f"{form.path}/pages/packet#reference" in answer.text
    form.save("packet", care_provider="Example Shelter", reference="TEST-FORM-2")
    assert form.post(f"{form.path}/check").status_code == 303
