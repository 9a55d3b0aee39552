"""The outbox with one reminder in it, and what has gone out."""

from __future__ import annotations

from collections import Counter
from typing import Any

from models.tables.messages import Message
from tests.integration.followup_scenes import Family, World, a_family, local


def nothing_went_out_twice(world: World) -> None:
    """Each message of ours was taken by the provider once at most."""
    ours = Counter(t["status_callback"] for t in outgoing(world))
    assert set(ours.values()) <= {1}, "a message went out twice"


def outgoing(world: World) -> list[dict[str, Any]]:
    return [t for t in world.sandbox.store.find("twilio_text") if t["direction"] == "outbound-api"]


def at_reminder(world: World, **family: Any) -> Family:
    """The sponsor's first reminder waits in the outbox."""
    made = a_family(world.kit, world.staff, **({"child": None} | family))
    world.at(local(3, 17, 31)).round("contacts")
    return made


def only_message(world: World, family: Family) -> Message:
    found = world.messages(family)
    assert len(found) == 1
    return found[0]


def only_message_to_sponsor(world: World, family: Family) -> Message:
    return next(m for m in world.messages(family) if not m.answer)


def questions(world: World, family: Family) -> list[str]:
    return [body for body in world.texts(family.phones["sponsor"]) if "?" in body]
