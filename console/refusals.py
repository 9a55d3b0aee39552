"""What the desk and the rules say when a thing can't be done, found in their source: `console.messages` collects it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
# What makes a problem of its words.
_REFUSING = ("Problem", "Refused", "_day", "_one", "_problem", "_sample")
# Whose refusals a page may show.
_WHO_REFUSES = (
    "console/bodies.py",
    "console/pages/once.py",
    "followup/answers.py",
    "followup/escalation.py",
    "followup/forms.py",
    "followup/lost.py",
    "integrations/desk/**/*.py",
    "integrations/identity/*.py",
    "integrations/store/*.py",
    "integrations/unpacking.py",
    "vetting/acts.py",
    "vetting/decision.py",
    "vetting/hits.py",
    "vetting/interviews.py",
    "vetting/ladder.py",
    "vetting/typed.py",
)
VALUE = "\N{WHITE SQUARE}"
# Remedies for who types commands; a page leaves them out.
_FOR_A_TERMINAL = re.compile(r"--[a-z]|`|kinline ")


def refusals() -> Iterator[str]:
    """What a person may read when a thing can't be done. In a sentence that carries values, `VALUE` stands for each."""
    for place in _WHO_REFUSES:
        for path in sorted(_ROOT.glob(place)):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in _REFUSING
                ):
                    yield from _given(node)


def _given(call: ast.Call) -> Iterator[str]:
    """What a person reads of it. A refusal's second word is made a sentence of before it is shown (`console.errors`)."""
    refuses = isinstance(call.func, ast.Name) and call.func.id == "Refused"
    for place, given in enumerate([*call.args, *(keyword.value for keyword in call.keywords)]):
        for text in filter(_is_read, map(_text, _either(given))):
            yield f"{text[:1].upper()}{text[1:].rstrip('.')}." if refuses and place == 1 else text


def _is_read(text: str) -> bool:
    return " " in text and bool(re.search("[a-z]{2}", text)) and not _FOR_A_TERMINAL.search(text)


def _either(given: ast.expr) -> Iterator[ast.expr]:
    """What is given; of `this if so else that` both, of a list each."""
    if isinstance(given, ast.IfExp):
        yield from (*_either(given.body), *_either(given.orelse))
    elif isinstance(given, ast.List):
        for one in given.elts:
            yield from _either(one)
    else:
        yield given


def _text(given: ast.expr) -> str:
    if isinstance(given, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else VALUE for p in given.values)
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else ""
