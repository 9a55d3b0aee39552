"""The sandbox's postal service: USPS Addresses v3 on loopback, its answers chosen by the address.

Tokens are really checked and really end. The table is design 6.5, the first row that fits:

    street number 9999                  N
    street contains "Commerce"          Y, business
    unit "Apt 999"                      S
    street number ends in 20, no unit   D
    anything else                       Y

``GET /_sandbox/lookups`` lists what was asked and answered, without the addresses.
"""

from __future__ import annotations

import re
import secrets
import threading
import zlib
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Body, FastAPI, Header, Query
from fastapi.responses import JSONResponse

from integrations.sandbox.store import Clock

TOKEN_LIFE = timedelta(seconds=28799)  # as the real one has it
_UNIT = re.compile(
    r"\b(apt|apartment|unit|ste|suite|rm|room|lot|trlr|spc?|fl|bldg|depto)\b\.?\s*\w|#\s*\w", re.I
)
_APT_999 = re.compile(r"\bapt\.?\s*#?\s*999\b", re.I)


@dataclass(frozen=True, slots=True)
class Scene:
    """What the table says of one address."""

    dpv: str
    business: bool = False


def scene_of(street: str, unit: str) -> Scene:
    """The first row of the table that fits this address."""
    number = re.match(r"\s*([0-9-]*)", street)
    digits = number.group(1) if number else ""
    if digits == "9999":
        return Scene("N")
    if "commerce" in street.casefold():
        return Scene("Y", business=True)
    if _APT_999.search(f"{street} {unit}"):
        return Scene("S")
    if digits.endswith("20") and not unit and not _UNIT.search(street):
        return Scene("D")
    return Scene("Y")


class _Tokens:
    """The tokens given out. A restart forgets them all, as a provider may."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ends: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def give(self) -> str:
        token = secrets.token_urlsafe(32)
        with self._lock:
            now = self._clock()
            self._ends = {t: end for t, end in self._ends.items() if end > now}
            self._ends[token] = now + TOKEN_LIFE
        return token

    def holds(self, header: str) -> bool:
        scheme, _, token = header.partition(" ")
        end = self._ends.get(token)
        return scheme == "Bearer" and end is not None and self._clock() < end


def create_postal_app(*, clock: Clock, client_id: str, client_secret: str) -> FastAPI:
    """The postal service for whoever holds these credentials."""
    app = FastAPI(openapi_url=None)
    tokens = _Tokens(clock)
    lookups: deque[dict[str, Any]] = deque(maxlen=1000)

    @app.post("/oauth2/v3/token")
    def token(wanted: Annotated[dict[str, Any], Body()]) -> JSONResponse:
        right = (
            wanted.get("grant_type") == "client_credentials"
            and secrets.compare_digest(str(wanted.get("client_id")).encode(), client_id.encode())
            and secrets.compare_digest(str(wanted.get("client_secret")).encode(), client_secret.encode())
        )
        if not right:
            return JSONResponse({"error": "invalid_client"}, 401)
        return JSONResponse(
            {
                "access_token": tokens.give(),
                "token_type": "Bearer",
                "issued_at": int(clock().timestamp() * 1000),
                "expires_in": int(TOKEN_LIFE.total_seconds()),
                "status": "approved",
                "scope": "addresses",
            }
        )

    @app.get("/addresses/v3/address")
    def address(
        street: Annotated[str, Query(alias="streetAddress")] = "",
        unit: Annotated[str, Query(alias="secondaryAddress")] = "",
        city: str = "",
        state: str = "",
        zip5: Annotated[str, Query(alias="ZIPCode")] = "",
        authorization: Annotated[str, Header()] = "",
    ) -> JSONResponse:
        if not tokens.holds(authorization):
            return _error(401, "Unauthorized")
        if not street or not re.fullmatch("[A-Z]{2}", state) or not (city or zip5):
            return _error(400, "streetAddress, state and one of city and ZIPCode are required")
        scene = scene_of(street, unit)
        lookups.append({"at": clock().isoformat(), "dpv": scene.dpv, "business": scene.business})
        return JSONResponse(_found(scene, street, unit, city=city, state=state, zip5=zip5))

    @app.get("/_sandbox/lookups")
    def seen() -> dict[str, Any]:
        return {"lookups": list(lookups)}

    return app


def _error(status: int, message: str) -> JSONResponse:
    body = {"apiVersion": "/addresses/v3", "error": {"code": str(status), "message": message, "errors": []}}
    return JSONResponse(body, status)


def _found(scene: Scene, street: str, unit: str, *, city: str, state: str, zip5: str) -> dict[str, Any]:
    """The answer in the service's own form. The last four digits are invented, the same each time."""
    known = scene.dpv != "N"
    digest = zlib.crc32(f"{street} {unit} {zip5}".upper().encode())
    return {
        "firm": None,
        "address": {
            "streetAddress": street.upper(),
            "streetAddressAbbreviation": None,
            "secondaryAddress": unit.upper(),
            "cityAbbreviation": None,
            "city": city.upper(),
            "state": state,
            "ZIPCode": zip5,
            "ZIPPlus4": f"{digest % 9999 + 1:04}" if known else None,
            "urbanization": None,
        },
        "additionalInfo": {
            "deliveryPoint": f"{digest % 100:02}" if known else "",
            "carrierRoute": f"C{digest % 60 + 1:03}" if known else "",
            "DPVConfirmation": scene.dpv,
            "DPVCMRA": "N" if known else "",
            "business": ("Y" if scene.business else "N") if known else "",
            "centralDeliveryPoint": ("Y" if unit or scene.dpv == "D" else "N") if known else "",
            "vacant": "N" if known else "",
        },
        "corrections": [{"code": "32", "text": _MORE_NEEDED}] if scene.dpv in "DS" else [],
        "matches": [{"code": "31", "text": "Single Response - exact match"}] if scene.dpv == "Y" else [],
        "warnings": [],
    }


_MORE_NEEDED = (
    "Default address: The address you entered was found but more information is needed"
    " (such as an apartment, suite, or box number) to match to a specific address."
)
