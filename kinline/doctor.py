"""`kinline doctor`: what this machine and this installation lack, each with its remedy. It mends nothing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col

from integrations.database import (
    current_time,
    is_current,
    make_engine,
    server_version,
    transaction,
    wall_clock,
)
from integrations.desk.account_review import unconfirmed
from integrations.desk.jobs import MAX_TRIES
from integrations.desk.leaving import empty_rungs
from integrations.desk.rota import gaps_ahead
from integrations.policies import ROOMS, policy_files
from integrations.registry import make_vault, providers_from
from integrations.settings import Settings, load_settings
from integrations.store.policy_acts import how_it_stands, room_of
from integrations.store.sealing import place
from integrations.vault import SealBroken, Vault
from kinline.local.home import LocalError, home_path, make_home
from kinline.local.postgres import EmbeddedPostgres, forget_libpq_settings
from kinline.local.prefect_environ import own_prefect_url
from kinline.local.processes import Up, find_up
from models.errors import BadInput
from models.tables.people import Child, Staff
from models.tables.system import Environment, Heartbeat, Job

OLDEST_SERVER = 150000
MEMORY_MB = 1500  # reading a scan takes 0.7 GiB beside everything else. Source: ours, measured.
DISK_MB = 1000
SILENT_AFTER = timedelta(seconds=60)
_ZONES = ("America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "America/Tegucigalpa")
_MODELS = ("PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `remedy` is empty when it is well."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def examine(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Everything looked at: {"checks": [{"name", "ok", "detail", "remedy"}]}."""
    environ = os.environ if environ is None else environ
    checks = [_python(), _machine(), _memory(), _time_zones(), _reading()]
    try:
        settings = load_settings(environ)
    except BadInput as err:
        checks += [Check("settings", False, f"{p.field}: {p.message}", p.remedy) for p in err.problems]
        return {"checks": [asdict(check) for check in checks]}
    checks.append(Check("settings", True, f"environment {settings.environment}"))
    try:
        home = make_home(home_path(environ))
    except LocalError as err:
        checks.append(Check("data folder", False, str(err), "Set KINLINE_HOME to a folder of your own."))
        return {"checks": [asdict(check) for check in checks]}
    checks += [_folder(home), _disk(home), *_production(settings), *_keys(settings, home)]
    up = find_up(home)
    checks.append(_prefect(environ, up))
    checks += _with_database(settings, home, up)
    return {"checks": [asdict(check) for check in checks]}


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Check(
        "python", fits, found, "" if fits else "Install Python 3.11, 3.12 or 3.13, then `make setup`."
    )


def _machine() -> Check:
    found = f"{platform.system()} {platform.machine()}"
    fits = found == "Linux x86_64"
    return Check("machine", fits, found, "" if fits else "Run Kinline on Linux x86-64.")


def _memory() -> Check:
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    free = int(fields["MemAvailable"].split()[0]) // 1024
    remedy = "" if free >= MEMORY_MB else f"Free memory, or give the machine more: {MEMORY_MB} MB are needed."
    return Check("memory", free >= MEMORY_MB, f"{free} MB available", remedy)


def _disk(home: Path) -> Check:
    free = shutil.disk_usage(home).free // 1_000_000
    remedy = "" if free >= DISK_MB else f"Make room: {DISK_MB} MB are needed beside the data."
    return Check("disk", free >= DISK_MB, f"{free} MB free for {home}", remedy)


def _time_zones() -> Check:
    missing = []
    for name in _ZONES:
        try:
            ZoneInfo(name)
        except ZoneInfoNotFoundError:
            missing.append(name)
    if missing:
        return Check("time zones", False, f"unknown: {', '.join(missing)}", "apt-get install tzdata")
    return Check("time zones", True, "present")


def _reading() -> Check:
    """The programs and models that read scans lie in the installed wheels. Found, not loaded."""
    missing = [name for name in ("onnxruntime", "cv2", "pypdfium2") if not importlib.util.find_spec(name)]
    spec = importlib.util.find_spec("rapidocr")
    folders = [Path(folder) / "models" for folder in (spec.submodule_search_locations or [])] if spec else []
    missing += [name for name in _MODELS if not any((folder / name).is_file() for folder in folders)]
    if missing:
        return Check("reading scans", False, f"missing: {', '.join(missing)}", "Run `make clean setup`.")
    return Check("reading scans", True, "models are in place")


def _folder(home: Path) -> Check:
    found = home.stat()
    private = stat.S_IMODE(found.st_mode) == 0o700 and found.st_uid == os.geteuid()
    return Check("data folder", private, str(home), "" if private else f"chmod 700 {home}")


def _production(settings: Settings) -> list[Check]:
    """What production needs; nothing in the sandbox."""
    if settings.environment != "production":
        return []
    checks = []
    embedded = settings.database_url is None
    detail = "the embedded one" if embedded else "one of your own"
    remedy = "Set KINLINE_DATABASE_URL to a PostgreSQL that is backed up and watched." if embedded else ""
    checks.append(Check("production database", not embedded, detail, remedy))
    try:
        providers_from(settings)
    except BadInput as err:
        names = ", ".join(problem.field for problem in err.problems)
        checks.append(Check("providers", False, f"not set: {names}", "Set them; see docs/settings.md."))
    else:
        checks.append(Check("providers", True, "addresses and credentials are set"))
    https = (settings.public_url or "").startswith("https://")
    remedy = "" if https else "Set KINLINE_PUBLIC_URL to the https address that Twilio calls."
    checks.append(Check("public address", https, settings.public_url or "not set", remedy))
    return checks


def _keys(settings: Settings, home: Path) -> list[Check]:
    if settings.vault_keys is not None or settings.blind_key is not None:
        try:
            make_vault(settings, home / "keys")
        except BadInput as err:
            return [Check("keys", False, f"{p.field}: {p.message}", p.remedy) for p in err.problems]
        return [Check("keys", True, "from the settings")]
    path = home / "keys" / "vault.json"
    if not path.exists():
        return [Check("keys", True, "made at the first use")]
    private = stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    return [Check("keys", private, str(path), "" if private else f"chmod 600 {path}")]


def _prefect(environ: Mapping[str, str], up: Up | None) -> Check:
    url = own_prefect_url(environ) or (up.urls.get("prefect") if up else None)
    if url is None:
        try:
            return Check("prefect", True, f"{importlib.metadata.version('prefect')}, started when needed")
        except importlib.metadata.PackageNotFoundError:
            return Check("prefect", False, "not installed", "Run `make setup`.")
    try:
        answers = httpx.get(f"{url}/health", timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        answers = False
    remedy = "" if answers else "Start that server, or correct KINLINE_PREFECT_API_URL."
    return Check("prefect", answers, f"{url} {'answers' if answers else 'does not answer'}", remedy)


def _with_database(settings: Settings, home: Path, up: Up | None) -> list[Check]:
    with ExitStack() as parts:
        try:
            if settings.database_url is not None:
                forget_libpq_settings(os.environ)
                url = settings.database_url.get_secret_value()
            else:
                url = parts.enter_context(EmbeddedPostgres(home)).url
            engine = make_engine(url, pool_size=1)
            parts.callback(engine.dispose)
            version = server_version(engine)
        except LocalError as err:
            return [Check("database", False, str(err), "See logs/postgres.log in the data folder.")]
        except (SQLAlchemyError, ValueError) as err:
            # The driver's words may hold the password.
            detail = f"can't be reached ({type(err).__name__})"
            return [Check("database", False, detail, "Check KINLINE_DATABASE_URL and that its server runs.")]
        fits = version >= OLDEST_SERVER
        remedy = "" if fits else "Use PostgreSQL 15 or newer."
        checks = [Check("database", fits, f"PostgreSQL {version // 10000}.{version % 10000}", remedy)]
        return checks + list(_contents(settings, home, engine, up))


def _contents(settings: Settings, home: Path, engine: Engine, up: Up | None) -> Iterable[Check]:
    if not is_current(engine):
        yield Check("schema", False, "not at this version's migration", "Run `kinline db upgrade`.")
        return
    yield Check("schema", True, "at the newest migration")
    looks: list[Callable[[Session], Check]] = [
        lambda session: _environment(session, settings),
        lambda session: policies_in_use(session, settings),
        rungs_have_somebody,
        rota_has_somebody,
        lambda session: accounts_are_confirmed(session, settings),
        _failed_jobs,
        lambda session: _beats(session, "clock", settings, up),
        lambda session: _beats(session, "worker", settings, up),
    ]
    with transaction(engine) as session:
        for look in looks:
            yield look(session)
    try:
        vault = make_vault(settings, home / "keys")
    except BadInput:
        return  # said above
    yield opens_a_known_cell(engine, vault)


def _environment(session: Session, settings: Settings) -> Check:
    row = session.get(Environment, True)
    if row is None or row.name == settings.environment:
        return Check("environment", True, "not used yet" if row is None else f"a {row.name} database")
    remedy = "Set KINLINE_DATABASE_URL or KINLINE_ENVIRONMENT so that they agree."
    return Check("environment", False, f"a {row.name} database, and you run {settings.environment}", remedy)


def policies_in_use(session: Session, settings: Settings) -> Check:
    """A version of each kind is in use, and none has had its file changed since it was activated."""
    versions = [*policy_files("vetting"), *policy_files("followup")]
    stands = {version: how_it_stands(session, settings, version) for version in versions}
    changed = [version for version, how in stands.items() if how.file_changed]
    if changed:
        return Check(
            "policies",
            False,
            f"changed since activated: {', '.join(changed)}",
            "Put the signed file back; a change needs a new version.",
        )
    in_use = [version for version, how in stands.items() if how.in_use]
    lacking = [room for room in ROOMS if not any(room_of(version) == room for version in in_use)]
    if lacking:
        remedy = "kinline policy list shows what is unsigned; then kinline policy sign and activate."
        return Check("policies", False, f"none in use for: {', '.join(lacking)}", remedy)
    signer = " (signed by sandbox)" if settings.environment == "sandbox" else ""
    return Check("policies", True, f"in use: {', '.join(in_use)}{signer}")


def rungs_have_somebody(session: Session) -> Check:
    """Each rung of the escalation ladder has somebody active who can be reached."""
    if session.scalars(select(Staff).limit(1)).first() is None:
        return Check("escalation ladder", True, "nobody has been added yet")
    empty = empty_rungs(session)
    if empty:
        remedy = "Add somebody with `kinline user add`; `kinline escalation rungs` shows who is there."
        return Check("escalation ladder", False, f"nobody on: {', '.join(empty)}", remedy)
    return Check("escalation ladder", True, "every rung has somebody")


def accounts_are_confirmed(session: Session, settings: Settings) -> Check:
    """No account is about to be suspended because nobody confirmed it."""
    if settings.environment == "sandbox":
        return Check("accounts", True, "invented people are not reviewed")
    waiting = unconfirmed(session, wall=wall_clock())
    if waiting:
        remedy = "Say who is still needed with `kinline user confirm`; `kinline user review` shows by when."
        return Check("accounts", False, f"{len(waiting)} must be confirmed or will be suspended", remedy)
    return Check("accounts", True, "each was confirmed in time")


def rota_has_somebody(session: Session) -> Check:
    """Somebody who can be paged is on call at every hour of the days ahead, and so is a fallback."""
    if session.scalars(select(Staff).limit(1)).first() is None:
        return Check("rota", True, "nobody has been added yet")
    gaps = gaps_ahead(session, now=current_time(session))
    if gaps:
        first = min(gaps, key=lambda gap: (gap.begins_at, gap.place))
        remedy = "Fill them with `kinline rota add`; `kinline rota list` shows each."
        detail = (
            f"{len(gaps)} gaps ahead; nobody on rung {first.place} from {first.begins_at:%Y-%m-%d %H:%M} UTC"
        )
        return Check("rota", False, detail, remedy)
    return Check("rota", True, "somebody is on call, with a fallback")


def _failed_jobs(session: Session) -> Check:
    query = select(col(Job.kind), col(Job.error), func.count()).where(
        col(Job.state) == "failed", col(Job.tries) >= MAX_TRIES
    )
    rows = session.execute(query.group_by(col(Job.kind), col(Job.error))).all()
    if not rows:
        return Check("jobs", True, "none has failed for good")
    detail = ", ".join(f"{count} {kind} ({error})" for kind, error, count in rows)
    remedy = "Look at their runs in Prefect and at logs/worker.log; then `kinline vet` or `kinline round`."
    return Check("jobs", False, f"given up: {detail}", remedy)


def _beats(session: Session, name: str, settings: Settings, up: Up | None) -> Check:
    """A resident part is alive when it must be: under `up`, and in production always."""
    row = session.get(Heartbeat, name)
    age = None if row is None else wall_clock() - row.at
    is_alive = age is not None and age < SILENT_AFTER
    if is_alive:
        return Check(name, True, "beats")
    if up is None and settings.environment == "sandbox":
        return Check(name, True, "not running; `kinline up` starts it")
    detail = "has never run" if age is None else f"silent for {int(age.total_seconds())} s"
    return Check(
        name, False, detail, f"Look at logs/{name}.log in the data folder, or start `kinline {name}`."
    )


def opens_a_known_cell(engine: Engine, vault: Vault) -> Check:
    """The keys at hand open what this database holds."""
    with transaction(engine) as session:
        row = session.scalars(select(Child).limit(1)).first()
        if row is None:
            return Check("vault", True, "nothing is sealed yet")
        try:
            vault.open(row.sealed_details, place(row, "sealed_details"))
        except SealBroken:
            remedy = (
                "Bring back the keys that belong to this database (keys/vault.json or KINLINE_VAULT_KEYS)."
            )
            return Check("vault", False, "the keys do not open what this database holds", remedy)
        return Check("vault", True, "the keys open what is sealed")
