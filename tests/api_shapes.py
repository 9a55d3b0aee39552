"""The API's own description as a judge of what is answered: nothing is missing, and nothing is there that it leaves out."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from console.api.describing import describe
from console.api.router import router


@cache
def description() -> dict[str, Any]:
    return describe(router.routes, "test")


def strict(told: dict[str, Any]) -> dict[str, Any]:
    """The description with every object closed: a key that it does not name is a fault."""
    closed = deepcopy(told)
    for schema in closed["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return closed


@cache
def _judge(name: str) -> Draft202012Validator:
    told = strict(description())
    schema = {"$ref": f"#/components/schemas/{name}", "components": told["components"]}
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def faults(name: str, answer: Any) -> list[str]:
    """Where this answer is not what the description calls `name`, without its values."""
    sent = json.loads(json.dumps(answer, default=str))
    return sorted(
        {
            f"{'.'.join('*' if isinstance(part, int) else part for part in one.absolute_path)}: {one.validator}"
            f" {_named(one)}"
            for one in _judge(name).iter_errors(sent)
        }
    )


def _named(fault: Any) -> Any:
    if fault.validator in ("additionalProperties", "required"):
        return fault.message
    return fault.validator_value if fault.validator == "type" else ""


def check(method: str, path: str, status: int, kind: str, answer: Any) -> None:
    """Nothing, when the description says that this request may be answered like this.

    Raises:
        AssertionError: the status, the kind of content or the answer's shape is not described.
    """
    operation = next(
        (
            told[method.lower()]
            for template, told in description()["paths"].items()
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in told
        ),
        None,
    )
    if operation is None:
        assert status in (404, 405), f"{method} {path} is not described and answers {status}"
        return
    assert str(status) in operation["responses"], f"{method} {path} may not answer {status}"
    content = operation["responses"][str(status)]["content"]
    assert kind in content, f"{method} {path} may not answer {kind}"
    name = content[kind]["schema"]["$ref"].rpartition("/")[2]
    assert faults(name, answer) == [], f"{method} {path}"
