"""The commands of people's sign-ins: password, second factor, pauses, sessions."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from integrations.database import wall_clock
from integrations.desk import account_review
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


@app.command("review")
def user_review(as_json: AsJson = False) -> None:
    """The accounts, and by when each must be confirmed. Exit 1 when one is due."""
    common.run(
        lambda stack: {"accounts": account_review.accounts_json(stack.kit, wall=wall_clock())},
        as_json=as_json,
        show=_show_review,
        code=lambda found: (
            common.ANSWER_IS_NO
            if any(one["state"] in ("due", "overdue") for one in found["accounts"])
            else common.DONE
        ),
    )


@app.command("confirm")
def user_confirm(email: Email, as_: As, reason: Reason, as_json: AsJson = False) -> None:
    """Say that a person still needs their account. A suspended one is open again."""
    common.run(
        lambda stack: account_review.confirm(
            stack.kit, email, common.person(stack, as_), reason=reason, wall=wall_clock()
        ),
        as_json=as_json,
        show=_show_account,
    )


def _show_review(found: dict[str, Any]) -> None:
    for one in found["accounts"]:
        _show_account(one)


def _show_account(one: dict[str, Any]) -> None:
    roles = ", ".join(role.replace("_", " ") for role in one["roles"])
    by = one["confirm_by"][:10]
    told = {
        "confirmed": f"confirmed; the next time by {by}",
        "due": f"must be confirmed by {by}, or is suspended",
        "overdue": f"should have been confirmed by {by}; is suspended as soon as nobody is out of reach by it",
        "suspended": f"suspended: nobody confirmed it by {by}",
    }
    _say(f"{one['email']} ({roles}): {told[one['state']]}")


def _say(words: str) -> None:
    OUT.print(words, markup=False)
