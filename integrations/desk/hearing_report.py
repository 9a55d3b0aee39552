"""What the reading of a court's list has found so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from integrations.kit import Kit
from models.court import HearingRow


@dataclass
class Imported:
    """What a list changed, and what of it a person must look at. Lines, keys and ids; never an A-number."""

    run_id: UUID | None
    dry_run: bool
    source: str
    rows: int = 0
    refused: int = 0
    unchanged: int = 0
    added: list[dict[str, Any]] = field(default_factory=list)
    moved: list[dict[str, Any]] = field(default_factory=list)
    cancelled: list[dict[str, Any]] = field(default_factory=list)
    completed: list[dict[str, Any]] = field(default_factory=list)
    restored: list[dict[str, Any]] = field(default_factory=list)
    updated: list[dict[str, Any]] = field(default_factory=list)
    vanished: list[dict[str, Any]] = field(default_factory=list)
    queued: list[dict[str, Any]] = field(default_factory=list)
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    taken_for_a_part: bool = False

    def counts(self) -> dict[str, int]:
        whole = ("rows", "refused", "unchanged")
        lists = ("added", "moved", "cancelled", "completed", "restored", "updated", "vanished", "queued")
        return {name: getattr(self, name) for name in whole} | {
            name: len(getattr(self, name)) for name in (*lists, "duplicates")
        }

    def as_json(self) -> dict[str, Any]:
        return self.__dict__ | {"run_id": self.run_id and str(self.run_id), "counts": self.counts()}


@dataclass
class Reading:
    """One reading of a list, or a batch of it: by whom and when, and which hearings it has named."""

    kit: Kit
    actor: str
    now: datetime
    report: Imported
    named: set[UUID] = field(default_factory=set)
    changed: set[UUID] = field(default_factory=set)  # cases
    first: dict[bytes, HearingRow] = field(default_factory=dict)

    def part(self) -> Reading:
        """For one batch, whose thread shares nothing with the others'."""
        report = Imported(self.report.run_id, self.report.dry_run, self.report.source)
        return Reading(self.kit, self.actor, self.now, report)

    def add(self, part: Reading) -> None:
        """What this batch found stands in the report, behind what the batches before it found."""
        self.report.unchanged += part.report.unchanged
        for name in ("added", "moved", "cancelled", "completed", "restored", "updated", "queued"):
            getattr(self.report, name).extend(getattr(part.report, name))
        self.named |= part.named
        self.changed |= part.changed
