"""Run the verbs that concern one leg alone: words, sounds, pauses, redirects, and the media stream.

https://www.twilio.com/docs/voice/twiml
"""

from __future__ import annotations

import datetime
import io
import wave
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ivr.media.g711 import RATE
from ivr.testbench.phone.phone import Phone
from ivr.testbench.twilio.http import HttpReply
from ivr.testbench.twilio.legs.leg import Follow, Hangup, Leg, VerbOutcome
from ivr.testbench.twilio.legs.scripts import MachineScript, SilentScript
from ivr.testbench.twilio.network import NetworkWire
from ivr.testbench.twilio.socket import StreamRefused
from ivr.testbench.twilio.stream import CarrierStream, FarWire
from ivr.testbench.twilio.twiml import StreamOrder, TwimlDocument, TwimlError, Verb, absolute, stream_order

STREAMS_MOST: Final = 10
"""Streams of one call, one after the other, that are played."""
DIGIT_S: Final = 0.2
"""Seconds of one tone of `<Play digits>`; a `w` is a pause of half a second."""
SOUND_S: Final = 3.0
"""Seconds that a sound takes whose length is not known."""
MP3_BYTES: Final = 8000
"""Bytes of a second of compressed audio, taken for its length."""
NOT_A_SOUND: Final = 12300
"""Error: the media that `<Play>` names is not audio."""


async def say(leg: Leg, verb: Verb, document: TwimlDocument) -> VerbOutcome:
    """Speak words: they are written down, and take the time that speech takes."""
    del document
    for _ in range(times(verb)):
        leg.record.said.append(verb.text)
        leg.record.note(leg.clock.now(), "say", verb.text)
        rate = leg.office.options.speech_rate
        if rate and await leg.pause(len(verb.text) / rate):
            break
    return None


async def play(leg: Leg, verb: Verb, document: TwimlDocument) -> VerbOutcome:
    """Play a sound, or tones of keys."""
    digits = verb.attributes.get("digits", "")
    if digits:
        leg.record.note(leg.clock.now(), "play", f"digits {digits}")
        await leg.pause(sum(0.5 if digit in "wW" else DIGIT_S for digit in digits))
        return None
    url = absolute(verb.text, document.url)
    reply = await leg.office.webhooks.ask(url, {}, method="GET")
    if reply.error:
        leg.record.warn(leg.clock.now(), reply.error, f"{url}: {reply.reason}")
        return None
    if not reply.content_type.startswith(("audio/", "application/octet-stream")):
        leg.record.warn(leg.clock.now(), NOT_A_SOUND, f"{url}: {reply.content_type or 'no content type'}")
        return None
    for _ in range(times(verb)):
        leg.record.note(leg.clock.now(), "play", url)
        if await leg.pause(sound_s(reply)):
            break
    return None


def sound_s(reply: HttpReply) -> float:
    """Return how long a sound is."""
    if reply.body[:4] == b"RIFF":
        try:
            with wave.open(io.BytesIO(reply.body)) as file:
                return float(file.getnframes() / file.getframerate())
        # A mu-law file is one that Python's reader does not know.
        except (wave.Error, EOFError):
            return len(reply.body) / RATE
    return len(reply.body) / MP3_BYTES if reply.body else SOUND_S


def times(verb: Verb) -> int:
    """Return how often a verb is repeated: `loop`, where 0 is a thousand times."""
    loop = verb.attributes.get("loop", "1")
    return min(int(loop) or 1000, 1000) if loop.isdigit() else 1


async def pause(leg: Leg, verb: Verb, document: TwimlDocument) -> VerbOutcome:
    """Let time pass."""
    del document
    await leg.pause(seconds_of(verb, "length", 1.0))
    return None


def seconds_of(verb: Verb, name: str, usual: float) -> float:
    """Return an attribute that is a number of seconds; what is none counts as left out."""
    try:
        return max(0.0, float(verb.attributes.get(name, usual)))
    except ValueError:
        return usual


async def hang_up(leg: Leg, verb: Verb, document: TwimlDocument) -> VerbOutcome:
    """End the call."""
    del leg, verb, document
    return Hangup()


async def redirect(leg: Leg, verb: Verb, document: TwimlDocument) -> VerbOutcome:
    """Go on with another document."""
    url = absolute(verb.text, document.url) or document.url
    return Follow(url, method=verb.attributes.get("method", "POST"), fallback=leg.office.options.fallback_url)


async def refer(leg: Leg, verb: Verb, document: TwimlDocument) -> VerbOutcome:
    """Send a SIP caller elsewhere: the far side takes it, and the call is over here."""
    to = verb.children[0].text if verb.children else verb.text
    leg.record.note(leg.clock.now(), "dial", to)
    # Twilio's page on `Refer`: `action` is asked with what the other side answered, 202 when it accepted.
    return follow(verb, document, {"ReferCallStatus": "accepted", "ReferSipResponseCode": "202"}) or Hangup()


def follow(verb: Verb, document: TwimlDocument, more: Mapping[str, str]) -> Follow | None:
    """Return the verb's `action`, where it has one."""
    url = absolute(verb.attributes.get("action", ""), document.url)
    return Follow(url, more, verb.attributes.get("method", "POST")) if url else None


async def connect(leg: Leg, verb: Verb, document: TwimlDocument) -> VerbOutcome:
    """Play the media stream of a `<Connect>` to its end, then follow its `action`."""
    leg.streams += 1
    if leg.streams > STREAMS_MOST:
        leg.record.note(leg.clock.now(), "fault", f"more than {STREAMS_MOST} streams on one call")
        return Hangup()
    if leg.streams > 1:
        leg.ids = replace(leg.ids, stream=leg.office.sid("MZ"))
    order: StreamOrder | None = None
    try:
        order = stream_order(verb, document.url)
        await _carry(leg, order)
    except (TwimlError, StreamRefused) as error:
        leg.record.warn(leg.clock.now(), error.code, error.reason)
        # Twilio's page on `Stream`: the callback is the only place that shows why a handshake failed.
        if order is not None:
            _report_stream(leg, order, "stream-error", f"{error.code} - {error.reason}")
    if leg.record.ended == "caller":
        leg.leave()
        return Hangup()
    # Twilio's page on `Connect`: a stream that the bridge ended goes on with `action`, else with the next verb.
    return None if leg.is_redirected else follow(verb, document, {})


async def _carry(leg: Leg, order: StreamOrder) -> None:
    """Open a stream and carry it to its end. Raises `StreamRefused`."""
    office = leg.office
    phone = Phone(leg.ids, leg.record, parameters=order.parameters, options=office.phone, before=leg.phone)
    url, headers = office.webhooks.socket(order.url, trailing_slash=office.options.trailing_slash)
    began = leg.clock.now()
    wire: FarWire = await office.connect(url, headers, office.options.handshake_s)
    if office.options.network:
        wire = NetworkWire(wire, office.options.network, leg.clock, office.chance)
    leg.record.connect_s = leg.clock.now() - began
    leg.record.note(leg.clock.now(), "connect", order.url)
    _report_stream(leg, order, "stream-started")
    leg.phone = phone
    if leg.script is None:
        leg.script = MachineScript(leg.party, office.voice) if leg.party.kind == "machine" else SilentScript()
    leg.stream = CarrierStream(wire, phone, leg.script, leg.clock, room=office.options.room)
    try:
        # What came while the socket was being opened ends the stream at once.
        if leg.left or leg.is_redirected:
            leg.stream.end_soon("caller" if leg.left else "carrier")
        await leg.stream.run()
    finally:
        leg.stream = None
        await wire.close(1000)
    _report_stream(leg, order, "stream-stopped")


def _report_stream(leg: Leg, order: StreamOrder, event: str, error: str = "") -> None:
    """Report a stream event to the stream's status callback, where there is one."""
    if not order.status_callback:
        return
    fields = {
        "AccountSid": leg.ids.account,
        "CallSid": leg.ids.call,
        "StreamSid": leg.ids.stream,
        "StreamName": order.name or leg.ids.stream,
        "StreamEvent": event,
        "Timestamp": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
    }
    more = {"StreamError": error} if error else {}
    leg.call_back(order.status_callback, fields | more, event, order.status_method)
