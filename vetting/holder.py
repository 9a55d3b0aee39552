"""Whose document is it? The holder's name as it stands on the page, compared with a person's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.reading import ReadLine
from vetting.address_block import COMPANY
from vetting.address_form import plain
from vetting.names import NameVerdict, name_match, name_words

_RANK: dict[NameVerdict, int] = {"match": 3, "partial": 2, "differs": 1, "not_found": 0}
# Words that stand before or around a name and are none.
_FORM_WORDS = """ACCOUNT ACCOUNTS ADDRESS AGREEMENT AMOUNT AND ATTENTION ATTN BALANCE BETWEEN BILL BILLING BILLED BY CHECKING CLIENT CLIENTE CO
    CONTRACT CONTRATO CUENTA CUSTOMER CUSTOMERS DATE DEAR DETAILS DETACH DIRECCION DOMICILIO DUE EMPLEADA EMPLEADO EMPLOYEE
    ESTIMADA ESTIMADO ESTADO FACTURA FECHA FOR FROM HOLDER HOME HOUSING INFORMATION INQUILINA INQUILINO INVOICE IS LANDLORD LEASE
    LESSEE LESSOR LETTER LOCATION MAILING MEMBER MONTHLY MY NAME NAMED NOMBRE NOTICE NUMBER OF ON OR OWNER PAGE PAY PAYMENT PERIOD
    PHONE PREMISES PREPARED PROOF PROPERTY RE RECEIPT RENT RENTAL RESIDENCE RESIDENT RESIDENTIAL SERVICE SERVICIO STATEMENT STUB
    SUMMARY TENANT TENANTS THAT THE THIS TITULAR TO TOTAL USAGE WE WITH YOUR YOU"""
_NOT_NAMES = frozenset(_FORM_WORDS.split())
_SPLIT = re.compile(r"\s*(?:&|/|;|\||\band\b|\bor\b|\bAND\b|\bOR\b)\s*")


@dataclass(frozen=True, slots=True)
class Holder:
    """The person whose name is looked for, with their other full names."""

    given: str
    family: str
    others: tuple[str, ...] = ()

    def verdict(self, text: str) -> NameVerdict:
        """The best that any name in this line of text comes to."""
        found = (name_match(self.given, self.family, self.others, name).verdict for name in _names_in(text))
        return max(found, key=lambda v: _RANK[v], default="not_found")

    def is_named_in(self, text: str) -> bool:
        return self.verdict(text) in ("match", "partial")


def find_name(lines: Sequence[ReadLine], holder: Holder, above: Sequence[str] = ()) -> NameVerdict:
    """How the document names `holder`. `above`: the lines over the chosen address.

    A name elsewhere on the page does not outweigh another person's over the address: that is 'partial'.
    """
    best = max((holder.verdict(line.text) for line in lines), key=lambda v: _RANK[v], default="not_found")
    over_address = [text for text in above if looks_like_a_person(text)]
    other_person = bool(over_address) and not any(holder.is_named_in(text) for text in over_address)
    if best == "match":
        return "partial" if other_person else "match"
    if best == "partial":
        return "partial"
    return "differs" if other_person else "not_found"


def looks_like_a_person(text: str) -> bool:
    """Two to five capitalised words, none of them a company's or a form's."""
    words = re.findall(r"[^\W\d_][\w'’ʼ.-]*", text)
    if any(c.isdigit() for c in text) or not 2 <= len(words) <= 5 or COMPANY.search(plain(text)):
        return False
    capital = all(w[0].isupper() or plain(w) in ("DE", "DEL", "LA", "LOS", "Y") for w in words)
    return capital and not any(plain(w).strip("-") in _NOT_NAMES for w in words)


def _names_in(text: str) -> Iterator[str]:
    """The pieces of a line that may be one person's name."""
    tail = text.rpartition(":")[2]
    for piece in [tail, *_SPLIT.split(tail)]:
        # `Coj, Marta` is one name; in `I, Pedro Coj, rent` the commas part.
        yield from _runs(piece)
        if "," in piece:
            for part in piece.split(","):
                yield from _runs(part)


def _runs(text: str) -> Iterator[str]:
    """Runs of capitalised words, without the words of forms at their ends."""
    run: list[str] = []
    for word in [*re.findall(r"[^\W_][\w'’ʼ-]*", text), "."]:
        core = plain(word)
        if core in _NOT_NAMES or not (word[0].isupper() or core in ("DE", "DEL", "LA", "LOS", "Y")):
            if len(name_words(" ".join(run))) >= 2:
                yield " ".join(run)
            run = []
        else:
            run.append(word)
