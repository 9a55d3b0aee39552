"""How results look to a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from kinline.cli import show_court
from kinline.cli.common import OUT
from kinline.cli.show_acts import acts


def application(found: dict[str, Any]) -> None:
    """An application: where it stands, what speaks against it, what is missing."""
    OUT.print(
        f"[bold]{found['reference']}[/]  {found['state']}  policy {found['policy']}, category {found['category']}"
    )
    OUT.print(f"  application {found['application_id']}, case {found['case_id']}")
    OUT.print(f"  stage {found['stage']}" + _due(found["next_review_on"]))
    for asked in found["questions"]:
        if asked["answer"] is None:
            OUT.print(f"  question {asked['number']} waits for an answer: {asked['text']}", markup=False)
    for waived in found["reviews_waived"]:
        OUT.print(f"  review of the {waived['role']} waived: {waived['reason']}", markup=False)
    for revision in found["amendments"]:
        OUT.print(f"  revision {revision['revision']}, {revision['at']}", style="dim")
        amendment(revision["changed"], revision["reopened"])
    for line in acts(found):
        OUT.print(f"  {line}", markup=False)
    for f in found["findings"]:
        if f["state"] == "open":
            OUT.print(f"  [bold]{f['severity']}[/] {f['code']} ({f['subject']}): {f['message']}")
            OUT.print(f"      rule {f['rule']}; {f['source']}", style="dim")
    gate = found["gate"]
    if gate["open"]:
        OUT.print("  The gate is open.")
    else:
        OUT.print("  The gate is closed. Missing:")
        for line in gate["missing"]:
            OUT.print(f"    {line}")
    for out in found["pending_allowed"]:
        where = f" in {out['jurisdiction']}" if out["jurisdiction"] else ""
        OUT.print(
            f"  Without a result: {out['kind']}@{out['subject']}{where}. The {out['role'].replace('_', ' ')} signed"
            f" it off on {out['at'][:10]} under {out['rule']}: {out['reason']}",
            markup=False,
        )


def _due(review_on: str | None) -> str:
    return f"; a supervisor reviews it on {review_on} if it is still pending" if review_on else ""


def applications(result: dict[str, Any]) -> None:
    for found in result["results"]:
        application(found)
    if not result["results"]:
        OUT.print("No application waits for vetting.")


def submitted(result: dict[str, Any]) -> None:
    for row in result["results"]:
        if row["problems"]:
            OUT.print(f"{row['path']}: not taken")
            for p in row["problems"]:
                OUT.print(f"  {p['field']}: {p['message']} {p.get('remedy', '')}")
        else:
            OUT.print(
                f"{row['path']}: {row['reference']} is {row['state']}, revision {row['revision']}"
                f" (application {row['application_id']})"
            )
            amendment(row["changed"], row["reopened"])
            for scan in row["retake"]:
                OUT.print(f"  {scan['field']}: {scan['message']}", markup=False)


def amendment(changed: list[str], reopened: list[dict[str, Any]]) -> None:
    """What a revision changed, and what must be looked at anew because of it."""
    if changed:
        OUT.print(f"  changed: {', '.join(changed)}", markup=False)
        OUT.print("  opened again:" if reopened else "  nothing is opened again")
    for item in reopened:
        because = ", ".join(item["because"])
        OUT.print(f"    {item['what']} {item['item']}: {item['now']} ({because})", markup=False)


def case(found: dict[str, Any]) -> None:
    """A case: what keeps the child in sight, and what stands open."""
    sight = found["in_sight"]
    OUT.print(f"[bold]case {found['case_id']}[/]  {found['state']}")
    OUT.print(f"  in sight: {'yes' if sight['ok'] else 'NO'}, by {sight['by']}, until {sight['until']}")
    if found["prs_level"] not in (None, "1"):  # 1 is the calls of the schedule
        OUT.print(f"  post-release services: level {found['prs_level']}")
    for line in _stands(found):
        OUT.print(f"  {line}", markup=False)
    show_court.standing(found["court"])
    home = found["address"]
    OUT.print(f"  address: {home['where'].replace('_', ' ')}, since {home['since']}, by {home['source']}")
    for lack in home["missing"]:
        OUT.print(f"    missing: {lack['message']}", markup=False)
    table = Table("duty", "party", "key", "due", "state", "queue", box=None, header_style="dim")
    for o in found["obligations"]:
        state = "overdue" if o["overdue"] else o["state"]
        table.add_row(o["kind"], o["party"], o["key"], o["due_at"], state, o["queue"])
    OUT.print(table)
    for e in found["escalations"]:
        OUT.print(
            f"  escalation {e['id']}: {e['reason']}, level {e['level']} ({e['queue']}), {e['state']},"
            f" owner {e['owner'] or 'nobody yet'}"
        )


def _stands(found: dict[str, Any]) -> Iterator[str]:
    """What a reader must know before they act: who has the conversation, and how it stands with the closing."""
    if found["paused"]:
        yield f"texts and automated calls are stopped: {found['paused']}"
    proposed = (found["closing"] or {}).get("proposed")
    if proposed:
        yield f"closing proposed by {proposed['by']}: {proposed['reason']}; it waits for another person's word"
    if found["closure"]:
        yield f"closed on {found['closure']['at'][:10]}: {found['closure']['reason']}"


def queue(result: dict[str, Any]) -> None:
    if not result["items"]:
        OUT.print("Nothing is overdue and nothing has escalated.")
        return
    table = Table("what", "reason", "case", "level", "queue", "owner", "answer by", box=None)
    for item in result["items"]:
        table.add_row(
            item["kind"],
            item["reason"],
            item["case_id"],
            str(item["level"]),
            item["queue"],
            item["owner"] or "-",
            ("LATE " if item["overdue"] else "") + (item["acknowledge_by"] or ""),
        )
    OUT.print(table)


def oversight(result: dict[str, Any]) -> None:
    OUT.print(f"as of {result['as_of']}")
    for one in result["measures"]:
        share = "-" if one["share"] is None else f"{one['share']:.1%}"
        OUT.print(f"  {one['title']}: {one['numerator']} of {one['denominator']} ({share})", markup=False)
        OUT.print(f"    {one['definition']}", style="dim", markup=False)
        OUT.print(f"    source: {one['source']}", style="dim", markup=False)
        for case_id in one["exceptions"]:
            OUT.print(f"    case {case_id}")
    _board(result["board"])


def _board(board: dict[str, Any]) -> None:
    OUT.print("\nduties of today (overdue, still due, done)")
    for row in board["duties"]:
        OUT.print(
            f"  {row['kind']}, {row['team']}: {row['overdue']}, {row['due']}, {row['done']}", markup=False
        )
    OUT.print("escalations by age (waiting, taken)")
    for row in board["concerns"]:
        OUT.print(f"  {_hours(row)}: {row['waiting']}, {row['taken']}")
    OUT.print("escalations by owner (late, in time)")
    for row in board["caseloads"]:
        OUT.print(f"  {row['name'] or row['owner']}: {row['late']}, {row['in_time']}", markup=False)
    OUT.print("children by last contact")
    for row in board["last_contact"]:
        OUT.print(
            f"  {'not since the release' if row['over_hours'] is None else _hours(row)}: {row['children']}"
        )


def _hours(band: dict[str, Any]) -> str:
    low, high = band["over_hours"] // 24, band["under_hours"]
    return f"{low} days or more" if high is None else f"{low} to {high // 24} days"


def account(result: dict[str, Any]) -> None:
    for name in ("silent", "unanswered"):
        for case_id in result[name]:
            OUT.print(f"{name}: case {case_id}")
    OUT.print(account_line(result))


def account_line(result: dict[str, Any]) -> str:
    """The line that every demo and every night ends with."""
    return (
        f"{result['children']} children, {result['accounted']} accounted for,"
        f" {len(result['silent'])} silent, {len(result['unanswered'])} unanswered"
    )


def round_(result: dict[str, Any]) -> None:
    OUT.print(f"round {result['round']} at {result['at']}, {result['seconds']} s")
    for what, found in result["counts"].items():
        told = found if isinstance(found, dict) else {"": found}
        numbers = ", ".join(f"{name} {count}".strip() for name, count in told.items())
        OUT.print(f"  {what.replace('_', ' ')}: {numbers.replace('_', ' ') or 'nothing to do'}")
    if not result["counts"]:
        OUT.print("  nothing to do")


def doctor(result: dict[str, Any]) -> None:
    for check in result["checks"]:
        OUT.print(f"{'ok ' if check['ok'] else 'BAD'} {check['name']}: {check['detail']}")
        if not check["ok"]:
            OUT.print(f"    {check['remedy']}")
