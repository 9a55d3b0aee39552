"""How many parts a text costs, and why: one letter outside GSM-7 more than halves what fits in a part."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import smsutil


class Encoding(StrEnum):
    """GSM-7: 160 letters in one part, 153 each in several. UCS-2: 70, then 67."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class Segments:
    """The encoding that a body needs and the parts that it is sent in."""

    encoding: Encoding
    parts: int


def count(body: str) -> Segments:
    """The encoding and the number of parts of `body`; an empty body has no part.

    GSM-7 holds é, ñ, ü, ¿ and ¡ but not á, í, ó, ú, ’ or –.
    """
    if not body:
        return Segments(Encoding.GSM_7, 0)
    split = smsutil.split(body)
    encoding = Encoding.GSM_7 if split.encoding == "gsm0338" else Encoding.UCS_2
    return Segments(encoding, len(split.parts))
