"""Which policy versions are in use here. In a sandbox the shipped ones are, signed by `sandbox`; in production
each needs its sign-offs and two people's voices, for exactly the file that it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from followup.policy import lines as followup_lines
from followup.policy import newest
from integrations.policies import (
    Room,
    digest,
    followup_policies,
    followup_policy,
    policy_files,
    vetting_policies,
    vetting_policy,
)
from integrations.settings import Settings
from models.errors import BadInput, NotFound, Problem
from models.followup_policy import FollowupPolicy
from models.packet import Packet
from models.policy import Line
from models.tables.policies import PolicySignOff, PolicyVoice
from models.vetting_policy import VettingPolicy
from vetting.category import category_of
from vetting.policy import choose
from vetting.policy import lines as vetting_lines

VOICES = 2


@dataclass(frozen=True, slots=True)
class InUse:
    """How a version stands in this database. `signed_by` 'sandbox': nobody had to."""

    in_use: bool
    voices: int = 0
    signed: frozenset[str] = frozenset()
    file_changed: bool = False
    signed_by: str | None = None


def room_of(version: str) -> Room:
    """The room whose files hold this version.

    Raises:
        NotFound: there is no such version.
    """
    rooms: tuple[Room, ...] = ("vetting", "followup")
    for room in rooms:
        if version in policy_files(room):
            return room
    raise NotFound("policy version", version)


def policy_of(version: str) -> VettingPolicy | FollowupPolicy:
    """The version, of whichever room."""
    return vetting_policy(version) if room_of(version) == "vetting" else followup_policy(version)


def lines_of(version: str) -> list[tuple[str, Line]]:
    """Every line of the version with the name of its table."""
    policy = policy_of(version)
    if isinstance(policy, VettingPolicy):
        return list(vetting_lines(policy))
    return list(followup_lines(policy))


def unverified_lines(version: str) -> frozenset[str]:
    """The rules in force in this version whose source could not be read: each needs a named sign-off."""
    return frozenset(line.rule for _, line in lines_of(version) if line.unverified and line.active)


def how_it_stands(session: Session, settings: Settings, version: str) -> InUse:
    """Whether the version is in use here, and what speaks for it."""
    policy = policy_of(version)
    if settings.environment == "sandbox":
        signer = "sandbox" if policy.active else None
        return InUse(in_use=policy.active, signed=unverified_lines(version), signed_by=signer)
    now_digest = digest(room_of(version), version)
    given = session.execute(
        select(col(PolicyVoice.digest), col(PolicyVoice.given_by)).where(col(PolicyVoice.version) == version)
    ).all()
    voices = {by for of, by in given if of == now_digest}
    before = {of for of, _ in given} - {now_digest}
    signed = session.scalars(
        select(col(PolicySignOff.rule)).where(
            col(PolicySignOff.version) == version, col(PolicySignOff.digest) == now_digest
        )
    )
    found = frozenset(signed)
    ready = len(voices) >= VOICES and unverified_lines(version) <= found
    return InUse(in_use=ready, voices=len(voices), signed=found, file_changed=bool(before) and not ready)


def vetting_policy_for(
    session: Session, settings: Settings, packet: Packet, submitted_on: date
) -> VettingPolicy:
    """The vetting policy in use for this packet, submitted on that day.

    Raises:
        BadInput: none is, or the files leave it open which.
    """
    in_use = [p for p in vetting_policies() if how_it_stands(session, settings, p.version).in_use]
    if not in_use:
        raise BadInput(_none_in_use("vetting"))
    return choose(
        [p.model_copy(update={"active": True}) for p in in_use],
        packet.child.entered_care_on,
        submitted_on,
        category=category_of(packet),
    )


def followup_version_for(session: Session, settings: Settings, released_on: date) -> str:
    """The version that a release of that day is followed up under: the newest in use that no other in use replaces.

    Raises:
        BadInput: none is in use.
    """
    fitting = [p for p in followups_in_use(session, settings) if p.effective_from <= released_on]
    if not fitting:
        raise BadInput(_none_in_use("follow-up"))
    return newest(fitting).version


def followups_in_use(session: Session, settings: Settings) -> tuple[FollowupPolicy, ...]:
    """Every follow-up policy in use here, those that another one in use takes the place of as well.

    Raises:
        BadInput: none is in use.
    """
    in_use = tuple(p for p in followup_policies() if how_it_stands(session, settings, p.version).in_use)
    if not in_use:
        raise BadInput(_none_in_use("follow-up"))
    return in_use


def _none_in_use(room: str) -> Problem:
    return Problem(
        "policy",
        "no_policy_in_use",
        f"No {room} policy version is in use here.",
        "Sign its unverified lines (kinline policy sign) and let two people activate it (kinline policy activate).",
    )
