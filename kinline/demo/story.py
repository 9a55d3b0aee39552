"""The staged stories of `samples/`: what each packet is for, and how it should end."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from kinline.local.home import LocalError, clone_folder

Ending = Literal["in_follow_up", "lost_contact", "not_released", "escalated"]


@dataclass
class Story:
    """One sample packet. `told` gathers what happened, for the table at the end."""

    folder: Path
    name: str
    title: str
    findings: frozenset[str]
    may_find: frozenset[str]
    final_state: str
    ends: Ending
    amendment: Path | None
    reasons: dict[str, str]  # finding code -> why a person clears it
    typed: dict[str, dict[str, Any]]  # item -> what a person reads from the document
    reference: str = ""
    application_id: str = ""
    case_id: str = ""
    found: set[str] = field(default_factory=set)
    people: list[str] = field(default_factory=list)


def read_stories() -> list[Story]:
    """Every story of `samples/packets`, by name.

    Raises:
        LocalError: the samples are not there.
    """
    root = clone_folder()
    folders = sorted((root / "samples" / "packets").glob("*/story.json"))
    if not folders:
        raise LocalError(
            f"There are no sample packets in {root / 'samples'}. Run this from a clone of Kinline."
        )
    return [_read(path, root) for path in folders]


def _read(path: Path, root: Path) -> Story:
    told = json.loads(path.read_text(encoding="utf-8"))
    expect = told["expect"]
    return Story(
        folder=path.parent,
        name=told["name"],
        title=told["title"],
        findings=frozenset(expect["findings"]),
        may_find=frozenset(expect.get("may_find", ())),
        final_state=expect["final_state"],
        ends=expect["ends"],
        amendment=root / told["amendment"] if told.get("amendment") else None,
        reasons={entry["code"]: entry["reason"] for entry in told.get("clear", ())},
        typed=told["typed"],
    )
