"""What happened to an application, how old its checks are and who has the next step in hand, as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from console.pages.moments import day, today
from console.pages.wording import count, lower, span, subject, words
from console.speech import gettext, translated

# By kind and what became of it; what stands under a kind alone is said of all of them.
_TOLD: Mapping[tuple[str, str], str] = {
    ("packet", "submitted"): "The packet came in",
    ("packet", "amended"): "The packet was sent again: revision %(about)s",
    ("papers", "read"): "A machine read the papers: %(about)s",
    ("paper", "agrees"): "Typed what it says, and it agrees: %(about)s",
    ("paper", "differs"): "Typed what it says, and it differs: %(about)s",
    ("paper", "typed"): "Typed what it says: %(about)s",
    ("check", "ordered"): "Check ordered: %(about)s",
    ("check", "pending"): "Check is under way: %(about)s",
    ("check", "clear"): "Check came back clear: %(about)s",
    ("check", "hit_review"): "Check came back with a hit to be judged: %(about)s",
    ("check", "hit_bar"): "Check came back with a hit that bars: %(about)s",
    ("check", "unreadable"): "Check could not be read: %(about)s",
    ("check", "expired"): "Check is too old now: %(about)s",
    ("check", "judged"): "A person judged the hit: %(about)s",
    ("check", "allowed"): "The release need not wait for the check: %(about)s",
    ("finding", "open"): "Found: %(about)s",
    ("finding", "open_again"): "Found again: %(about)s",
    ("finding", "cleared"): "Looked into and cleared: %(about)s",
    ("finding", "resolved"): "No longer so: %(about)s",
    ("waiver", "proposed"): "Waiver proposed: %(about)s",
    ("waiver", "approved"): "Waiver approved: %(about)s",
    ("link", "open"): "Another application shares something: %(about)s",
    ("link", "confirmed"): "Link confirmed: %(about)s",
    ("link", "split"): "Link split: %(about)s",
    ("merge", "proposed"): "Proposed that this sponsor and another are one person",
    ("merge", "approved"): "This sponsor and another are taken as one person",
    ("merge", "undone"): "This sponsor and another are no longer taken as one person",
    ("interview", ""): "Interview with %(what)s",
    ("by_hand", ""): "Done by hand: %(about)s (%(what)s)",
    ("concern", ""): "A special concern was raised",
    ("home_study", "ordered"): "Home study %(about)s ordered",
    ("home_study", "positive"): "The report of home study %(about)s came: positive",
    ("home_study", "negative"): "The report of home study %(about)s came: negative",
    ("home_study", "override"): "Proposed that home study %(about)s does not stand in the way",
    ("home_study", "override_approved"): "Agreed that home study %(about)s does not stand in the way",
    ("services", ""): "Post-release services were offered: %(what)s",
    ("question", "asked"): "Question %(about)s was asked",
    ("question", "answered"): "Question %(about)s was answered",
    ("recommendation", ""): "The %(about)s recommends: %(what)s",
    ("review_waived", ""): "Not waited for: the %(what)s",
    ("consultation", "asked"): "A case consultation was asked for",
    ("consultation", ""): "The case consultation was concluded: %(what)s",
    ("decision", ""): "Decision: %(what)s",
    ("letter", ""): "The letter of the denial went out: %(what)s",
    ("appeal", "open"): "Appeal of %(about)s",
    ("appeal", "acknowledged"): "The appeal was acknowledged",
    ("appeal", "delivered"): "The file went to who appeals",
    ("appeal", "withheld"): "The file was kept back from who appeals",
    ("appeal", ""): "The appeal was decided: %(what)s",
    ("pending_review", ""): "A supervisor looked into why this takes so long",
    ("policy", "proposed"): "Proposed to move the case to policy %(about)s",
    ("policy", "approved"): "The case moved to policy %(about)s",
    ("state", ""): "The application moved on: %(what)s",
    ("release", ""): "The child was released",
    ("disclosure", ""): "Told of the case: %(about)s",
    ("late", ""): "Not done in time: %(what)s%(about)s",
}
_SAME = ("kind", "what", "by", "hand", "reason")
_THINGS = frozenset({"paper", "check", "waiver", "by_hand"})
# How many of the newest lines stand open; the ones before them are folded.
_UNFOLDED = 15


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened: when, what, for what reason, by whom. `still`: it is late still.

    `interview`: the id of the one that it tells of.
    """

    at: datetime
    text: str
    reason: str = ""
    by: str = ""
    late: bool = False
    still: bool = False
    interview: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """The lines, earliest first; those of `earlier` are folded. `is_cut`: older ones were not read."""

    earlier: tuple[Told, ...]
    newest: tuple[Told, ...]
    is_cut: bool


def story_words(story: Mapping[str, Any]) -> Story:
    lines = tuple(_line(rows) for rows in _together(story["told"]))
    return Story(lines[:-_UNFOLDED], lines[-_UNFOLDED:], story["has_more"])


def _together(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """What the same hand did to many things in the same instant is one line, as ten checks that were ordered."""
    for _, same in groupby(rows, lambda row: (row["at"], *(row[part] for part in _SAME), _apart(row))):
        yield list(same)


def _apart(row: Mapping[str, Any]) -> str:
    """A finding is told in sentences: only the same ones are one line. Each interview is its own."""
    return str(row["about"] if row["kind"] in ("finding", "interview") else "")


def _line(rows: Sequence[Mapping[str, Any]]) -> Told:
    row = rows[0]
    kind, what = row["kind"], row["what"]
    late = kind == "late"
    reason = "" if late else row["reason"] or ""
    template = _TOLD.get((kind, what)) or _TOLD[kind, ""]
    text = gettext(template, what=_what(kind, what), about=_all_about(kind, what, rows))
    return Told(
        row["at"],
        text,
        reason,
        _who(row),
        late,
        still=late and row["reason"] == "open",
        interview=row["about"] if kind == "interview" else "",
    )


def _who(row: Mapping[str, Any]) -> str:
    """The person's name; what acted where it was none. Nobody makes a thing late."""
    if row["by"] or row["kind"] == "late":
        return row["by"] or "–"
    if row["hand"] == "cli":
        return gettext("The command line")
    return "Kinline" if row["hand"] in ("engine", None) else gettext("A program with a key")


def _what(kind: str, what: str) -> str:
    if kind == "interview":
        return subject(what)
    return words(what) if kind == "late" else lower(words(what))


def _all_about(kind: str, what: str, rows: Sequence[Mapping[str, Any]]) -> str:
    if kind in _THINGS and len(rows) > 1:
        return _things(row["about"].split("@") for row in rows)
    told = "; ".join(filter(None, dict.fromkeys(_about(kind, what, row["about"] or "") for row in rows)))
    return f" ({told})" if told and kind == "late" else told


def _things(each: Iterable[Sequence[str]]) -> str:
    """Many things, those of one person together: `the sponsor (FBI name check, public records check)`."""
    of_whom: dict[str, dict[str, None]] = {}
    for item, whom, *place in each:
        of_whom.setdefault(subject(whom), {})[_thing(item, "", *place)] = None
    return "; ".join(f"{whom} ({', '.join(items)})" for whom, items in of_whom.items())


def _about(kind: str, what: str, about: str) -> str:
    if kind == "late":
        return _of_duty(what, about)
    if kind in _THINGS:
        return _thing(*about.split("@"))
    if kind == "papers":
        return count(int(about), "paper", "papers")
    if kind in ("recommendation", "link"):
        return lower(words(about))
    if kind == "appeal":
        return subject(about)
    return translated(about)


def _thing(item: str, whom: str = "", place: str = "") -> str:
    """`proof_of_income` of `sponsor`, or a check in a state."""
    told = lower(words(item)) + (f" ({place})" if place else "")
    return f"{told}, {subject(whom)}" if whom else told


def _of_duty(kind: str, key: str) -> str:
    """What the duty is about, where its key says so: `proof_of_income@sponsor`, `household:0:fbi_name`."""
    if "@" in key:
        return _thing(*key.split("@")[:2])
    parts = key.split(":")
    if kind != "record_check" or len(parts) < 2:
        return ""
    whom = parts[:2] if parts[0] == "household" else parts[:1]
    item = parts[len(whom) :]
    return _thing(item[0], ":".join(whom), *item[1:2]) if item else ""


@dataclass(frozen=True, slots=True)
class Age:
    """How old a check is. `flag`: a short word for what is wrong with that, and its `tone`."""

    text: str
    flag: str = ""
    tone: str = ""


def check_ages(shown: Mapping[str, Any], story: Mapping[str, Any], now: datetime) -> dict[str, Age]:
    """For the id of each check how long ago it was ordered or answered, and how long that holds."""
    due = {row["key"]: row["due_at"] for row in story["in_hand"] if row["kind"] == "record_check"}
    return {
        check["check_id"]: _age(check, story["checks"].get(check["check_id"], {}), due.get(_key(check)), now)
        for check in shown["checks"]
    }


def _key(check: Mapping[str, Any]) -> str:
    """The key of the duty to record this check's result (`vetting.steps`)."""
    return ":".join(part for part in (check["subject"], check["kind"], check["jurisdiction"]) if part)


def _age(check: Mapping[str, Any], times: Mapping[str, Any], due_at: datetime | None, now: datetime) -> Age:
    answered = times.get("result_at")
    if answered is not None:
        return _answered(check, now - answered, now)
    ordered = times.get("ordered_at")
    begun = (
        gettext("Ordered %(time)s ago", time=span(now - ordered)) if ordered else gettext("Not ordered yet")
    )
    if due_at is None:
        return Age(begun)
    if due_at < now:
        late = gettext("%(begun)s; the answer is %(time)s late", begun=begun, time=span(now - due_at))
        return Age(late, gettext("Late"), "bad")
    left = span(due_at - now)
    return Age(gettext("%(begun)s; an answer is due in %(time)s", begun=begun, time=left))


def _answered(check: Mapping[str, Any], ago: timedelta, now: datetime) -> Age:
    came = gettext("Answered %(time)s ago", time=span(ago))
    if check["state"] == "unreadable":
        return Age(gettext("%(came)s, but could not be read", came=came))
    until = check["expires_on"]
    if not until:
        return Age(came)
    if date.fromisoformat(until) < today(now):
        was = gettext("%(came)s; it was good until %(day)s", came=came, day=day(until))
        return Age(was, gettext("Too old"), "bad")
    return Age(gettext("%(came)s; good until %(day)s", came=came, day=day(until)))


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has the next step in hand: a person by name, or nobody. `since`: from when; `due_at`: to be done by then."""

    name: str
    taken: bool
    since: datetime | None
    due_at: datetime | None
    is_late: bool


def owner_of(
    duties: Iterable[str], roles: Iterable[str], story: Mapping[str, Any], now: datetime
) -> Owner | None:
    """Of the open duties of these kinds the most urgent: who took it, else who holds one of the roles on this case.

    None where nothing of the kind stands open and nobody has acted in such a role.
    """
    kinds, wanted = frozenset(duties), frozenset(roles)
    open_ones = [row for row in story["in_hand"] if row["kind"] in kinds]
    first = next((row for row in open_ones if row["taken_by"]), next(iter(open_ones), None))
    known = next((row for row in reversed(story["acted"]) if row["role"] in wanted), None)
    if first is None and known is None:
        return None
    taken = first is not None and first["taken_by"]
    name = first["taken_by"] if first is not None and taken else (known["name"] if known else "")
    since = (first["taken_at"] if taken else first["since"]) if first is not None else None
    due_at = first["due_at"] if first is not None else None
    return Owner(name, bool(taken), since, due_at, due_at is not None and due_at < now)


def on_this_case(story: Mapping[str, Any]) -> str:
    """Who has acted on it so far: `Carmen Example (case manager), Fay Example (federal field specialist)`."""
    return ", ".join(f"{row['name']} ({lower(words(row['role']))})" for row in story["acted"])
