"""How each invented phone behaves, chosen by its last two digits (design 6.5). Pure: a table and rules,
and what such a phone hears and presses when an automated call plays TwiML to it.

Sandbox phones are +1 NXX 555 01xx, in any area code. Every other number is a stranger's: the sandbox
never answers for it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urljoin
from xml.etree import ElementTree

_SANDBOX_PHONE = re.compile(r"\+1[2-9]\d{2}55501(\d\d)")

# Twilio's error codes for a text that did not arrive (design 6.5).
UNREACHABLE_HANDSET = 30003
UNKNOWN_HANDSET = 30005
LANDLINE = 30006


class Pickup(StrEnum):
    """What happens when the phone rings."""

    ANSWERS = "answers"
    RINGS_OUT = "rings_out"
    MACHINE = "machine"
    OUT_OF_SERVICE = "out_of_service"
    BUSY = "busy"


class ApiManner(StrEnum):
    """How the provider's own API treats a request about this phone."""

    ACCEPTS = "accepts"
    STUMBLES = "stumbles"  # 429, then 500, then accepts; each message anew
    LOSES_RESPONSE = "loses_response"  # accepted and stored, but the answer never arrives


@dataclass(frozen=True, slots=True)
class PhoneBehaviour:
    """What one phone does. `reply` goes to texts that ask, `presses` to automated calls that ask.

    `text_error` is why texts never arrive; None when they do. While `unreachable_for` has not passed
    since the first try, texts and calls fail; from then on the phone is as `ANSWERING`.
    """

    name: str
    reply: str | None = None
    says_stop: bool = False
    text_error: int | None = None
    automated: Pickup = Pickup.ANSWERS
    presses: str | None = None
    people: Pickup = Pickup.ANSWERS
    api: ApiManner = ApiManner.ACCEPTS
    unreachable_for: timedelta | None = None

    def after(self, since_first_try: timedelta | None) -> PhoneBehaviour:
        """The behaviour this long after the first try (None: this is the first)."""
        if self.unreachable_for is None or since_first_try is None:
            return self
        return ANSWERING if since_first_try >= self.unreachable_for else self


ANSWERING = PhoneBehaviour("answers", reply="1", presses="1")
_SILENT = PhoneBehaviour("never_answers", automated=Pickup.RINGS_OUT, people=Pickup.RINGS_OUT)
_GONE = PhoneBehaviour(
    "out_of_service",
    text_error=UNKNOWN_HANDSET,
    automated=Pickup.OUT_OF_SERVICE,
    people=Pickup.OUT_OF_SERVICE,
)
STRANGER = replace(_SILENT, name="not_a_sandbox_phone")

# (first, last, behaviour): the last two digits of the phone, both ends in.
# Where design 6.5 is silent, ours: a landline has keys and presses 1; who says STOP to texts lets an
# automated call speak and presses nothing; a phone that is unreachable fails calls too.
TABLE: tuple[tuple[int, int, PhoneBehaviour], ...] = (
    (0, 49, ANSWERING),
    (50, 59, _SILENT),
    (60, 64, PhoneBehaviour("landline", text_error=LANDLINE, presses="1")),
    (65, 69, PhoneBehaviour("says_stop", says_stop=True)),
    (70, 74, PhoneBehaviour("asks_for_help", reply="2", presses="2")),
    (75, 79, PhoneBehaviour("moved", reply="3", presses="3")),
    (80, 82, _GONE),
    (
        83,
        84,
        replace(_GONE, name="unreachable", text_error=UNREACHABLE_HANDSET, unreachable_for=timedelta(days=1)),
    ),
    (85, 89, PhoneBehaviour("machine", automated=Pickup.MACHINE, people=Pickup.MACHINE)),
    (90, 94, replace(ANSWERING, name="stumbles", api=ApiManner.STUMBLES)),
    (95, 99, replace(ANSWERING, name="loses_response", api=ApiManner.LOSES_RESPONSE)),
)

# A text asks when it has a question mark in any script, or offers option 1: a 1 that stands alone,
# not part of a number, a time, a date ("1 March", "1/3") or a phone ("1 (800)", "1-800").
_QUESTION = re.compile(r"[?？؟]")
_OPTION = re.compile(
    r"(?<![\w:/.,#+-])1(?![\w:/#-]|[.,]\d|\s*\(|\s+(?:de\s+)?"
    r"(?:jan|feb|mar|apr|abr|may|jun|jul|aug|ago|sep|oct|nov|dec|dic|ene)|\s*[ap]\.?m\b)",
    re.IGNORECASE,
)

# Source: Twilio's default words for long codes (measured/engine.md section 7); START and HELP likewise.
_OPT_OUT_WORDS = {
    **dict.fromkeys(("STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"), "STOP"),
    **dict.fromkeys(("START", "UNSTOP"), "START"),
    **dict.fromkeys(("HELP", "INFO"), "HELP"),
}

_SOONEST_REPLY = timedelta(minutes=2)
_REPLY_SPREAD_SECONDS = 7 * 60
_SAY_SECONDS, _PRESS_SECONDS = 5, 4
_VERBS = frozenset({"Say", "Play", "Pause", "Gather", "Redirect", "Hangup", "Record"})


def is_sandbox_phone(phone: str) -> bool:
    """True for +1 NXX 555 01xx."""
    return _SANDBOX_PHONE.fullmatch(phone) is not None


def behaviour(phone: str) -> PhoneBehaviour:
    """How this phone behaves at the first try; `after` tells what time changes.

    >>> behaviour("+12135550107").reply
    '1'
    """
    match = _SANDBOX_PHONE.fullmatch(phone)
    if match is None:
        return STRANGER
    digits = int(match[1])
    return next(row for first, last, row in TABLE if first <= digits <= last)


def picks_up_for_people(phone: str, tries: int = 0, *, since: timedelta | None = None) -> Pickup:
    """What a person who calls this phone meets.

    `tries` counts the earlier tries and `since` is the time since the first of them; they matter to
    the phones that are unreachable for a day.
    """
    return behaviour(phone).after(since if tries > 0 else None).people


def asks(body: str) -> bool:
    """True when a text wants an answer: it has a question mark or offers option 1.

    The neutral thanks has neither, so a phone never answers it and no two machines talk for ever.
    """
    return bool(_QUESTION.search(body) or _OPTION.search(body))


def reply_to(phone_behaviour: PhoneBehaviour, body: str, *, is_first_text: bool) -> str | None:
    """What the phone texts back to one delivered text; None for silence. One reply a text, never more."""
    if phone_behaviour.says_stop:
        return "STOP" if is_first_text else None
    return phone_behaviour.reply if asks(body) else None


def opt_out_type(body: str) -> str | None:
    """STOP, START or HELP, when the text is one of Twilio's words and nothing else."""
    return _OPT_OUT_WORDS.get(body.strip().upper())


def reply_delay(sid: str) -> timedelta:
    """2 to 9 minutes, always the same for the same text."""
    seed = int.from_bytes(hashlib.sha256(sid.encode()).digest()[:4], "big")
    return _SOONEST_REPLY + timedelta(seconds=seed % (_REPLY_SPREAD_SECONDS + 1))


@dataclass(frozen=True)
class Verb:
    """One TwiML verb."""

    name: str
    attributes: Mapping[str, str]
    text: str
    inner: tuple[Verb, ...] = ()


def parse_twiml(text: str) -> tuple[Verb, ...]:
    """The verbs of a TwiML document, in order.

    Raises:
        ValueError: not XML, not a <Response>, or it declares a document type or entities.
    """
    if "<!" in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL):
        raise ValueError("declarations are not TwiML")
    try:
        root = ElementTree.fromstring(text.strip())  # noqa: S314 - declarations were refused above
    except ElementTree.ParseError:
        raise ValueError("not XML") from None
    if root.tag != "Response":
        raise ValueError("not a <Response>")
    return tuple(_verb(child) for child in root)


def _verb(node: ElementTree.Element) -> Verb:
    inner = tuple(_verb(child) for child in node)
    return Verb(node.tag, dict(node.attrib), "".join(node.itertext()).strip(), inner)


@dataclass
class Walk:
    """How far one TwiML document took a call: what was heard, how long, and where it goes next."""

    url: str
    presses: str | None
    seconds: int = 0
    heard: list[str] = field(default_factory=list)
    next_url: str | None = None
    extra: dict[str, str] = field(default_factory=dict)
    error: str | None = None

    def follow(self, verbs: tuple[Verb, ...]) -> Walk:
        """Every verb in turn, until one leads to another document or hangs up."""
        for verb in verbs:
            if verb.name not in _VERBS:
                self.error = "12100"
                break
            if getattr(self, f"_{verb.name.lower()}")(verb):
                break
        return self

    def _say(self, verb: Verb) -> bool:
        self.heard.append(verb.text)
        self.seconds += _SAY_SECONDS
        return False

    _play = _say

    def _pause(self, verb: Verb) -> bool:
        self.seconds += whole_number(verb.attributes.get("length"), 1)
        return False

    def _hangup(self, _verb: Verb) -> bool:
        return True

    def _redirect(self, verb: Verb) -> bool:
        self.next_url = urljoin(self.url, verb.text)
        return True

    def _record(self, verb: Verb) -> bool:
        self.seconds += _SAY_SECONDS
        if "action" not in verb.attributes:
            return False
        self.next_url = urljoin(self.url, verb.attributes["action"])
        self.extra = {"RecordingDuration": str(_SAY_SECONDS)}
        return True

    def _gather(self, verb: Verb) -> bool:
        """Without a key pressed, Gather falls through to the next verb."""
        self.follow(verb.inner)
        keys = "dtmf" in verb.attributes.get("input", "dtmf")
        digits = self.presses if keys else None
        if digits is None:
            self.seconds += whole_number(verb.attributes.get("timeout"), 5)
            if verb.attributes.get("actionOnEmptyResult", "false") != "true":
                return False
        self.seconds += _PRESS_SECONDS
        self.next_url = urljoin(self.url, verb.attributes.get("action", ""))
        self.extra = {"Digits": digits or "", "msg": "Gather End"}
        return True


def whole_number(text: str | None, default: int) -> int:
    """The number in `text`; `default` when it is none."""
    return int(text) if text and text.isascii() and text.isdigit() else default
