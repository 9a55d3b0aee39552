"""The API's acts. Behind a session for now, with its token in a header; keys come with the rest of the API."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from console.bodies import read_body, require_own_origin
from console.context import Actor, console_of
from console.csrf import FIELD, require_token
from integrations.desk import addresses, views
from models.packet import Address, parse_part

router = APIRouter(prefix="/api/v1")
_HEADER = "x-csrf-token"
Body = Annotated[bytes, Depends(read_body)]


class NewHome(BaseModel):
    """Where a family lives now. `moved_on`: the day of the move, if not today."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    address: Address
    moved_on: date | None = None


@router.post("/cases/{key}/address")
def change_address(request: Request, key: str, who: Actor, body: Body) -> dict[str, Any]:
    """A move, as `kinline address change` records it: through the gate, never an overwrite. Answers with the case."""
    require_own_origin(request)
    require_token(who, {FIELD: request.headers.get(_HEADER, "")})
    told = parse_part(NewHome, body, "body")
    console = console_of(request)
    now = console.now()
    found = addresses.change_address(
        console.kit,
        key,
        told.address.model_dump_json().encode(),
        who.person,
        moved=addresses.Moved(on=told.moved_on, source="api"),
        now=now,
    )
    return views.case_json(console.kit, str(found), actor=str(who.person.id), now=now)
