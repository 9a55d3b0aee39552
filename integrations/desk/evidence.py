"""A file that a person brings as evidence: kept once it is seen that somebody else can read it."""

from __future__ import annotations

from uuid import UUID

from integrations.desk.acting import Act
from integrations.store.files import keep_evidence
from models.errors import BadInput, Problem, Unavailable


def keep_legible(act: Act, content: bytes, *, option: str, filename: str) -> UUID:
    """The id of this file.

    Raises:
        BadInput: it can't be used, or nobody could read it; `option` names where it was given.
    """
    file_id = keep_evidence(
        act.session, act.kit.vault, content, option=option, filename=filename, now=act.now
    )
    if not _can_be_read(act, content):
        raise BadInput(
            Problem(
                option,
                "illegible",
                "This file is too blurred to be read, and evidence that nobody can read is none.",
                "Give a new scan or photo: flat, in good light, all four corners showing.",
            )
        )
    return file_id


def _can_be_read(act: Act, content: bytes) -> bool:
    """False once a scan is known to be too poor. What the reader can't look at in time is a person's to read."""
    try:
        look = act.kit.reader.look_at(content)
    except Unavailable:
        return True
    if look.legibility is None:
        return False
    return bool(look.legibility.sharpness >= act.policy.identity.sharpness_at_least)
