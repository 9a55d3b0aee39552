"""The command line: `kinline ...`. Nothing heavy is imported until a command runs."""

from __future__ import annotations

import logging
import sys

import structlog
import typer

from kinline.local.processes import end_politely_on_sigterm


def build() -> typer.Typer:
    """The whole command line."""
    from kinline.cli import (
        accounts,
        addresses,
        api_keys,
        calls,
        checks,
        concentration,
        court,
        denial,
        explaining,
        followup,
        hearings,
        home_studies,
        interviews,
        ladder,
        links,
        lost,
        messages,
        offices,
        persons,
        policy,
        replies,
        reports,
        roster,
        rota,
        services,
        system,
        vetting,
    )

    app = typer.Typer(
        name="kinline",
        help="Sponsor vetting and follow-up for unaccompanied children: no silent child.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for part in (vetting.app, explaining.app, ladder.app, followup.app, roster.app, system.app):
        app.registered_commands.extend(part.registered_commands)
    app.add_typer(checks.app, name="check")
    app.add_typer(home_studies.app, name="homestudy")
    app.add_typer(links.app, name="link")
    app.add_typer(concentration.app, name="concentration")
    app.add_typer(persons.app, name="person")
    app.add_typer(interviews.app, name="interview")
    app.add_typer(ladder.consult_app, name="consult")
    app.add_typer(denial.denial_app, name="denial")
    app.add_typer(denial.appeal_app, name="appeal")
    app.add_typer(messages.app, name="messages")
    app.add_typer(replies.app, name="reply")
    app.add_typer(calls.app, name="call")
    app.add_typer(services.visit_app, name="visit")
    app.add_typer(services.prs_app, name="prs")
    app.add_typer(lost.app, name="lost")
    app.add_typer(court.court_app, name="court")
    app.add_typer(court.hearing_app, name="hearing")
    app.add_typer(followup.escalation_app, name="escalation")
    app.add_typer(addresses.app, name="address")
    app.add_typer(followup.number_app, name="number")
    app.add_typer(followup.duty_app, name="duty")
    app.add_typer(reports.app, name="noc")
    app.add_typer(rota.app, name="rota")
    app.add_typer(hearings.app, name="hearings")
    app.add_typer(api_keys.app, name="key")
    app.add_typer(system.db_app, name="db")
    system.user_app.registered_commands.extend(accounts.app.registered_commands)
    system.user_app.registered_commands.extend(offices.user_app.registered_commands)
    app.add_typer(system.user_app, name="user")
    app.add_typer(offices.app, name="office")
    app.add_typer(system.audit_app, name="audit")
    policy.app.registered_commands.extend(explaining.policy_app.registered_commands)
    app.add_typer(policy.app, name="policy")
    return app


def configure_logs() -> None:
    """Logs go to stderr as JSON lines; ids and states only. Libraries that print addresses are shut."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    # On the handler, not only on the root: Prefect's loggers have levels of their own.
    handler.setLevel(logging.WARNING)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in ("httpx", "httpcore", "twilio", "urllib3", "rapidocr", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def main() -> None:
    configure_logs()
    end_politely_on_sigterm()
    build()()


if __name__ == "__main__":
    main()
