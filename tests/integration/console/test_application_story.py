"""The application's page tells what happened so far: who did what, how it stood from then on, and why."""

from __future__ import annotations

from console.pages.story_words import Line, story_lines
from integrations.desk.application_story import story_of
from integrations.kit import Kit
from models.facts import Person
from models.tables.ladder import Consultation
from tests.builders import NOW
from tests.integration.console.test_act_pages import WHY, Scene, handed_in, ready, world

__all__ = ["handed_in", "ready", "world"]


def lines_of(kit: Kit, scene: Scene) -> list[Line]:
    return story_lines(story_of(kit, scene.application, withheld=False).lines)


def test_each_step_is_a_line_with_who_and_why(ready: Scene, kit: Kit, staff: dict[str, Person]) -> None:
    ready.does("cm", "recommend", value="approve", reason=WHY)
    ready.does("cc", "recommend", value="approve", reason=WHY)
    ready.does("ffs", "decide", value="approve", reason="<Nothing> is in the way.")
    lines = lines_of(kit, ready)
    texts = [line.text for line in lines]
    assert texts[0] == "The packet came in"
    ordered, clear = (next(one for one in lines if one.state == state) for state in ("Ordered", "Clear"))
    assert ordered.text == clear.text
    assert (ordered.text.endswith(" background checks"), ordered.who) == (True, "Kinline")
    typed = [line for line in lines if line.text.startswith("A person typed what it says")]
    assert len(typed) >= 3
    # Of a proof of relationship there is nothing to compare what was typed with.
    assert {(line.state, line.tone) for line in typed} == {("Agrees", "good"), ("Read", "")}
    first, second, decided = (
        next(line for line in lines if line.text == text)
        for text in (
            "Recommendation of the case manager",
            "Recommendation of the case coordinator",
            "Decision of the federal field specialist",
        )
    )
    assert texts.index(first.text) < texts.index(second.text) < texts.index(decided.text)
    assert (first.why, decided.why) == (WHY, "<Nothing> is in the way.")
    assert len({first.who, second.who, decided.who} & {"Kinline", "by a command"}) == 0
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    page = ready.page("cm")
    assert f"On this case so far: {first.who} (case manager), {second.who} (case coordinator)," in page
    assert "Answered less than a minute ago" in page
    assert page.count('<td role="cell" class="when">') >= len(lines)
    assert "&lt;Nothing&gt; is in the way." in page
    assert f"{len(lines)} lines" in page


def test_a_coordinator_hears_of_no_recommendation_before_their_own(ready: Scene) -> None:
    ready.does("cm", "recommend", value="approve", reason=WHY)
    assert "Recommendation of the" not in ready.page("cc")
    assert "Recommendation of the case manager" in ready.page("ffs")
    ready.does("cc", "recommend", value="approve", reason=WHY)
    assert "Recommendation of the case manager" in ready.page("cc")


def test_a_coordinator_hears_of_no_consultation_before_their_own_word(
    ready: Scene, kit: Kit, staff: dict[str, Person]
) -> None:
    asked = Consultation(
        application_id=ready.application,
        asked_by=staff["cm"].id,
        reason="Which of the two homes?",
        asked_at=NOW,
    )
    with kit.transaction() as session:
        session.add(asked)
    assert "Which of the two homes?" in ready.page("ffs")
    assert "Which of the two homes?" not in ready.page("cc")
