"""The commands that run and look after the engine: up, its parts, play, demo, doctor, db, user, audit, policy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from integrations.desk import leaving, rota
from integrations.sandbox.phones import is_sandbox_phone
from integrations.store.audit import verify_audit
from integrations.store.staff import add_staff
from kinline.cli import common, sentences, show
from kinline.cli.common import As, AsJson, At, Reason
from kinline.stack import Stack
from models.errors import BadInput, Problem
from models.states import Role

app = typer.Typer()
db_app = typer.Typer(help="The database: schema, backup, restore.")
user_app = typer.Typer(help="Named people.")
audit_app = typer.Typer(help="The sealed audit.")


@app.command()
def up() -> None:
    """Start everything and stay: database, sandbox, Prefect, worker, clock, console. Ctrl-C stops it."""
    from kinline.up import run_up

    _plain(run_up)


@app.command()
def worker() -> None:
    """The resident worker alone: claims jobs and runs their flows."""
    from kinline.residents import run_worker

    _plain(run_worker)


@app.command()
def clock() -> None:
    """The metronome alone: rounds at their slots, and the outbox."""
    from kinline.residents import run_clock

    _plain(run_clock)


@app.command()
def console() -> None:
    """The console alone: pages, API, webhooks."""
    from kinline.residents import run_console

    _plain(run_console)


@app.command(hidden=True)
def sandbox() -> None:
    """The sandbox's invented providers alone."""
    from kinline.residents import run_sandbox

    _plain(run_sandbox)


@app.command()
def pool() -> None:
    """A Prefect worker for the deployments of prefect.yaml, with everything that their runs need."""
    from kinline.residents import run_pool

    _plain(run_pool)


def _plain(body: Any) -> None:
    try:
        body()
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
    except Exception as err:
        raise typer.Exit(common.explain(err, as_json=False)) from None


@app.command()
def play(
    until: Annotated[str, typer.Option("--until", help="Play up to this time.", metavar="TIME")],
    callers: Annotated[int, typer.Option("--callers", help="How many invented callers work.")] = 2,
    staff: Annotated[str, typer.Option("--staff", help="simulated or none.")] = "simulated",
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Sandbox only: jump from due instant to due instant; invented families and staff act."""
    from kinline.play.run import play_until

    if staff not in ("simulated", "none"):
        raise typer.BadParameter("use simulated or none", param_hint="--staff")

    def body(stack: Stack) -> dict[str, Any]:
        end = common.moment(until, "--until")
        if end is None:
            raise BadInput(Problem("--until", "missing", "Say until when.", "Add --until TIME."))
        return play_until(stack, end, callers=callers if staff == "simulated" else 0, staff=staff)

    common.run(body, as_json=as_json, at=at, show=_show_play, needs=("providers", "console"))


def _show_play(result: dict[str, Any]) -> None:
    common.OUT.print(f"played from {result['from']} until {result['until']}")
    for name, count in sorted(result["counts"].items()):
        common.OUT.print(f"  {name}: {count}")
    common.OUT.print(f"  silent: {len(result['silent'])}, unanswered: {len(result['unanswered'])}")


@app.command()
def demo(as_json: AsJson = False) -> None:
    """The main job on the sample packets, told as stories. Exit 0 only if each ended as it should."""
    from kinline.demo.run import run_demo

    try:
        ended_well = run_demo(as_json=as_json)
    except KeyboardInterrupt:
        common.ERR.print("Stopped. Nothing was left running.")
        raise typer.Exit(130) from None
    except Exception as err:
        raise typer.Exit(common.explain(err, as_json=as_json)) from None
    raise typer.Exit(common.DONE if ended_well else common.ANSWER_IS_NO)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """What this machine and this installation lack, each with its remedy."""
    from kinline.doctor import examine

    try:
        result = examine()
    except Exception as err:
        raise typer.Exit(common.explain(err, as_json=as_json)) from None
    common.emit(result, as_json=as_json, show=show.doctor)
    if not all(check["ok"] for check in result["checks"]):
        raise typer.Exit(common.ANSWER_IS_NO)


@db_app.command("upgrade")
def db_upgrade(as_json: AsJson = False) -> None:
    """The schema stands at this program's newest migration."""
    common.run(lambda stack: {"upgraded": True}, as_json=as_json, show=sentences.upgraded)


@db_app.command("backup")
def db_backup(file: Annotated[Path, typer.Argument(metavar="FILE")], as_json: AsJson = False) -> None:
    """Write the whole database to FILE (pg_dump's custom format). The keys are not in it: keep them apart."""
    from kinline.backup import backup

    common.run(lambda stack: backup(stack, file), as_json=as_json, show=sentences.backed_up)


@db_app.command("restore")
def db_restore(file: Annotated[Path, typer.Argument(metavar="FILE")], as_json: AsJson = False) -> None:
    """Bring an empty database to what FILE holds. A database that holds cases is refused."""
    from kinline.backup import restore

    common.run(lambda stack: restore(stack, file), as_json=as_json, show=sentences.restored)


@user_app.command("add")
def user_add(
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    name: Annotated[str, typer.Option("--name", help="How colleagues call this person.")],
    role: Annotated[list[str], typer.Option("--role", help="One or more roles, such as case_manager.")],
    as_json: AsJson = False,
) -> None:
    """Add a named person."""

    def body(stack: Stack) -> dict[str, Any]:
        roles = [_role(word) for word in role]
        with stack.kit.transaction() as session:
            added = add_staff(session, email=email, name=name, roles=roles, now=stack.now())
        return {"id": str(added), "email": email.strip().lower(), "roles": [r.value for r in roles]}

    common.run(body, as_json=as_json, show=sentences.user_added)


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError:
        known = ", ".join(role.value for role in Role)
        raise BadInput(
            Problem("--role", "wrong_value", "This is not a role.", f"Use one of: {known}.")
        ) from None


@user_app.command("phone")
def user_phone(
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    phone: Annotated[str, typer.Argument(metavar="PHONE", help="With + and the country: +12025550100.")],
    as_: As,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Set the telephone on which a person is paged. It is sealed, and shown to nobody."""

    def body(stack: Stack) -> dict[str, Any]:
        if stack.is_sandbox and not is_sandbox_phone(phone):
            raise BadInput(
                Problem(
                    "PHONE",
                    "not_invented",
                    "A sandbox holds invented telephones alone.",
                    "Use one that reads +1, an area code, 555 and 0100 to 0199.",
                )
            )
        return rota.set_phone(stack.kit, email, phone, common.person(stack, as_), now=stack.now())

    common.run(body, as_json=as_json, at=at, show=sentences.phone_set)


@user_app.command("leave")
def user_leave(
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    as_: As,
    reason: Reason,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Although nobody is left then on a rung of the ladder.")
    ] = False,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """A person leaves: their account is shut, and what they had taken goes up the ladder at once."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        return leaving.leave(stack.kit, email, who, reason=reason, anyway=anyway, now=stack.now())

    common.run(body, as_json=as_json, at=at, show=sentences.user_left)


@audit_app.command("verify")
def audit_verify(as_json: AsJson = False) -> None:
    """Find audit rows that were changed, removed or put in. Exit 1 when a block no longer fits."""

    def body(stack: Stack) -> dict[str, Any]:
        with stack.kit.transaction() as session:
            return verify_audit(session, stack.kit.vault)

    common.run(
        body,
        as_json=as_json,
        show=sentences.audit_verified,
        code=lambda r: common.ANSWER_IS_NO if r["broken"] else common.DONE,
    )
