"""Writes docs/policy-sources.md from the policy files: `.venv/bin/python docs/make_policy_sources.py`.

A test compares the page with what `page()` returns, so that a policy line can't be added without its source
standing where counsel looks for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from followup.policy import lines as followup_lines
from integrations.policies import followup_policies, vetting_policies
from models.followup_policy import FollowupPolicy
from models.policy import Line
from models.vetting_policy import VettingPolicy
from vetting.policy import lines as vetting_lines

PAGE = Path(__file__).with_name("policy-sources.md")
_HEAD = """\
# Where each rule comes from

Made by `docs/make_policy_sources.py` from `vetting/policies/*.toml` and `followup/policies/*.toml`. Do not edit
it by hand.

**unverified** means that the source could not be read when the line was written: it is from memory, second-hand,
or our own proposal ("ours"). Counsel must read these lines before anybody relies on them. A line that is
*not in force* is kept on record and does nothing.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD, _summary()]
    parts += [_section(p, "vetting", vetting_lines(p)) for p in vetting_policies()]
    parts += [_section(p, "follow-up", followup_lines(p)) for p in followup_policies()]
    return "\n".join(parts)


def _all() -> list[tuple[str, list[Line]]]:
    found = [(p.version, [line for _, line in vetting_lines(p)]) for p in vetting_policies()]
    return found + [(p.version, [line for _, line in followup_lines(p)]) for p in followup_policies()]


def _summary() -> str:
    rows = ["| version | lines | unverified | not in force |", "|---|---|---|---|"]
    for version, lines in _all():
        unverified = sum(line.unverified for line in lines)
        idle = sum(not line.active for line in lines)
        rows.append(f"| [{version}](#{version}) | {len(lines)} | {unverified} | {idle} |")
    return "\n".join(rows) + "\n"


def _section(policy: VettingPolicy | FollowupPolicy, room: str, lines: Iterable[tuple[str, Line]]) -> str:
    rows = [
        f"## {policy.version}",
        "",
        f"{policy.title}. For {room}, from {policy.effective_from.isoformat()}.{_for_whom(policy)}",
        "",
        "| rule | about | source | unverified |",
        "|---|---|---|---|",
    ]
    for table, line in lines:
        about = table if line.active else f"{table}, *not in force*"
        rows.append(f"| {line.rule} | {about} | {_cell(line.source)} | {'yes' if line.unverified else ''} |")
    return "\n".join(rows) + "\n"


def _for_whom(policy: VettingPolicy | FollowupPolicy) -> str:
    if isinstance(policy, FollowupPolicy):
        return ""
    first, last = policy.applies_if.entered_care_from, policy.applies_if.entered_care_until
    words = [f"from {first.isoformat()}" if first else "", f"until {last.isoformat()}" if last else ""]
    when = " ".join(word for word in words if word)
    return f" For children who entered care {when}." if when else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
