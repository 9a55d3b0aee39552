"""A backup brings back every row, to an empty database only, and never carries the keys."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from integrations.desk.intake import submit
from integrations.desk.views import application_json
from integrations.packets import read_path
from kinline.backup import backup, restore
from kinline.local.home import LocalError
from kinline.local.processes import Up
from kinline.stack import Stack
from models.errors import BadInput, Refused

PACKET = Path(__file__).resolve().parents[2] / "samples" / "packets" / "01-clean-aunt"


@contextmanager
def opened(home: Path) -> Iterator[Stack]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINLINE_HOME", str(home))
        with Stack() as stack:
            yield stack


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("b")


@pytest.fixture(scope="module")
def full(folder: Path) -> Iterator[Stack]:
    """A home with one application."""
    with opened(folder / "full") as stack:
        submit(stack.kit, read_path(PACKET), actor="cli", now=stack.now())
        yield stack


@pytest.fixture(scope="module")
def file(full: Stack, folder: Path) -> Path:
    backup(full, folder / "all of it.dump")
    return folder / "all of it.dump"


def test_a_backup_is_this_accounts_alone_and_holds_neither_keys_nor_names(full: Stack, file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    keys = json.loads((full.home / "keys" / "vault.json").read_text())
    content = file.read_bytes()
    assert keys["blind"].encode() not in content
    assert b"Example" not in content
    assert list(file.parent.glob(".*")) == []


def test_a_backup_is_never_written_over(full: Stack, file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(BadInput) as refused:
        backup(full, file)
    assert refused.value.problems[0].code == "exists"
    assert file.read_bytes() == before


def test_restored_with_its_keys_it_is_the_same(full: Stack, file: Path, folder: Path) -> None:
    with opened(folder / "new") as new:
        said = restore(new, file)
        assert (said["cases"], said["environment"], said["keys_fit"]) == (1, "sandbox", False)
    shutil.copy(full.home / "keys" / "vault.json", folder / "new" / "keys" / "vault.json")
    with opened(folder / "new") as new:
        now = full.now()
        reference = "FRP-2026-000101"
        assert application_json(new.kit, reference, viewer=None, now=now) == application_json(
            full.kit, reference, viewer=None, now=now
        )
        with pytest.raises(Refused, match="not_empty"):
            restore(new, file)


def test_the_database_still_refuses_what_it_refused_before(file: Path, folder: Path) -> None:
    with opened(folder / "guarded") as new:
        restore(new, file)
        with pytest.raises(Exception, match="history"), new.kit.engine.begin() as connection:
            connection.execute(text("DELETE FROM history"))


def test_a_database_that_holds_cases_is_left_alone(full: Stack, file: Path) -> None:
    with pytest.raises(Refused, match="not_empty"):
        restore(full, file)
    assert application_json(full.kit, "FRP-2026-000101", viewer=None, now=full.now())["revision"] == 1


def test_a_running_up_is_not_restored_under(file: Path, folder: Path) -> None:
    with opened(folder / "used") as stack:
        stack.up = Up(1, {})
        with pytest.raises(Refused, match="in_use"):
            restore(stack, file)


@pytest.mark.parametrize("content", [None, b"", b"SELECT 1;\n", b"PGDMP and then nothing"])
def test_what_is_not_a_backup_is_refused_before_anything_is_touched(
    folder: Path, content: bytes | None
) -> None:
    wrong = folder / "wrong.dump"
    wrong.unlink(missing_ok=True)
    if content is not None:
        wrong.write_bytes(content)
    with opened(folder / "untouched") as stack:
        with pytest.raises(BadInput) as refused:
            restore(stack, wrong)
        assert refused.value.problems[0].code == "not_a_backup"
        with stack.kit.engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM staff")).scalar_one() == 9


def test_a_restore_cut_short_leaves_no_rows_and_can_be_tried_again(file: Path, folder: Path) -> None:
    short = folder / "short.dump"
    short.write_bytes(file.read_bytes()[:-2000])
    with opened(folder / "again") as stack, pytest.raises((LocalError, BadInput)):
        restore(stack, short)
    with opened(folder / "again") as stack:
        assert restore(stack, file)["cases"] == 1
