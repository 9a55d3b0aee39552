"""What is sent twice is done once: the act, and the mark that it is done, in one transaction, and its answer kept.

The API knows what is sent twice by its `Idempotency-Key` (`console.api.once`), a page by its form (`console.pages.once`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from integrations.kit import Kit, riding
from integrations.store import api_answers
from integrations.store.api_answers import Claim, Kept


def new_word() -> str:
    """For a form that is shown anew: it is known again by it."""
    return secrets.token_urlsafe(16)


def done_under(
    kit: Kit,
    mine: Claim,
    do: Callable[[], Kept],
    *,
    note: Callable[[Session], None] | None = None,
    wall: datetime,
) -> Kept:
    """What the act is answered with, from now on also to who sends it again. What is refused may be sent again.

    `note` writes beside the act, in its transaction.
    """

    def rider(session: Session) -> None:
        api_answers.mark_done(session, mine, wall=wall)
        if note is not None:
            note(session)

    try:
        with riding(rider):
            answered = do()
    except BaseException:
        api_answers.give_back(kit, mine, wall=wall)
        raise
    api_answers.keep(kit, mine, answered.status, answered.answer, wall=wall)
    return answered
