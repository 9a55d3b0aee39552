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

import uvicorn
from prefect.server.api.server import create_app

from kinline.local.sharing import claim_if_unused

LOOK_SECONDS = 1.0
GRACE_SECONDS = 10.0


def main(listener: int, run_folder: Path) -> None:
    """Serves until told to stop, or until nobody uses the server."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(), log_level="warning", access_log=False, timeout_graceful_shutdown=3)
    )
    threading.Thread(target=_end_when_unused, args=(server, run_folder), daemon=True).start()
    server.run(sockets=[socket.socket(fileno=listener)])


def _end_when_unused(server: uvicorn.Server, run_folder: Path) -> None:
    while claim_if_unused(run_folder, "prefect") is None:
        time.sleep(LOOK_SECONDS)
    server.should_exit = True
    time.sleep(GRACE_SECONDS)
    os._exit(1)  # a service of Prefect's hangs; the database needs no goodbye


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
