"""What pydantic found wrong with a value, in plain words: the reason and the remedy.

Pure. No sentence repeats the value, since it may be a person's, and none is pydantic's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import PydanticCustomError

REASON_AND_REMEDY = "said"
"""The type of an error that brings both sentences along."""

_A_DATE = ("This is not a date.", "Write the date in quotes as YYYY-MM-DD, such as 2026-01-15.")
_A_TIME = ("This is not a time.", "Write it in quotes with its zone, such as 2026-01-15T16:30:00Z.")
_AN_OBJECT = ("This must be an object with keys of its own.", "Write it in curly brackets.")
_A_LIST = ("This must be a list.", "Write it in square brackets, also when it has one entry.")
_TEXT = ("This must be text.", "Write text in double quotes.")
_YES_OR_NO = ("This must be true or false.", "Write true or false, without quotes.")
_WHOLE = ("This must be a whole number.", "Write a whole number, without quotes.")
_A_NUMBER = ("This must be a number.", "Write a number, without quotes.")
_ONE_OF = ("This is not one of the words that are known here.", "Use {expected}.")

_SAYS: Mapping[str, tuple[str, str]] = {
    "extra_forbidden": (
        "Kinline does not know this key.",
        "Remove this key, or check its spelling against docs/packet.md.",
    ),
    "missing": ("This key is required.", "Add this key."),
    "string_type": _TEXT,
    "string_unicode": _TEXT,
    "bool_type": _YES_OR_NO,
    "bool_parsing": _YES_OR_NO,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _A_NUMBER,
    "float_parsing": _A_NUMBER,
    "finite_number": _A_NUMBER,
    "string_too_short": ("This is empty or too short.", "Write at least {min_length} character(s)."),
    "string_too_long": ("This is too long.", "Write at most {max_length} characters."),
    "greater_than_equal": ("This number is too small.", "Write {ge} or more."),
    "less_than_equal": ("This number is too large.", "Write {le} or less."),
    "greater_than": ("This number is too small.", "Write more than {gt}."),
    "less_than": ("This number is too large.", "Write less than {lt}."),
    "too_short": ("This list has too few entries.", "Give at least {min_length}."),
    "too_long": ("This list has too many entries.", "Give at most {max_length}."),
    "literal_error": _ONE_OF,
    "enum": _ONE_OF,
    "list_type": _A_LIST,
    "tuple_type": _A_LIST,
    "model_type": _AN_OBJECT,
    "model_attributes_type": _AN_OBJECT,
    "dict_type": _AN_OBJECT,
    "date_type": _A_DATE,
    "date_parsing": _A_DATE,
    "date_from_datetime_parsing": _A_DATE,
    "date_from_datetime_inexact": _A_DATE,
    "datetime_type": _A_TIME,
    "datetime_parsing": _A_TIME,
    "datetime_from_date_parsing": _A_TIME,
    "datetime_object_invalid": _A_TIME,
    "timezone_aware": ("This time has no zone.", "Add the zone, for example 2026-01-15T16:30:00Z."),
}
_ELSE = ("This value can't be used here.", "Correct it, or leave it out.")


def in_plain_words(error: Mapping[str, Any]) -> tuple[str, str]:
    """Reason and remedy of one entry of pydantic's ``ValidationError.errors()``."""
    context = error.get("ctx", {})
    if error["type"] == REASON_AND_REMEDY:
        return context["reason"], context["remedy"]
    reason, remedy = _SAYS.get(str(error["type"]), _ELSE)
    return reason, remedy.format_map({name: _quoted(value) for name, value in context.items()})


def _quoted(value: Any) -> str:
    """Pydantic tells the words that it knows as `'a', 'b' or 'c'`."""
    return str(value).replace("'", "")


def said(reason: str, remedy: str) -> PydanticCustomError:
    """An error for a validator to raise, with both sentences."""
    return PydanticCustomError(REASON_AND_REMEDY, "{reason}", {"reason": reason, "remedy": remedy})


def in_form(pattern: str, reason: str, remedy: str) -> Callable[[str], str]:
    """A validator: the whole text is of this form."""
    form = re.compile(pattern)

    def check(text: str) -> str:
        if form.fullmatch(text) is None:
            raise said(reason, remedy)
        return text

    return check
