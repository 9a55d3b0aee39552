"""Lists of cases and applications, with the audit row that says who was shown which."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from console.context import Console
from integrations.desk.views import applications_list, queue_json
from integrations.identity.accounts import SignedIn
from integrations.store import history
from integrations.store.scope import outside


def read_queue(console: Console, who: SignedIn, queue: str | None, *, now: datetime) -> dict[str, Any]:
    """This queue, or all of them."""
    shown = queue_json(console.kit, queue=queue, office=who.office, now=now)
    note_list(console, who, "child_case", (item["case_id"] for item in shown["items"]), now=now)
    return shown


def read_applications(console: Console, who: SignedIn, *, now: datetime) -> list[dict[str, Any]]:
    """The applications, newest first."""
    rows = applications_list(console.kit, office=who.office, now=now)
    note_list(console, who, "application", (row["application_id"] for row in rows), now=now)
    return rows


def in_scope(console: Console, office: str | None, ids: Iterable[str]) -> list[str]:
    """Those of these cases that somebody of this office may see (None: all), in their order."""
    cases = list(ids)
    with console.kit.transaction() as session:
        hidden = outside(session, office, [UUID(i) for i in cases])
    return [i for i in cases if UUID(i) not in hidden]


def note_list(console: Console, who: SignedIn, noun: str, ids: Iterable[str], *, now: datetime) -> None:
    """One audit row for all of these, as their count and digest. A list of nothing shows nothing."""
    note_list_for(console, str(who.person.id), noun, ids, now=now)


def note_list_for(console: Console, actor: str, noun: str, ids: Iterable[str], *, now: datetime) -> None:
    """As `note_list`, for whoever the audit names so: a person, or a key."""
    shown = sorted({UUID(i) for i in ids})
    if shown:
        with console.kit.transaction() as session:
            history.audit(session, actor=actor, act="list", noun=noun, ids=shown, now=now)
