"""The resident parts, each a process of its own under `kinline up`, or started by hand."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from integrations.loopback import loopback_socket
from kinline.leftovers import adopt_orphans, end_what_is_left, end_with_parent
from kinline.local.home import LocalError, clone_folder, private_folder
from kinline.stack import Stack

POOL_STOP_SECONDS = 15.0


def run_worker() -> None:
    """The worker runs until SIGINT or SIGTERM; a job in hand is finished first."""
    with Stack(needs=frozenset({"prefect", "providers"})) as stack:
        from flows.worker import Worker

        worker = Worker(stack.kit, stack.conninfo())
        _stop_on_signal(worker.stopping)
        worker.run()


def run_clock() -> None:
    """The clock ticks until SIGINT or SIGTERM."""
    with Stack(needs=frozenset({"providers"})) as stack:
        from flows.clock import Clock

        clock = Clock(stack.kit)
        _stop_on_signal(clock.stopping)
        clock.run()


def run_console() -> None:
    """The console serves until SIGINT or SIGTERM.

    Raises:
        LocalError: its port is taken.
    """
    import uvicorn

    with Stack() as stack:
        from console.app import create_app

        app = create_app(stack.kit, live=lambda: {"prefect_api_url": stack.prefect_api_url})
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,  # paths hold ids, but whose page was read is the audit's to say
            timeout_graceful_shutdown=5,
        )
        with _listener(stack.console_port) as listener:
            console_mark(stack.home).write_text(str(os.getpid()))
            uvicorn.Server(config).run(sockets=[listener])


def console_mark(home: Path) -> Path:
    """Holds the process number of the console that has the port: another program may answer there."""
    return home / "run" / "console.pid"


def _listener(port: int) -> socket.socket:
    try:
        return loopback_socket(port)
    except OSError as err:
        raise LocalError(
            f"The console cannot have port {port} ({err.strerror}). "
            "End the program that holds it, or set KINLINE_CONSOLE_PORT to another."
        ) from None


def run_sandbox() -> None:
    """The invented providers serve and act by the clock until SIGINT or SIGTERM."""
    from kinline.play.moving import TimeMover
    from kinline.providers import SandboxTime, live_sandbox

    with Stack() as stack:
        if stack.up is None or stack.urls is None:
            raise LocalError("`kinline sandbox` is a part of `kinline up`. Start that instead.")
        ports = tuple(
            urlsplit(url).port or 0 for url in (stack.urls.twilio, stack.urls.background, stack.urls.postal)
        )
        stopping = threading.Event()
        _stop_on_signal(stopping)
        mover = TimeMover(stack.kit, SandboxTime(stack.urls), stopping)
        live_sandbox(
            stack.conninfo(),
            stack.now,
            inbound_url=f"{stack.console_url}/webhooks/twilio/sms",
            ports=(ports[0], ports[1], ports[2]),
            stopping=stopping,
            look=mover.look,
        )


def run_pool() -> None:
    """The deployments of prefect.yaml stand at the server, and a process worker runs them."""
    with Stack(needs=frozenset({"prefect", "providers"})) as stack:
        environ = pool_environ(stack)
        # The set-up takes a core for some 15 s, and nobody waits for it: a submission goes first.
        _prefect(environ, "work-pool", "create", "kinline", "--type", "process", "--overwrite", nice=15)
        _prefect(environ, "--no-prompt", "deploy", "--all", nice=15)
        _prefect(environ, "worker", "start", "--pool", "kinline", "--name", f"kinline-{os.getpid()}")


def pool_environ(stack: Stack) -> dict[str, str]:
    """The environment of a deployment's run: this process's, the database, and the services at hand."""
    from integrations.registry import providers_from
    from kinline.providers import providers_at

    providers = providers_at(stack.urls) if stack.urls is not None else providers_from(stack.settings)
    return {
        **os.environ,
        # Prefect keeps its runs' files in one folder of the temporary one, whoever made that first.
        "TMPDIR": str(private_folder(stack.home / "prefect" / "tmp")),
        "KINLINE_HOME": str(stack.home),
        "KINLINE_DATABASE_URL": stack.database_url,
        "KINLINE_PUBLIC_URL": stack.console_url,
        "KINLINE_TWILIO_URL": providers.twilio_url,
        "KINLINE_TWILIO_ACCOUNT_SID": providers.twilio_sid,
        "KINLINE_TWILIO_AUTH_TOKEN": providers.twilio_token,
        "KINLINE_TWILIO_FROM_NUMBER": providers.twilio_from,
        "KINLINE_BACKGROUND_URL": providers.background_url,
        "KINLINE_BACKGROUND_TOKEN": providers.background_token,
        "KINLINE_BACKGROUND_WEBHOOK_SECRET": providers.background_secret,
        "KINLINE_POSTAL_URL": providers.postal_url,
        "KINLINE_POSTAL_CLIENT_ID": providers.postal_id,
        "KINLINE_POSTAL_CLIENT_SECRET": providers.postal_secret,
    }


def _prefect(environ: dict[str, str], *words: str, nice: int = 0) -> None:
    """One command of Prefect's own, in the clone, where prefect.yaml lies. What it started ends with it."""
    adopt_orphans()

    def begin() -> None:
        end_with_parent()
        os.nice(nice)

    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("prefect")), *words],
        cwd=clone_folder(),
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        preexec_fn=begin,
    )
    try:
        code = process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(POOL_STOP_SECONDS)
        end_what_is_left()
    if code not in (0, -signal.SIGTERM, 128 + signal.SIGTERM):
        raise LocalError(f"`prefect {words[0]} ...` ended with {code}; see logs/pool.log in the home folder.")


def _stop_on_signal(stopping: threading.Event) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    handler: Callable[[int, FrameType | None], None] = stop
    signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGINT, handler)
