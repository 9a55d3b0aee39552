"""Many packet zips at once: each with its result, kept for who sent them, and not lost when a machine dies midway."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from httpx import Client, Response
from sqlalchemy import func, select
from sqlmodel import col

from flows import worker
from integrations.desk import batches
from integrations.desk.intake import submit
from integrations.kit import Kit
from integrations.packets import from_zip
from models.errors import Unavailable
from models.facts import Person
from models.tables.intake import PacketBatchRow
from models.tables.system import History, Job
from models.tables.vetting import Application
from tests.builders import NOW
from tests.integration.console.conftest import token_in
from tests.integration.intake_scenes import zipped
from tests.integration.scenes import a_packet

SignIn = Callable[[str], Client]


def send(client: Client, *zips: tuple[str, bytes]) -> Response:
    files = [("zips", (name, content, "application/zip")) for name, content in zips]
    token = token_in(client.get("/intake/bulk").text)
    return client.post("/intake/bulk", data={"csrf_token": token}, files=files)


def work(kit: Kit) -> None:
    """What the worker does with the job that waits."""
    with kit.transaction() as session:
        job = session.scalars(select(Job).where(col(Job.kind) == "intake")).one()
    assert ("intake",) in worker.LANES
    worker._RUN["intake"](kit, job)


def test_each_zip_has_its_result(sign_in: SignIn, kit: Kit) -> None:
    client = sign_in("officer")
    one, other = a_packet("TEST-BULK-1"), a_packet("TEST-BULK-2", a_number="220559902")
    changed = a_packet("TEST-BULK-1", previous_states=["LA"])
    wrong = a_packet("TEST-BULK-3")
    wrong["child"]["languages"] = []
    answer = send(
        client,
        ("one.zip", zipped(one)),
        ("two.zip", zipped(other)),
        ("two again.zip", zipped(other)),
        ("one changed.zip", zipped(changed)),
        ("wrong.zip", zipped(wrong)),
        ("letter.zip", b"not a zip at all"),
    )
    assert answer.status_code == 303
    path = answer.headers["location"]
    page = client.get(path).text
    assert "0 of 6 done" in page
    assert 'hx-trigger="every 2s"' in page
    work(kit)
    page = client.get(path).text
    assert "6 of 6 done." in page
    assert "every 2s" not in page
    for words in ("TEST-BULK-2", "Amended", "Nothing new", "child.languages", "neither a folder nor a zip"):
        assert words in page
    with kit.transaction() as session:
        rows = session.scalars(select(PacketBatchRow).order_by(col(PacketBatchRow.number))).all()
    assert [r.state for r in rows] == ["new", "new", "unchanged", "amended", "problems", "problems"]
    assert [r.sealed_content for r in rows] == [None] * 6
    assert "TEST-BULK-1" in client.get("/intake").text


def test_a_worker_that_died_after_the_packet_was_in_tells_it_as_new(
    kit: Kit, staff: dict[str, Person]
) -> None:
    officer, content = staff["officer"], zipped(a_packet("TEST-BULK-1"))
    batch_id = batches.send_zips(kit, [("one.zip", content), ("same.zip", content)], officer, now=NOW)
    submit(kit, from_zip(content), actor=str(officer.id), now=NOW)
    batches.work_batch(kit, batch_id)
    batches.work_batch(kit, batch_id)
    view = batches.view_batch(kit, batch_id, officer, now=NOW)
    assert [row.state for row in view.rows] == ["new", "unchanged"]


def test_a_zip_that_the_machine_cannot_take_holds_up_no_other(
    kit: Kit, staff: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(content: bytes):  # type: ignore[no-untyped-def]
        if content == b"odd":
            raise ZeroDivisionError
        return from_zip(content)

    monkeypatch.setattr(batches, "from_zip", take)
    zips = [("odd.zip", b"odd"), ("good.zip", zipped(a_packet("TEST-BULK-1")))]
    batch_id = batches.send_zips(kit, zips, staff["officer"], now=NOW)
    batches.work_batch(kit, batch_id)
    view = batches.view_batch(kit, batch_id, staff["officer"], now=NOW)
    assert [row.state for row in view.rows] == ["failed", "new"]
    with kit.transaction() as session:
        odd = session.scalars(select(PacketBatchRow).where(col(PacketBatchRow.number) == 1)).one()
    assert odd.sealed_content is not None


def test_a_batch_is_its_senders_and_a_supervisors(
    sign_in: SignIn, kit: Kit, staff: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id: UUID = batches.send_zips(kit, [("marta.zip", b"x")], staff["officer"], now=NOW)
    path = f"/intake/bulk/{batch_id}"
    assert sign_in("cm").get(path).status_code == 404
    client = sign_in("supervisor")
    assert "marta.zip" in client.get(path).text
    assert "Choose one zip or more." in send(client).text
    monkeypatch.setattr(batches, "MOST_ZIPS", 1)
    assert "more than 1 files" in send(client, ("a.zip", b"a"), ("b.zip", b"b")).text
    monkeypatch.setattr(batches, "MOST_BYTES", 0)
    large = send(client, ("a.zip", b"a" * 70_000))
    assert large.status_code == 413
    assert "Send fewer at once." in large.text


def another(client: Client, path: str, number: int, *zips: tuple[str, bytes]) -> Response:
    files = [("zip", (name, content, "application/zip")) for name, content in zips]
    token = token_in(client.get("/intake/bulk").text)
    return client.post(f"{path}/{number}/another", data={"csrf_token": token}, files=files or None)


def pressed(client: Client, path: str) -> Response:
    return client.post(path, data={"csrf_token": token_in(client.get("/intake/bulk").text)})


def states(kit: Kit) -> list[str]:
    with kit.transaction() as session:
        return list(session.scalars(select(col(PacketBatchRow.state)).order_by(col(PacketBatchRow.number))))


def applications(kit: Kit) -> int:
    with kit.transaction() as session:
        return session.scalars(select(func.count()).select_from(Application)).one()


def test_what_failed_by_the_machine_is_tried_again_as_it_was_sent(
    sign_in: SignIn, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[Exception] = [Unavailable("reader", "timeout"), ZeroDivisionError()]

    def take(content: bytes):  # type: ignore[no-untyped-def]
        if faults:
            raise faults.pop()
        return from_zip(content)

    monkeypatch.setattr(batches, "from_zip", take)
    client = sign_in("officer")
    path = send(client, ("one.zip", zipped(a_packet("TEST-BULK-1")))).headers["location"]
    batch = UUID(path.rpartition("/")[2])
    batches.work_batch(kit, batch)
    page = client.get(path).text
    assert "The machine stumbled over it (ZeroDivisionError)" in page
    assert pressed(client, f"{path}/1/again").status_code == 303
    assert "0 of 1 done" in client.get(path).text
    twice = pressed(client, f"{path}/1/again")
    assert (twice.status_code, "waits already" in twice.text) == (409, True)
    work_on(kit, batch)
    assert "did not answer, or the file was read by half" in client.get(path).text
    pressed(client, f"{path}/1/again")
    work_on(kit, batch)
    assert (states(kit), applications(kit)) == (["new"], 1)
    assert pressed(client, f"{path}/1/again").status_code == 409
    with kit.transaction() as session:
        told = session.scalars(select(History).where(col(History.noun) == "packet_batch_row")).all()
    assert [(one.old, one.new, one.why) for one in told] == [("failed", "waiting", "tried again")] * 2


def work_on(kit: Kit, batch: UUID) -> None:
    """What the worker does with the job that waits for this batch."""
    with kit.transaction() as session:
        waits = select(Job).where(col(Job.key) == str(batch), col(Job.state) == "waiting")
        job = session.scalars(waits).one()
        job.state = "claimed"
        session.add(job)
    worker._RUN["intake"](kit, job)
    with kit.transaction() as session:
        session.get_one(Job, job.id).state = "done"


def test_a_mended_zip_takes_the_place_of_one_with_faults(sign_in: SignIn, kit: Kit) -> None:
    client = sign_in("officer")
    wrong = a_packet("TEST-BULK-1")
    wrong["child"]["languages"] = []
    mended = zipped(a_packet("TEST-BULK-1"))
    path = send(client, ("wrong.zip", zipped(wrong)), ("same.zip", mended)).headers["location"]
    batch = UUID(path.rpartition("/")[2])
    work_on(kit, batch)
    assert states(kit) == ["problems", "new"]
    page = client.get(path).text
    assert "Send another zip in its place" in page
    assert f"{path}/1/again" not in page
    assert pressed(client, f"{path}/1/again").status_code == 409
    nothing = another(client, path, 1)
    assert (nothing.status_code, "Choose the mended zip." in nothing.text) == (422, True)
    assert another(client, path, 1, ("mended.zip", mended)).status_code == 303
    assert another(client, path, 1, ("mended.zip", mended)).status_code == 409
    work_on(kit, batch)
    assert "mended.zip" in client.get(path).text
    # It is the very packet of the second row: known again, and no second application.
    assert (states(kit), applications(kit)) == (["unchanged", "new"], 1)
    taken = another(client, path, 2, ("mended.zip", mended))
    assert (taken.status_code, "This zip was taken in" in taken.text) == (409, True)
    for number in ("9", "x"):
        assert pressed(client, f"{path}/{number}/again").status_code == 404
    assert sign_in("cm").post(f"{path}/1/again").status_code == 403


def test_a_batch_whose_work_has_stopped_goes_on(
    sign_in: SignIn, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in("officer")
    path = send(client, ("one.zip", zipped(a_packet("TEST-BULK-1")))).headers["location"]
    assert "The work has stopped" not in client.get(path).text
    with kit.transaction() as session:
        session.scalars(select(Job).where(col(Job.kind) == "intake")).one().state = "failed"
    assert "The work has stopped" in client.get(path).text
    assert pressed(client, f"{path}/go-on").status_code == 303
    assert "The work has stopped" not in client.get(path).text
    work_on(kit, UUID(path.rpartition("/")[2]))
    assert states(kit) == ["new"]
    monkeypatch.setattr(batches, "MOST_BYTES", 0)
    large = another(client, path, 1, ("a.zip", b"a" * 70_000))
    assert (large.status_code, "This is over" in large.text) == (413, True)
