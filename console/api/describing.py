"""The description of the API, made of the routes themselves: OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from console.api.schemas.acts import Handover, NewCall, NewHome, Resolution
from console.api.schemas.common import ProblemDocument
from console.api.schemas.hearings import HearingItem, HearingList
from integrations.identity.api_keys import Scope

_REFS = "#/components/schemas/"
_SENT: tuple[type[BaseModel], ...] = (
    ProblemDocument,
    NewCall,
    NewHome,
    Resolution,
    Handover,
    HearingList,
    HearingItem,
)
_WHY = {
    400: "The request can't be taken as it is: `problems` says what is wrong, where, and what to do.",
    401: "No living key.",
    403: "The key is not for this, or it needs a person.",
    404: "There is no such row.",
    406: "The caller takes no JSON.",
    409: "The answer is no: `missing` says what would have to be there first.",
    413: "The body is too large.",
    415: "The body is of another kind.",
    422: "The Idempotency-Key came with another request before.",
    429: "The key asks too often: wait for Retry-After seconds.",
    503: "The database or an outside service does not answer. Nothing was lost.",
}
_ALWAYS = (400, 401, 403, 406, 429, 503)
_OF_ACTS = (409, 413, 415, 422)
_ABOUT = (
    "Kinline for programs: packets in, applications and cases out, acts of the person whose key it is."
    " Make a key with `kinline key make`. Every person in an example is invented."
)
_ONCE = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A word of your own, such as a UUID. The same request again under it is answered as before, for 48"
    " hours, and done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def reading(model: type[BaseModel], scope: Scope, *refusals: int) -> dict[str, Any]:
    """How a route that reads is described: its answer, its scope, and its refusals beside the usual ones."""
    return {
        "response_model": model,
        "responses": _refusals(*_ALWAYS, *refusals),
        "openapi_extra": {"security": [{"key": [scope.value]}], "x-scope": scope.value},
    }


def acting(
    model: type[BaseModel], scope: Scope, *refusals: int, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """How a route that changes something is described. `body`: the content that it takes, by kind."""
    told = reading(model, scope, *_OF_ACTS, *refusals)
    told["openapi_extra"]["parameters"] = [_ONCE]
    if body is not None:
        told["openapi_extra"]["requestBody"] = {"required": True, "content": body}
    return told


def with_status(status: int, told: dict[str, Any]) -> dict[str, Any]:
    """The same answer may also come with this status."""
    told["responses"][status] = {"model": told["response_model"], "description": "It was there already."}
    return told


def json_of(*models: type[BaseModel], arrays_of: type[BaseModel] | None = None) -> dict[str, Any]:
    """A JSON body that is one of these, or an array."""
    schemas: list[dict[str, Any]] = [{"$ref": _REFS + model.__name__} for model in models]
    if arrays_of is not None:
        schemas.append({"type": "array", "items": {"$ref": _REFS + arrays_of.__name__}})
    return {"application/json": {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}}


PACKET = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["packet"],
            "properties": {
                "packet": {
                    "type": "string",
                    "format": "binary",
                    "description": "packet.json (docs/packet.md), or a zip of the whole packet.",
                },
                "files": {
                    "type": "array",
                    "items": {"type": "string", "format": "binary"},
                    "description": "The files that packet.json names, each under that name: any part but packet will do.",
                },
            },
        }
    },
    "application/zip": {"schema": {"type": "string", "format": "binary"}},
}


def _refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {"application/problem+json": {"schema": {"$ref": _REFS + "ProblemDocument"}}}
    return {
        status: {"description": _WHY[status], "content": content, **_headers(status)}
        for status in sorted(set(statuses))
    }


def _headers(status: int) -> dict[str, Any]:
    named = {401: "WWW-Authenticate", 429: "Retry-After"}.get(status)
    return {} if named is None else {"headers": {named: {"required": True, "schema": {"type": "string"}}}}


def describe(routes: Sequence[BaseRoute], version: str) -> dict[str, Any]:
    """The whole description, ready to be sent."""
    told = get_openapi(title="Kinline", version=version, description=_ABOUT, routes=routes)
    _without_defaults(told)
    _, sent = models_json_schema([(model, "validation") for model in _SENT], ref_template=_REFS + "{model}")
    parts = told["components"]
    parts["schemas"] = dict(sorted({**sent["$defs"], **parts["schemas"]}.items()))
    parts["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "A key of `kinline key make`."}
    }
    return told


def _without_defaults(told: dict[str, Any]) -> None:
    """The library says that it answers 422 where a parameter can't be used; here that is 400."""
    for path in told["paths"].values():
        for operation in path.values():
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        told["components"]["schemas"].pop(name, None)
