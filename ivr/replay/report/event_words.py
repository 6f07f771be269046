"""Say in a few words what happened and what was decided, and show it as the messages on the wires.

Messages are written as the wires write them, except that audio is given by its length and that secrets are not known:
a tape has none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, assert_never

from ivr.call import commands as ask
from ivr.call import events
from ivr.call.commands import Command
from ivr.call.events import Event
from ivr.media.g711 import RATE
from ivr.twilio import messages as twilio
from ivr.webhook.request import body

EventSide: TypeAlias = Literal["caller", "stt", "agent", "tts", "phone", "fault", "call"]
"""Who an event or a command is about; the page colours by it."""


@dataclass(frozen=True, slots=True)
class EventWords:
    """Hold what is said of one event or command."""

    side: EventSide
    text: str


@dataclass(frozen=True, slots=True)
class WireMessage:
    """Hold one message as it is on its wire."""

    wire: str
    """`phone`, `STT`, `agent`, `TTS`, `carrier`."""
    received: bool
    """True: from the peer. False: to it."""
    text: str


def event_words(event: Event) -> EventWords:
    """Return what happened."""
    match event:
        case events.AudioIn(timestamp_ms=at, payload=payload, speech=speech):
            return EventWords("caller", f"{_length(payload)} of the caller at {at} ms, score {speech:.2f}")
        case events.CallStarted(call_id=call_id):
            return EventWords("call", f"the call begins: {call_id}")
        case events.DigitPressed(digit=digit):
            return EventWords("caller", f"key {digit}")
        case events.MarkReached(name=name):
            return EventWords("phone", f"mark {name} is back")
        case events.CallerLeft(how=how):
            return EventWords("call", f"the stream ends: {how}")
        case events.PeerFault(wire=wire, reason=reason):
            return EventWords("fault", f"fault on the {wire} wire: {reason}")
        case events.TranscriptArrived(utterance=number, text=text):
            return EventWords("stt", f"utterance {number} is: {text or 'nothing'}")
        case events.TranscriptFailed(utterance=number, reason=reason):
            return EventWords("fault", f"STT gave up utterance {number}: {reason}")
        case events.ReplyDelta(turn=turn, text=text):
            return EventWords("agent", f"turn {turn}: {text}")
        case events.ReplyPause(turn=turn):
            return EventWords("agent", f"turn {turn}: the agent is busy")
        case events.ReplyEnded(turn=turn, hang_up=hang_up, transfer_to=transfer):
            then = ", then hang up" if hang_up else "" if transfer is None else ", then a person"
            return EventWords("agent", f"turn {turn}: the reply is whole{then}")
        case events.ReplyFailed(turn=turn, reason=reason):
            return EventWords("fault", f"turn {turn}: the reply failed: {reason}")
        case events.TtsAudio(turn=turn, sentence=number, audio=audio, rate=rate, encoding=encoding):
            ms = len(audio) * 1000 // (rate * (1 if encoding == "mulaw" else 2))
            return EventWords("tts", f"{ms} ms of sentence {turn}.{number}")
        case events.TtsEnded(turn=turn, sentence=number):
            return EventWords("tts", f"sentence {turn}.{number} is whole")
        case events.TtsFailed(turn=turn, sentence=number, reason=reason):
            return EventWords("fault", f"TTS gave up sentence {turn}.{number}: {reason}")
        case events.Transferred():
            return EventWords("call", "the carrier takes the caller to a person")
        case events.TransferFailed(reason=reason):
            return EventWords("fault", f"the transfer failed: {reason}")
        case events.Withdraw() | events.Operated() | events.CallAnswered() | events.ReplyAction() | events.TurnJudged():
            return EventWords("agent" if isinstance(event, events.ReplyAction) else "call", rarely(event))
        case events.Tick(stood_s=stood):
            return EventWords("fault", f"the process stood still for {stood:.2f} s") if stood else _TIME_PASSED
        case _:
            assert_never(event)


def rarely(
    event: events.Withdraw | events.Operated | events.CallAnswered | events.ReplyAction | events.TurnJudged,
) -> str:
    """Return what happened that few calls have."""
    match event:
        case events.Withdraw():
            return f"the bridge ends the call: {event.reason}"
        case events.Operated():
            return f"an operator asks for: {event.act}" + (f": {event.words}" if event.words else "")
        case events.CallAnswered():
            return f"answered by: {event.by}"
        case events.ReplyAction():
            return f"turn {event.turn}: {event.act} {event.value or event.ms}"
        case events.TurnJudged():
            return f"utterance {event.utterance} is all with a probability of {event.probability:.2f}"


_TIME_PASSED = EventWords("call", "time has passed")


def command_words(command: Command) -> EventWords:
    """Return what was decided."""
    match command:
        case ask.SendAudio(payload=payload):
            return EventWords("phone", f"send {_length(payload)}")
        case ask.SendMark(name=name):
            return EventWords("phone", f"send mark {name}")
        case ask.SendClear():
            return EventWords("phone", "clear what was not played")
        case ask.WarmUp():
            return EventWords("call", "open what the turn will need")
        case ask.Transcribe(utterance=number, pcm=pcm):
            return EventWords("stt", f"transcribe utterance {number}, {len(pcm) // 16} ms")
        case ask.ForgetTranscript(utterance=number):
            return EventWords("stt", f"forget utterance {number}")
        case ask.JudgeTurn(utterance=number, pcm=pcm):
            return EventWords("stt", f"judge utterance {number}, {len(pcm) // 16} ms")
        case ask.RequestReply(turn=turn, request=request):
            return EventWords("agent", f"turn {turn}: ask: {request.text}")
        case ask.TellAgent(request=request):
            return EventWords("agent", f"tell: {request.event}")
        case ask.CloseReply(turn=turn):
            return EventWords("agent", f"turn {turn}: read no more of the reply")
        case ask.Speak(turn=turn, sentence=number, text=text):
            return EventWords("tts", f"say sentence {turn}.{number}: {text}")
        case ask.PlayAudio(turn=turn, sentence=number, source=source):
            return EventWords("tts", f"play recording {turn}.{number}: {source}")
        case ask.CancelSpeech(turn=turn, sentence=number):
            return EventWords("tts", f"cancel sentence {turn}.{number}")
        case ask.Transfer():
            return EventWords("call", "let the carrier dial a person")
        case ask.HangUp(result=result, reason=reason):
            return EventWords("call", f"the call is over: {result}, {reason}")
        case ask.Note(name=name, fields=fields):
            said = " ".join(f"{key}={value}" for key, value in fields.items())
            bad = name.endswith("failed") or name in ("peer_fault", "sentence_lost", "sentence_again")
            return EventWords("fault" if bad else "call", f"note {name} {said}".strip())
        case _:
            assert_never(command)


def event_message(event: Event, stream_id: str) -> WireMessage | None:
    """Return an event as its peer sent it; None: no message brought it."""
    match event:
        case events.AudioIn(timestamp_ms=at, payload=payload):
            media = {"track": "inbound", "timestamp": str(at), "payload": _audio(payload)}
            return _phone({"event": "media", "streamSid": stream_id, "media": media}, received=True)
        case events.CallStarted(call_id=call_id, parameters=parameters):
            said = {"streamSid": stream_id, "callSid": call_id, "customParameters": dict(parameters)}
            return _phone({"event": "start", "streamSid": stream_id, "start": said}, received=True)
        case events.DigitPressed(digit=digit):
            return _phone({"event": "dtmf", "streamSid": stream_id, "dtmf": {"digit": digit}}, received=True)
        case events.MarkReached(name=name):
            return _phone({"event": "mark", "streamSid": stream_id, "mark": {"name": name}}, received=True)
        case events.CallerLeft(how="stop"):
            return _phone({"event": "stop", "streamSid": stream_id}, received=True)
        case events.TranscriptArrived(text=text):
            return WireMessage("STT", True, text)
        case events.ReplyDelta(text=text):
            return WireMessage("agent", True, text)
        case events.TtsAudio(audio=audio):
            return WireMessage("TTS", True, _audio(audio))
        case events.TtsEnded():
            return WireMessage("TTS", True, '{"type": "end"}')
        case _:
            return None


def command_message(command: Command, stream_id: str) -> WireMessage | None:
    """Return a command as its peer is told; None: nothing is sent for it."""
    match command:
        case ask.SendAudio(payload=payload):
            media = {"payload": _audio(payload)}
            return _phone({"event": "media", "streamSid": stream_id, "media": media}, received=False)
        case ask.SendMark(name=name):
            return WireMessage("phone", False, twilio.mark(stream_id, name))
        case ask.SendClear():
            return WireMessage("phone", False, twilio.clear(stream_id))
        case ask.Transcribe(pcm=pcm):
            return _speech("STT", {"type": "stt", "payload": {"audioBase64": _audio(pcm), "isEosEnabled": False}})
        case ask.Speak(text=text):
            return _speech("TTS", {"type": "tts", "payload": {"text": text}})
        case ask.RequestReply(request=request) | ask.TellAgent(request=request):
            return _speech("agent", body(request))
        case ask.CloseReply():
            return WireMessage("agent", False, "(the connection is closed)")
        case _:
            return None


def _phone(message: dict[str, Any], *, received: bool) -> WireMessage:
    return WireMessage("phone", received, json.dumps(message, ensure_ascii=False))


def _speech(wire: str, message: dict[str, Any]) -> WireMessage:
    return WireMessage(wire, False, json.dumps(message, ensure_ascii=False))


def _length(ulaw: bytes) -> str:
    """Return the length of mu-law audio in words."""
    return f"{len(ulaw) * 1000 // RATE} ms"


def _audio(audio: bytes) -> str:
    """Return what stands in for audio in a message."""
    return f"({len(audio)} bytes of audio)"
