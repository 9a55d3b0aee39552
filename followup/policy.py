"""Follow-up policy versions: reading one, and finding a line in it. The text comes in as an argument.

A version is a schedule (what is owed, and when) with the procedures that it names (how it is gone about); the
oldest versions hold both in one file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from pydantic import ValidationError

from models.contacts import Channel, TryEnd
from models.errors import BadInput, Problem
from models.followup_policy import FollowupPolicy, OpensDuty, OutcomeRule, ReviewRule
from models.policy import Line
from models.reports import NOTICE_DUTIES, NOTICE_DUTY, REPORT_DUTIES
from models.states import CLOSURES_FOR_A_SUPERVISOR, CLOSURES_FOR_FOUR_EYES, ClosureReason, Party, Role

# Every kind of duty that events other than calls may open: a version says of each how long it may take.
REVIEW_KINDS = frozenset(
    {
        "review_reply",
        "review_stop",
        "call_back",
        "find_number",
        "tell_by_voice",
        "verify_address",
        "court_address_form",
        "court_lookup",
        "hearing_outcome",
        "missed_hearing",
        "lost_contact_review",
        "hear_child_alone",
        "representation_known",
        "closure_review",
    }
)
# Those that came with the procedures: a version that holds its own knows nothing of them.
NEWER_KINDS = frozenset({*NOTICE_DUTIES})
L = TypeVar("L", bound=Line)


def procedures_named(text: str) -> str | None:
    """The procedures that this schedule goes with; None: it holds its own."""
    named = _tree(text).get("procedures")
    return named if isinstance(named, str) else None


def parse_followup_policy(text: str, procedures: str = "") -> FollowupPolicy:
    """The policy version that this TOML text holds, with the text of the procedures that it names.

    Raises:
        BadInput: one problem per fault; `field` names the table and the rule, with its line in its file.
    """
    tree, shared = _tree(text), _tree(procedures)
    if twice := sorted(tree.keys() & shared.keys()):
        raise BadInput([_two_tables(table) for table in twice])
    tree |= shared
    files = (text, procedures)
    try:
        policy = FollowupPolicy.model_validate(tree)
    except ValidationError as err:
        raise BadInput([_problem(e, tree, files) for e in err.errors(include_url=False)]) from None
    faults = [
        Problem(_field(table, rule, files), code, message, remedy)
        for table, rule, code, message, remedy in _faults(policy)
    ]
    if faults:
        raise BadInput(faults)
    return policy


def _tree(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise BadInput(Problem("policy", "broken_toml", f"{err}.", "Mend that line.")) from err


def _two_tables(table: str) -> Problem:
    return Problem(
        table,
        "table_twice",
        "The schedule and its procedures both have this table.",
        "Keep it in one of them.",
    )


def in_force(lines: Sequence[L]) -> tuple[L, ...]:
    """The lines that count; those with ``active = false`` are on record only."""
    return tuple(line for line in lines if line.active)


def newest(policies: Sequence[FollowupPolicy]) -> FollowupPolicy:
    """The newest of these versions (one or more) whose place none of the others takes."""
    replaced = {policy.supersedes for policy in policies}
    standing = [policy for policy in policies if policy.version not in replaced]
    return max(standing, key=lambda policy: policy.effective_from)


def review_of(policy: FollowupPolicy, kind: str) -> ReviewRule:
    """The line that says how long a duty of this kind may take. A parsed policy has one for each kind."""
    for line in in_force(policy.reviews):
        if line.kind == kind:
            return line
    raise BadInput(_no_line("reviews", kind))


def outcomes_of(policy: FollowupPolicy, outcome: str) -> tuple[OutcomeRule, ...]:
    """What follows from this outcome or worry, in the order of the file."""
    return tuple(line for line in in_force(policy.outcomes) if line.outcome == outcome)


def lines(policy: FollowupPolicy) -> Iterator[tuple[str, Line]]:
    """Every line of the version with the name of its table, those not in force too."""
    for name in type(policy).model_fields:
        value = getattr(policy, name)
        if isinstance(value, Line):
            yield name, value
        elif isinstance(value, tuple):
            yield from ((name, line) for line in value if isinstance(line, Line))


_Fault = tuple[str, str, str, str, str]


def _faults(policy: FollowupPolicy) -> Iterator[_Fault]:
    """What the types cannot see."""
    seen: set[str] = set()
    for table, line in lines(policy):
        if line.rule in seen:
            yield table, line.rule, "rule_twice", "This rule id stands twice.", "Give each line its own."
        seen.add(line.rule)
        if not line.source.strip():
            yield table, line.rule, "no_source", "A line needs its source.", "Name the source."
    yield from _calls_faults(policy)
    yield from _ladder_faults(policy)
    yield from _tries_faults(policy)
    yield from _rung_faults(policy)
    yield from _table_faults(policy)
    yield from _silence_faults(policy)
    yield from _closure_faults(policy)
    yield from _lost_faults(policy)
    yield from _moves_faults(policy)


def _calls_faults(policy: FollowupPolicy) -> Iterator[_Fault]:
    named: set[tuple[str, Party]] = set()
    for call in in_force(policy.calls):
        if (call.after_business_days is None) == (call.after_days is None):
            yield (
                "calls",
                call.rule,
                "wrong_value",
                "A call opens after_business_days or after_days from the release, one of the two.",
                "Give exactly one.",
            )
        if (call.key, call.party) in named:
            yield "calls", call.rule, "key_twice", "This party has a call of this key.", "Rename one."
        named.add((call.key, call.party))
        if call.in_sight != (call.party == Party.CHILD):
            yield (
                "calls",
                call.rule,
                "wrong_value",
                "A call to the child keeps the child in sight, and no other call does.",
                "Set in_sight = true for the child alone.",
            )


def _ladder_faults(policy: FollowupPolicy) -> Iterator[_Fault]:
    steps = in_force(policy.ladder)
    for before, after in pairwise(steps):
        if after.step <= before.step or (after.day, after.local_time) <= (before.day, before.local_time):
            yield (
                "ladder",
                after.rule,
                "wrong_order",
                "Steps go up in number and in time.",
                "Sort the steps by day and hour, and number them.",
            )
    for line in steps:
        if line.channel == Channel.TEXT and not line.template:
            yield "ladder", line.rule, "missing_key", "A text needs its template.", "Name the template."
        if line.to == "home_country" and not line.needs_approval:
            yield (
                "ladder",
                line.rule,
                "wrong_value",
                "Contacts in the home country are called only after a supervisor's approval.",
                "Set needs_approval = true.",
            )
        if line.to != "party" and line.channel != Channel.HUMAN_CALL:
            yield "ladder", line.rule, "wrong_value", "Only people call third parties.", "Use human_call."


def _tries_faults(policy: FollowupPolicy) -> Iterator[_Fault]:
    """All ends or none; and nothing is tried for ever."""
    tries = in_force(policy.tries)
    ends = [line.end for line in tries]
    for end in sorted(set(TryEnd) - set(ends)) if policy.tries else ():
        yield "tries", "", "missing_key", f"No line says what follows from {end}.", "Add one."
    kinds = {line.kind for line in in_force(policy.reviews)}
    for line in tries:
        if ends.count(line.end) > 1:
            yield "tries", line.rule, "end_twice", "Another line is about this end too.", "Keep one."
        if (line.then == "next_step") != (line.at_most == 0):
            yield (
                "tries",
                line.rule,
                "wrong_value",
                "A step that is made once more says how often at most, and no other does.",
                'Give at_most, or then = "next_step".',
            )
        for kind in sorted({*line.opens, *line.opens_for_child} - kinds):
            yield "tries", line.rule, "wrong_value", f"No line of reviews is about {kind}.", "Add one."


def _rung_faults(policy: FollowupPolicy) -> Iterator[_Fault]:
    rungs = in_force(policy.rungs)
    if [rung.level for rung in rungs] != list(range(1, len(rungs) + 1)) or not rungs:
        rule = rungs[0].rule if rungs else ""
        yield "rungs", rule, "wrong_order", "Levels run 1, 2, 3 without a gap.", "Number the rungs."
    for rung in rungs:
        if rung.fallback is not None and not rung.level < rung.fallback <= len(rungs):
            yield (
                "rungs",
                rung.rule,
                "wrong_value",
                "What an owner leaves behind goes up the ladder, never round in a ring.",
                "Name a higher level that there is.",
            )
        if not 0 < rung.acknowledge_within_hours <= rung.resolve_within_hours:
            yield (
                "rungs",
                rung.rule,
                "wrong_value",
                "A rung has some time to acknowledge, and as much or more to resolve.",
                "Correct the hours.",
            )


def _table_faults(policy: FollowupPolicy) -> Iterator[_Fault]:
    kinds = [line.kind for line in in_force(policy.reviews)]
    wanted = REVIEW_KINDS | {duty.kind for _, duty in _opened(policy)}
    for kind in sorted((wanted | NEWER_KINDS if policy.procedures else wanted) - set(kinds)):
        yield "reviews", "", "missing_key", f"No line says how long {kind} may take.", "Add one."
    for line in in_force(policy.reviews):
        if kinds.count(line.kind) > 1:
            yield "reviews", line.rule, "kind_twice", "Another line is about this kind too.", "Keep one."
    if not outcomes_of(policy, "exhausted"):
        yield "outcomes", "", "missing_key", "No line says what follows a ladder without contact.", "Add one."
    if policy.procedures:
        yield from _report_faults(policy)


def _opened(policy: FollowupPolicy) -> Iterator[tuple[OutcomeRule, OpensDuty]]:
    return ((line, duty) for line in in_force(policy.outcomes) for duty in line.opens)


def _report_faults(policy: FollowupPolicy) -> Iterator[_Fault]:
    """A report says whom it goes to and by what right, the same wherever its kind stands."""
    lines = {line.kind: line for line in in_force(policy.reviews)}
    for line in lines.values():
        if not _is_report(line.kind):
            continue
        if line.recipient is None or not (line.legal_basis or "").strip():
            yield (
                "reviews",
                line.rule,
                "missing_key",
                "A report needs its recipient and its legal basis.",
                "Give both.",
            )
        elif line.kind in REPORT_DUTIES and line.recipient not in REPORT_DUTIES[line.kind]:
            yield "reviews", line.rule, "wrong_value", "This report goes to somebody else.", "Correct it."
    for outcome, duty in _opened(policy):
        if duty.kind in lines and duty.recipient != lines[duty.kind].recipient:
            yield (
                "outcomes",
                outcome.rule,
                "wrong_value",
                f"Its line in reviews names another recipient of {duty.kind}.",
                "Name the same one.",
            )


def _is_report(kind: str) -> bool:
    return kind in REPORT_DUTIES or kind == NOTICE_DUTY


def _silence_faults(policy: FollowupPolicy) -> Iterator[_Fault]:
    """A duty that opens in time must also be due in time, whatever the hour of the contact and the clocks."""
    windows = [call.window_days for call in in_force(policy.calls) if call.in_sight]
    longest = policy.sight.every_days + max([policy.sight.window_days, *windows]) + 1
    if longest > policy.silence.max_silence_days:
        yield (
            "silence",
            policy.silence.rule,
            "too_short",
            f"A look at the child may be due {longest} days after the last contact, which is longer.",
            "Raise max_silence_days, or look more often.",
        )


def _closure_faults(policy: FollowupPolicy) -> Iterator[_Fault]:
    """All reasons or none, and never easier than design rules 8 and 9 and the database."""
    named = [line.reason for line in in_force(policy.closures)]
    for reason in sorted(set(ClosureReason) - set(named)) if policy.closures else ():
        yield "closures", "", "missing_key", f"No line says what {reason} needs.", "Add one."
    for line in in_force(policy.closures):
        if named.count(line.reason) > 1:
            yield "closures", line.rule, "reason_twice", "Another line is about this reason too.", "Keep one."
        if line.reason in CLOSURES_FOR_A_SUPERVISOR and set(line.roles) != {Role.SUPERVISOR}:
            yield (
                "closures",
                line.rule,
                "wrong_value",
                "This reason might hide a child: a supervisor closes, and nobody else.",
                'Set roles = ["supervisor"].',
            )
        if line.reason in CLOSURES_FOR_FOUR_EYES and not line.confirmed_by:
            yield "closures", line.rule, "missing_key", "This reason needs four eyes.", "Say who confirms it."
        if line.heard_within_days is not None and not line.child_heard:
            yield (
                "closures",
                line.rule,
                "wrong_value",
                "Who was not heard, was not heard lately.",
                ("Set child_heard = true."),
            )


def _lost_faults(policy: FollowupPolicy) -> Iterator[_Fault]:
    """Third parties learn nothing but by a person's decision (design rule 10)."""
    steps = [line.step for line in in_force(policy.lost)]
    hours = {step.local_time for step in in_force(policy.ladder)}
    for line in in_force(policy.lost):
        if steps.count(line.step) > 1:
            yield "lost", line.rule, "step_twice", "Another line is about this step too.", "Keep one."
        if line.tells is not None and not (line.decided_by and line.legal_basis and line.fields):
            yield (
                "lost",
                line.rule,
                "missing_key",
                "Somebody outside is told only by a person's decision, on a legal basis, and of named fields.",
                "Give decided_by, legal_basis and fields.",
            )
        if any(one.to == "home_country" and not one.needs_approval for one in line.tries):
            yield (
                "lost",
                line.rule,
                "wrong_value",
                "Contacts in the home country are called only after a supervisor's approval.",
                "Set needs_approval = true.",
            )
        if any(one.local_time in hours for one in line.tries):
            yield (
                "lost",
                line.rule,
                "wrong_value",
                "The second ladder tries at hours that the first one did not.",
                "Choose another hour.",
            )
        for before, after in pairwise(line.tries):
            if after.step <= before.step or (after.day, after.local_time) <= (before.day, before.local_time):
                yield "lost", line.rule, "wrong_order", "Tries go up in number and time.", "Sort them."


def _moves_faults(policy: FollowupPolicy) -> Iterator[_Fault]:
    """All occasions or none, each said once; and what they open has its line."""
    occasions = [line.when for line in in_force(policy.moves)]
    kinds = {line.kind for line in in_force(policy.reviews)}
    for when in sorted({"another_dwelling", "services_elsewhere", "location_unknown"} - set(occasions)):
        if policy.moves:
            yield "moves", "", "missing_key", f"No line says what follows from {when}.", "Add one."
    for line in in_force(policy.moves):
        if occasions.count(line.when) > 1:
            yield "moves", line.rule, "when_twice", "Another line is about this too.", "Keep one."
        for kind in sorted(set(line.opens) - kinds):
            yield "moves", line.rule, "wrong_value", f"No line of reviews is about {kind}.", "Add one."
        if not line.escalate_level <= len(in_force(policy.rungs)):
            yield "moves", line.rule, "wrong_value", "There is no such level.", "Name one of rungs."


def _no_line(table: str, name: str) -> Problem:
    return Problem(table, "missing_key", f"No line in force is about {name}.", "Add one to the policy file.")


def _field(table: str, rule: str, files: Sequence[str]) -> str:
    wanted = f'rule = "{rule}"'
    numbered = (numbered for text in files for numbered in enumerate(text.splitlines(), 1))
    numbers = [n for n, line in numbered if wanted in line] if rule else []
    place = f" line {numbers[-1]}" if numbers else ""
    return f"{table}[{rule}]{place}" if rule else table


def _problem(error: Any, tree: dict[str, Any], files: Sequence[str]) -> Problem:
    """A pydantic error with the place in the table replaced by the rule's id and its line."""
    path: list[str] = []
    node: Any = tree
    for part in error["loc"]:
        node = node[part] if _holds(node, part) else None
        if isinstance(part, int) and path:
            rule = node.get("rule") if isinstance(node, dict) else None
            path[-1] = _field(path[-1], str(rule or part), files)
        else:
            path.append(str(part))
    code = {"extra_forbidden": "unknown_key", "missing": "missing_key"}.get(error["type"], "wrong_value")
    return Problem(".".join(path), code, f"{error['msg']}.", "See models/followup_policy.py for the form.")


def _holds(node: Any, part: Any) -> bool:
    if isinstance(node, dict):
        return part in node
    return isinstance(node, list) and isinstance(part, int) and 0 <= part < len(node)
