"""What every command about one case shares: how the case is named, and that an act prints it as it then stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from integrations.desk.views import case_json
from kinline.cli import common, show
from kinline.stack import Need, Stack
from models.facts import Person

Case = Annotated[str, typer.Argument(metavar="CASE", help="Its id, or the packet's reference.")]


def act_on_case(
    work: Callable[[Stack, Person, datetime], UUID],
    *,
    as_: str,
    as_json: bool,
    at: str | None,
    needs: Iterable[Need] = (),
) -> None:
    """One act of a named person on one case, and the case as it stands after it."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        found = work(stack, who, stack.now())
        return case_json(stack.kit, str(found), actor=str(who.id), now=stack.now())

    common.run(body, as_json=as_json, at=at, show=show.case, needs=needs)
