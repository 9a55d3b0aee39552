"""The lines of a machine-readable zone, as OCR read them, made into a zone or into nothing.

Three forms: passports (TD3, two lines of 44), cards (TD1, three of 30), and the larger cards (TD2, two of 36).
What OCR is known to mistake is mended only where the form says whether a letter or a digit stands; after that
every check digit must hold, or there is no zone.
Source: ICAO Doc 9303, parts 3 to 6; the slips: measured/libraries.md section 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from models.reading import MachineZone, ZoneForm

FILLER = "<"
# The reader knows other alphabets too: their look-alikes of the filler and of Latin capitals. A zone has no
# small letters, so `l` is a 1 and never an L.
_CLEAN = str.maketrans("«‹＜〈《≤loΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕКМНОРСТХ", "<<<<<<10ABEZHIKMNOPTYXABEKMHOPCTX")
_TO_LETTERS = str.maketrans("012568", "OIZSGB")
_TO_DIGITS = str.maketrans("OQDILZSGB", "000112568")
_DAY = re.compile(r"\d{6}|\d{4}<<|\d\d<{4}|<{6}")


def check_digit(text: str) -> str:
    """The check digit of ICAO 9303: weights 7, 3, 1; letters count from 10, the filler is 0."""
    total = sum((0 if c == FILLER else int(c, 36)) * (7, 3, 1)[n % 3] for n, c in enumerate(text))
    return str(total % 10)


def zone_of(lines: Sequence[str]) -> MachineZone | None:
    """The zone that stands in these lines, given from top to bottom; None unless every check digit holds."""
    cleaned = [re.sub(r"[^A-Z0-9<]", "", line.translate(_CLEAN).upper()) for line in lines]
    for count, read in _READERS:
        for start in range(len(cleaned) - count + 1):
            zone = read(cleaned[start : start + count])
            if zone is not None:
                return zone
    return None


def _passport(lines: Sequence[str]) -> MachineZone | None:
    first, second = lines[0].translate(_TO_LETTERS), _fitted(lines[1], 44)
    if second is None or not first.startswith("P"):
        return None
    head, tail = second[:28], second[28:42]
    for number in _numbers(second[:9]):
        read = _Fields(number, second[9], head[13:19], head[19], head[21:27], head[27], sex=head[20])
        # The check digit of an empty personal number may be left out: filler and 0 count the same.
        own = second[42].translate(_TO_DIGITS)
        sums = read.number_sum + read.birth_sum + read.expiry_sum + tail + own
        whole = _holds(sums, second[43].translate(_TO_DIGITS)) and _holds(tail, own.replace(FILLER, "0"))
        if whole and read.hold() and _is_word(head[10:13]):
            return read.zone("td3", first[2:5], first[5:44])
    return None


def _card(lines: Sequence[str]) -> MachineZone | None:
    first, second = _fitted(lines[0], 30), _fitted(lines[1], 30)
    names = lines[2].translate(_TO_LETTERS)
    if first is None or second is None or first[0] not in "ACI":
        return None
    for number, digit in _long_numbers(first[5:14], first[14], first[15:30]):
        read = _Fields(number, digit, second[:6], second[6], second[8:14], second[14], sex=second[7])
        sums = first[5:30] + read.birth_sum + read.expiry_sum + second[18:29]
        if _holds(sums, second[29].translate(_TO_DIGITS)) and read.hold() and _is_word(second[15:18]):
            return read.zone("td1", first[2:5], names[:30])
    return None


def _large_card(lines: Sequence[str]) -> MachineZone | None:
    first, second = lines[0].translate(_TO_LETTERS), _fitted(lines[1], 36)
    if second is None or first[:1] not in {"A", "C", "I"}:
        return None
    for number, digit in _long_numbers(second[:9], second[9], second[28:35]):
        read = _Fields(number, digit, second[13:19], second[19], second[21:27], second[27], sex=second[20])
        sums = second[:10] + read.birth_sum + read.expiry_sum + second[28:35]
        if _holds(sums, second[35].translate(_TO_DIGITS)) and read.hold() and _is_word(second[10:13]):
            return read.zone("td2", first[2:5], first[5:36])
    return None


_READERS: tuple[tuple[int, Callable[[Sequence[str]], MachineZone | None]], ...] = (
    (2, _passport),
    (3, _card),
    (2, _large_card),
)


class _Fields:
    """The fields that every form has, mended: each with its check digit."""

    def __init__(
        self,
        number: str,
        number_digit: str,
        birth: str,
        birth_digit: str,
        expiry: str,
        expiry_digit: str,
        *,
        sex: str,
    ) -> None:
        self._number, self._number_digit = number, number_digit.translate(_TO_DIGITS)
        self._birth, self._birth_digit = birth.translate(_TO_DIGITS), birth_digit.translate(_TO_DIGITS)
        self._expiry, self._expiry_digit = expiry.translate(_TO_DIGITS), expiry_digit.translate(_TO_DIGITS)
        self._sex = sex

    @property
    def number_sum(self) -> str:
        return self._number + self._number_digit

    @property
    def birth_sum(self) -> str:
        return self._birth + self._birth_digit

    @property
    def expiry_sum(self) -> str:
        return self._expiry + self._expiry_digit

    def hold(self) -> bool:
        """True when each field fits its own check digit, and the days are days."""
        return (
            _holds(self._number, self._number_digit)
            and _holds(self._birth, self._birth_digit)
            and _holds(self._expiry, self._expiry_digit)
            and bool(self._number.strip(FILLER))
            and self._sex in "MFX<"
            and _is_day(self._birth)
            and _is_day(self._expiry)
        )

    def zone(self, form: ZoneForm, issuer: str, names: str) -> MachineZone:
        return MachineZone(
            form=form,
            issuer=issuer.translate(_TO_LETTERS).strip(FILLER),
            number=self._number.strip(FILLER),
            names=names.rstrip(FILLER),
            date_of_birth=self._birth,
            expires_on=self._expiry,
        )


def _fitted(line: str, width: int) -> str | None:
    """The line at its width: OCR miscounts a long row of fillers, and nothing else may be too many or too few."""
    if len(line) == width:
        return line
    runs = [(match.end() - match.start(), match.start()) for match in re.finditer("<{2,}", line)]
    length, start = max(runs, default=(0, 0))
    wanted = length + width - len(line)
    if length == 0 or wanted < 1:
        return None
    return line[:start] + FILLER * wanted + line[start + length :]


def _numbers(read: str) -> Iterator[str]:
    """The number as read, and with the zeros that stand between letters taken for O, as OCR takes most of them.

    No other slip is mended: with one check digit, one guess in ten would fit by chance.
    """
    yield read
    guessed = re.sub("(?<=[A-Z])0(?=[A-Z])", "O", read)
    if guessed != read:
        yield guessed


def _long_numbers(number: str, digit: str, rest: str) -> Iterator[tuple[str, str]]:
    """Number and check digit; one of more than nine characters goes on in the field that follows."""
    if digit != FILLER:
        yield from ((one, digit) for one in _numbers(number))
        return
    more = rest.partition(FILLER)[0]
    if len(more) >= 2:
        yield from ((one, more[-1]) for one in _numbers(number + more[:-1]))


def _holds(text: str, digit: str) -> bool:
    return digit.isdigit() and check_digit(text) == digit


def _is_word(text: str) -> bool:
    return not re.search(r"\d", text.translate(_TO_LETTERS))


def _is_day(text: str) -> bool:
    """True for a day of some century, also one of which only year, or year and month, are known."""
    if not _DAY.fullmatch(text):
        return False
    known = text.rstrip(FILLER).ljust(6, "x").replace("xx", "01")
    for century in (1900, 2000):
        try:
            date(century + int(known[:2]), int(known[2:4]), int(known[4:6]))
        except ValueError:
            continue
        return True
    return False
