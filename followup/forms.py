"""Forms that people fill in as JSON: read strictly, and told fault by fault. No fault repeats what was written."""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from models.errors import BadInput, Problem
from models.plain import in_plain_words

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
# What a form template tells about its own fields; it is no answer.
ABOUT = "_about"


class FormPart(BaseModel):
    """A form, or a part of one. Unknown keys are refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


F = TypeVar("F", bound=FormPart)


def read_form(form: type[F], raw: bytes, name: str) -> F:
    """The form that this JSON holds. What is null or left empty was not answered.

    Raises:
        BadInput: one problem per fault, each with its field, the reason and the remedy.
    """
    text = raw.strip() or b"{}"
    try:
        tree = json.loads(text.decode("utf-8-sig"), object_pairs_hook=_no_key_twice)
    except json.JSONDecodeError as err:
        place = f"line {err.lineno}, column {err.colno}"
        raise BadInput(
            Problem(name, "broken_json", f"The JSON breaks at {place}.", "Mend that line.")
        ) from None
    except (ValueError, RecursionError):
        raise BadInput(
            Problem(name, "broken_json", "The file cannot be read as JSON.", "Write plain UTF-8 JSON.")
        ) from None
    if not isinstance(tree, dict):
        raise BadInput(Problem(name, "wrong_type", "The form is one JSON object.", "Begin with {."))
    tree.pop(ABOUT, None)
    try:
        return form.model_validate_json(json.dumps(_answered(tree)))
    except ValidationError as err:
        raise BadInput([_of(e, name) for e in err.errors(include_url=False, include_input=False)]) from None


def _answered(tree: dict[str, Any]) -> dict[str, Any]:
    """Without what is null; a part of which nothing is answered is not there either."""
    kept: dict[str, Any] = {}
    for key, value in tree.items():
        inner = _answered(value) if isinstance(value, dict) and value else value
        if inner is not None and not (inner == {} and value):
            kept[key] = inner
    return kept


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ValueError("a key stands twice")
    return tree


_KNOWN = {
    "extra_forbidden": ("unknown_key", "The form has no such topic.", "Remove it, or write it as a note."),
    "missing": ("missing_key", "This answer is required.", "Add it."),
}


def _of(error: Any, name: str) -> Problem:
    field = ".".join([name, *(str(part) for part in error["loc"])])
    known = _KNOWN.get(error["type"])
    return Problem(field, *(known or ("wrong_value", *in_plain_words(error))))
