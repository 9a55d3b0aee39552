"""Kinline's own Prefect server: on loopback, on a port of its own, in the embedded PostgreSQL.

    with EmbeddedPostgres(home) as postgres, PrefectServer(home, postgres.prefect_url) as prefect:
        apply_to_this_process(home, prefect.api_url)

Shared by all commands of one home, like the database: the first in starts it (12 s with a new database,
7 s later), the last one out stops it. If the last one is killed, the server ends by itself.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from integrations.loopback import HOST, loopback_socket
from kinline.local.home import LocalError, last_log_lines, make_home, open_log
from kinline.local.prefect_environ import (
    apply_to_this_process,
    clean_prefect_environ,
    own_prefect_url,
    send_what_waits,
)
from kinline.local.sharing import Liveness, SharedUse, is_process, reap, signal_process, signals_wait

__all__ = ["PrefectServer", "apply_to_this_process", "clean_prefect_environ", "own_prefect_url"]

MODULE = "kinline.local.prefect_main"
START_SECONDS = 180.0  # measured: 7 to 21 s on an idle machine of 2 cores
STOP_SECONDS = 15.0


class PrefectServer:
    """A running Prefect server for as long as the `with` block lasts."""

    def __init__(self, home: Path, database_url: str) -> None:
        self.home = make_home(home)
        self._database_url = database_url
        self._state_path = self.home / "run" / "prefect.json"
        self._share = SharedUse(self.home / "run", "prefect")
        self._alive = Liveness(self.home / "run", "prefect")
        self._port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def api_url(self) -> str:
        """The address for PREFECT_API_URL. Known once the server has been started."""
        return f"{self.ui_url}/api"

    @property
    def ui_url(self) -> str:
        """The address of Prefect's own pages, for a browser on this machine."""
        if not self._port:
            raise RuntimeError("the Prefect server has not been started")
        return f"http://{HOST}:{self._port}"

    def start(self) -> None:
        """The server answers and this object has a share in it.

        Raises:
            LocalError: it did not start; the line names its log.
        """
        if self._share.is_joined:
            return
        with self._share.turn():
            self._share.join()
            try:
                self._start_unless_running()
            except BaseException:
                self._stop_if_last()
                raise

    def ensure_running(self) -> None:
        """The server runs again, at the same address, if it was killed. Cheap when it runs."""
        if self._share.is_joined and not self._alive.is_alive():
            with self._share.turn():
                self._start_unless_running()

    def stop(self) -> None:
        """This object's share is given up; the server has stopped if nobody else has one."""
        if not self._share.is_joined:
            return
        send_what_waits()
        with signals_wait(), self._share.turn():
            self._stop_if_last()

    def _stop_if_last(self) -> None:
        try:
            if self._share.is_last():
                self._stop_server()
        finally:
            self._share.leave()

    def _start_unless_running(self) -> None:
        if self._alive.is_alive() and (port := self._answering_port()):
            self._port = port
            return
        self._stop_server()  # one that lives and does not answer is of no use to anybody
        handle = self._alive.take()
        if handle is None:
            raise LocalError(f"A Prefect server in {self.home} does not end. End it by hand and try again.")
        try:
            with loopback_socket(self._state().get("port", 0), or_any=True) as listener:
                self._port = int(listener.getsockname()[1])
                process = self._launch(listener.fileno(), handle)
        finally:
            os.close(handle)
        self._write_state(process.pid)
        if not self._wait_until_healthy(process):
            raise LocalError(
                f"The Prefect server did not start: {last_log_lines(self.home, 'prefect')}. "
                f"The whole story is in {self.home / 'logs' / 'prefect.log'}."
            )

    def _launch(self, listener: int, alive_handle: int) -> subprocess.Popen[bytes]:
        environ = clean_prefect_environ(os.environ, self.home, self.api_url, database_url=self._database_url)
        with open_log(self.home, "prefect") as log:
            return subprocess.Popen(
                # -E: a PYTHONPATH or PYTHONWARNINGS of the user's is not for this server.
                [sys.executable, "-E", "-m", MODULE, str(listener), str(self.home / "run")],
                env=environ,
                cwd=self.home / "prefect",  # where no .env or prefect.toml of the user's lies
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(listener, alive_handle),
                umask=0o077,
            )

    def _answering_port(self) -> int:
        """The port of the server that lives, once it answers; 0 if it does not within its time to start."""
        end = time.monotonic() + START_SECONDS
        while self._alive.is_alive() and time.monotonic() < end:
            state = self._state()
            if not is_process(state.get("pid", 0), MODULE):
                return 0
            if _answers(state.get("port", 0), "/api/ready"):
                return state["port"]
            time.sleep(0.1)
        return 0

    def _wait_until_healthy(self, process: subprocess.Popen[bytes]) -> bool:
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            if _answers(self._port, "/api/health"):
                return True
            time.sleep(0.05)
        return False

    def _state(self) -> dict[str, int]:
        """What `prefect.json` says; empty when it says nothing sensible."""
        try:
            found = json.loads(self._state_path.read_text())
            return {"pid": int(found["pid"]), "port": int(found["port"])}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def _write_state(self, pid: int) -> None:
        draft = self._state_path.with_suffix(".new")
        draft.write_text(json.dumps({"pid": pid, "port": self._port, "api_url": self.api_url}))
        draft.replace(self._state_path)

    def _stop_server(self) -> None:
        pid = self._state().get("pid", 0)
        if pid <= 1 or not is_process(pid, MODULE):
            return
        for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5.0)):
            signal_process(pid, number)
            if self._alive.wait_until_gone(seconds):
                break
        reap(pid)


def _answers(port: int, path: str) -> bool:
    """Whether the server on `port` says that it is well. Speaks to loopback directly, past any proxy."""
    if not port:
        return False
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
