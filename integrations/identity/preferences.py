"""In which language and in whose time a person reads the console. No right and no duty hangs on either."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from models.errors import BadInput, Problem
from models.states import CONSOLE_LANGUAGES
from models.tables.people import Staff

# Where the people live who read the console: the states and territories, by the clock on their wall.
ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
    "Pacific/Guam",
    "UTC",
)


def set_preferences(
    session: Session, person_id: UUID, *, language: str | None = None, time_zone: str | None = None
) -> None:
    """This person's pages come in this language and tell times of this zone from now on, where one is given.

    Raises:
        BadInput: the language or the zone is not one of ours.
    """
    problems = []
    if language is not None and language not in CONSOLE_LANGUAGES:
        problems.append(Problem("language", "wrong_value", "Choose one of the languages."))
    if time_zone is not None and time_zone not in ZONES:
        problems.append(Problem("time_zone", "wrong_value", "Choose one of the time zones."))
    if problems:
        raise BadInput(problems)
    told = {"language": language, "time_zone": time_zone}
    session.execute(
        update(Staff)
        .where(col(Staff.id) == person_id)
        .values({name: value for name, value in told.items() if value is not None})
    )
