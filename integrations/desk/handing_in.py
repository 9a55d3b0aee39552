"""A packet is handed in: by a command, by a program. It is taken, looked at, and told of in the words of design 6.3."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from integrations.desk.intake import submit
from integrations.desk.steps import look_at_upload
from integrations.kit import Kit
from integrations.packets import HandedIn


def hand_in(kit: Kit, handed_in: HandedIn, *, actor: str, now: datetime) -> dict[str, Any]:
    """What became of the packet, without its path. Vetting will run; what nobody can read is told at once.

    Raises:
        BadInput: as `submit`.
    """
    taken = submit(kit, handed_in, actor=actor, now=now)
    unreadable = look_at_upload(kit, taken.application_id, now=now)
    return {
        "reference": taken.reference,
        "application_id": str(taken.application_id),
        "state": taken.state,
        "revision": taken.revision,
        "how": taken.how,
        "changed": list(taken.changed),
        "reopened": list(taken.reopened),
        "retake": [
            {"field": f"{f.evidence['item']}@{f.subject}", "code": f.code.value, "message": f.message}
            for f in unreadable
        ],
    }
