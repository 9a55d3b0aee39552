"""The process of Kinline's Prefect server. Started by `PrefectServer` only.

    python -E -m kinline.local.prefect_main LISTENER RUN_FOLDER

It serves on the socket that it inherited, and ends by itself when no command uses it any more.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import uvicorn
from prefect.server.api.server import create_app
from prefect.server.database.orm_models import FlowRun
from sqlalchemy import inspect

from kinline.local.sharing import claim_if_unused

LOOK_SECONDS = 1.0
GRACE_SECONDS = 10.0


def main(listener: int, run_folder: Path) -> None:
    """Serves until told to stop, or until nobody uses the server."""
    let_schedules_work()
    server = uvicorn.Server(
        uvicorn.Config(create_app(), log_level="warning", access_log=False, timeout_graceful_shutdown=3)
    )
    threading.Thread(target=_end_when_unused, args=(server, run_folder), daemon=True).start()
    server.run(sockets=[socket.socket(fileno=listener)])


def let_schedules_work() -> None:
    """Prefect's scheduler can write its runs under SQLAlchemy 2.1.

    It inserts them in bulk with a `state` beside their columns, and writes that state's own row next.
    SQLAlchemy 2.0 passed over such a key; 2.1 refuses it unless the property says what to do: nothing.
    Seen with Prefect 3.8.8; without this no schedule ever starts a run.
    """
    state: Any = inspect(FlowRun).all_orm_descriptors["state"]
    state.bulk_dml_setter = lambda cls, mapping, value: None


def _end_when_unused(server: uvicorn.Server, run_folder: Path) -> None:
    while claim_if_unused(run_folder, "prefect") is None:
        time.sleep(LOOK_SECONDS)
    server.should_exit = True
    time.sleep(GRACE_SECONDS)
    os._exit(1)  # a service of Prefect's hangs; the database needs no goodbye


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
