"""Where a child is now, to be read: the home, how far it is verified, and what exactly is lacking."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from integrations.desk.homes import lacks_of
from integrations.desk.instants import iso
from integrations.kit import Kit
from integrations.store.sealing import open_json
from integrations.store.whereabouts import whereabouts
from models.tables.people import Address, Case

_PARTS = ("line1", "unit", "city", "state", "zip")


def address_json(session: Session, kit: Kit, case: Case, *, now: datetime) -> dict[str, Any]:
    """Where the child is now. `where`: verified, stated, moved, defective, unknown or in_care, `since` when, by whose word.

    `state` is the state that the home lies in; in care the home is the one that the child would go to.
    """
    found = whereabouts(session, case.id)
    home = None if found.address_id is None else session.get_one(Address, found.address_id)
    details: dict[str, Any] = {} if home is None else open_json(kit.vault, home, "sealed_details")
    lacks = [] if found.state == "in_care" else lacks_of(session, kit, case, home, now=now)
    return {
        "id": str(found.address_id) if found.address_id else None,
        **{name: details.get(name) for name in _PARTS},
        "where": found.state,
        "status": home.state if home is not None else None,
        "zone": home.zone if home is not None else case.zone,
        "since": iso(home.since_at if home is not None else found.since),
        "source": home.source if home is not None else found.source,
        "verified_at": iso(home.verified_at) if home is not None else None,
        "verified_by": str(home.verified_by) if home is not None and home.verified_by else None,
        "returned_at": iso(home.returned_at) if home is not None else None,
        "missing": [{"code": one.code, "message": one.message} for one in lacks],
    }
