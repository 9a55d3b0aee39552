"""Forms: what was typed, and what is wrong with it, said beside the field. Nothing that was typed is lost.

A page shows an empty `Form`, calls `attempt` with what came back, and shows the `Form` that this returns when the
desk could not take it. Whether a thing may be done is the desk's word alone; a page repeats it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from console.errors import answer_to
from console.pages import wording
from console.pages.gate_words import missing_words
from console.pages.rendering import page
from console.speech import translated
from models.errors import BadInput, Problem, Refused, Stale

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong. `name` is the form's field that it belongs to; empty when it belongs to none."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in a form's fields, and why it was not taken. `refused` is set when the answer is no."""

    values: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    refused: str = ""
    missing: tuple[str, ...] = ()
    status: int = 200

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def fault(self, name: str) -> str:
        """What is wrong with this field, or nothing."""
        return " ".join(fault.text for fault in self.faults if fault.name == name)


def attempt(
    act: Callable[[], Found], values: Mapping[str, str], fields: Mapping[str, str]
) -> tuple[Found, None] | tuple[None, Form]:
    """What the act returned; or the form as it was filled in, with what keeps it from being taken.

    `fields` names the form's field for each field of the desk's problems; another one stands above the form alone.
    """
    try:
        return act(), None
    except BadInput as err:
        faults = tuple(Fault(_name(problem, fields), _words(problem)) for problem in err.problems)
        return None, Form(values, faults, status=422)
    except (Refused, Stale) as err:
        told = answer_to(err)
        return None, Form(
            values,
            refused=translated(told.detail or told.title),
            missing=tuple(
                missing_words(line)
                for line in map(wording.without_command, told.more.get("missing", ()))
                if line
            ),
            status=told.status,
        )


def _name(problem: Problem, fields: Mapping[str, str]) -> str:
    return fields.get(problem.field, "")


def _words(problem: Problem) -> str:
    """The reason and the remedy; not a remedy for those who type a command."""
    remedy = "" if "--" in problem.remedy else wording.without_command(problem.remedy)
    return f"{translated(wording.without_command(problem.message))} {translated(remedy)}".strip()


def form_page(request: Request, template: str, form: Form, **values: Any) -> Response:
    """The page with its form, under the status that tells a program what a person reads."""
    return page(request, template, status=form.status, form=form, **values)


def done(path: str, code: str) -> Response:
    """To this page, which says in words that it is done (`done_words`). Loading it again repeats nothing."""
    return RedirectResponse(done_at(path, code), status_code=303)


def done_at(path: str, code: str, **query: str) -> str:
    """The address of this page that says so."""
    return f"{path}?{urlencode(query | {'done': code})}"
