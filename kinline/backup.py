"""The whole database to a file and back, by PostgreSQL's own programs. The keys are never in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Connection, text

from integrations.database import upgrade
from kinline.doctor import opens_a_known_cell
from kinline.local.home import LocalError
from kinline.local.postgres_account import find_programs
from kinline.stack import Stack
from models.errors import BadInput, Problem, Refused
from models.tables.people import Case
from models.tables.vetting import Application

# A database with a row in one of these is somebody's.
_TABLES = (str(Application.__tablename__), str(Case.__tablename__))


def backup(stack: Stack, file: Path) -> dict[str, Any]:
    """FILE holds the database as it stood at one moment, readable by this account alone.

    Raises:
        BadInput: FILE exists, or its folder can't be written. LocalError: pg_dump failed.
    """
    if file.exists():
        raise _bad(file, "exists", "The file exists.", "Name a new one; a backup is never written over.")
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as err:
        raise _bad(
            file, "not_writable", f"It can't be written ({err.strerror}).", "Check its folder."
        ) from None
    try:
        words = ["--format=custom", "--no-owner", "--no-privileges", f"--file={draft}"]
        _run(stack, "pg_dump", *words)
        draft.rename(file)
    finally:
        draft.unlink(missing_ok=True)
    return {"file": str(file), "bytes": file.stat().st_size, "keys": str(stack.home / "keys")}


def restore(stack: Stack, file: Path) -> dict[str, Any]:
    """The database is what FILE holds, at this program's schema.

    Raises:
        BadInput: FILE is not a backup. Refused: `up` runs, or the database holds cases or applications.
        LocalError: pg_restore failed; the database is left without rows, and FILE can be tried again.
    """
    if stack.up is not None:
        raise Refused("in_use", "`kinline up` runs with this database: stop it first (Ctrl-C)")
    _must_be_a_backup(stack, file)
    with stack.kit.engine.begin() as connection:
        # Nobody may put a case in between this look and the end of the old tables.
        connection.execute(text(f"LOCK TABLE {', '.join(_TABLES)} IN ACCESS EXCLUSIVE MODE"))
        if any(_count(connection, table) for table in _TABLES):
            raise Refused("not_empty", "this database holds cases; restore goes into an empty one only")
        connection.execute(text("DROP SCHEMA IF EXISTS sandbox CASCADE"))
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    stack.kit.engine.dispose()
    words = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    _run(stack, "pg_restore", *words, str(file))
    upgrade(stack.database_url)
    with stack.kit.engine.connect() as connection:
        cases = _count(connection, str(Case.__tablename__))
        environment = connection.execute(text("SELECT name FROM environment")).scalar_one_or_none()
    return {
        "file": str(file),
        "cases": cases,
        "environment": environment,
        "keys_fit": opens_a_known_cell(stack.kit.engine, stack.kit.vault).ok,
    }


def _count(connection: Connection, table: str) -> int:
    return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def _must_be_a_backup(stack: Stack, file: Path) -> None:
    try:
        if file.read_bytes()[:5] == b"PGDMP":
            _program(stack, "pg_restore", "--list", str(file))
            return
    except (OSError, LocalError):
        pass
    raise _bad(
        file, "not_a_backup", "This is not a whole backup of a database.", "Give a file of `db backup`."
    )


def _bad(file: Path, code: str, message: str, remedy: str) -> BadInput:
    return BadInput(Problem(str(file), code, message, remedy))


def _run(stack: Stack, program: str, *words: str) -> None:
    """The program has done its work on Kinline's database."""
    place = conninfo_to_dict(stack.conninfo())
    secret = place.pop("password", None)
    # Everybody on the machine can read a command's words; its environment is ours alone.
    extra = {} if secret is None else {"PGPASSWORD": str(secret)}
    _program(stack, program, f"--dbname={make_conninfo('', **place)}", *words, **extra)


def _program(stack: Stack, program: str, *words: str, **extra: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done = subprocess.run(
        [_path_of(program), *words],
        env={**kept, "LC_ALL": "C", **extra},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[0]
        # A line of its own words may quote a row; the first names the object only.
        raise LocalError(f"{program} failed: {said[:200]}")


def _path_of(program: str) -> str:
    try:
        return str(find_programs() / program)
    except LocalError:
        found = shutil.which(program)
    if found is None:
        raise LocalError(
            f"{program} is needed and is not here: apt-get install postgresql-client, "
            "in a version at least as new as your server."
        )
    return found
