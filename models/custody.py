"""Who had a sample or a person's papers in hand: the chain of custody of what is done by hand."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from models.packet import Moment, Text


class Custody(BaseModel):
    """Who checked a person's identity or took a sample, where, when and with what.

    Source: the engineering requirements of the HHS biometric work statement (Biometric Update, 14 Aug 2026).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    operator: Text
    place: Text
    at: Moment
    device: Text | None = None
    submission_id: Text | None = None
