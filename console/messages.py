"""What the console says, collected for translation. `python -m console.messages` brings `messages.po` up to date.

Three kinds of places hold words: templates, calls of `gettext`, and tables of words that are looked up when they are
shown (`LOOKED_UP`). A word that belongs to a code (`wording.words`) is found by going through the codes.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from importlib import import_module
from io import BytesIO
from pathlib import Path
from pkgutil import iter_modules
from typing import get_args

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from sqlalchemy import CheckConstraint
from sqlmodel import SQLModel

from console.finding_patterns import SAID_OF_APPLICATIONS
from console.pages.board_words import definition
from console.pages.proof_words import NAMES, SAID
from console.pages.wording import words
from console.refusals import VALUE, refusals
from console.speech import LOCALE
from followup import replies
from followup.scripts import OPENING
from integrations.desk.appeals import METHODS
from integrations.desk.oversight import measure_names, measure_title
from integrations.letters.release_papers import fields_told
from integrations.questions import question_set
from models import contacts, court_status, findings, states, tables
from models.hits import VERDICTS
from models.interview import UNSAID
from models.linkage import FEATURES
from models.states import ReleasePaperKind
from vetting.amendment import What
from vetting.checks import Standing
from vetting.draft.questions import SECTIONS

ROOT = Path(__file__).resolve().parent.parent
SPANISH = LOCALE / "es" / "LC_MESSAGES" / "messages.po"
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "count": (2, 3)}
# Modules whose words stand in tables and are looked up when a page shows them.
LOOKED_UP = (
    "console/credentials.py",
    "console/csrf.py",
    "console/errors.py",
    "console/finding_patterns.py",
    "console/pages/proof_words.py",
    "console/pages/account.py",
    "console/pages/act_boxes.py",
    "console/pages/act_forms.py",
    "console/pages/act_hands.py",
    "console/pages/act_seldom.py",
    "console/pages/act_table.py",
    "console/pages/addresses.py",
    "console/pages/application_words.py",
    "console/pages/board_words.py",
    "console/pages/calendar.py",
    "console/pages/call_form.py",
    "console/pages/calls.py",
    "console/pages/child_words.py",
    "console/pages/closing_words.py",
    "console/pages/closings.py",
    "console/pages/conversation.py",
    "console/pages/court_acts.py",
    "console/pages/done_words.py",
    "console/pages/escalations.py",
    "console/pages/factor.py",
    "console/pages/gate_words.py",
    "console/pages/home_proofs.py",
    "console/pages/intake.py",
    "console/pages/intake_bulk.py",
    "console/pages/intake_pages.py",
    "console/pages/intake_papers.py",
    "console/pages/intake_words.py",
    "console/pages/links.py",
    "console/pages/moments.py",
    "console/pages/next_step.py",
    "console/pages/notice_acts.py",
    "console/pages/notice_forms.py",
    "console/pages/notice_words.py",
    "console/pages/notices.py",
    "console/pages/offers.py",
    "console/pages/queue.py",
    "console/pages/rendering.py",
    "console/pages/rota.py",
    "console/pages/sandbox.py",
    "console/pages/sign_in.py",
    "console/pages/timeline.py",
    "console/pages/typed_words.py",
    "console/pages/wording.py",
    "console/permissions.py",
    "console/patterns.py",
    "integrations/identity/preferences.py",
    "vetting/draft/asked.py",
    "vetting/draft/lacking.py",
    "vetting/draft/typed.py",
    "vetting/address.py",
    "vetting/completeness.py",
    "vetting/proof_of_address.py",
    "followup/closing.py",
)
# In those modules, but for machines: names of countries as they are typed, patterns of dates, zones by their key.
_FOR_MACHINES = re.compile(
    r"(design[.]md .*|el salvador|costa rica|dominican republic|haitian creole|united states)$|E{3,4}|d MMM|\w+/\w"
)
# How words look beside codes, paths and the names of fields.
_WORDS = re.compile(r"[A-Z][A-Za-z]*['a-z]|.*[a-z,.] \S")
_NO_WORDS = re.compile(
    r"[<>{}=\\]|--[a-z]|\.html|^text/|^max-age|^[a-z]+/|^Bearer|^retry|\||^kinline |^finding [A-Z]"
)


def collect() -> Catalog:
    """Every message that the console may say."""
    catalog = Catalog(domain="messages", project="Kinline", charset="utf-8")
    for message in _marked():
        catalog.add(message)
    for text in [*_tables(), *_refusals(), *_codes(), *_questions()]:
        if text:
            catalog.add(text)
    return catalog


def _marked() -> Iterator[str | tuple[str, ...]]:
    """What `_()`, `{% trans %}`, `gettext` and `count` are given."""
    found = extract_from_dir(
        ROOT / "console",
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2")],
        options_map={"templates/**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}},
        keywords=_KEYWORDS,
    )
    for _file, _line, message, _comments, _context in found:
        yield message


def _tables() -> Iterator[str]:
    for name in LOOKED_UP:
        tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
        yield from (text for text in _constants(tree) if _is_said(text))


def _is_said(text: str) -> bool:
    looks_said = _WORDS.match(text) and not _NO_WORDS.search(text) and not _FOR_MACHINES.match(text)
    return bool(looks_said) and not text.isupper()


def _says_nothing(node: ast.AST) -> bool:
    """A docstring, or the names that a module gives out."""
    if isinstance(node, ast.Assign):
        return [ast.unparse(target) for target in node.targets] == ["__all__"]
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _constants(tree: ast.AST) -> Iterator[str]:
    """The strings of a module, without its docstrings and the parts of f-strings."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.JoinedStr) or _says_nothing(node):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        else:
            yield from _constants(node)


def _refusals() -> Iterator[str]:
    """What the desk and the rules say when a thing can't be done, as far as it stands there without values."""
    return (text for text in refusals() if VALUE not in text)


def _codes() -> Iterator[str]:
    """The words of every code that a row may hold."""
    yield from (words(part) for part in OPENING)
    yield from SAID_OF_APPLICATIONS
    yield from _evidence()
    yield from _signs()
    yield from _measured()
    yield from _interviewed()
    yield from (told for told in map(words, [*_listed(), *_allowed()]) if not _is_a_code(told))


def _interviewed() -> Iterator[str]:
    """What is asked in an interview today, and what may be answered."""
    for question in question_set().questions:
        yield from question.ask.values()
        yield from map(words, (*question.answers, *UNSAID))


def _listed() -> Iterator[str]:
    """Codes that the models name, and the kinds of texts."""
    yield from ("reminder", "checkin", "welcome", "hearing")
    yield from FEATURES
    yield from (*NAMES, *SAID, *VERDICTS, *METHODS, *get_args(What), *Standing)
    yield from ("fallen", "moot")
    for kind in ReleasePaperKind:
        yield from fields_told(kind)
    for module in (states, contacts, findings, court_status, replies):
        for known in vars(module).values():
            if isinstance(known, type) and issubclass(known, StrEnum):
                yield from known


def _allowed() -> Iterator[str]:
    """Codes that a column may hold, as its constraint says."""
    for module in iter_modules(tables.__path__, f"{tables.__name__}."):
        import_module(module.name)
    for table in SQLModel.metadata.tables.values():
        for rule in table.constraints:
            if isinstance(rule, CheckConstraint):
                yield from re.findall(r"'([a-z][a-z_]+)'", str(rule.sqltext))


def _questions() -> Iterator[str]:
    """What the packet's form asks, with the questions that are made of parts."""
    for section in SECTIONS:
        yield from (section.title, section.group, section.intro, section.one, section.nobody, section.why)
        for question in section.questions:
            yield from (question.label, question.hint, question.why, *dict(question.options).values())


def _evidence() -> Iterator[str]:
    """What the policies ask for as evidence that a case may be closed."""
    for path in sorted((ROOT / "followup" / "procedures").glob("*.toml")):
        for line in tomllib.loads(path.read_text(encoding="utf-8")).get("closures", ()):
            if "evidence" in line:
                yield line["evidence"]


def _signs() -> Iterator[str]:
    """What interviews may point to."""
    for path in sorted((ROOT / "vetting" / "questions").glob("*.toml")):
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        yield from (line["says"] for line in [*told.get("signs", ()), *told.get("contradictions", ())])


def _measured() -> Iterator[str]:
    """The measures of the board, and what each counts."""
    for name in measure_names():
        title, counts = measure_title(name)
        yield from (title, definition(counts))


def _is_a_code(told: str) -> bool:
    """A rule's code is the same in every language, and so is a number."""
    return told.isupper() or told.isdecimal()


def write(catalog: Catalog, path: Path) -> None:
    """Sorted and without line numbers, so that two branches seldom touch the same lines."""
    catalog.last_translator = catalog.language_team = "Kinline"
    catalog.msgid_bugs_address = "SECURITY.md"
    catalog.creation_date = catalog.revision_date = datetime(2026, 11, 27, tzinfo=UTC)
    held = BytesIO()
    write_po(
        held, catalog, width=0, no_location=True, sort_output=True, omit_header=False, ignore_obsolete=True
    )
    path.write_bytes(held.getvalue())


def main() -> None:
    """Adds what is new with an empty translation, and drops what nobody says any more."""
    with SPANISH.open("rb") as file:
        spanish = read_po(file, locale="es")
    spanish.update(collect(), no_fuzzy_matching=True)
    write(spanish, SPANISH)
    missing = sum(1 for message in spanish if message.id and not message.string)
    print(f"{len(spanish)} messages, {missing} without a translation")


if __name__ == "__main__":
    main()
