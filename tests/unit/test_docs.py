"""The documents say what the code does. Each test here fails when one of the two moves alone."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from integrations.sandbox.phones import TABLE
from integrations.settings import PREFIX, Settings
from kinline.main import build
from models import packet
from models.contacts import CallOutcome
from models.states import ClosureReason, DecisionValue, DocumentKind, Party, Role
from vetting.typed import parse_typed

CLONE = Path(__file__).resolve().parents[2]
DOCS = CLONE / "docs"
PAGES = sorted([*CLONE.glob("*.md"), *DOCS.glob("*.md"), CLONE / "samples" / "README.md"])
ROOMS = ("models", "vetting", "followup", "integrations", "flows", "console", "kinline")


def text_of(page: str) -> str:
    return (CLONE / page).read_text(encoding="utf-8")


def sections(page: str, level: int) -> dict[str, str]:
    """The text under each heading of this level, by heading; smaller headings belong to the text."""
    parts = re.split(rf"^{'#' * level} (.+)$", text_of(page), flags=re.MULTILINE)
    return {
        heading.strip(): re.split(rf"^#{{1,{level}}} ", body, flags=re.MULTILINE)[0]
        for heading, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def rows(text: str) -> list[list[str]]:
    """The cells of each row of the first table, without its head."""
    lines = re.search(r"((?:^\|.*\n)+)", text, flags=re.MULTILINE)
    assert lines is not None, "there is no table here"
    return [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in lines.group(1).splitlines()[2:]
    ]


# --- settings ------------------------------------------------------------------------------------


def test_each_setting_has_its_heading_and_no_other_thing_does() -> None:
    names = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    assert set(sections("docs/settings.md", 3)) == names


def test_each_secret_setting_is_called_secret_and_no_other_is() -> None:
    secret = {
        f"{PREFIX}{name.upper()}"
        for name, field in Settings.model_fields.items()
        if "SecretStr" in str(field.annotation)
    }
    told = {name for name, body in sections("docs/settings.md", 3).items() if "Secret." in body}
    assert told == secret


# --- the packet ----------------------------------------------------------------------------------

PARTS: dict[str, type[packet._Part]] = {
    "packet": packet.Packet,
    "child": packet.Child,
    "circumstances": packet.Circumstances,
    "text_consent": packet.TextConsent,
    "sponsor": packet.Sponsor,
    "identity_document": packet.IdentityDocument,
    "address": packet.Address,
    "household": packet.HouseholdMember,
    "alternate_caregiver": packet.AlternateCaregiver,
    "contacts": packet.Contact,
    "hearings": packet.PacketHearing,
    "documents": packet.PacketDocument,
}


@pytest.mark.parametrize("part", PARTS)
def test_the_packet_page_names_every_key_and_whether_it_is_needed(part: str) -> None:
    told = [
        (key.strip("`"), needed == "yes")
        for key, needed, _ in rows(sections("docs/packet.md", 2)[f"`{part}`"])
    ]
    assert told == [(name, field.is_required()) for name, field in PARTS[part].model_fields.items()]


@pytest.mark.parametrize("part", PARTS)
def test_the_packet_page_names_every_word_that_a_key_may_hold(part: str) -> None:
    told = {key.strip("`"): words for key, _, words in rows(sections("docs/packet.md", 2)[f"`{part}`"])}
    for name, field in PARTS[part].model_fields.items():
        for literal in re.findall(r"Literal\[([^\]]+)\]", str(field.annotation)):
            for word in re.findall(r"'([^']+)'", literal):
                assert f"`{word}`" in told[name], f"{part}.{name} may hold {word}"


def test_every_part_of_the_packet_is_on_the_page() -> None:
    parts = {part for part in vars(packet).values() if _is_part(part)}
    assert parts == set(PARTS.values())


def _is_part(thing: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, packet._Part) and thing is not packet._Part


def test_every_kind_of_document_is_on_the_page() -> None:
    told = re.findall(r"`(\w+)`", sections("docs/packet.md", 3)["Kinds of document"])
    assert told == [kind.value for kind in DocumentKind]


def test_what_the_quickstart_types_can_be_typed() -> None:
    kinds = {kind.value for kind in DocumentKind}
    typed = [path for path in (DOCS / "typed").glob("*.json") if path.stem in kinds]
    assert len(typed) == 6
    for path in typed:
        parse_typed(path.stem, path.read_bytes())


# --- commands ------------------------------------------------------------------------------------


def commands() -> dict[str, Any]:
    """Every command that is not hidden, by the words that are typed."""
    return dict(_walk(typer.main.get_command(build()), ("kinline",)))


def _walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield " ".join(words), command
        return
    for name, child in below.items():
        if not child.hidden:
            yield from _walk(child, (*words, name))


def test_each_command_has_its_heading_and_no_other_thing_does() -> None:
    assert set(sections("docs/commands.md", 2)) == set(commands())


def test_a_commands_usage_names_each_of_its_options_and_no_other() -> None:
    page = sections("docs/commands.md", 2)
    for name, command in commands().items():
        usage = re.search(rf"^`({name}\b.*)`$", page[name], flags=re.MULTILINE)
        assert usage is not None, f"{name}: the usage stands in backticks on a line of its own"
        told = usage.group(1)
        optional = " ".join(re.findall(r"\[[^\]]*\]", told))
        options = {opt: param.required for param in command.params for opt in param.opts if opt[:2] == "--"}
        options.pop("--help", None)
        assert set(re.findall(r"--[a-z-]+", told)) == set(options), name
        for option, is_required in options.items():
            assert (re.search(rf"{option}\b", optional) is None) == is_required, f"{name} {option}"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("kinline call record", [outcome.value for outcome in CallOutcome]),
        ("kinline close", [reason.value for reason in ClosureReason]),
        ("kinline recommend", [value.value for value in DecisionValue]),
        ("kinline user add", [role.value for role in Role]),
    ],
)
def test_a_command_that_takes_one_of_some_words_names_them_all(name: str, words: list[str]) -> None:
    assert re.findall(r"`([a-z_0-9]+)`", sections("docs/commands.md", 2)[name])[: len(words)] == words


# --- dependencies --------------------------------------------------------------------------------


def _names(requirements: list[str]) -> list[str]:
    return [re.split(r"[\[<>=!~; ]", requirement)[0] for requirement in requirements]


def test_each_dependency_has_its_reason_and_no_other_thing_does() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))
    page = sections("docs/dependencies.md", 2)
    told = {heading: re.findall(r"^- `([^`]+)`: \S", body, flags=re.M) for heading, body in page.items()}
    runs = told["What runs"] + told["Installed for what comes next"]
    assert sorted(runs) == sorted(_names(project["project"]["dependencies"]))
    assert told["`dev`: for developers"] == _names(project["dependency-groups"]["dev"])


def test_what_is_said_to_be_installed_for_later_is_imported_nowhere() -> None:
    later = re.findall(
        r"^- `(\w+)`", sections("docs/dependencies.md", 2)["Installed for what comes next"], re.M
    )
    pattern = re.compile(rf"^\s*(?:from|import) ({'|'.join(later)})\b", re.MULTILINE)
    used = [
        f"{path.relative_to(CLONE)} uses {found.group(1)}: move its line to 'What runs'"
        for room in ROOMS
        for path in (CLONE / room).rglob("*.py")
        for found in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert used == []


# --- policy, sandbox, words ----------------------------------------------------------------------


def _maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_policy_sources", DOCS / "make_policy_sources.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_sources_is_what_the_policy_files_say() -> None:
    made: str = _maker().page()
    assert text_of("docs/policy-sources.md") == made, "run .venv/bin/python docs/make_policy_sources.py"


def test_every_row_of_phones_is_on_the_sandbox_page() -> None:
    told = [re.findall(r"\d\d", row[0]) for row in rows(sections("docs/sandbox.md", 2)["Phones"])]
    assert told == [[f"{first:02}", f"{last:02}"] for first, last, _ in TABLE]


def test_the_glossary_is_in_order_and_explains_each_word_once() -> None:
    terms = re.findall(r"^\*\*(.+)\*\*$", text_of("docs/glossary.md"), flags=re.MULTILINE)
    assert terms == sorted(set(terms), key=lambda term: term.casefold().replace("-", " "))
    assert {*(party.value for party in Party if party != Party.CASE), "silent", "unanswered"} <= set(terms)


# --- all pages -----------------------------------------------------------------------------------


def _anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9_ -]", "", heading.strip().lower()).replace(" ", "-")


def _links(page: Path) -> Iterator[tuple[str, Path, str]]:
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if "://" not in link:
            path, _, anchor = link.partition("#")
            yield link, (page.parent / path).resolve() if path else page, anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CLONE)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link, target, anchor in _links(page):
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert anchor in {_anchor(heading) for heading in headings}, link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CLONE)))
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    prose = page.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:docs|samples|tests|vetting|followup|flows)/[\w./-]+\.\w+)`", prose):
        assert (CLONE / name).exists() or (page.parent / name).exists(), name


def test_the_pages_name_nobody_who_might_exist() -> None:
    phone = re.compile(r"\+1(?!\d{3}55501\d\d\b)\d{10}")
    for page in PAGES:
        assert not phone.search(page.read_text(encoding="utf-8")), page.name
    answers = json.loads((DOCS / "typed" / "sponsor_identity.json").read_text(encoding="utf-8"))
    assert "Example" in answers["family_names"]
