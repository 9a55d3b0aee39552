"""An application's page tells what happened, who did it and why; how old checks are; and who has the next step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import UUID

import pytest
from httpx import Client
from sqlalchemy import select, text
from sqlmodel import col

from integrations.database import set_sandbox_clock
from integrations.desk import ladder, vetting
from integrations.desk import release as release_desk
from integrations.kit import Kit
from models.facts import Person
from models.tables.ladder import Consultation
from models.tables.ledger import Obligation
from models.tables.people import Case
from tests.builders import NOW, an_escalation
from tests.integration.scenes import World, a_packet, confirm_all, hand_in, outside_world, vet

SignIn = Callable[[str], Client]
HOUR = timedelta(hours=1)


@pytest.fixture
def world(kit: Kit) -> Iterator[World]:
    with outside_world(kit) as world:
        yield world


@pytest.fixture
def application(kit: Kit, world: World, tmp_path: Path) -> UUID:
    """Handed in and vetted; nothing is confirmed yet."""
    said = a_packet(identity="X1")
    world.reader.shows(said)
    taken = hand_in(kit, tmp_path / "packet", said)
    vet(kit, taken.application_id)
    return taken.application_id


def words_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def told(browser: Client, application: UUID) -> list[tuple[str, str]]:
    """What and who, of each line of the story."""
    page = browser.get(f"/applications/{application}")
    assert page.status_code == 200
    section = page.text.partition('<h2 id="story">')[2].partition("</section>")[0]
    rows = re.findall(r'<td role="cell" class="when">.*?</td>(.*?)</tr>', section, re.DOTALL)
    cells = [[words_of(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in rows]
    return [(what, who) for what, who in cells]


def names_of(kit: Kit) -> dict[str, str]:
    with kit.transaction() as session:
        rows = session.execute(text("SELECT email, display_name FROM staff"))
        return {email.partition("@")[0]: name for email, name in rows}


def recommended(
    kit: Kit, staff: dict[str, Person], application: UUID, who: str, value: str, hour: int
) -> None:
    vetting.recommend(
        kit, str(application), value, staff[who], reason=f"Why of {who}.", now=NOW + hour * HOUR
    )


def test_from_the_packet_to_the_release_with_who_and_why(
    kit: Kit, application: UUID, staff: dict[str, Person], sign_in: SignIn
) -> None:
    confirm_all(kit, a_packet(), application, staff["cm"])
    recommended(kit, staff, application, "cm", "approve", 1)
    recommended(kit, staff, application, "cc", "approve", 2)
    vetting.decide(
        kit, str(application), "remand", staff["ffs"], reason="One thing.", questions=["Who drives?"],
        now=NOW + 3 * HOUR,
    )  # fmt: skip
    ladder.answer(kit, str(application), 1, "The aunt.", staff["cm"], now=NOW + 4 * HOUR)
    recommended(kit, staff, application, "cm", "approve", 5)
    recommended(kit, staff, application, "cc", "approve", 6)
    vetting.decide(
        kit, str(application), "approve", staff["ffs"], reason="<Nothing> is in the way.", now=NOW + 7 * HOUR
    )
    release_desk.release(kit, str(application), staff["cm"], on=(NOW + 8 * HOUR).date(), now=NOW + 8 * HOUR)
    lines = told(sign_in("cc"), application)
    names = names_of(kit)
    assert lines[0] == ("The packet came in", "The command line")
    expected = [
        ("The case manager recommends: approve Why of cm.", names["cm"]),
        ("The case coordinator recommends: approve Why of cc.", names["cc"]),
        ("Decision: remand One thing.", names["ffs"]),
        ("Question 1 was asked", names["ffs"]),
        ("Question 1 was answered", names["cm"]),
        ("Decision: approve <Nothing> is in the way.", names["ffs"]),
        ("The application moved on: approved", names["ffs"]),
        ("The child was released", names["cm"]),
    ]
    places = [lines.index(line) for line in expected]
    assert places == sorted(places)
    assert any(what.startswith("Typed what it says, and it agrees: ") for what, _ in lines)
    assert any(what.startswith("Check came back clear: ") and who == "Kinline" for what, who in lines)
    page = sign_in("cc").get(f"/applications/{application}").text
    assert "&lt;Nothing&gt; is in the way." in page
    assert f"On this case so far: {names['cm']} (case manager), {names['cc']} (case coordinator)," in page
    assert "Who drives?" not in " ".join(what for what, _ in lines)


def test_the_first_opinion_is_kept_from_the_coordinator_until_theirs_is_in(
    kit: Kit, application: UUID, staff: dict[str, Person], sign_in: SignIn
) -> None:
    confirm_all(kit, a_packet(), application, staff["cm"])
    recommended(kit, staff, application, "cm", "approve", 1)
    spoken = "The case manager recommends: approve Why of cm."
    assert spoken in [what for what, _ in told(sign_in("cm"), application)]
    assert not any("recommends" in what for what, _ in told(sign_in("cc"), application))
    recommended(kit, staff, application, "cc", "approve", 2)
    assert spoken in [what for what, _ in told(sign_in("cc"), application)]


def test_a_consultation_is_kept_from_the_coordinator_before_their_own_word(
    kit: Kit, application: UUID, staff: dict[str, Person], sign_in: SignIn
) -> None:
    asked = Consultation(
        application_id=application, asked_by=staff["cm"].id, reason="Which of the two homes?", asked_at=NOW
    )
    with kit.transaction() as session:
        session.add(asked)
    page = f"/applications/{application}"
    assert "Which of the two homes?" in sign_in("ffs").get(page).text
    assert "Which of the two homes?" not in sign_in("cc").get(page).text


def test_a_duty_that_was_late_stays_in_the_story_and_one_that_is_says_so(
    kit: Kit, application: UUID, staff: dict[str, Person], sign_in: SignIn
) -> None:
    with kit.transaction() as session:
        set_sandbox_clock(session, NOW + timedelta(days=60))
    page = sign_in("cm").get(f"/applications/{application}").text
    late = [row for row in told(sign_in("cm"), application) if row[0].startswith("Not done in time: ")]
    (papers,) = (what for what, _ in late if what.startswith("Not done in time: Confirm a document ("))
    assert "sponsor identity, the sponsor" in papers
    assert papers.endswith(") Late")
    assert {who for _, who in late} == {"–"}
    assert 'class="loud"' in page
    step = words_of(page.partition('id="next"')[2].partition("</section>")[0])
    assert "Nobody has taken it." in step
    assert re.search(r"To be done by .*\. Late", step)


def test_the_next_step_names_who_took_it_or_who_acts_in_its_role(
    kit: Kit, application: UUID, staff: dict[str, Person], sign_in: SignIn
) -> None:
    confirm_all(kit, a_packet(), application, staff["cm"])
    recommended(kit, staff, application, "cm", "approve", 1)
    recommended(kit, staff, application, "cc", "approve", 2)
    names, browser = names_of(kit), sign_in("cm")

    def step() -> str:
        page = browser.get(f"/applications/{application}").text
        return words_of(page.partition('id="next"')[2].partition("</section>")[0])

    assert "The federal field specialist . Nobody has taken it. It has waited since" in step()
    with kit.transaction() as session:
        (duty,) = session.scalars(
            select(Obligation).where(
                col(Obligation.application_id) == application,
                col(Obligation.kind) == "decide",
                col(Obligation.state) == "open",
            )
        )
        an_escalation(
            session,
            session.get_one(Case, duty.case_id),
            obligation_id=duty.id,
            reason="decide",
            state="acknowledged",
            owner=staff["ffs"].id,
            acknowledged_at=NOW,
        )
    assert f"{names['ffs']} took it 2 Feb 2026" in step()


def test_checks_tell_their_age_in_words(kit: Kit, application: UUID, sign_in: SignIn) -> None:
    with kit.transaction() as session:
        set_sandbox_clock(session, NOW + timedelta(days=12))
    page = words_of(sign_in("cm").get(f"/applications/{application}").text)
    assert re.search(r"Answered 1[12] days ago; good until \d+ \w+ 202\d", page)


def test_names_stand_in_the_story_and_no_ids(
    kit: Kit, application: UUID, staff: dict[str, Person], sign_in: SignIn
) -> None:
    confirm_all(kit, a_packet(), application, staff["cm"])
    lines = " ".join(map(" ".join, told(sign_in("auditor"), application)))
    assert str(staff["cm"].id)[:8] not in lines
    assert names_of(kit)["cm"] in lines
