"""Texts about a hearing: what they are filled in with, and whether what they say is still so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.court_list import city_of
from integrations.zones import FALLBACK
from models.court import COMING, HearingChange
from models.tables.ledger import Hearing, Obligation
from models.tables.people import Case


def change_in(duty: Obligation) -> HearingChange | None:
    """The change that this duty tells of; None: it reminds."""
    change = duty.detail.get("change")
    return HearingChange(change) if change else None


def hearing_params(hearing: Hearing, case: Case, change: HearingChange | None) -> dict[str, str]:
    """What the text of this hearing is filled in with, and by what it is known to be out of date."""
    params = {
        "hearing_id": str(hearing.id),
        "starts_at": hearing.starts_at.isoformat(),
        "zone": hearing.zone or case.zone or FALLBACK,
        "city": city_of(hearing.court),
    }
    return params | ({"change": change.value} if change else {})


def is_still_so(hearing: Hearing, params: Mapping[str, Any]) -> bool:
    """True while the hearing stands as the text says: at that time, or cancelled."""
    off = params.get("change") == HearingChange.CANCELLED
    stands = hearing.state == "cancelled" if off else hearing.state in COMING
    return stands and hearing.starts_at.isoformat() == params.get("starts_at")
