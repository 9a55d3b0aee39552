"""The commands about policy versions: read them, compare them, try one out, sign, activate, move a case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from integrations.desk import policy_acts as desk
from integrations.desk.views import application_json, case_json
from integrations.policies import policy_files
from integrations.store.policy_acts import how_it_stands, lines_of, policy_of, room_of, unverified_lines
from kinline.cli import common, sentences, show
from kinline.cli.common import OUT, As, AsJson, At, MaybeAs, Reason
from kinline.stack import Stack
from models.errors import BadInput, Problem
from models.facts import Person
from models.vetting_policy import VettingPolicy
from vetting.policy_changes import line_changes

app = typer.Typer(
    help="Policy versions: what they ask, with every source; what one would change; who signed."
)
Version = Annotated[
    str, typer.Argument(metavar="VERSION", help="Such as orr-2025; see `kinline policy list`.")
]


@app.command("list")
def policy_list(as_json: AsJson = False, at: At = None) -> None:
    """Every policy version, how many of its lines are unverified, and whether it is in use here."""

    def body(stack: Stack) -> dict[str, Any]:
        with stack.kit.transaction() as session:
            return {
                "policies": [
                    _summary(version, how_it_stands(session, stack.kit.settings, version))
                    for room in ("vetting", "followup")
                    for version in policy_files(room)
                ]
            }

    common.run(body, as_json=as_json, at=at, show=_show_list)


def _summary(version: str, stands: Any) -> dict[str, Any]:
    policy = policy_of(version)
    return {
        "version": version,
        "room": room_of(version),
        "title": policy.title,
        "effective_from": policy.effective_from.isoformat(),
        "active": policy.active,
        "lines": len(lines_of(version)),
        "unverified": len(unverified_lines(version)),
        "unsigned": len(unverified_lines(version) - stands.signed),
        "in_use": stands.in_use,
        "voices": stands.voices,
        "signed_by": stands.signed_by,
        "file_changed": stands.file_changed,
    }


@app.command("show")
def policy_show(version: Version, as_json: AsJson = False) -> None:
    """One policy version, line by line: what it asks, its source, and whether that could be read."""

    def body() -> dict[str, Any]:
        policy = policy_of(version)
        whom = policy.applies_if.model_dump(mode="json") if isinstance(policy, VettingPolicy) else {}
        stopped = policy.suspended_by if isinstance(policy, VettingPolicy) else ()
        return {
            "version": policy.version,
            "room": room_of(version),
            "title": policy.title,
            "effective_from": policy.effective_from.isoformat(),
            "active": policy.active,
            "applies_if": {k: v for k, v in whom.items() if v is not None},
            "suspended_by": [s.model_dump(mode="json", exclude_none=True) for s in stopped],
            "lines": [
                {"table": table, **line.model_dump(mode="json", exclude_none=True)}
                for table, line in lines_of(version)
            ],
        }

    _read(body, as_json, _show_lines)


@app.command("diff")
def policy_diff(
    first: Annotated[str, typer.Argument(metavar="A")],
    second: Annotated[str, typer.Argument(metavar="B")],
    as_json: AsJson = False,
) -> None:
    """What B asks that A does not, what it no longer asks, and what it asks otherwise."""

    def body() -> dict[str, Any]:
        if room_of(first) != room_of(second):
            raise BadInput(
                Problem(
                    "B",
                    "wrong_value",
                    "A vetting and a follow-up version can't be compared.",
                    "Name two alike.",
                )
            )
        return {"from": first, "to": second, **line_changes(lines_of(first), lines_of(second))}

    _read(body, as_json, _show_diff)


@app.command("dry-run")
def policy_dry_run(version: Version, as_json: AsJson = False, at: At = None, as_: MaybeAs = None) -> None:
    """Which open applications, or cases of follow-up, would change under this version, and how. Changes nothing."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.maybe_person(stack, as_)
        return desk.dry_run(stack.kit, version, actor=str(who.id) if who else "cli", now=stack.now())

    common.run(body, as_json=as_json, at=at, show=_show_dry_run)


@app.command("sign")
def policy_sign(
    version: Version,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule of an unverified line.")],
    as_: As,
    reason: Reason,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Answer by name for a line whose source could not be read: a supervisor or an administrator."""
    _act(
        lambda s, who, now: desk.sign(s.kit, version, rule, who, reason=reason, now=now),
        sentences.line_signed,
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("activate")
def policy_activate(
    version: Version, as_: As, reason: Reason, as_json: AsJson = False, at: At = None
) -> None:
    """Give one of the two voices that bring a version into use, once every unverified line is signed."""
    _act(
        lambda s, who, now: desk.activate(s.kit, version, who, reason=reason, now=now),
        sentences.activated,
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("move")
def policy_move(
    application: Annotated[
        str, typer.Argument(metavar="APPLICATION", help="Or the case, for a version of follow-up.")
    ],
    version: Version,
    as_: As,
    reason: Reason,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Give one of the two voices that move a case to another version; the second has it vetted or planned anew."""
    of_vetting = True

    def body(stack: Stack) -> dict[str, Any]:
        nonlocal of_vetting
        who = common.person(stack, as_)
        moved = str(desk.move(stack.kit, application, version, who, reason=reason, now=stack.now()))
        of_vetting = room_of(version) == "vetting"
        if of_vetting:
            return application_json(stack.kit, moved, viewer=who, now=stack.now())
        return case_json(stack.kit, moved, actor=str(who.id), now=stack.now())

    common.run(
        body,
        as_json=as_json,
        at=at,
        show=lambda found: show.application(found) if of_vetting else show.case(found),
    )


def _act(
    work: Callable[[Stack, Person, datetime], dict[str, Any]],
    told: Callable[[dict[str, Any]], None],
    *,
    as_: str,
    as_json: bool,
    at: str | None,
) -> None:
    common.run(
        lambda stack: work(stack, common.person(stack, as_), stack.now()),
        as_json=as_json,
        at=at,
        show=told,
    )


def _read(body: Callable[[], dict[str, Any]], as_json: bool, shown: Callable[[dict[str, Any]], None]) -> None:
    """A look at the files alone: no database is opened."""
    try:
        found = body()
    except Exception as err:
        raise typer.Exit(common.explain(err, as_json=as_json)) from None
    common.emit(found, as_json=as_json, show=shown)


def _show_list(result: dict[str, Any]) -> None:
    table = Table("version", "from", "in use", "lines", "unverified", "unsigned", "title", box=None)
    for p in result["policies"]:
        use = "yes" if p["in_use"] else "no"
        if p["signed_by"]:
            use += f", signed by {p['signed_by']}"
        if p["file_changed"]:
            use += "; THE FILE HAS CHANGED since it was activated"
        counts = (str(p[name]) for name in ("lines", "unverified", "unsigned"))
        table.add_row(p["version"], p["effective_from"], use, *counts, p["title"])
    OUT.print(table)
    if any(p["signed_by"] == "sandbox" for p in result["policies"]):
        OUT.print(
            "This is a sandbox: nobody has signed the unverified lines. Production asks for a name on each."
        )


def _show_lines(found: dict[str, Any]) -> None:
    OUT.print(f"[bold]{found['version']}[/]  {found['title']}, from {found['effective_from']}")
    if found["applies_if"]:
        OUT.print(f"  for {_told(found['applies_if'])}")
    for line in found["lines"]:
        marks = [
            m for m, on in (("unverified", line["unverified"]), ("not in force", not line["active"])) if on
        ]
        marks += [f"stopped by {s['order']} for some" for s in line.get("suspended_by", ())]
        OUT.print(f"{line['table']}  [bold]{line['rule']}[/]  {', '.join(marks)}")
        own = {k: v for k, v in line.items() if k not in _SAID and v not in ({}, [], None)}
        OUT.print(f"    {_told(own)}")
        OUT.print(f"    {line['source']}", style="dim")


_SAID = ("table", "rule", "source", "unverified", "active", "suspended_by")


def _told(values: dict[str, Any]) -> str:
    return ", ".join(f"{k.replace('_', ' ')}: {_plain(v)}" for k, v in values.items())


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return f"({_told({k: v for k, v in value.items() if v is not None})})"
    if isinstance(value, list):
        return " or ".join(map(_plain, value))
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _show_diff(result: dict[str, Any]) -> None:
    for name, sign in (("added", "+"), ("removed", "-")):
        for line in result[name]:
            idle = "" if line["active"] else " (on record, not in force)"
            OUT.print(f"{sign} {line['table']} {line['rule']}{idle}: {_told(line['asks'])}")
            OUT.print(f"    {line['source']}", style="dim")
    for line in result["changed"]:
        OUT.print(f"~ {line['table']} {line['was']} -> {line['rule']}: {_told(line['asks'])}")
        for field, (old, new) in line["fields"].items():
            OUT.print(f"    {field.replace('_', ' ')}: {_plain(old)} -> {_plain(new)}")
    counts = ", ".join(f"{len(result[name])} {name}" for name in ("added", "removed", "changed"))
    OUT.print(f"{result['from']} -> {result['to']}: {counts}")


def _show_dry_run(result: dict[str, Any]) -> None:
    if "cases" in result:
        _show_cases_dry_run(result)
        return
    for one in result["applications"]:
        OUT.print(f"[bold]{one['reference']}[/]  {one['state']}, now under {one['policy']}")
        for name, sign in (("added", "+"), ("removed", "-")):
            for what in ("requirements", "findings", "missing"):
                for line in one[f"{what}_{name}"]:
                    OUT.print(f"  {sign} {what}: {line}")
    OUT.print(
        f"Under {result['version']}, {result['changed']} of {result['open']} open applications would change."
    )


def _show_cases_dry_run(result: dict[str, Any]) -> None:
    for one in result["cases"]:
        OUT.print(f"[bold]{one['case_id']}[/]  {one['state']}, now under {one['policy']}")
        for name, sign in (("added", "+"), ("removed", "-")):
            for line in one[f"duties_{name}"]:
                OUT.print(f"  {sign} {line}")
    OUT.print(
        f"Under {result['version']}, {result['changed']} of {result['open']} cases would be planned otherwise."
    )
