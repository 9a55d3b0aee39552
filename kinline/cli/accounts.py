"""The commands of people's sign-ins: password, second factor, pauses, sessions."""

from __future__ import annotations

from typing import Annotated

import typer

from integrations.database import wall_clock
from integrations.identity import lockout, passwords, second_factor, sessions
from kinline.cli import common
from kinline.cli.common import OUT, As, AsJson, Reason

app = typer.Typer()
Email = Annotated[str, typer.Argument(metavar="EMAIL")]


@app.command("password")
def user_password(email: Email, as_: As, as_json: AsJson = False) -> None:
    """Set a person's password: an administrator, or oneself. It is asked for, twice, and not shown."""
    typed = typer.prompt("New password", hide_input=True, confirmation_prompt=True, err=True)
    common.run(
        lambda stack: passwords.give_password(
            stack.kit, email, common.person(stack, as_), typed, wall=wall_clock()
        ),
        as_json=as_json,
        show=lambda done: _say(f"{done['email']} signs in with this password from now on."),
    )


@app.command("unlock")
def user_unlock(email: Email, as_: As, reason: Reason, as_json: AsJson = False) -> None:
    """End the pause after too many wrong tries."""
    common.run(
        lambda stack: lockout.lift(
            stack.kit, email, common.person(stack, as_), reason=reason, wall=wall_clock()
        ),
        as_json=as_json,
        show=lambda done: _say(f"{done['email']} may sign in again now."),
    )


@app.command("reset-factor")
def user_reset_factor(email: Email, as_: As, reason: Reason, as_json: AsJson = False) -> None:
    """Forget a person's second factor, after its telephone was lost. Their sessions are over."""
    common.run(
        lambda stack: second_factor.reset_factor(
            stack.kit, email, common.person(stack, as_), reason=reason, wall=wall_clock()
        ),
        as_json=as_json,
        show=lambda done: _say(f"{done['email']} sets up a second factor anew at the next sign-in."),
    )


@app.command("sign-out")
def user_sign_out(email: Email, as_: As, reason: Reason, as_json: AsJson = False) -> None:
    """End every open session of a person."""
    common.run(
        lambda stack: sessions.end_all(
            stack.kit, email, common.person(stack, as_), reason=reason, wall=wall_clock()
        ),
        as_json=as_json,
        show=lambda done: _say(f"{done['email']} is signed out everywhere ({done['ended']} sessions)."),
    )


def _say(words: str) -> None:
    OUT.print(words, markup=False)
