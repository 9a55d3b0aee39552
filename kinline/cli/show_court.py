"""How a case in court, a week of hearings and the court's measures look at a terminal."""

from __future__ import annotations

from datetime import date
from typing import Any

from kinline.cli.common import OUT

_PARTY = {
    "confirmed": "will go",
    "needs_help": "NEEDS HELP",
    "not_going": "WILL NOT GO",
    "no_ride": "NO RIDE",
    "no_answer": "no answer",
    "not_reminded": "not reminded yet",
}


def standing(found: dict[str, Any] | None) -> None:
    """Where a case stands in court; that no hearing is known is said."""
    if found is None:
        return
    known = f"next hearing {found['next_hearing_at']}" if found["next_hearing_at"] else "NO HEARING KNOWN"
    age = f", {found['days']} days" if found["days"] is not None else ""
    OUT.print(f"  court: {found['status'].replace('_', ' ')}{age}; {known}")
    look, following = found["last_look"], found["next_look"]
    last = f"{look['at']} by {look['by'] or 'the list'} ({look['source']})" if look else "none yet"
    upcoming = (
        (("OVERDUE since " if following["overdue"] else "by ") + following["due_at"]) if following else "NONE"
    )
    OUT.print(f"  last look {last}; next look {upcoming}", markup=False)
    if found["help"]:
        help_lines(found["help"])


def help_lines(told: dict[str, Any]) -> None:
    """The clocks with their last day, and where free help is found."""
    day = told["counted_from"]
    basis = {
        "order": f"counted from the order on {day}",
        "missed_hearing": f"counted from the hearing on {day}, if the order was made then: find out",
        "unknown": "the day of the order is not known: find it out",
    }[told["basis"]]
    OUT.print(f"  time runs ({basis}):")
    for clock in told["clocks"]:
        until = f" Until {clock['until']}." if clock["until"] else ""
        OUT.print(f"    {clock['text']}{until}{_unverified(clock)}", markup=False)
    OUT.print("  free help:")
    for pointer in told["pointers"]:
        OUT.print(f"    {pointer['text']}{_unverified(pointer)}", markup=False)


def _unverified(line: dict[str, Any]) -> str:
    return " (unverified)" if line["unverified"] else ""


def week(result: dict[str, Any]) -> None:
    OUT.print(f"Hearings from {result['from']} to {result['until']}")
    if not any(day["hearings"] for day in result["days"]):
        OUT.print("None is known.")
        return
    for day in result["days"]:
        if day["hearings"]:
            OUT.print(f"{day['day']}, {date.fromisoformat(day['day']):%A}")
        for h in day["hearings"]:
            said = ", ".join(
                f"{party} {_PARTY[h['parties'][party]['state']]}" for party in ("child", "sponsor")
            )
            state = h["outcome"] or h["state"]
            OUT.print(f"  {h['time']} {h['zone']}, {h['court']}, {state}: {said}", markup=False)
            # On a line of their own, so that no narrow terminal cuts what must be copied.
            OUT.print(f"    hearing {h['id']}  case {h['case_id']}", markup=False)


def measures(result: dict[str, Any]) -> None:
    for one in result["measures"]:
        share = "no share: nothing to count" if one["share"] is None else f"{one['share']:.1%}"
        OUT.print(f"{one['title']}: {one['numerator']} of {one['denominator']} ({share})", markup=False)
        OUT.print(f"    {one['definition']}", style="dim", markup=False)
