"""The folder that holds the embedded database, logs, keys and Prefect's own files.

The folder is private (0700). Nothing above it is ever changed: a parent that keeps others out,
such as /root or an encrypted home, keeps keeping them out.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import IO

SUBFOLDERS = ("run", "logs", "keys", "prefect")
MARKER = "KINLINE_HOME"
LOG_KEEP_BYTES = 8 * 1024 * 1024


class LocalError(RuntimeError):
    """A local part cannot run here. `str(error)` is one line for people: what is wrong, and the remedy."""


def clone_folder() -> Path:
    """The folder with pyproject.toml that this package was loaded from, else the current one."""
    for folder in Path(__file__).resolve().parents:
        if (folder / "pyproject.toml").is_file():
            return folder
    return Path.cwd()


def home_path(environ: Mapping[str, str]) -> Path:
    """Where Kinline's local files belong: KINLINE_HOME, else `.kinline` in the clone. Makes nothing."""
    named = environ.get("KINLINE_HOME", "").strip()
    folder = Path(named).expanduser() if named else clone_folder() / ".kinline"
    return folder.absolute()


def home_folder(environ: Mapping[str, str]) -> Path:
    """Kinline's own folder, present, private to this account, with its subfolders.

    Raises:
        LocalError: it cannot be made, belongs to another account, or holds other people's files.
    """
    return make_home(home_path(environ))


def make_home(home: Path) -> Path:
    """`home` exists, is private to this account and has its subfolders.

    A folder that already holds other things is refused: closing /tmp or a person's home to everybody
    else because KINLINE_HOME was misspelt would harm more than it protects.

    Raises:
        LocalError: as `home_folder`.
    """
    try:
        if home.is_dir() and not (home / MARKER).is_file() and any(home.iterdir()):
            raise LocalError(
                f"{home} already holds files that are not Kinline's. Set KINLINE_HOME to a new or empty folder."
            )
        home.parent.mkdir(parents=True, exist_ok=True)
        private_folder(home)
        (home / MARKER).write_text("Kinline's local data. Everything in this folder belongs together.\n")
        for name in SUBFOLDERS:
            private_folder(home / name)
    except OSError as error:
        raise LocalError(
            f"Kinline cannot use the folder {home}: {error.strerror or error}. "
            "Set KINLINE_HOME to a folder that you may write."
        ) from error
    return home


def private_folder(folder: Path) -> Path:
    """`folder` exists, is this account's own, and is closed to everybody else.

    Raises:
        LocalError: another account owns it.
        OSError: it cannot be made.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.geteuid():
        raise LocalError(
            f"{folder} belongs to account number {found.st_uid}, and you run as {os.geteuid()}. "
            "Run as the account that made it, or set KINLINE_HOME to a folder of your own."
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)
    return folder


def open_log(home: Path, name: str) -> IO[bytes]:
    """`logs/NAME.log`, private, open for appending; a large one is first set aside as `NAME.log.1`."""
    path = home / "logs" / f"{name}.log"
    if path.exists() and path.stat().st_size > LOG_KEEP_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    return os.fdopen(handle, "ab", buffering=0)


def last_log_lines(home: Path, name: str, count: int = 3) -> str:
    """The end of `logs/NAME.log` on one line, for an error that a person reads."""
    path = home / "logs" / f"{name}.log"
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return " | ".join(line.strip() for line in lines[-count:] if line.strip())
