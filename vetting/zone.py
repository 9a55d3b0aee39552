"""What a machine-readable zone says against what the packet states, and against what a person typed.

Numbers and days bear check digits and must be the same; names bear none, so that the reader's slip is allowed
for. The issuer is not compared: a packet may write it in any code, and the zone's bears no check digit.

The zone writes years with two digits. A birthday is compared as it is printed, so that no century is guessed.
The year of an expiry is the one within 20 years before and 30 after the application came in; a day outside of
that says nothing. Source: ICAO Doc 9303, part 3 (names: 4.6 and section 6; days: 4.8); the window: ours, unreviewed.

The names of the fields that differ leave this module; their values never do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from rapidfuzz.distance import Levenshtein

from models.packet import Packet, Sponsor
from models.reading import MachineZone, ZoneForm
from vetting.category import person_of, stated_document
from vetting.names import name_words

COMPARED = frozenset({"names", "date_of_birth", "number", "expires_on"})
_NAMES_WIDTH: Mapping[ZoneForm, int] = {"td3": 39, "td1": 30, "td2": 31}
_NUMBER_WIDTH = 9
_YEARS_BEFORE, _YEARS_AFTER = 20, 30

# One letter may stand for these in two ways; the accentless way is `name_words`'s. Ñ, Ü, Ö, Ä may also be
# followed by XX, which is taken off the zone's side.
_TWO_LETTERS = str.maketrans({"Ä": "AE", "Ö": "OE", "Ü": "UE", "Å": "AA", "Ø": "OE"})
_ONE_LETTER = str.maketrans({"Ø": "O", "Ł": "L", "Đ": "D", "Æ": "AE", "Œ": "OE", "Þ": "TH"})
# Look-alikes that a check digit can't tell apart, since their values end in the same figure: 6 and G (16),
# 1 and L (21), P (25) and F (15).
_SAME_TO_THE_CHECK = str.maketrans("GLP", "61F")
_LOOK_ALIKE = frozenset(map(frozenset, ("IL", "IJ", "UV", "OQ", "OD", "CG", "EF", "MN", "HN", "VY")))


def differs_from_packet(zone: MachineZone, subject: str, packet: Packet) -> tuple[str, ...]:
    """The fields in which the zone is not what the packet says of this person and their document."""
    person = person_of(packet, subject)
    if person is None:
        return ()
    others = person.other_names if isinstance(person, Sponsor) else ()
    stated = stated_document(packet, subject)
    compared = {
        "names": names_agree(zone, person.given_names, person.family_names, others),
        "date_of_birth": _same_day(zone.date_of_birth, person.date_of_birth),
        "number": stated is None or _same_number(zone, stated.number),
        "expires_on": stated is None or _same_day(zone.expires_on, stated.expires_on),
    }
    return tuple(name for name, same in compared.items() if not same)


def differs_from_typed(zone: MachineZone, typed: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields in which the zone is not what a person typed from the document, where both speak."""
    compared = {
        name: _same_day(zone_day, date.fromisoformat(typed[name]))
        for name, zone_day in (("date_of_birth", zone.date_of_birth), ("expires_on", zone.expires_on))
        if typed.get(name)
    }
    if typed.get("number"):
        compared["number"] = _same_number(zone, typed["number"])
    if typed.get("given_names") and typed.get("family_names"):
        compared["names"] = names_agree(zone, typed["given_names"], typed["family_names"])
    return tuple(name for name, same in compared.items() if not same)


def expiry_of(zone: MachineZone, on: date) -> date | None:
    """The day on which the document runs out, seen from `on`; None when the zone names none that can be."""
    if not zone.expires_on.isdigit():
        return None
    year, month, day = (int(zone.expires_on[n : n + 2]) for n in (0, 2, 4))
    for century in (on.year // 100 - 1, on.year // 100, on.year // 100 + 1):
        if -_YEARS_BEFORE <= 100 * century + year - on.year <= _YEARS_AFTER:
            try:
                return date(100 * century + year, month, day)
            except ValueError:  # 29 February of a year that has none
                return None
    return None


def names_agree(zone: MachineZone, given: str, family: str, others: Iterable[str] = ()) -> bool:
    """True when the zone's names are this person's, or one of their other full names.

    Case, accents, hyphens, apostrophes, particles and the order of the words don't count; a second name or
    surname may be missing on either side, names may be cut at the width of the zone, and one letter may be a
    slip. A zone whose names could not be read at all says nothing, and so agrees.
    """
    printed = re.sub("(?<=[NUOA])XX", "", zone.names).replace("<", " ")
    # A filler that was taken for a letter stands alone, or in a row of its like.
    words = [w for w in name_words(printed) if len(set(w)) > 1]
    if not words:
        return True
    is_cut = len(zone.names) >= _NAMES_WIDTH[zone.form]
    if any(_run_together(printed, *pair, is_cut) for pair in ((given, family), *((o, "") for o in others))):
        return True
    candidates = [(name_words(g), name_words(f)) for g, f in zip(_spelt(given), _spelt(family), strict=True)]
    candidates += [(name_words(spelt), ()) for other in others for spelt in _spelt(other)]
    return any(_agree(words, g, f, is_cut) for g, f in candidates)


def _spelt(name: str) -> tuple[str, str]:
    """The name without accents, and as ICAO writes its letters with two."""
    upper = unicodedata.normalize("NFC", name).upper()
    return upper.translate(_ONE_LETTER), upper.translate(_TWO_LETTERS).translate(_ONE_LETTER)


def _agree(words: Sequence[str], given: Sequence[str], family: Sequence[str], is_cut: bool) -> bool:
    stated = [*given, *family]
    if not stated:
        return True  # not in Latin letters: nothing to compare with
    partners = _partners(words, stated, is_cut)
    if is_cut:
        return len(partners) == len(words)
    if len(partners) < min(len(words), len(stated)):
        return False  # neither name holds the other
    # At least two words, and of both parts where the packet tells them apart.
    parts = [part for part in (given, family) if part]
    of_both = len(parts) < 2 or all(any(word in partners for word in part) for part in parts)
    return of_both and len(partners) >= min(2, len(stated))


def _partners(words: Sequence[str], stated: Sequence[str], is_cut: bool) -> list[str]:
    """The stated words that stand among the printed ones, with one slip in all."""
    unmatched, left, found = list(words), list(stated), []
    slips = 0
    for may_be in (str.__eq__, _begins, _is_slip) if is_cut else (str.__eq__, _is_slip):
        for word in list(unmatched):
            partner = next((s for s in left if may_be(s, word)), None)
            if partner is None or (may_be is _is_slip and slips):
                continue
            slips += may_be is _is_slip
            unmatched.remove(word)
            left.remove(partner)
            found.append(partner)
    return found


def _begins(stated: str, word: str) -> bool:
    return stated.startswith(word)


def _is_slip(stated: str, word: str) -> bool:
    """True when one letter parts the two. Mario is not María, and of a short word only a look-alike will do."""
    if Levenshtein.distance(stated, word, score_cutoff=1) > 1:
        return False
    if min(len(stated), len(word)) >= 4:
        return {stated[-1], word[-1]} != {"A", "O"} or stated[:-1] != word[:-1]
    other = [frozenset(pair) for pair in zip(stated, word, strict=False) if len(set(pair)) > 1]
    return len(stated) == len(word) and all(pair in _LOOK_ALIKE for pair in other)


def _run_together(printed: str, given: str, family: str, is_cut: bool) -> bool:
    """The same letters, wherever the words end: DELACRUZ, PEREZGOMEZ, and a filler that the reader lost."""
    read = _letters(printed)
    for g, f in zip(_spelt(given), _spelt(family), strict=True):
        for whole in (_letters(f + g), _letters(g + f)):
            if read == whole or (is_cut and whole.startswith(read)):
                return True
    return False


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if "A" <= c <= "Z")


# --- days and numbers --------------------------------------------------------------------------


def _same_day(printed: str, stated: date | None) -> bool:
    """By what both know: a birthday may be printed without its day, or without day and month."""
    return stated is None or f"{stated:%y%m%d}".startswith(printed.rstrip("<"))


def _same_number(zone: MachineZone, stated: str) -> bool:
    wanted = "".join(c for c in stated.upper() if c.isalnum())
    if zone.form == "td3":
        wanted = wanted[:_NUMBER_WIDTH]  # a passport's zone has no room for more
    return _to_compare(zone.number) == _to_compare(wanted)


def _to_compare(number: str) -> str:
    return "".join(c for c in number if c.isalnum()).translate(_SAME_TO_THE_CHECK)
