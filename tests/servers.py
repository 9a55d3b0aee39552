"""PostgreSQL servers for tests: the embedded one, one that the environment names, or Debian's in a folder."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

_COUNT = itertools.count(1)
START_SECONDS = 60.0


@dataclass(frozen=True)
class TestServer:
    """A running server on which a test may make and drop databases of its own.

    `admin_url` names a database to stand in meanwhile; `role` is who owns and uses the new ones.
    """

    __test__ = False  # for pytest: not a class of tests

    admin_url: str
    role: str
    _made: list[str] = field(default_factory=list)

    def create(self, word: str, *, template: str = "template0") -> str:
        """A new database, a copy of `template`; its SQLAlchemy URL."""
        name = f"kinline_test_{os.getpid()}_{word}_{next(_COUNT)}"
        self._run(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(self.role), sql.Identifier(template)
            )
        )
        self._made.append(name)
        url = make_url(self.admin_url).set(database=name, drivername="postgresql+psycopg")
        if url.username is not None:
            url = url.set(username=self.role)
        return url.render_as_string(hide_password=False)

    @contextmanager
    def database(self, template: str = "template0", word: str = "clone") -> Iterator[str]:
        """A database that is gone after the block; its SQLAlchemy URL."""
        url = self.create(word, template=template)
        try:
            yield url
        finally:
            self.drop(url)

    def drop(self, url: str) -> None:
        """The database of `url` is gone; whoever was connected to it is cut off."""
        name = make_url(url).database or ""
        if name in self._made:
            self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            self._made.remove(name)

    def drop_all(self) -> None:
        for name in list(self._made):
            self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            self._made.remove(name)

    def as_admin(self, database: str | None = None) -> psycopg.Connection[Any]:
        """A connection of the administrator, who may set triggers aside; to `database` if named."""
        url = make_url(self.admin_url).set(drivername="postgresql")
        url = url if database is None else url.set(database=database)
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)

    def _run(self, statement: sql.Composed) -> None:
        with self.as_admin() as admin:
            admin.execute("SET client_min_messages = error")
            admin.execute(statement)


@contextmanager
def named_server(url: str) -> Iterator[TestServer]:
    """The server that KINLINE_TEST_DATABASE_URL names; its role must be allowed to make databases."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            url = "postgresql+psycopg://" + url.removeprefix(plain)
    with psycopg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    ) as connection:
        role = connection.execute("SELECT current_user").fetchone()
    assert role is not None
    server = TestServer(url, role[0])
    try:
        yield server
    finally:
        server.drop_all()


@contextmanager
def embedded_server(home: Path) -> Iterator[TestServer]:
    """Kinline's own embedded server, in a home of its own."""
    from kinline.local import postgres as local

    # These rows need not outlive a power cut, and a clone per test costs seven times less.
    with local.EmbeddedPostgres(home, throwaway=True) as postgres:
        yield TestServer(postgres.url_for("postgres", role="postgres"), "kinline")


@contextmanager
def debian_server(programs: Path, folder: Path) -> Iterator[TestServer]:
    """A server from Debian's programs: data in `folder`, a unix socket only. As root it runs as `nobody`."""
    prefix: list[str] = []
    sockets = Path("/tmp") / f"kinline-test-{os.getpid()}"
    sockets.mkdir(mode=0o700)
    data = sockets / "data"  # pytest's own folders are closed to `nobody`
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        prefix = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]
        for path in (sockets, data):
            shutil.chown(path, "nobody", "nogroup")
    environ = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    log = (folder / "postgres.log").open("wb")
    subprocess.run(
        [
            *prefix,
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-N",
            "-E",
            "UTF8",
        ],
        env=environ,
        cwd="/",
        check=True,
        stdout=log,
        stderr=log,
    )
    options = {"listen_addresses": "", "unix_socket_directories": str(sockets), "fsync": "off"}
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    process = subprocess.Popen(
        [*prefix, str(programs / "postgres"), "-D", str(data), *words],
        env=environ,
        cwd="/",
        stdout=log,
        stderr=log,
    )
    try:
        url = f"postgresql+psycopg://postgres@/postgres?host={sockets}"
        _wait_until_ready(url, process, folder / "postgres.log")
        yield TestServer(url, "postgres")
    finally:
        process.send_signal(signal.SIGINT)  # cut connections, end
        process.wait(30)
        log.close()
        shutil.rmtree(sockets, ignore_errors=True)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(plain).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')}") from None
            time.sleep(0.05)
