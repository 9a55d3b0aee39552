"""The sandbox's calls and texts, and what they share: the agenda of events and the signed webhooks.

Everything that will happen is an item on the shelf, due in sandbox time, so a restart forgets nothing.
A handler that only changes the shelf cannot fail; a request to Kinline can, and is then kept and tried
again. Repeating a handler changes nothing: what it schedules has the same key.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
from twilio.request_validator import RequestValidator

from integrations.messaging import segments
from integrations.sandbox import phones
from integrations.sandbox.phones import ApiManner, PhoneBehaviour, Pickup, behaviour
from integrations.sandbox.store import Body, SandboxStore

Form = Mapping[str, list[str]]

EVENTS, LATE, GIVEN_UP = "twilio_event", "twilio_late", "twilio_given_up"
CALLS, TEXTS, PHONES, STUMBLES = "twilio_call", "twilio_text", "twilio_phone", "twilio_stumble"
OPT_OUTS, ANSWERED = "twilio_opt_out", "twilio_answered"
# Phones on which a person has typed: they answer no text by themselves any more.
HELD = "twilio_held"
# How a person has chosen that a phone takes automated calls: `pickup`, `presses`. Without it the last two digits say so.
TAKES_CALLS = "twilio_takes_calls"
API_VERSION = "2010-04-01"
MAX_STEPS = 8
_E164 = re.compile(r"\+[1-9]\d{7,14}")
_RING_AFTER = timedelta(seconds=2)
_PICKUP_AFTER = {Pickup.ANSWERS: timedelta(seconds=6), Pickup.MACHINE: timedelta(seconds=20)}
_SENT_AFTER, _FINAL_AFTER = timedelta(seconds=2), timedelta(seconds=3)
_ONE_ANSWER_PER = timedelta(days=1)


class Unreachable(Exception):
    """Kinline's webhook did not answer; keep the event and try again."""


class TwilioError(Exception):
    """A refusal in Twilio's own shape."""

    def __init__(self, status: int, code: int, message: str, *, retry_after: int | None = None) -> None:
        self.status, self.code, self.message, self.retry_after = status, code, message, retry_after
        super().__init__(f"{status} {code}")


class Switch:
    """The shelf, the agenda, the webhooks and the memory of phones, shared by texts and calls."""

    def __init__(
        self, store: SandboxStore, *, account_sid: str, auth_token: str, webhook_timeout: float = 15.0
    ) -> None:
        self.store, self.account_sid = store, account_sid
        self.lock = threading.RLock()
        self.newly_scheduled: list[tuple[datetime, str]] | None = None
        self._validator = RequestValidator(auth_token)
        self._http = httpx.Client(timeout=webhook_timeout, trust_env=False)

    def schedule(self, what: str, sid: str, at: datetime, **fields: Any) -> None:
        """One event, due at `at`; the same event scheduled again is still one."""
        key = f"{sid}:{what}:{fields.get('step', '')}"
        self.store.put(EVENTS, key, {"what": what, "sid": sid, "at": at.isoformat(), **fields}, due_at=at)
        if self.newly_scheduled is not None:
            self.newly_scheduled.append((at, key))

    def schedule_post(self, name: str, sid: str, at: datetime, url: str, form: Mapping[str, str]) -> None:
        """One signed POST; an empty `url` means the inbound webhook, wherever it is by then."""
        self.schedule("post", sid, at, step=name, url=url, form=dict(form))

    def post(self, url: str, form: Mapping[str, str]) -> str | None:
        """What Kinline answered to a signed POST; None when it refused (4xx, 5xx).

        Raises:
            Unreachable: no answer at all.
        """
        headers = {"X-Twilio-Signature": self._validator.compute_signature(url, form)}
        answer = None
        try:
            answer = self._http.post(url, data=dict(form), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL):
            answer = None
        if answer is None:
            raise Unreachable from None
        return answer.text if answer.is_success else None

    def phone(self, number: str, now: datetime) -> PhoneBehaviour:
        """How this phone behaves now. The first look is remembered as the first try."""
        known = self.store.get(PHONES, number)
        if known is None:
            self.store.put(PHONES, number, {"phone": number, "first_tried_at": now.isoformat()})
            since = None
        else:
            since = now - datetime.fromisoformat(known["first_tried_at"])
        found = behaviour(number).after(since)
        chosen = self.store.get(TAKES_CALLS, number)
        if chosen is None:
            return found
        return replace(found, automated=Pickup(chosen["pickup"]), presses=chosen["presses"])

    def stumble(self, *parts: str) -> None:
        """Nothing on the third try of the same request; then it counts anew.

        Raises:
            TwilioError: 429 on the first try, 500 on the second.
        """
        key = hashlib.sha256("|".join(parts).encode()).hexdigest()
        tries = (self.store.get(STUMBLES, key) or {"tries": 0})["tries"]
        if tries >= 2:
            self.store.delete(STUMBLES, key)
            return
        self.store.put(STUMBLES, key, {"tries": tries + 1})
        if tries == 0:
            raise TwilioError(429, 20429, "Too Many Requests", retry_after=1)
        raise TwilioError(500, 20500, "Internal Server Error")

    def new_sid(self, prefix: str, kind: str, *parts: str) -> str:
        """A sid that no item of this kind has; the same story makes the same sids."""
        sid, tries = "", 0
        while not sid or self.store.get(kind, sid) is not None:
            sid = prefix + hashlib.sha256("|".join((*parts, str(tries))).encode()).hexdigest()[:32]
            tries += 1
        return sid


def one(form: Form, name: str, default: str = "") -> str:
    """The last value of this key."""
    return form[name][-1] if form.get(name) else default


def check_numbers(to: str, from_: str) -> None:
    """Nothing, when both are numbers in E.164; else TwilioError 400 with Twilio's code."""
    if not to:
        raise TwilioError(400, 21604, "A 'To' phone number is required.")
    if not _E164.fullmatch(to):
        raise TwilioError(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if not _E164.fullmatch(from_):
        raise TwilioError(400, 21212, f"Invalid 'From' Phone Number: {from_}")


def rfc2822(iso: str | None) -> str | None:
    """Twilio's way to write a time, in whole seconds."""
    return format_datetime(datetime.fromisoformat(iso).astimezone(UTC)) if iso else None


class CallDesk:
    """Automated calls, from the request to the final status."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._store = switch.store

    def place(self, form: Form, now: datetime) -> tuple[Body, PhoneBehaviour]:
        """The call that was stored, and the phone that it goes to.

        Raises:
            TwilioError: nothing was stored.
        """
        to, from_, url = one(form, "To"), one(form, "From"), one(form, "Url")
        check_numbers(to, from_)
        if not url:
            raise TwilioError(400, 21205, "Url parameter is required.")
        with self._switch.lock:
            if behaviour(to).api is ApiManner.STUMBLES:
                self._switch.stumble("call", to, url)
            phone = self._switch.phone(to, now)
            sid = self._switch.new_sid("CA", CALLS, to, from_, now.isoformat())
            call = {
                "sid": sid, "to": to, "from": from_, "url": url, "status": "queued",
                "direction": "outbound-api", "created_at": now.isoformat(), "updated_at": now.isoformat(),
                "status_callback": one(form, "StatusCallback"),
                "events": form.get("StatusCallbackEvent") or ["completed"],
                "machine_detection": one(form, "MachineDetection"),
                "timeout": phones.whole_number(one(form, "Timeout"), 60),
                "start_at": None, "answered_at": None, "end_at": None, "duration": None,
                "answered_by": None, "heard": [], "pressed": [], "error": None,
            }  # fmt: skip
            self._store.put(CALLS, sid, call)
            self._switch.schedule("call.ring", sid, now + _RING_AFTER)
        return call, phone

    def handle(self, event: Body) -> None:
        """One moment in the life of a call.

        Raises:
            Unreachable: the TwiML could not be fetched; nothing changed.
        """
        call, at = self._store.get(CALLS, event["sid"]), datetime.fromisoformat(event["at"])
        if call is None or (call["end_at"] and event["what"] != "call.end"):
            return
        steps = {"call.ring": self._ring, "call.answer": self._answer, "call.step": self._step}
        steps.get(event["what"], self._end)(call, event, at)

    def give_up(self, event: Body) -> None:
        """The call ends because its TwiML could never be fetched."""
        call, at = self._store.get(CALLS, event["sid"]), datetime.fromisoformat(event["at"])
        if call is not None and not call["end_at"]:
            self._end(call | {"error": "11200"}, {"status": "completed"}, at)

    def as_json(self, call: Body) -> dict[str, Any]:
        """The call as Twilio shows it."""
        uri = f"/{API_VERSION}/Accounts/{self._switch.account_sid}/Calls/{call['sid']}"
        return {
            "sid": call["sid"], "account_sid": self._switch.account_sid, "api_version": API_VERSION,
            "to": call["to"], "to_formatted": call["to"], "from": call["from"], "from_formatted": call["from"],
            "status": call["status"], "direction": call["direction"], "answered_by": call["answered_by"],
            "date_created": rfc2822(call["created_at"]), "date_updated": rfc2822(call["updated_at"]),
            "start_time": rfc2822(call["start_at"]), "end_time": rfc2822(call["end_at"]),
            "duration": None if call["duration"] is None else str(call["duration"]),
            "price": None, "price_unit": "USD", "parent_call_sid": None, "phone_number_sid": None,
            "forwarded_from": None, "group_sid": None, "caller_name": None, "queue_time": "0",
            "trunk_sid": None, "annotation": None, "uri": f"{uri}.json",
            "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
        }  # fmt: skip

    def _ring(self, call: Body, _event: Body, at: datetime) -> None:
        call["start_at"] = at.isoformat()
        self._tell(call, at, "ringing", "ringing")
        pickup = self._switch.phone(call["to"], at).automated
        if pickup in _PICKUP_AFTER:
            self._switch.schedule("call.answer", call["sid"], at + _PICKUP_AFTER[pickup])
            return
        status, seconds = {
            Pickup.OUT_OF_SERVICE: ("failed", 1),
            Pickup.BUSY: ("busy", 2),
            Pickup.RINGS_OUT: ("no-answer", call["timeout"]),
        }[pickup]
        self._switch.schedule("call.end", call["sid"], at + timedelta(seconds=seconds), status=status)

    def _answer(self, call: Body, _event: Body, at: datetime) -> None:
        machine = self._switch.phone(call["to"], at).automated is Pickup.MACHINE
        call["answered_at"] = at.isoformat()
        if call["machine_detection"]:
            beep = call["machine_detection"] == "DetectMessageEnd"
            call["answered_by"] = ("machine_end_beep" if beep else "machine_start") if machine else "human"
        self._tell(call, at, "in-progress", "answered")
        self._switch.schedule("call.step", call["sid"], at, step=0, url=call["url"], extra={})

    def _step(self, call: Body, event: Body, at: datetime) -> None:
        form = self._form(call, "in-progress") | event["extra"]
        twiml = self._switch.post(event["url"], form)
        walk = phones.Walk(event["url"], self._switch.phone(call["to"], at).presses)
        try:
            walk.follow(phones.parse_twiml(twiml if twiml is not None else ""))
        except ValueError:
            walk.error = "11200" if twiml is None else "12100"
        call["heard"] += walk.heard
        call["pressed"] += [walk.extra["Digits"]] if walk.extra.get("Digits") else []
        call["error"] = walk.error
        self._store.put(CALLS, call["sid"], call)
        then, step = at + timedelta(seconds=walk.seconds), event["step"] + 1
        if walk.next_url and not walk.error and step < MAX_STEPS:
            self._switch.schedule(
                "call.step", call["sid"], then, step=step, url=walk.next_url, extra=walk.extra
            )
        else:
            self._switch.schedule("call.end", call["sid"], then, status="completed")

    def _end(self, call: Body, event: Body, at: datetime) -> None:
        call["end_at"] = at.isoformat()
        answered = call["answered_at"]
        call["duration"] = round((at - datetime.fromisoformat(answered)).total_seconds()) if answered else 0
        self._tell(call, at, event["status"], "completed")

    def _tell(self, call: Body, at: datetime, status: str, event_name: str) -> None:
        """The call has this status, and who asked for this event will hear of it."""
        call["status"], call["updated_at"] = status, at.isoformat()
        self._store.put(CALLS, call["sid"], call)
        if not call["status_callback"] or event_name not in call["events"]:
            return
        form = self._form(call, status) | {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(["ringing", "answered", "completed"].index(event_name)),
            "Timestamp": rfc2822(call["updated_at"]) or "",
        }
        if status == "completed":
            form["CallDuration"] = str(call["duration"])
        self._switch.schedule_post(event_name, call["sid"], at, call["status_callback"], form)

    def _form(self, call: Body, status: str) -> dict[str, str]:
        form = {
            "CallSid": call["sid"], "AccountSid": self._switch.account_sid, "ApiVersion": API_VERSION,
            "From": call["from"], "To": call["to"], "Direction": call["direction"], "CallStatus": status,
        }  # fmt: skip
        return form | {"AnsweredBy": call["answered_by"]} if call["answered_by"] else form


class TextDesk:
    """Texts, from the request to the receipt, and what the phone says back."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._store = switch.store

    def accept(self, form: Form, now: datetime) -> tuple[Body, PhoneBehaviour]:
        """The text that was stored, and the phone that it goes to.

        Raises:
            TwilioError: nothing was stored.
        """
        to, from_, body = one(form, "To"), one(form, "From"), one(form, "Body")
        check_numbers(to, from_)
        if not body.strip():
            raise TwilioError(400, 21602, "Message body is required.")
        if len(body) > 1600:
            raise TwilioError(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        with self._switch.lock:
            if behaviour(to).api is ApiManner.STUMBLES:
                self._switch.stumble("text", to, body)
            if self._store.get(OPT_OUTS, f"{to}|{from_}") is not None:
                raise TwilioError(400, 21610, "Attempt to send to unsubscribed recipient")
            phone = self._switch.phone(to, now)
            sid = self._switch.new_sid("SM", TEXTS, to, from_, body, now.isoformat())
            text = self._new(sid, from_, to, body, now) | {"status_callback": one(form, "StatusCallback")}
            self._store.put(TEXTS, sid, text)
            self._switch.schedule("text.sent", sid, now + _SENT_AFTER)
        return text, phone

    def receive(self, from_: str, to: str, body: str, at: datetime, *, sid: str = "") -> Body:
        """A phone has texted us: opt-out words act at once, and the inbound webhook will hear of it."""
        with self._switch.lock:
            sid = sid or self._switch.new_sid("SM", TEXTS, "in", from_, to, body, at.isoformat())
            text = self._new(sid, from_, to, body, at) | {"direction": "inbound", "status": "received"}
            self._store.put(TEXTS, sid, text)
        word = phones.opt_out_type(body)
        if word == "STOP":
            self._store.put(OPT_OUTS, f"{from_}|{to}", {"phone": from_, "at": at.isoformat()})
        if word == "START":
            self._store.delete(OPT_OUTS, f"{from_}|{to}")
        form = self._form(text, "received") | {
            "SmsMessageSid": sid, "Body": body, "NumMedia": "0", "NumSegments": str(text["segments"]),
            "FromCountry": "US", "ToCountry": "US",
        }  # fmt: skip
        del form["MessageStatus"]
        self._switch.schedule_post("inbound", sid, at, "", form | ({"OptOutType": word} if word else {}))
        return text

    def handle(self, event: Body) -> None:
        """One moment in the life of a text."""
        text, at = self._store.get(TEXTS, event["sid"]), datetime.fromisoformat(event["at"])
        if text is None:
            return
        if event["what"] == "text.sent":
            self._tell(text | {"sent_at": at.isoformat()}, at, "sent")
            self._switch.schedule("text.final", text["sid"], at + _FINAL_AFTER)
        elif event["what"] == "text.final":
            self._finish(text, at)
        elif self._store.get(HELD, text["to"]) is None:
            seed = hashlib.sha256(f"reply|{text['sid']}".encode()).hexdigest()
            self.receive(text["to"], text["from"], event["body"], at, sid=f"SM{seed[:32]}")

    def as_json(self, text: Body) -> dict[str, Any]:
        """The text as Twilio shows it."""
        uri = f"/{API_VERSION}/Accounts/{self._switch.account_sid}/Messages/{text['sid']}"
        return {
            "sid": text["sid"], "account_sid": self._switch.account_sid, "api_version": API_VERSION,
            "to": text["to"], "from": text["from"], "body": text["body"], "status": text["status"],
            "direction": text["direction"], "num_segments": str(text["segments"]), "num_media": "0",
            "date_created": rfc2822(text["created_at"]), "date_updated": rfc2822(text["updated_at"]),
            "date_sent": rfc2822(text["sent_at"]), "error_code": text["error_code"], "error_message": None,
            "price": None, "price_unit": "USD", "messaging_service_sid": None, "uri": f"{uri}.json",
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }  # fmt: skip

    def _new(self, sid: str, from_: str, to: str, body: str, at: datetime) -> Body:
        return {
            "sid": sid, "from": from_, "to": to, "body": body, "direction": "outbound-api",
            "status": "queued", "created_at": at.isoformat(), "updated_at": at.isoformat(), "sent_at": None,
            "status_callback": "", "error_code": None, "segments": segments.count(body).parts,
        }  # fmt: skip

    def _finish(self, text: Body, at: datetime) -> None:
        phone = self._switch.phone(text["to"], at)
        if phone.text_error is not None:
            self._tell(text | {"error_code": phone.text_error}, at, "undelivered")
            return
        self._tell(text, at, "delivered")
        if self._store.get(HELD, text["to"]) is not None:
            return
        said = "" if phone.says_stop else text["body"]
        key = hashlib.sha256(f"{text['to']}|{said}".encode()).hexdigest()
        before = self._store.get(ANSWERED, key)
        if before is not None and at - datetime.fromisoformat(before["at"]) < _ONE_ANSWER_PER:
            return  # answered already: a phone does not answer the same words twice in a day
        reply = phones.reply_to(phone, text["body"], is_first_text=before is None)
        if reply is not None:
            self._switch.schedule("text.reply", text["sid"], at + phones.reply_delay(text["sid"]), body=reply)
            self._store.put(ANSWERED, key, {"at": at.isoformat()})

    def _tell(self, text: Body, at: datetime, status: str) -> None:
        text = text | {"status": status, "updated_at": at.isoformat()}
        self._store.put(TEXTS, text["sid"], text)
        if text["status_callback"]:
            form = self._form(text, status)
            self._switch.schedule_post(status, text["sid"], at, text["status_callback"], form)

    def _form(self, text: Body, status: str) -> dict[str, str]:
        form = {
            "MessageSid": text["sid"], "SmsSid": text["sid"], "AccountSid": self._switch.account_sid,
            "ApiVersion": API_VERSION, "From": text["from"], "To": text["to"],
            "MessageStatus": status, "SmsStatus": status,
        }  # fmt: skip
        return form | {"ErrorCode": str(text["error_code"])} if text["error_code"] else form
