"""The sponsor packet, format `kinline-packet/1` (design 6.2): its shape, and what is wrong with one.

Pure: takes the bytes of ``packet.json``, returns a `Packet` or raises `BadInput` with every problem at
once. Unknown keys are refused by name; optional ones may be absent or null.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from models.errors import BadInput, Problem
from models.plain import in_form, in_plain_words, said
from models.states import DocumentKind

FORMAT = "kinline-packet/1"


def _no_control(text: str) -> str:
    if any(ord(c) < 32 and c not in "\n\t" for c in text):
        raise said("This holds control characters.", "Type it anew, without what was pasted along.")
    return text


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(_no_control),
]
Phone = Annotated[
    str,
    AfterValidator(
        in_form(
            r"\+[1-9][0-9]{7,14}",
            "This is not a telephone number in international form.",
            "Write + and the country code, then digits alone, such as +17135550101.",
        )
    ),
]
Country = Annotated[
    str,
    AfterValidator(
        in_form("[A-Z]{2}", "This is not a country's code.", "Use its two capital letters, such as GT.")
    ),
]
Language = Annotated[
    str,
    AfterValidator(
        in_form(
            "[a-z]{2,3}(-[A-Za-z0-9]{2,8})*",
            "This is not a language's code.",
            "Use its code in small letters, such as es, en or quc.",
        )
    ),
]
StateCode = Annotated[
    str,
    AfterValidator(
        in_form("[A-Z]{2}", "This is not a state's code.", "Use its two capital letters, such as TX.")
    ),
]
ANumber = Annotated[
    str,
    AfterValidator(
        in_form(
            "[0-9]{9}",
            "This is not an A-number.",
            "Write its nine digits without the A; one of eight digits begins with a 0.",
        )
    ),
]
Zip = Annotated[
    str,
    AfterValidator(
        in_form("[0-9]{5}(-?[0-9]{4})?", "This is not a ZIP code.", "Write 5 or 9 digits, such as 77036.")
    ),
]
Email = Annotated[
    str,
    StringConstraints(max_length=254),
    AfterValidator(
        in_form(
            r"[^@\s]+@[^@\s]+\.[^@\s]+",
            "This is not an e-mail address.",
            "Write it as name@example.org, or leave it out.",
        )
    ),
]
Reference = Annotated[
    str,
    AfterValidator(
        in_form(
            "[A-Za-z0-9][A-Za-z0-9._/-]{2,63}",
            "This is not a reference.",
            "Use 3 to 64 letters, digits and . _ / - and begin with a letter or a digit.",
        )
    ),
]
SUBJECT = re.compile(r"child|sponsor|alternate_caregiver|household:(0|[1-9][0-9]?)")


def _written_date(value: Any) -> Any:
    """Pydantic takes seconds since 1970 for a date; nobody who writes a packet means that."""
    if isinstance(value, date):  # made in Python, not read from a packet; a datetime is a date as well
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("date_type", "not text")
    if value.strip().lstrip("+-").replace(".", "", 1).isdigit():
        raise PydanticCustomError("date_parsing", "a number")
    return value


# Not strict, since what comes from JSON is text here; the text itself is looked at first.
Day = Annotated[date, BeforeValidator(_written_date), Field(strict=False)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written_date), Field(strict=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Circumstances(_Part):
    trafficking_victim: bool = False
    disability: bool = False
    abused: bool = False
    especially_vulnerable: bool = False


class TextConsent(_Part):
    """Consent of one person to texts on their number, as it was given."""

    given: bool
    language: Language | None = None
    at: Moment | None = None
    method: Literal["signed_form", "spoken", "web_form", "text"] | None = None
    phone_held_by: Literal["child", "sponsor", "shared", "other"] | None = None


class IdentityDocument(_Part):
    type: Text
    issuer: Text
    number: Text
    expires_on: Day | None = None


class Child(_Part):
    a_number: ANumber
    given_names: Text
    family_names: Text
    date_of_birth: Day
    sex: Literal["female", "male", "x", "unknown"] | None = None
    country_of_birth: Country | None = None
    languages: tuple[Language, ...] = Field(min_length=1)
    entered_care_on: Day
    phone: Phone | None = None
    circumstances: Circumstances = Circumstances()
    text_consent: TextConsent | None = None


class Sponsor(_Part):
    given_names: Text
    family_names: Text
    other_names: tuple[Text, ...] = ()
    date_of_birth: Day
    relationship: Text
    related: bool
    was_primary_caregiver: bool = False
    languages: tuple[Language, ...] = Field(min_length=1)
    phone: Phone
    backup_phone: Phone | None = None
    email: Email | None = None
    text_consent: TextConsent | None = None
    identity_document: IdentityDocument | None = None
    sponsored_before: Annotated[int, Field(ge=0, le=999)] = 0


class Address(_Part):
    line1: Text
    unit: Text | None = None
    city: Text
    state: StateCode
    zip: Zip
    dwelling: Literal["house", "apartment", "mobile_home", "room", "shelter", "other"] | None = None
    moved_in_on: Day | None = None


class HouseholdMember(_Part):
    given_names: Text
    family_names: Text
    date_of_birth: Day
    relationship_to_sponsor: Text
    identity_document: IdentityDocument | None = None


class AlternateCaregiver(_Part):
    given_names: Text
    family_names: Text
    date_of_birth: Day
    phone: Phone | None = None
    identity_document: IdentityDocument | None = None


class Contact(_Part):
    name: Text
    role: Literal["care_plan", "home_country"]
    phone: Phone
    languages: tuple[Language, ...] = ()


class PacketHearing(_Part):
    hearing_key: Text
    court: Text
    starts_at: Moment
    kind: Literal["master", "individual", "other"] = "master"
    state: Literal["scheduled", "moved", "cancelled", "completed"] = "scheduled"


class PacketDocument(_Part):
    kind: DocumentKind
    subject: str
    file: Text
    issued_on: Day | None = None

    @model_validator(mode="after")
    def _subject_is_known(self) -> PacketDocument:
        if not SUBJECT.fullmatch(self.subject):
            raise said(
                "This is not whom a document can be about.",
                "Use child, sponsor, alternate_caregiver, or household:0 and so on as subject.",
            )
        return self


class Packet(_Part):
    format: Literal["kinline-packet/1"]
    reference: Reference
    care_provider: Text
    child: Child
    sponsor: Sponsor
    address: Address
    previous_states: tuple[StateCode, ...] = ()
    household: tuple[HouseholdMember, ...] = Field(default=(), max_length=40)
    alternate_caregiver: AlternateCaregiver | None = None
    contacts: tuple[Contact, ...] = Field(default=(), max_length=40)
    hearings: tuple[PacketHearing, ...] = ()
    documents: tuple[PacketDocument, ...] = Field(default=(), max_length=100)


_WHOLE = "packet.json"
_TOO_DEEP = Problem(_WHOLE, "broken_json", "The JSON is nested too deeply.", "See docs/packet.md.")
_KNOWN_KEYS = frozenset(
    name
    for part in (
        Circumstances,
        TextConsent,
        IdentityDocument,
        Child,
        Sponsor,
        Address,
        HouseholdMember,
        AlternateCaregiver,
        Contact,
        PacketHearing,
        PacketDocument,
        Packet,
    )
    for name in part.model_fields
)


def _none_to_absent(value: Any) -> Any:
    """Null means absent for every key that we know; pydantic would ask each default to allow None."""
    if isinstance(value, dict):
        return {k: _none_to_absent(v) for k, v in value.items() if v is not None or k not in _KNOWN_KEYS}
    return [_none_to_absent(v) for v in value] if isinstance(value, list) else value


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in pairs:
        if key in out:
            raise ValueError(f"the key {key!r} stands twice")
        out[key] = value
    return out


def parse_packet(raw: bytes) -> Packet:
    """The packet that these bytes of ``packet.json`` hold.

    Raises:
        BadInput: with one problem per fault; `field` is the dotted path. No message repeats a value
            from the packet, since it may be a person's.
    """
    try:
        tree = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_refuse_repeated_keys)
    except UnicodeDecodeError as err:
        raise BadInput(
            Problem("packet.json", "not_utf8", "The file is not UTF-8 text.", "Save it as UTF-8.")
        ) from err
    except json.JSONDecodeError as err:
        raise BadInput(
            Problem(
                "packet.json",
                "broken_json",
                f"The JSON breaks at line {err.lineno}, column {err.colno}: {err.msg}.",
                "Mend that line; any JSON checker shows the place.",
            )
        ) from err
    except (ValueError, RecursionError) as err:
        detail = str(err) if isinstance(err, ValueError) else "it is nested too deeply"
        raise BadInput(
            Problem("packet.json", "broken_json", f"The JSON cannot be used: {detail}.", "Mend it.")
        ) from err
    if not isinstance(tree, dict):
        raise BadInput(
            Problem("packet.json", "wrong_type", "The file must hold one JSON object.", "See docs/packet.md.")
        )
    try:
        packet = Packet.model_validate_json(json.dumps(_none_to_absent(tree)))
    except RecursionError:
        raise BadInput(_TOO_DEEP) from None
    except ValidationError as err:
        raise BadInput([_problem(e) for e in err.errors(include_url=False, include_input=False)]) from None
    problems = _cross_checks(packet)
    if problems:
        raise BadInput(problems)
    return packet


_CODES = {"extra_forbidden": "unknown_key", "missing": "missing_key"}


def _problem(error: Any) -> Problem:
    field = ".".join(str(part) for part in error["loc"]) or _WHOLE
    kind = str(error["type"])
    code = _CODES.get(kind, "wrong_type" if kind.endswith(("_type", "_parsing")) else "wrong_value")
    return Problem(field, code, *in_plain_words(error))


def _cross_checks(packet: Packet) -> list[Problem]:
    problems: list[Problem] = []
    if packet.child.entered_care_on < packet.child.date_of_birth:
        problems.append(
            Problem(
                "child.entered_care_on",
                "wrong_value",
                "The child cannot have entered care before being born.",
                "Check both dates.",
            )
        )
    for index, document in enumerate(packet.documents):
        if document.subject.startswith("household:"):
            number = int(document.subject.partition(":")[2])
            if number >= len(packet.household):
                problems.append(
                    Problem(
                        f"documents.{index}.subject",
                        "unknown_subject",
                        f"The packet names {len(packet.household)} household member(s), so household:{number} is nobody.",
                        "Count from household:0, or add the person to household.",
                    )
                )
        if document.subject == "alternate_caregiver" and packet.alternate_caregiver is None:
            problems.append(
                Problem(
                    f"documents.{index}.subject",
                    "unknown_subject",
                    "The packet names no alternate caregiver.",
                    "Add alternate_caregiver, or change the subject.",
                )
            )
    return problems


def consented_at(consent: TextConsent | None) -> datetime | None:
    """When this consent was given; None when none was."""
    return consent.at if consent is not None and consent.given else None


PartT = TypeVar("PartT", bound=BaseModel)


def parse_part(kind: type[PartT], raw: bytes, name: str) -> PartT:
    """One part of a packet by itself, such as a new address, or another small form, from its JSON.

    Raises:
        BadInput: with one problem per fault, under `name`.
    """
    try:
        return kind.model_validate_json(json.dumps(_none_to_absent(json.loads(raw.decode("utf-8-sig")))))
    except (json.JSONDecodeError, UnicodeDecodeError) as err:
        raise BadInput(Problem(name, "broken_json", "This is not JSON.", "Mend the file.")) from err
    except RecursionError:
        raise BadInput(Problem(name, "broken_json", _TOO_DEEP.message, "Mend the file.")) from None
    except ValidationError as err:
        problems = [_problem(e) for e in err.errors(include_url=False, include_input=False)]
        raise BadInput(
            [Problem(_under(name, p.field), p.code, p.message, p.remedy) for p in problems]
        ) from None


def _under(name: str, field: str) -> str:
    """The field of a part by itself; what is wrong with the whole of it stands under its name alone."""
    return name if field == _WHOLE else f"{name}.{field}"
