"""The API for programs: a key does what it is for, an act is a person's, and what is sent twice is done once."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from httpx import Client, Response
from sqlalchemy import select, text
from sqlmodel import col

from console.api import uploads
from console.throttle import KeyThrottle
from integrations.desk.escalations import open_escalation
from integrations.desk.leaving import leave
from integrations.identity.api_keys import Scope, list_keys, make_key
from integrations.kit import Kit, riding
from integrations.store import api_answers
from integrations.store.api_answers import KEPT, LEASE, Asked, Claim
from models.errors import BadInput, Stale, Unavailable
from models.facts import Person
from models.tables.api import ApiAnswer
from models.tables.ledger import Call, Escalation
from models.tables.people import Case
from models.tables.system import AuditEntry, Job
from tests.api_shapes import check
from tests.builders import NOW
from tests.integration.console.conftest import Wall
from tests.integration.families import Family, a_family
from tests.integration.scenes import a_packet, amended, outside_world, write_packet, zip_of

ALL = [scope.value for scope in Scope]
CALL = {
    "party": "child",
    "outcome": "reached_alone",
    "answers": {"spoke_to": "child", "alone": True, "school": "yes"},
}
Opener = Callable[..., Client]


@pytest.fixture
def program(kit: Kit, browser: Client, staff: dict[str, Person]) -> Opener:
    """`program("cm")`: a client with a key for that person; `program()`: with a key for nobody."""

    def opened(word: str | None = None, *scopes: str, name: str = "") -> Client:
        email = None if word is None else staff[word].email
        made = make_key(
            kit,
            name or f"key-{word or 'nobody'}",
            scopes or ALL,
            staff["admin"],
            days=30,
            wall=NOW,
            for_email=email,
        )
        token = {"authorization": f"Bearer {made['token']}"}
        hooks = {"response": [is_as_described]}
        return Client(
            base_url=browser.base_url, headers=token, trust_env=False, timeout=30, event_hooks=hooks
        )

    return opened


def is_as_described(answer: Response) -> None:
    """Every answer in these tests is one that the API's own description knows, to the last key."""
    answer.read()
    sent = answer.request
    check(sent.method, sent.url.path, answer.status_code, answer.headers["content-type"], answer.json())


@pytest.fixture
def family(kit: Kit, staff: dict[str, Person]) -> Family:
    return a_family(kit, staff)


@pytest.fixture
def alarm(kit: Kit, family: Family) -> str:
    """An escalation of the family."""
    with kit.transaction() as session:
        case = session.get_one(Case, family.case_id)
        found = open_escalation(session, case, reason="no_contact", rule="TEST", actor="cli", now=NOW)
    return str(found)


def audited(kit: Kit, act: str) -> list[AuditEntry]:
    with kit.transaction() as session:
        return list(session.scalars(select(AuditEntry).where(col(AuditEntry.act) == act)))


def how_many(kit: Kit, table: type) -> int:
    with kit.transaction() as session:
        return len(session.scalars(select(table)).all())


def problem_of(answer: Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    return found


# --- keys -----------------------------------------------------------------------------------------


def test_a_key_opens_what_its_scopes_name_and_its_reads_are_audited_under_it(
    program: Opener, kit: Kit, family: Family
) -> None:
    feed = program(None, "cases:read", "oversight:read")
    assert feed.get(f"/api/v1/cases/{family.key}").json()["case_id"] == family.key
    assert feed.get("/api/v1/accounting").json()["children"] == 1
    assert feed.get("/api/v1/oversight").json()["measures"]
    assert "queue:read" in problem_of(feed.get("/api/v1/queue"), 403)["detail"]
    assert "applications:read" in problem_of(feed.get(f"/api/v1/applications/{family.key}"), 403)["detail"]
    (row,) = audited(kit, "read")
    assert (row.actor[:4], row.noun, row.row_id) == ("key:", "child_case", family.case_id)


def test_a_dead_key_is_told_apart_from_none_and_goes_before_a_session(
    program: Opener, sign_in: Callable[[str], Client], family: Family, wall: Wall
) -> None:
    signed_in = sign_in("cm")
    path = f"/api/v1/cases/{family.key}"
    assert signed_in.get(path).status_code == 200
    wrong = signed_in.get(path, headers={"authorization": "Bearer kinline_wrong"})
    assert problem_of(wrong, 401)["type"] == "urn:kinline:problem:wrong_key"
    assert "invalid_token" in wrong.headers["www-authenticate"]
    bare = program()
    assert bare.get(path).status_code == 200
    wall.at += timedelta(days=30)
    assert bare.get(path).status_code == 401
    nobody = Client(base_url=signed_in.base_url, trust_env=False).get(path)
    assert problem_of(nobody, 401)["type"] == "urn:kinline:problem:not_signed_in"
    assert nobody.headers["www-authenticate"] == 'Bearer realm="kinline"'


def test_a_persons_key_ends_with_their_account(
    program: Opener, kit: Kit, staff: dict[str, Person], family: Family
) -> None:
    client = program("caller")
    assert client.get(f"/api/v1/cases/{family.key}").status_code == 200
    leave(kit, staff["caller"].email, staff["admin"], reason="gone", anyway=True, now=NOW)
    assert client.get(f"/api/v1/cases/{family.key}").status_code == 401
    assert [one["for"] for one in list_keys(kit, wall=NOW)] == [staff["caller"].email]
    with pytest.raises(BadInput):
        make_key(kit, "late", ALL, staff["admin"], days=1, wall=NOW, for_email=staff["caller"].email)


def test_an_administrators_key_shows_no_case(program: Opener, family: Family) -> None:
    client = program("admin")
    assert problem_of(client.get(f"/api/v1/cases/{family.key}"), 403)["type"].endswith("no_case_content")
    assert client.get("/api/v1/accounting").status_code == 200


def test_a_key_that_asks_too_often_waits_and_the_others_do_not(
    program: Opener, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KeyThrottle, "LIMIT", 2)
    busy, other = program(name="busy"), program(name="other")
    assert [busy.get("/api/v1/accounting").status_code for _ in range(3)] == [200, 200, 429]
    answer = busy.get("/api/v1/accounting")
    assert problem_of(answer, 429)["detail"] == "Wait 60 s."
    assert answer.headers["retry-after"] == "60"
    assert other.get("/api/v1/accounting").status_code == 200
    wall.at += KeyThrottle.WINDOW
    assert busy.get("/api/v1/accounting").status_code == 200


# --- how it is asked ------------------------------------------------------------------------------


def test_what_is_asked_in_a_wrong_way_is_a_problem_document(program: Opener, family: Family) -> None:
    client = program("cm")
    path = f"/api/v1/cases/{family.key}/calls"
    wrong_kind = client.post(path, content=b"{}", headers={"content-type": "text/plain"})
    assert problem_of(wrong_kind, 415)["detail"] == "Send application/json."
    assert problem_of(client.get("/api/v1/queue", headers={"accept": "text/html"}), 406)
    wrong_way = client.delete("/api/v1/queue")
    assert problem_of(wrong_way, 405)
    assert wrong_way.headers["allow"] == "GET"
    assert problem_of(client.get("/api/v1/cases/NO-SUCH"), 404)
    assert problem_of(client.get("/api/v1/nothing"), 404)
    large = client.post(path, content=b" " * 70_000, headers={"content-type": "application/json"})
    assert problem_of(large, 413)
    (limit,) = problem_of(client.get("/api/v1/queue?limit=0"), 400)["problems"]
    assert (limit["field"], limit["code"]) == ("limit", "wrong_value")
    (escalation,) = problem_of(client.post("/api/v1/escalations/x/acknowledge"), 400)["problems"]
    assert escalation["field"] == "escalation_id"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"more": 1}, "more"),
        ({"outcome": "well"}, "outcome"),
        ({"party": "case"}, "party"),
        ({"answers": {"spoke_to": "sponsor", "alone": True}}, "answers.spoke_to"),
        ({"answers": {"note": "\x00"}}, "body"),
        ({"answers": {"note": "\ud800"}}, "body"),
        ({"true_time": "2099-01-01T00:00:00Z"}, "true_time"),
        ({"true_time": "2026-02-02T15:00:00"}, "true_time"),
    ],
)
def test_what_is_wrong_with_a_call_is_named_by_its_field_and_nothing_is_kept(
    program: Opener, kit: Kit, family: Family, change: dict[str, Any], field: str
) -> None:
    before = how_many(kit, Call)
    answer = program("cm").post(
        f"/api/v1/cases/{family.key}/calls",
        content=json.dumps(CALL | change),
        headers={"content-type": "application/json"},
    )
    assert field in [one["field"] for one in problem_of(answer, 400)["problems"]]
    assert how_many(kit, Call) == before


# --- acts -----------------------------------------------------------------------------------------


def test_a_program_alone_does_no_act_of_a_person(program: Opener, family: Family, alarm: str) -> None:
    client = program()
    for path, body in (
        (f"/api/v1/cases/{family.key}/calls", CALL),
        (f"/api/v1/cases/{family.key}/address", {}),
        (f"/api/v1/escalations/{alarm}/acknowledge", None),
        (f"/api/v1/escalations/{alarm}/resolve", {"reason": "x"}),
        (f"/api/v1/escalations/{alarm}/reassign", {"reason": "x", "to": "cm@example.org"}),
    ):
        told = problem_of(client.post(path, json=body), 403)
        assert told["type"] == "urn:kinline:problem:needs_a_person"
        assert "--for EMAIL" in told["detail"]


def test_a_call_by_a_persons_key_is_the_persons_and_the_audit_names_the_key(
    program: Opener, kit: Kit, staff: dict[str, Person], family: Family
) -> None:
    answer = program("cm").post(f"/api/v1/cases/{family.key}/calls", json=CALL)
    assert answer.status_code == 200
    assert answer.json()["last_contact_at"]
    with kit.transaction() as session:
        done = session.scalars(select(Call).where(col(Call.outcome) == "reached_alone")).one()
        assert done.called_by == staff["cm"].id
    by = {(row.actor[:4], row.row_id) for row in audited(kit, "record call")}
    assert by == {("key:", family.case_id), (str(staff["cm"].id)[:4], family.case_id)}


def test_the_acts_on_an_escalation_are_checked_as_the_person(
    program: Opener, kit: Kit, staff: dict[str, Person], family: Family, alarm: str
) -> None:
    path = f"/api/v1/escalations/{alarm}"
    assert problem_of(program("officer").post(f"{path}/acknowledge"), 409)["type"].endswith("wrong_role")
    client = program("cm")
    taken = client.post(f"{path}/acknowledge")
    assert [e["owner"] for e in taken.json()["escalations"]] == [staff["cm"].email]
    handed = client.post(f"{path}/reassign", json={"to": staff["supervisor"].email, "reason": "on leave"})
    assert [e["owner"] for e in handed.json()["escalations"]] == [staff["supervisor"].email]
    (to,) = problem_of(client.post(f"{path}/reassign", json={"to": "no@example.org", "reason": "x"}), 400)[
        "problems"
    ]
    assert to["field"] == "to"
    (reason,) = problem_of(client.post(f"{path}/resolve", json={"reason": " "}), 400)["problems"]
    assert reason["field"] == "reason"
    done = client.post(f"{path}/resolve", json={"reason": "spoke with the school", "outcome": "spoken"})
    assert [(e["state"], e["outcome"]) for e in done.json()["escalations"]] == [("resolved", "spoken")]
    assert problem_of(client.post(f"{path}/acknowledge"), 409)["type"].endswith("resolved")
    (named,) = [row for row in audited(kit, "resolve escalation") if row.actor.startswith("key:")]
    assert (named.noun, str(named.row_id)) == ("escalation", alarm)


def test_with_a_session_an_act_needs_the_forms_token(sign_in: Callable[[str], Client], alarm: str) -> None:
    client = sign_in("cm")
    path = f"/api/v1/escalations/{alarm}/acknowledge"
    assert problem_of(client.post(path), 403)["type"].endswith("csrf")
    assert problem_of(client.post(path, headers={"origin": "https://evil.example"}), 403)


# --- once -----------------------------------------------------------------------------------------


def test_the_same_request_under_one_key_is_done_once_and_answered_alike(
    program: Opener, kit: Kit, family: Family, wall: Wall
) -> None:
    client, other = program("cm"), program("supervisor")
    path, key = f"/api/v1/cases/{family.key}/calls", {"idempotency-key": "call-1"}
    first = client.post(path, json=CALL, headers=key)
    done = how_many(kit, Call)
    again = client.post(path, json=CALL, headers=key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    changed = client.post(path, json=CALL | {"outcome": "no_answer", "answers": {}}, headers=key)
    assert problem_of(changed, 422)["type"].endswith("idempotency_key_reused")
    assert problem_of(client.post(f"/api/v1/cases/{uuid4()}/calls", json=CALL, headers=key), 422)
    assert how_many(kit, Call) == done
    # Another sender's words are another's; and after its time the key is free.
    assert other.post(path, json=CALL, headers=key).headers.get("idempotent-replayed") is None
    wall.at += KEPT
    assert client.post(path, json=CALL, headers=key).headers.get("idempotent-replayed") is None
    assert how_many(kit, ApiAnswer) == 1
    assert problem_of(client.post(path, json=CALL, headers={"idempotency-key": "k" * 256}), 400)


def test_what_was_refused_is_not_kept_and_may_be_sent_again_under_its_key(
    program: Opener, kit: Kit, alarm: str
) -> None:
    client, key = program("cm"), {"idempotency-key": "hand-on"}
    path = f"/api/v1/escalations/{alarm}"
    body = {"to": "supervisor@example.org", "reason": "on leave"}
    assert problem_of(client.post(f"{path}/reassign", json=body, headers=key), 409)
    assert how_many(kit, ApiAnswer) == 0
    client.post(f"{path}/acknowledge")
    assert client.post(f"{path}/reassign", json=body, headers=key).status_code == 200


def asked(*, repeatable: bool = False) -> Asked:
    return Asked("key:1", b"k", b"r", repeatable)


def claimed(kit: Kit, **options: bool) -> Claim:
    mine = api_answers.claim(kit, asked(**options), wall=NOW)
    assert isinstance(mine, Claim)
    return mine


def test_while_one_is_at_it_another_is_told_so(kit: Kit) -> None:
    claimed(kit)
    assert api_answers.claim(kit, asked(), wall=NOW + LEASE - timedelta(seconds=1)) == "running"


@pytest.mark.parametrize(
    ("done", "repeatable", "again"), [(False, False, True), (True, False, False), (True, True, True)]
)
def test_after_a_death_it_is_done_again_only_where_it_was_not_done_or_that_does_no_harm(
    kit: Kit, done: bool, repeatable: bool, again: bool
) -> None:
    mine = claimed(kit, repeatable=repeatable)
    if done:
        with riding(lambda session: api_answers.mark_done(session, mine, wall=NOW)), kit.transaction():
            pass
    found = api_answers.claim(kit, asked(repeatable=repeatable), wall=NOW + LEASE)
    assert isinstance(found, Claim) if again else found == "answer_lost"


def test_the_mark_of_an_act_stands_or_falls_with_it_and_a_late_one_falls(kit: Kit) -> None:
    mine = claimed(kit)
    with (
        pytest.raises(Unavailable),
        riding(lambda session: api_answers.mark_done(session, mine, wall=NOW)),
        kit.transaction(),
    ):
        raise Unavailable("test", "died")
    theirs = api_answers.claim(kit, asked(), wall=NOW + LEASE)
    assert isinstance(theirs, Claim)
    with (
        pytest.raises(Stale),
        riding(lambda session: api_answers.mark_done(session, mine, wall=NOW)),
        kit.transaction() as session,
    ):
        session.add(Job(kind="vet", key="late", run_after=NOW, created_at=NOW))
    assert how_many(kit, Job) == 0


def test_kept_answers_are_sealed_and_keys_are_digests(program: Opener, kit: Kit, family: Family) -> None:
    path = f"/api/v1/cases/{family.key}/calls"
    program("cm").post(path, json=CALL, headers={"idempotency-key": "a-word-of-theirs"})
    with kit.transaction() as session:
        kept = str(session.execute(text("SELECT * FROM api_answer")).one())
    assert "a-word-of-theirs" not in kept
    assert family.key not in kept


# --- packets --------------------------------------------------------------------------------------


@pytest.fixture
def desk(kit: Kit, program: Opener) -> Iterator[Client]:
    """A care provider's program, with a key for nobody, and a reader of scans."""
    with outside_world(kit):
        yield program(None, "applications:write", "applications:read")


def parts_of(folder: Path) -> list[tuple[str, Any]]:
    """The form that curl sends of a packet's folder."""
    files = [("packet", ("packet.json", (folder / "packet.json").read_bytes(), "application/json"))]
    for path in sorted(folder.rglob("*.png")):
        files.append(("files", (str(path.relative_to(folder)), path.read_bytes(), "image/png")))
    return files


def test_a_packet_comes_in_as_a_form_again_and_amended(desk: Client, kit: Kit, tmp_path: Path) -> None:
    packet = a_packet()
    folder = write_packet(tmp_path / "one", packet)
    new = desk.post("/api/v1/applications", files=parts_of(folder))
    assert new.status_code == 201, new.text
    told = new.json()
    assert (told["reference"], told["how"], told["revision"]) == ("TEST-0001", "new", 1)
    shown = desk.get(new.headers["location"]).json()
    assert (shown["application_id"], shown["state"]) == (told["application_id"], "submitted")
    with kit.transaction() as session:
        assert [job.kind for job in session.scalars(select(Job))] == ["vet"]
    same = desk.post("/api/v1/applications", files=parts_of(folder))
    assert (same.status_code, same.json()["how"]) == (200, "unchanged")
    write_packet(folder, amended(packet, care_provider="Another Example Shelter"))
    other = desk.post("/api/v1/applications", files=parts_of(folder))
    assert (other.status_code, other.json()["how"], other.json()["revision"]) == (200, "amended", 2)


@pytest.mark.parametrize("whole_body", [True, False])
def test_a_zip_is_a_packet_too_and_once_under_its_key(desk: Client, tmp_path: Path, whole_body: bool) -> None:
    folder = write_packet(tmp_path / "one", a_packet())
    content = zip_of(folder, tmp_path / "one.zip", under="one/").read_bytes()

    def send() -> Response:
        key = {"idempotency-key": "packet-1"}
        if whole_body:
            kind = {"content-type": "application/zip"}
            return desk.post("/api/v1/applications", content=content, headers=key | kind)
        return desk.post("/api/v1/applications", files={"packet": ("one.zip", content)}, headers=key)

    first, again = send(), send()
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.json(), again.headers["location"]) == (first.json(), first.headers["location"])


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(500):
            archive.writestr(f"{number}.png", b"")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"other": ("a.png", b"x")}, "packet"),
        ({"packet": ("packet.json", b"{")}, "packet.json"),
        ({"packet": ("packet.json", json.dumps(a_packet()).encode())}, "documents.0.file"),
        ({"packet": ("p.zip", bomb())}, "path"),
        ({"packet": ("p.json", b"{}"), "files": ("", b"x")}, "body"),
    ],
)
def test_what_is_wrong_with_a_packet_is_named_and_nothing_is_kept(
    desk: Client, kit: Kit, form: dict[str, Any], field: str
) -> None:
    told = problem_of(desk.post("/api/v1/applications", files=form), 400)
    assert field in [one["field"] for one in told["problems"]]
    assert how_many(kit, Case) == 0


def test_a_body_that_is_no_packet_is_refused(
    desk: Client, program: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert problem_of(desk.post("/api/v1/applications", json={}), 415)
    broken = {"content-type": "multipart/form-data"}
    assert problem_of(desk.post("/api/v1/applications", content=b"x", headers=broken), 400)
    zipped = {"content-type": "application/zip"}
    with monkeypatch.context() as patch:
        patch.setattr(uploads, "LARGEST", 9)
        for large in (b"0123456789", iter([b"01234", b"56789"])):  # with its length said, and without
            assert problem_of(desk.post("/api/v1/applications", content=large, headers=zipped), 413)
    form = parts_of(write_packet(tmp_path / "one", a_packet()))
    assert problem_of(program("caller").post("/api/v1/applications", files=form), 409)["type"].endswith(
        "wrong_role"
    )
    assert program("officer").post("/api/v1/applications", files=form).status_code == 201


# --- pages ----------------------------------------------------------------------------------------


def test_the_queue_is_walked_page_by_page_each_row_once(program: Opener, kit: Kit, family: Family) -> None:
    with kit.transaction() as session:
        case = session.get_one(Case, family.case_id)
        for number in range(5):
            open_escalation(
                session,
                case,
                reason="no_contact",
                rule="TEST",
                key=str(number),
                actor="cli",
                now=NOW - timedelta(days=number % 2),
            )
    client = program()
    whole = client.get("/api/v1/queue").json()
    assert whole["next"] is None
    assert len(whole["items"]) == how_many(kit, Escalation) == 5
    walked, following = [], "/api/v1/queue?limit=2&queue=" + whole["items"][0]["queue"]
    while following:
        answer = client.get(following)
        page = answer.json()
        walked.append(page["items"])
        following = page["next"]
        assert answer.headers.get("link") == (f'<{following}>; rel="next"' if following else None)
    assert [len(page) for page in walked][:-1] == [2] * (len(walked) - 1)
    ids = [item["id"] for page in walked for item in page]
    assert ids == [item["id"] for item in whole["items"] if item["queue"] == whole["items"][0]["queue"]]
    (after,) = problem_of(client.get("/api/v1/queue?after=WzFd"), 400)["problems"]
    assert after["field"] == "after"
