"""The embedded PostgreSQL: private, on a unix socket only, shared by all of this user's commands.

    with EmbeddedPostgres(home) as postgres:
        create_engine(postgres.url)

It has two ordinary roles with a database each, `kinline` and `prefect`; neither may enter the other's.
Only the account that runs Kinline can connect (private folder, peer authentication). It never listens on
a port, so any other PostgreSQL of the user's is neither met nor disturbed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from kinline.local.home import LocalError, last_log_lines, make_home, open_log, private_folder
from kinline.local.postgres_account import (
    SERVER_ENVIRON,
    ServerAccount,
    find_account,
    find_programs,
)
from kinline.local.postgres_roles import ADMIN, provision, recreate_database, remove_database
from kinline.local.sharing import Liveness, SharedUse, is_process, reap, signal_process, signals_wait

PORT = 5432  # only names the socket file; no port is opened
START_SECONDS = 120.0  # long enough to replay the log of a killed server
STOP_SECONDS = 30.0
LONGEST_SOCKET_PATH = 107  # bytes, from the kernel's sockaddr_un
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")  # a comma would name two servers, a space or % needs escapes

SERVER_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "64MB",
    # By itself a 32nd of those, for which two long lists at a time would wait.
    "wal_buffers": "16MB",
    "max_connections": "100",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # A container's /dev/shm is often 64 MB, which parallel queries overflow.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %d ",
    # A failed statement or a violated constraint would put a person's values into the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


# For data that is made anew each time: it outlives a killed server, but need not outlive a power cut.
THROWAWAY_SETTINGS = {"fsync": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """A running server for as long as the `with` block lasts; started and stopped with others in mind.

    `throwaway`: its data will never be used again (the demo's), so commits don't wait for the disk.
    """

    def __init__(self, home: Path, *, throwaway: bool = False) -> None:
        self.home = make_home(home)
        self._settings = {**SERVER_SETTINGS, **(THROWAWAY_SETTINGS if throwaway else {})}
        self.data = self.home / "postgres"
        self.socket_folder = socket_folder(self.home)
        self._share = SharedUse(self.home / "run", "postgres")
        self._alive = Liveness(self.home / "run", "postgres")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def conninfo(self) -> str:
        """A libpq connection string for Kinline's database."""
        return self.conninfo_for("kinline")

    @property
    def admin_conninfo(self) -> str:
        """A libpq connection string for the server's superuser: set-up, backup and tests only."""
        return self.conninfo_for("postgres", role=ADMIN)

    @property
    def url(self) -> str:
        """An SQLAlchemy URL (psycopg) for Kinline's database."""
        return self.url_for("kinline")

    @property
    def prefect_url(self) -> str:
        """An SQLAlchemy URL (asyncpg) for Prefect's database."""
        return f"postgresql+asyncpg://prefect@/prefect?host={self.socket_folder}&port={PORT}"

    def conninfo_for(self, database: str, *, role: str = "kinline") -> str:
        """A libpq connection string for `database` as `role`."""
        return f"host={self.socket_folder} port={PORT} dbname={database} user={role}"

    def url_for(self, database: str, *, role: str = "kinline") -> str:
        """An SQLAlchemy URL (psycopg) for `database` as `role`."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.socket_folder}&port={PORT}"

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """A new database of Kinline's role, a copy of `template` if named; its SQLAlchemy URL."""
        recreate_database(self.admin_conninfo, name, owner="kinline", template=template)
        return self.url_for(name)

    def drop_database(self, name: str) -> None:
        """No database `name` is left; whoever was connected to it is cut off."""
        remove_database(self.admin_conninfo, name)

    def start(self) -> None:
        """The server runs and this object has a share in it.

        Raises:
            LocalError: it cannot run here; the line names the remedy.
        """
        if self._share.is_joined:
            return
        forget_libpq_settings(os.environ)
        with self._share.turn():
            self._share.join()
            try:
                self._start_unless_running()
            except BaseException:
                self._stop_if_last()
                raise

    def ensure_running(self) -> None:
        """The server runs again if it was killed; its data are what was committed. Cheap when it runs."""
        if self._share.is_joined and not self._alive.is_alive():
            with self._share.turn():
                self._start_unless_running()

    def stop(self) -> None:
        """This object's share is given up; the server has stopped if nobody else has one."""
        if not self._share.is_joined:
            return
        with signals_wait(), self._share.turn():
            self._stop_if_last()

    def _stop_if_last(self) -> None:
        try:
            if self._share.is_last():
                self._stop_server()
        finally:
            self._share.leave()

    def _start_unless_running(self) -> None:
        end = time.monotonic() + START_SECONDS
        while (handle := self._alive.take()) is None:
            if self._postmaster() is not None and self._is_ready():
                return  # a server that others use, or that a killed command left behind
            # Else it is starting, or its postmaster was killed and the rest will notice within moments.
            if time.monotonic() > end:
                raise LocalError(
                    f"Another PostgreSQL holds {self.data} and does not answer. "
                    "End it (another container with the same KINLINE_HOME?) and try again."
                )
            time.sleep(0.02)
        try:
            self._start_server(handle)
        finally:
            os.close(handle)
        try:
            provision(self.admin_conninfo, self.conninfo_for("prefect", role=ADMIN))
        except psycopg.Error as error:
            log = self.home / "logs" / "postgres.log"
            raise LocalError(f"The embedded PostgreSQL could not be set up ({error}). See {log}.") from error

    def _start_server(self, alive_handle: int) -> None:
        programs = find_programs()
        account = find_account(programs)
        private_folder(self.socket_folder)
        if not (self.data / "PG_VERSION").is_file():
            self._make_data(account, programs)
        # Nothing of this server lives (we hold its lock), so what these files say is out of date.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_folder / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        access = self._write_access_files(account)
        settings = {**self._settings, **access, "unix_socket_directories": str(self.socket_folder)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with open_log(self.home, "postgres") as log:
            process = subprocess.Popen(
                [*account.prefix, str(programs / "postgres"), "-D", str(self.data), *options],
                env=SERVER_ENVIRON,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C in the terminal is ours to handle, in order
                pass_fds=(alive_handle,),
                umask=0o077,
            )
        if not self._wait_until_ready(process):
            raise LocalError(
                f"The embedded PostgreSQL did not start: {last_log_lines(self.home, 'postgres')}. "
                f"The whole story is in {self.home / 'logs' / 'postgres.log'}."
            )

    def _make_data(self, account: ServerAccount, programs: Path) -> None:
        """The data folder is there, complete: made aside and moved into place, so never half-made."""
        shutil.rmtree(fresh := self.home / "postgres.new", ignore_errors=True)
        private_folder(fresh)
        account.own(fresh)
        # The builtin provider gives the same order of text on every machine, whatever locales it has.
        options = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
        options += [f"--username={ADMIN}", "--auth-local=peer", "--auth-host=reject", "--no-instructions"]
        made = subprocess.run(
            [*account.prefix, str(programs / "initdb"), "-D", str(fresh), *options],
            env=SERVER_ENVIRON,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            check=False,
        )
        if made.returncode != 0:
            with open_log(self.home, "postgres") as log:
                log.write(made.stdout)
            raise LocalError(f"The database could not be made: {last_log_lines(self.home, 'postgres')}")
        if self.data.is_dir():
            self.data.rmdir()  # only an empty one; anything else in it is not ours to remove
        fresh.rename(self.data)

    def _write_access_files(self, account: ServerAccount) -> dict[str, str]:
        """Who may connect: this account alone, as one of the three roles. The settings that say so."""
        rules, names = self.home / "run" / "pg_hba.conf", self.home / "run" / "pg_ident.conf"
        rules.write_text("local all all peer map=kinline\n")
        client = account.client_name.replace('"', '""')
        names.write_text("".join(f'kinline "{client}" {role}\n' for role in (ADMIN, "kinline", "prefect")))
        return {"hba_file": str(rules), "ident_file": str(names)}

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> bool:
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            if self._is_ready():
                return True
            time.sleep(0.02)
        return False

    def _is_ready(self) -> bool:
        return self._pid_file()[7:8] == ["ready"]

    def _pid_file(self) -> list[str]:
        """The lines of postmaster.pid; empty if there is none. The first is the process, the 8th its state."""
        try:
            return [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()]
        except OSError:
            return []

    def _postmaster(self) -> int | None:
        """The process number of our own postmaster, if it lives."""
        first = self._pid_file()[:1]
        pid = int(first[0]) if first and first[0].isdigit() else 0
        return pid if pid > 1 and is_process(pid, "-D", str(self.data)) else None

    def _stop_server(self) -> None:
        pid = self._postmaster()
        if pid is None:
            return
        for number, seconds in (
            (signal.SIGINT, STOP_SECONDS),  # fast: cut connections, checkpoint, end
            (signal.SIGQUIT, 10.0),
            (signal.SIGKILL, 5.0),
        ):
            signal_process(pid, number)
            if self._alive.wait_until_gone(seconds):
                break
        reap(pid)
        shutil.rmtree(self.socket_folder, ignore_errors=True)


def socket_folder(home: Path) -> Path:
    """Where the server of `home` has its socket: in `home`, or under /tmp when that path is too long.

    The same for every command of this user with this home, whatever TMPDIR says.
    """
    folder = home / "run" / "pg"
    longest = len(os.fsencode(folder / f".s.PGSQL.{PORT}"))
    if longest <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(str(folder)):
        return folder
    digest = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]
    return Path("/tmp") / f"kinline-{os.geteuid()}-{digest}"  # noqa: S108 - checked by private_folder


def forget_libpq_settings(environ: MutableMapping[str, str]) -> None:
    """`environ` holds no PG* variable of libpq's: those speak of another server of the user's."""
    for name in [name for name in environ if re.fullmatch(r"PG[A-Z]+", name)]:
        del environ[name]
