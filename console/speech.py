"""In which language a page speaks, and of which clock it tells the time: one answer for each request.

The words are made deep inside, where no request is at hand. So a request's `Speech` stands in a context variable:
`Listener` puts it there as the cookie and the browser say, and whoever turns out to be signed in changes it in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from console.patterns import retold
from integrations.identity.accounts import SignedIn
from models.states import CONSOLE_LANGUAGES

LOCALE = Path(__file__).parent / "locale"
# Holds `es` or `en` and nothing else: for who is not signed in.
COOKIE = "kinline_language"
# Each by its own name.
NAMES = (("en", "English"), ("es", "Español"))
_EAST = ZoneInfo("America/New_York")


@dataclass(slots=True)
class Speech:
    """How this request is answered. Outside of one: plain English, by the clock of the east coast."""

    zone: ZoneInfo = _EAST
    language: str = "en"

    @property
    def locale(self) -> str:
        """The name that Babel knows: each language as it is written in the United States."""
        return f"{self.language}_US"

    def suit(self, who: SignedIn) -> None:
        """As this person has chosen, where they have."""
        if who.time_zone:
            self.zone = ZoneInfo(who.time_zone)
        if who.language:
            self.language = who.language


_SPEECH: ContextVar[Speech] = ContextVar("speech")


def speech() -> Speech:
    """The one of this request."""
    return _SPEECH.get(None) or Speech()


@contextmanager
def spoken(chosen: Speech) -> Iterator[None]:
    """Within this, pages are made as if for a request with this speech."""
    before = _SPEECH.set(chosen)
    try:
        yield
    finally:
        _SPEECH.reset(before)


def gettext(message: str, **values: object) -> str:
    """The message in the reader's language, with its values put in. English stands in for what is not translated."""
    told = _catalog(speech().language).gettext(message) if message else ""
    return _smooth(told % values) if values else told


def translated(text: str) -> str:
    """What another room has said in English, in the reader's language; as it is, where the catalog does not know it.

    Finished markup stays as it is, too.
    """
    if speech().language == "en" or not text or hasattr(text, "__html__"):
        return text
    return retold(text, gettext)


def _smooth(told: str) -> str:
    """Spanish draws `de el` and `a el` together, which only the value that was put in can tell."""
    if speech().language != "es":
        return told
    return told.replace(" de el ", " del ").replace(" a el ", " al ")


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """The same for one or for many."""
    told = _catalog(speech().language).ngettext(one, many, number)
    return told % values if values else told


@cache
def _catalog(language: str) -> NullTranslations:
    """The words of this language. Read from its `.po` as it stands: nothing needs to be compiled beforehand."""
    path = LOCALE / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


class Listener:
    """Begins each request with the speech that fits whoever is not known yet."""

    def __init__(self, app: ASGIApp, *, zone: str) -> None:
        self._app = app
        self._zone = ZoneInfo(zone)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            asked = HTTPConnection(scope)
            chosen = asked.cookies.get(COOKIE, "")
            language = (
                chosen if chosen in CONSOLE_LANGUAGES else _wanted(asked.headers.get("accept-language", ""))
            )
            _SPEECH.set(Speech(self._zone, language))
        await self._app(scope, receive, send)


def _wanted(header: str) -> str:
    """The best of our languages for an Accept-Language header; English when it names none of them."""
    return negotiate_locale(_by_weight(header), CONSOLE_LANGUAGES, sep="-") or "en"


def _by_weight(header: str) -> Iterable[str]:
    """The languages of the header, the most wanted first: `es-MX, en;q=0.5`."""
    weighed = []
    for place, part in enumerate(header[:500].split(",")):
        name, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), place, name))
        except ValueError:
            continue
    return [name for weight, _, name in sorted(weighed) if weight < 0]
