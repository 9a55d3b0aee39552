"""Acts of the API: as the person whose they are, once for each `Idempotency-Key`, and on record under the key too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import JSONResponse
from sqlmodel import Session

from console.api.bodies import in_api_words
from console.api.callers import Principal
from console.context import Console, console_of
from console.errors import Unprocessable
from console.once import done_under
from integrations.database import current_time
from integrations.kit import riding
from integrations.store import api_answers, history
from integrations.store.api_answers import Asked, Busy, Claim, Kept
from models.errors import BadInput, Problem, Refused

HEADER = "idempotency-key"
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Answered:
    """What an act is answered with. `where`: the address of what it made or changed."""

    body: dict[str, Any] = field(repr=False)
    status: int = 200
    where: str | None = None

    def response(self, *, replayed: bool = False) -> JSONResponse:
        headers = {} if self.where is None else {"location": self.where}
        if replayed:
            headers["idempotent-replayed"] = "true"
        return JSONResponse(self.body, status_code=self.status, headers=headers)


# On which row of a person's act the audit says so; None where the key itself is the actor.
About = Callable[[Session], tuple[str, UUID]]


@dataclass(frozen=True, slots=True)
class Act:
    """One act that somebody asks for. `content` tells one request from another; `repeatable`: twice is as once."""

    request: Request
    who: Principal
    content: bytes = field(repr=False)
    about: About | None
    do: Callable[[], Answered]
    repeatable: bool = False

    @property
    def console(self) -> Console:
        return console_of(self.request)

    @property
    def word(self) -> str:
        """How the audit calls it: the name of the operation, in words."""
        return str(self.request.scope["route"].name).replace("_", " ")


def once(act: Act) -> JSONResponse:
    """The act is done and answered; or, under the same `Idempotency-Key`, answered as it was before.

    Raises:
        BadInput: the header is no key, or the act's own. Refused: it is being done, or its answer was lost.
        Unprocessable: the key came with another request before.
    """
    told = act.request.headers.get(HEADER)
    if told is None:
        with riding(lambda session: _note(session, act)):
            return _done(act).response()
    found = api_answers.claim(act.console.kit, _asked(act, told), wall=act.console.wall())
    if isinstance(found, Kept):
        return _answered(found).response(replayed=True)
    if not isinstance(found, Claim):
        raise _refusal(found)
    return _under(found, act)


def _under(mine: Claim, act: Act) -> JSONResponse:
    kit, wall = act.console.kit, act.console.wall()

    def do() -> Kept:
        answered = _done(act)
        return Kept(answered.status, {"body": answered.body, "where": answered.where})

    return _answered(
        done_under(kit, mine, do, note=lambda session: _note(session, act), wall=wall)
    ).response()


def _done(act: Act) -> Answered:
    try:
        return act.do()
    except BadInput as err:
        raise in_api_words(err) from None


def _note(session: Session, act: Act) -> None:
    """History names the person; the audit also names the key by which it was done."""
    if act.about is None or act.who.key is None or act.who.person is None:
        return
    noun, row_id = act.about(session)
    now = current_time(session)
    history.audit(session, actor=act.who.actor, act=act.word, noun=noun, ids=[row_id], now=now)


def _asked(act: Act, told: str) -> Asked:
    if not 1 <= len(told) <= _LONGEST or not told.isascii() or not told.isprintable():
        raise BadInput(
            Problem(
                "Idempotency-Key",
                "wrong_value",
                "This is not a key.",
                f"Send 1 to {_LONGEST} plain characters, such as a UUID.",
            )
        )
    vault, url = act.console.kit.vault, act.request.url
    return Asked(
        owner=act.who.actor,
        idempotency_key=vault.blind("idempotency key", told),
        request_key=vault.blind("request", act.request.method, url.path, url.query, act.content),
        repeatable=act.repeatable,
    )


def _answered(kept: Kept) -> Answered:
    return Answered(kept.answer["body"], kept.status, kept.answer["where"])


def _refusal(busy: Busy) -> Exception:
    if busy == "another_request":
        return Unprocessable(
            "idempotency_key_reused", "Another request came under this Idempotency-Key. Use a new one."
        )
    if busy == "running":
        return Refused("still_running", "A request under this Idempotency-Key is being done; ask again")
    return Refused(
        "answer_lost",
        "This was done, but whoever did it stopped before the answer was kept; look at the row instead",
    )
