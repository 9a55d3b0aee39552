"""What stands in the file for or against something, as a line: the names of its parts, then codes, days and ids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from console.pages.moments import day, moment
from console.pages.wording import lower, words
from console.speech import gettext

# What evidence may name (`vetting`), beside the names that are codes of a row anyway.
NAMES = (
    "adjudication",
    "age_days",
    "agrees",
    "alike_in",
    "at",
    "attempt",
    "business",
    "by_hand",
    "check",
    "checked_at",
    "children",
    "compared",
    "confirmed_by",
    "dates_differ_by_days",
    "differs",
    "document",
    "due_at",
    "dwelling",
    "expires_on",
    "interview",
    "issued_on",
    "item",
    "jurisdiction",
    "kind",
    "link",
    "method",
    "moved",
    "name",
    "number",
    "on",
    "ordered_at",
    "other_application",
    "other_applications",
    "other_interview",
    "overridden",
    "po_box",
    "postal",
    "question_set",
    "read",
    "read_as",
    "read_by",
    "readable",
    "received_at",
    "reference",
    "result",
    "result_at",
    "rule",
    "sharpness",
    "sharpness_at_least",
    "signed_off_by",
    "state",
    "stated",
    "study",
    "text_layer_agrees",
    "tier",
    "triggers",
    "unread",
    "unverified",
    "vacant",
    "waiver",
    "window_days",
    "zone_read",
)
# What it may say of them.
SAID = (
    "apartment",
    "date",
    "date_in_the_future",
    "date_of_birth",
    "differs",
    "family_names",
    "given_names",
    "match",
    "names",
    "not_found",
    "partial",
    "refused",
    "street_differs",
    "text",
    "text_layer",
    "unit_differs",
    "unit_missing_in_packet",
    "unit_missing_on_document",
)
# Who read it: elsewhere `machine` is one that answers a telephone.
_READERS = {"machine": "A machine", "person_and_machine": "A person and a machine"}
_CODE = re.compile(r"[a-z]+(_[a-z]+)*")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})")


def proof(told: Mapping[str, Any]) -> str:
    """The line; what is empty is left out."""
    return "; ".join(
        f"{lower(words(name))} {_value(value)}" for name, value in told.items() if value not in (None, [])
    )


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    if not isinstance(value, str):
        return str(value)
    if _DAY.fullmatch(value):
        return day(value)
    if _MOMENT.fullmatch(value):
        return moment(value)
    if value in _READERS:
        return lower(gettext(_READERS[value]))
    return lower(words(value)) if _CODE.fullmatch(value) else value.replace("_", " ")
