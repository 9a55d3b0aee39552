"""What happened to each child of the demo, in one row; and whether it ended as it should."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from integrations.desk.views import case_json
from integrations.kit import Kit
from kinline.demo.story import Story


def tell(kit: Kit, story: Story, application: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The child's row, as data. `wrong` names every way in which the story did not end as it should."""
    case = case_json(kit, application["case_id"], now=now)
    texts = [m for m in case["messages"] if not m["purpose"].startswith("thanks")]
    delivered = sum(1 for m in texts if m["state"] == "delivered")
    answered = sum(1 for a in case["attempts"] if a["outcome"].startswith(("answered", "pressed")))
    answered += sum(1 for m in case["messages"] if m["purpose"].startswith("thanks"))
    human = [c for c in case["calls"] if c["kind"] == "human" and c["state"] == "done"]
    return {
        "story": story.name,
        "title": story.title,
        "reference": story.reference,
        "case_id": case["case_id"],
        "state": application["state"],
        "found": sorted(story.found),
        "people": story.people,
        "texts_delivered": delivered,
        "texts": len(texts),
        "answers": answered,
        "calls_by_people": len(human),
        "child_spoken_to": sum(1 for c in human if c["spoke_with"] == "child"),
        "escalations": [
            {"reason": e["reason"], "state": e["state"], "level": e["level"], "owner": e["owner"]}
            for e in case["escalations"]
        ],
        "case_state": case["state"],
        "in_sight": case["in_sight"],
        "wrong": _wrong(story, application, case),
    }


def _wrong(story: Story, application: dict[str, Any], case: dict[str, Any]) -> list[str]:
    wrong: list[str] = []
    if application["state"] != story.final_state:
        wrong.append(f"the application is {application['state']}, not {story.final_state}")
    if missing := story.findings - story.found:
        wrong.append(f"not found: {', '.join(sorted(missing))}")
    if extra := story.found - story.findings - story.may_find:
        wrong.append(f"found besides: {', '.join(sorted(extra))}")
    ends = _ends(case)
    if story.ends not in ends:
        wrong.append(f"the case ends {'/'.join(sorted(ends))}, not {story.ends}")
    if not case["in_sight"]["ok"]:
        wrong.append("nothing keeps the child in sight")
    return wrong


def _ends(case: dict[str, Any]) -> set[str]:
    if case["released_at"] is None:
        return {"not_released"}
    ends = {case["state"]}
    if any(e["reason"] not in ("overdue", "no_contact") for e in case["escalations"]):
        ends.add("escalated")
    return ends


def show_table(out: Console, result: dict[str, Any]) -> None:
    """The table for people: each child, what was found, who decided, what was sent, where the case stands."""
    table = Table(box=None, header_style="bold", padding=(0, 1), expand=True)
    for name, ratio in (
        ("child", 4),
        ("found", 3),
        ("people", 3),
        ("texts, calls", 2),
        ("where it stands", 4),
    ):
        table.add_column(name, ratio=ratio, overflow="fold")
    for child in result["children"]:
        table.add_row(
            f"[bold]{child['story']}[/]\n{child['title']}",
            "\n".join(child["found"]) or "nothing",
            "\n".join(child["people"]) or "-",
            _contact(child),
            _stands(child),
        )
        table.add_section()
    out.print(table)


def _contact(child: dict[str, Any]) -> str:
    if child["case_state"] == "in_care":
        return "-"
    return (
        f"{child['texts_delivered']} of {child['texts']} texts delivered\n{child['answers']} answers\n"
        f"{child['calls_by_people']} calls by people\nchild heard {child['child_spoken_to']} times"
    )


def _stands(child: dict[str, Any]) -> str:
    if child["case_state"] == "in_care":
        return f"{child['state']}; the child stays in care"
    lines = [f"{child['case_state']}, in sight by {child['in_sight']['by']}"]
    lines += [
        f"{e['reason']}: {e['state']}" + (f", {e['owner']}" if e["owner"] else "")
        for e in child["escalations"]
    ]
    return "\n".join(lines)
