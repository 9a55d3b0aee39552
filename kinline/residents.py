"""The resident parts, each a process of its own under `kinline up`, or started by hand."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from kinline.local.home import LocalError, clone_folder
from kinline.stack import Stack


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
    """The console serves until SIGINT or SIGTERM."""
    import uvicorn

    with Stack() as stack:
        from console.app import create_app

        place = urlsplit(stack.console_url)
        app = create_app(stack.kit, live=lambda: {"prefect_api_url": stack.prefect_api_url})
        uvicorn.run(
            app,
            host="127.0.0.1",
            port=place.port or stack.settings.console_port,
            log_level="warning",
            access_log=False,  # paths hold ids, but whose page was read is the audit's to say
        )


def run_sandbox() -> None:
    """The invented providers serve and act by the clock until SIGINT or SIGTERM."""
    from kinline.providers import serve_sandbox

    with Stack() as stack:
        if stack.up is None or stack.urls is None:
            raise LocalError("`kinline sandbox` is a part of `kinline up`. Start that instead.")
        ports = tuple(
            urlsplit(url).port or 0 for url in (stack.urls.twilio, stack.urls.background, stack.urls.postal)
        )
        stopping = threading.Event()
        _stop_on_signal(stopping)
        with serve_sandbox(
            stack.conninfo(),
            stack.now,
            inbound_url=f"{stack.console_url}/webhooks/twilio/sms",
            ports=(ports[0], ports[1], ports[2]),
            live=True,
        ):
            stopping.wait()


def run_pool() -> None:
    """The deployments of prefect.yaml stand at the server, and a process worker runs them."""
    from integrations.registry import providers_from
    from kinline.providers import providers_at

    with Stack(needs=frozenset({"prefect", "providers"})) as stack:
        providers = providers_at(stack.urls) if stack.urls is not None else providers_from(stack.settings)
        environ = {
            **os.environ,
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
        _prefect(environ, "work-pool", "create", "kinline", "--type", "process", "--overwrite")
        _prefect(environ, "--no-prompt", "deploy", "--all")
        _prefect(environ, "worker", "start", "--pool", "kinline", "--name", f"kinline-{os.getpid()}")


def _prefect(environ: dict[str, str], *words: str) -> None:
    """One command of Prefect's own, in the clone, where prefect.yaml lies."""
    import ctypes
    import subprocess

    death = ctypes.CDLL(None).prctl

    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("prefect")), *words],
        cwd=clone_folder(),
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        preexec_fn=lambda: death(1, signal.SIGTERM),  # it ends when we do, however we end
    )
    code = process.wait()
    if code not in (0, -signal.SIGTERM, 143):
        raise LocalError(f"`prefect {words[0]} ...` ended with {code}; see logs/pool.log in the home folder.")


def _stop_on_signal(stopping: threading.Event) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    handler: Callable[[int, FrameType | None], None] = stop
    signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGINT, handler)
