"""Pages of papers as pictures, drawn anew: no file ever goes out as its own kind, and no browser keeps one."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from console.context import Reader, console_of
from integrations.desk.documents import document_picture
from integrations.desk.home_proofs import home_proof_picture
from integrations.documents.pictures import LARGE, SMALL
from integrations.documents.sniff import MAX_PAGES

router = APIRouter()
Number = Annotated[int, Path(ge=1, le=MAX_PAGES)]
Size = Literal["small", "large"]
_SIDES = {"small": SMALL, "large": LARGE}


@router.get("/applications/{key}/documents/{document_id}/pages/{number}")
def of_document(
    request: Request, key: str, document_id: UUID, number: Number, who: Reader, size: Size = "small"
) -> Response:
    console = console_of(request)
    side, now = _SIDES[size], console.now()
    return _png(
        document_picture(console.kit, key, document_id, who.person, page=number - 1, long_side=side, now=now)
    )


@router.get("/cases/{key}/address/proof/pages/{number}")
def of_home_proof(request: Request, key: str, number: Number, who: Reader, size: Size = "small") -> Response:
    console = console_of(request)
    side, now = _SIDES[size], console.now()
    return _png(home_proof_picture(console.kit, key, who.person, page=number - 1, long_side=side, now=now))


def _png(content: bytes) -> Response:
    return Response(content, media_type="image/png")
