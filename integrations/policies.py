"""The policy versions that ship with Kinline: TOML files in ``vetting/policies`` and ``followup/policies``, with the
procedures that the newer ones of these share in ``followup/procedures``.

Read once for each process. A merged version is never edited: `digest` is what a test holds it to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal

from followup.escalation import time_of_the_ladder
from followup.policy import parse_followup_policy, procedures_named
from integrations.versioned import text_of
from models.errors import BadInput, NotFound, Problem
from models.followup_policy import FollowupPolicy
from models.vetting_policy import VettingPolicy
from vetting.policy import parse_vetting_policy

Room = Literal["vetting", "followup"]
ROOMS: tuple[Room, ...] = ("vetting", "followup")


def policy_files(room: Room) -> Mapping[str, Traversable]:
    """The files of a room's versions, by version."""
    found = (f for f in files(room).joinpath("policies").iterdir() if f.name.endswith(".toml"))
    return {f.name.removesuffix(".toml"): f for f in sorted(found, key=lambda f: f.name)}


def digest(room: Room, version: str) -> str:
    """The SHA-256 of a version's file, with the procedures that it names."""
    return hashlib.sha256(_bytes(room, version) + _procedures(room, version)).hexdigest()


@cache
def vetting_policy(version: str) -> VettingPolicy:
    """The vetting policy of this version.

    Raises:
        NotFound: there is no such version.
        BadInput: its file is wrong.
    """
    policy = parse_vetting_policy(_bytes("vetting", version).decode())
    _want_version(policy.version, version)
    return policy


def vetting_policies() -> tuple[VettingPolicy, ...]:
    """Every version of the vetting policy, by name."""
    return tuple(vetting_policy(version) for version in policy_files("vetting"))


@cache
def followup_policy(version: str) -> FollowupPolicy:
    """The follow-up policy of this version.

    Raises:
        NotFound: there is no such version.
        BadInput: its file is wrong.
    """
    policy = parse_followup_policy(
        _bytes("followup", version).decode(), _procedures("followup", version).decode()
    )
    _want_version(policy.version, version)
    return policy


# Before the release no version is pinned; what is late then climbs this one's ladder.
_BEFORE_RELEASE = "swb-2024r3"


def pinned_followup_policy(version: str | None) -> FollowupPolicy:
    """The follow-up policy of a case that is pinned to `version`; None: it has not been released yet."""
    return followup_policy(version or _BEFORE_RELEASE)


@cache
def ladder_of(version: str | None) -> timedelta:
    """How long the ladder owns what is late and nobody acknowledges, in the policy that a case is pinned to."""
    return time_of_the_ladder(pinned_followup_policy(version))


def followup_policies() -> tuple[FollowupPolicy, ...]:
    """Every version of the follow-up policy, by name."""
    return tuple(followup_policy(version) for version in policy_files("followup"))


def _bytes(room: Room, version: str) -> bytes:
    found = policy_files(room).get(version)
    if found is None:
        raise NotFound(f"{room} policy", version)
    return found.read_bytes()


def _procedures(room: Room, version: str) -> bytes:
    """The procedures that a schedule names; nothing for a version that holds its own, and none for vetting."""
    named = procedures_named(_bytes(room, version).decode()) if room == "followup" else None
    if named is None:
        return b""
    return text_of("followup", "procedures", named, noun="procedures").encode()


def _want_version(says: str, version: str) -> None:
    """A file is named after the version that it holds, or a case would be judged by another one."""
    if says != version:
        raise BadInput(
            Problem(f"{version}.toml", "wrong_value", f"The file holds version {says}.", "Rename the file.")
        )
