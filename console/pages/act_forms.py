"""An act as a form: its boxes, who may be shown it, and what takes it. The desk decides, each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from console.pages.moments import typed_moment
from console.permissions import ACT_ON_CASES
from integrations.kit import Kit
from models.errors import BadInput, Problem
from models.facts import Person
from models.states import Role

BoxKind = Literal["line", "area", "day", "moment", "choice", "pick", "several", "file"]


@dataclass(frozen=True, slots=True)
class Box:
    """One field. `problem`: the name that the desk's problems give it, as its command's option.

    `nothing`: what is said where nothing was chosen. `known`: what a line often holds, to be picked or not. `most`: letters it
    takes, where the page's own limit is another. `mark`: whether its label says that it may stay empty.
    """

    name: str
    kind: BoxKind
    label: str
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    must: bool = True
    problem: str = ""
    nothing: str = "Nothing was chosen."
    known: tuple[str, ...] = ()
    most: int | None = None
    mark: bool = True


REASON = Box("reason", "area", "Why", "It stays in the case under your name.", problem="--reason")


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that came back, for one act. `thing` names what it is about, where it is about one thing.

    `zone`: by whose clock its times were typed; None: the reader's own.
    """

    kit: Kit
    key: str
    thing: str
    person: Person
    fields: Mapping[str, str]
    files: Mapping[str, tuple[str, bytes]]
    now: datetime
    zone: ZoneInfo | None = None

    def text(self, name: str) -> str:
        return self.fields.get(name, "").strip()

    def lines(self, name: str) -> list[str]:
        """One thing a line; empty lines are none."""
        return [line.strip() for line in self.fields.get(name, "").splitlines() if line.strip()]

    def chosen(self, box: Box) -> list[str]:
        return [value for value, _ in box.options if self.fields.get(f"{box.name}_{value}")]

    def line(self, box: Box) -> str:
        """What was typed into this box.

        Raises:
            BadInput: nothing.
        """
        value = self.text(box.name)
        if not value:
            raise BadInput(Problem(box.problem, "missing", "This is empty.", "Type it in."))
        return value

    def one_of(self, box: Box) -> str:
        """Which of the box's options was chosen.

        Raises:
            BadInput: none of them.
        """
        return self.each_of(box)[0]

    def each_of(self, *boxes: Box) -> list[str]:
        """What was chosen in each of these boxes.

        Raises:
            BadInput: nothing, with one problem for each of which that is true.
        """
        found = [self.text(box.name) for box in boxes]
        empty = [box for box, value in zip(boxes, found, strict=True) if value not in dict(box.options)]
        if empty:
            raise BadInput([Problem(box.problem, "missing", box.nothing, "Choose one.") for box in empty])
        return found

    def find_day(self, box: Box) -> date | None:
        """The day in this box; none when it is empty.

        Raises:
            BadInput: it holds something else.
        """
        value = self.text(box.name)
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise BadInput(
                Problem(box.problem, "wrong_value", "This is not a day.", "Write it as 2026-02-02.")
            ) from None

    def day(self, box: Box) -> date:
        found = self.find_day(box)
        if found is None:
            raise BadInput(Problem(box.problem, "missing", "Say on which day.", "Write it as 2026-02-02."))
        return found

    def find_moment(self, box: Box) -> datetime | None:
        """The day and hour in this box; none when it is empty.

        Raises:
            BadInput: it holds something else.
        """
        value = self.text(box.name)
        return typed_moment(value, box.problem, self.zone) if value else None

    def file(self, box: Box) -> tuple[str, bytes]:
        found = self.files.get(box.name)
        if found is None:
            raise BadInput(
                Problem(box.problem, "missing", "No file was chosen.", "Choose a photo, a scan or a PDF.")
            )
        return found


@dataclass(frozen=True, slots=True)
class ActForm:
    """`title` heads the page; `says` what follows from the act; `done` is its code in `done_words`.

    `roles`: to whom it is offered. None of them is let through by that: the desk asks for itself.
    """

    title: str
    says: str
    button: str
    roles: tuple[Role, ...]
    take: Callable[[Filled], UUID]
    boxes: Sequence[Box] = (REASON,)

    @property
    def fields(self) -> Mapping[str, str]:
        """The form's field for each field of the desk's problems."""
        own = {box.problem: box.name for box in self.boxes if box.problem}
        return own | {"reason": "reason"}

    def is_offered_to(self, person: Person) -> bool:
        return ACT_ON_CASES.is_held_by(person) and not person.roles.isdisjoint(self.roles)
