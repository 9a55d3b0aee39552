"""What differs between two versions: line by line by what they ask, and for one application by what follows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from models.facts import ApplicationFacts
from models.policy import Line
from models.vetting_policy import VettingPolicy
from vetting.completeness import requirements
from vetting.findings import found_now, key_of
from vetting.gate import unmet


@dataclass(frozen=True, slots=True)
class Changes:
    """For one application under another version: keys of requirements, keys of findings, what is missing."""

    requirements_added: tuple[str, ...] = ()
    requirements_removed: tuple[str, ...] = ()
    findings_added: tuple[str, ...] = ()
    findings_removed: tuple[str, ...] = ()
    missing_added: tuple[str, ...] = ()
    missing_removed: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return any(asdict(self).values())

    def as_json(self) -> dict[str, list[str]]:
        return {name: list(value) for name, value in asdict(self).items()}


def changed_by(facts: ApplicationFacts, old: VettingPolicy, new: VettingPolicy, now: datetime) -> Changes:
    """What would change if this application were judged under `new` instead of `old`."""
    asked = {policy.version: requirements(facts, policy, now) for policy in (old, new)}
    keys = {v: {r.key for r in found} for v, found in asked.items()}
    found = {p.version: {key_of(f) for f in found_now(facts, p, now)} for p in (old, new)}
    lacks = {p.version: set(unmet(facts, asked[p.version], p, now)) for p in (old, new)}
    a, b = old.version, new.version
    return Changes(
        requirements_added=tuple(sorted(keys[b] - keys[a])),
        requirements_removed=tuple(sorted(keys[a] - keys[b])),
        findings_added=tuple(sorted(found[b] - found[a])),
        findings_removed=tuple(sorted(found[a] - found[b])),
        missing_added=tuple(sorted(lacks[b] - lacks[a])),
        missing_removed=tuple(sorted(lacks[a] - lacks[b])),
    )


def line_changes(
    old: Iterable[tuple[str, Line]], new: Iterable[tuple[str, Line]]
) -> dict[str, list[dict[str, Any]]]:
    """Lines added, removed and changed. Two lines are one when they ask the same thing of the same people
    under the same conditions, whatever their rule ids; a table of one line is one line."""
    before, after = _by_demand(old), _by_demand(new)
    return {
        "added": [_told(*after[key]) for key in after if key not in before],
        "removed": [_told(*before[key]) for key in before if key not in after],
        "changed": [
            {**_told(*after[key]), "was": before[key][1].rule, "fields": fields}
            for key in after
            if key in before and (fields := _fields(before[key][1], after[key][1]))
        ],
    }


# What a line asks, and of whom; the rest says how.
_DEMAND = (
    "item", "subject", "when", "code", "kind", "key", "party", "step", "level", "levels", "outcome", "channel",
    "reason", "end",
)  # fmt: skip
_ABOUT = frozenset({"rule", "source", "unverified"})


def _by_demand(lines: Iterable[tuple[str, Line]]) -> Mapping[str, tuple[str, Line]]:
    found: dict[str, tuple[str, Line]] = {}
    for table, line in lines:
        told = line.model_dump(mode="json")
        demand = {name: told[name] for name in _DEMAND if name in told}
        own = {} if demand else ({"rule": line.rule.partition("-")[2]} if table == "inactive" else {})
        key = json.dumps([table, demand or own], sort_keys=True)
        found[key if key not in found else f"{key} {line.rule}"] = (table, line)
    return found


def _fields(old: Line, new: Line) -> dict[str, list[Any]]:
    before, after = old.model_dump(mode="json"), new.model_dump(mode="json")
    names = sorted((before.keys() | after.keys()) - _ABOUT)
    return {n: [before.get(n), after.get(n)] for n in names if before.get(n) != after.get(n)}


def _told(table: str, line: Line) -> dict[str, Any]:
    told = line.model_dump(mode="json", exclude_none=True)
    asks = {n: told[n] for n in _DEMAND if told.get(n) not in (None, {}, ())}
    return {
        "table": table,
        "rule": line.rule,
        "asks": asks,
        "active": line.active,
        "unverified": line.unverified,
        "source": line.source,
    }
