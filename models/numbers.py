"""A telephone number that a person brings after the release."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from models.packet import Language, Phone, TextConsent


class NewNumber(BaseModel):
    """The number with its speaker's language, and the word about texts that came with it; without one: no texts.

    `shared`: the child and an adult use it both. It is then for people's calls only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Phone
    language: Language
    shared: bool = False
    text_consent: TextConsent | None = None


def is_e164(number: str) -> bool:
    """True for a whole number with its country, as a packet's are written."""
    try:
        _PHONE.validate_python(number)
    except ValidationError:
        return False
    return True


_PHONE: TypeAdapter[str] = TypeAdapter(Phone)
