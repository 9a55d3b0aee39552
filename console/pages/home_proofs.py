"""The proof of a new home beside the boxes for what it says: by them a person signs the home off."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Actor, console_of
from console.csrf import TokenForm
from console.pages.forms import Form, attempt, done, form_page
from console.pages.typed_words import typed_fields, typed_json
from integrations.desk.home_proofs import home_proof_json
from integrations.desk.homes import confirm_home
from integrations.identity.accounts import SignedIn
from models.states import DocumentKind
from vetting.typed import fields_of

router = APIRouter(prefix="/cases/{key}/address/confirm")
_ITEM = DocumentKind.PROOF_OF_ADDRESS


@router.get("")
def ask(request: Request, key: str, who: Actor) -> Response:
    return _show(request, key, who, Form())


@router.post("")
def sign_off(request: Request, key: str, who: Actor, form: TokenForm) -> Response:
    """What a person read on the proof, as `kinline address confirm` takes it."""
    console = console_of(request)

    def act() -> UUID:
        return confirm_home(
            console.kit,
            key,
            who.person,
            typed=typed_json(_ITEM, form),
            reason=form.get("reason", ""),
            now=console.now(),
        )

    case_id, again = attempt(act, form, {name: name for name in fields_of(_ITEM)})
    if again is None:
        return done(f"/cases/{case_id}", "address_confirmed")
    return _show(request, key, who, _without_options(again))


def _without_options(form: Form) -> Form:
    """What is missing, for somebody who has a box and not an option."""
    return replace(form, missing=tuple(line.replace("--reason", "a reason") for line in form.missing))


def _show(request: Request, key: str, who: SignedIn, form: Form) -> Response:
    """The view itself writes the audit row."""
    console = console_of(request)
    proof = home_proof_json(console.kit, key, who.person, now=console.now())
    return form_page(request, "address_confirm.html", form, proof=proof, fields=typed_fields(_ITEM))
