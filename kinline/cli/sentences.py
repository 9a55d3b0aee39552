"""Results that a sentence tells: people added, versions signed, backups, the audit."""

from __future__ import annotations

from typing import Any

from kinline.cli.common import OUT


def user_added(result: dict[str, Any]) -> None:
    OUT.print(f"Added {result['email']} as {_roles(result['roles'])} (id {result['id']}).", markup=False)


def phone_set(result: dict[str, Any]) -> None:
    OUT.print(f"{result['email']} is paged on this telephone from now on.", markup=False)


def reply_read(result: dict[str, Any]) -> None:
    OUT.print(f"Text {result['id']} is read: {result['meaning']}, by {result['by']}.", markup=False)


def user_left(result: dict[str, Any]) -> None:
    handed_on = result["handed_on"]
    OUT.print(
        f"{result['email']} has left; their account is shut and {_count(handed_on, 'escalation')} handed on.",
        markup=False,
    )
    for warning in result["warnings"]:
        OUT.print(f"  warning: {warning}", markup=False)


def line_signed(result: dict[str, Any]) -> None:
    OUT.print(f"Signed {result['signed']} of {result['version']}.", markup=False)
    left = result["unsigned"]
    OUT.print(
        f"Still unsigned: {', '.join(left)}."
        if left
        else "Every unverified line has a name; now two people activate the version.",
        markup=False,
    )


def activated(result: dict[str, Any]) -> None:
    OUT.print(
        f"{result['version']} is in use."
        if result["in_use"]
        else f"The first of two voices for {result['version']} is on record; it is not in use before another person's.",
        markup=False,
    )


def audit_verified(result: dict[str, Any]) -> None:
    sealed = result["entries"] - result["unsealed"]  # `entries` counts every row
    blocks, entries = _count(result["blocks"], "sealed block"), _count(sealed, "row")
    unsealed = f"; {result['unsealed']} newer ones wait for their seal" if result["unsealed"] else ""
    if result["broken"]:
        numbers = ", ".join(map(str, result["broken"]))
        OUT.print(f"THE AUDIT WAS CHANGED: of {blocks} these no longer fit: {numbers}. Ask who had access.")
    else:
        OUT.print(f"The audit is whole: {blocks} with {entries} fit{unsealed}.")


def upgraded(_result: dict[str, Any]) -> None:
    OUT.print("The database stands at this program's newest schema.")


def backed_up(result: dict[str, Any]) -> None:
    OUT.print(
        f"Written: {result['file']}, {result['bytes']} bytes. The keys are not in it: keep {result['keys']} apart.",
        markup=False,
    )


def restored(result: dict[str, Any]) -> None:
    OUT.print(
        f"Restored {_count(result['cases'], 'case')} of the {result['environment']} from {result['file']}.",
        markup=False,
    )
    if not result["keys_fit"]:
        OUT.print("The keys at hand are not this backup's: no name can be read. Put its keys in place.")


def rungs(result: dict[str, Any]) -> None:
    for rung in result["rungs"]:
        people = ", ".join(rung["people"]) or "NOBODY"
        role = rung["role"].replace("_", " ")
        OUT.print(
            f"{rung['policy']} level {rung['level']}, {rung['queue']}: {role}, {people}; answered within"
            f" {rung['acknowledge_within_hours']} h, resolved within {rung['resolve_within_hours']} h",
            markup=False,
        )
    for gap in result["rota_gaps"]:
        OUT.print(f"NOBODY on call, rung {gap['rung']}: {gap['from']} to {gap['until']}", markup=False)


def _roles(roles: list[str]) -> str:
    return ", ".join(role.replace("_", " ") for role in roles)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
