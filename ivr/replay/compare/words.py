"""Say in words what happened on a call and what was decided: events and commands for a person.

A command comes as the tape holds it (`records.command_record`), because what was decided then exists in no other form.
What is on a tape was not checked, so every field is read with care. Speech is shown: a tape is the developer's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, assert_never

from ivr.call import events
from ivr.call.events import Event
from ivr.media import g711
from ivr.replay.tape import CommandRecord
from ivr.replay.terminal_text import clock, quote, span
from ivr.replay.turn_end_words import eager_words, turn_end_words

_BYTES_A_MS: Final = g711.RATE // 1000


def fields_of(record: CommandRecord) -> Mapping[str, Any]:
    """Return the fields of a command's record; none where it has no such form."""
    said = record[1] if len(record) > 1 else None
    return said if isinstance(said, Mapping) else {}


def audio_bytes(record: CommandRecord) -> int:
    """Return the length of the audio that a command sends; 0: it sends none."""
    if record[0] != "SendAudio":
        return 0
    return record[1] if len(record) > 1 and type(record[1]) is int else 0


def decided(records: Sequence[CommandRecord]) -> list[str]:
    """Return what commands do, one line each; audio and its marks are told as one."""
    lines: list[str] = []
    messages = size = 0
    for record in [*records, ["."]]:
        if record[0] == "SendAudio":
            messages, size = messages + 1, size + audio_bytes(record)
            continue
        if messages and record[0] != "SendMark":
            many = f" in {messages} messages" if messages > 1 else ""
            lines.append(f"sent {size // _BYTES_A_MS} ms of audio{many}")
            messages = size = 0
        if record[0] != "." and not (record[0] == "SendMark" and messages):
            lines.append(command(record))
    return lines


def command(record: CommandRecord) -> str:
    """Return what one command does."""
    said = fields_of(record)
    get = said.get
    sentence = f"sentence {get('sentence', '?')} of turn {get('turn', '?')}"
    match record[0]:
        case "SendAudio":
            return f"sent {audio_bytes(record) // _BYTES_A_MS} ms of audio"
        case "SendMark":
            return f"asked for the mark {get('name', '?')}"
        case "SendClear":
            return "went silent: cleared what the phone still had (clear)"
        case "WarmUp":
            return "opened the links that the next turn needs"
        case "Transcribe":
            return f"sent utterance {get('utterance', '?')} to STT{_length(get('pcm'))}"
        case "ForgetTranscript":
            return f"waited no more for the words of utterance {get('utterance', '?')}"
        case "JudgeTurn":
            return f"asked the turn model of utterance {get('utterance', '?')}"
        case "RequestReply":
            return f"asked the agent (turn {get('turn', '?')}) {quote(asked(record))}"
        case "TellAgent":
            return f"told the agent ({_of_request(record, 'event')})"
        case "CloseReply":
            return f"read no more of the reply of turn {get('turn', '?')}"
        case "Speak":
            return f"asked TTS for {sentence} {quote(get('text', ''))}"
        case "PlayAudio":
            return f"asked for the recording of {sentence}"
        case "CancelSpeech":
            return f"dropped {sentence}"
        case "Transfer":
            return "asked the carrier to dial a person"
        case "HangUp":
            return f"hung up ({get('result', '?')}, {get('reason', '?')})"
        case "Note":
            return note(str(get("name", "?")), get("fields"))
        case other:
            return f"did {str(other)[:40]!r}, which this version does not know"


def asked(record: CommandRecord) -> str:
    """Return what a request to the agent asks; empty for another command."""
    return _of_request(record, "text")


def _of_request(record: CommandRecord, name: str) -> str:
    request = fields_of(record).get("request")
    return str(request.get(name, "")) if isinstance(request, Mapping) else ""


def note(name: str, fields: object) -> str:
    """Return what an operator is told."""
    known = fields if isinstance(fields, Mapping) else {}
    if name == "filler":
        return "said a filler"
    if name == "overlap":
        kind = "an interruption" if known.get("verdict") == "commit" else "no interruption"
        return f"took the voice over the agent as {kind} (rule {known.get('rule', '?')})"
    if name == "turn_end":
        return f"took turn {known.get('turn', '?')} as over after {turn_end_words(known)}"
    if name == "eager":
        return eager_words(known)
    if name == "turn":
        return f"closed turn {known.get('turn', '?')} ({known.get('outcome', '?')})"
    if name == "phrase":
        return f"said the line's phrase {known.get('name', '?')}"
    told = ", ".join(f"{key} {value}" for key, value in known.items() if value != "")
    return f"noted {name.replace('_', ' ')}" + (f" ({told})" if told else "")


def _length(pcm: object) -> str:
    """Return the length of an utterance, PCM16 at 8 kHz."""
    if isinstance(pcm, Sequence) and pcm and type(pcm[0]) is int:
        return f" ({pcm[0] / 2 / g711.RATE:.2f} s)"
    return ""


def happened(event: Event) -> str:
    """Return what an event is."""
    match event:
        case events.AudioIn():
            at = clock(event.timestamp_ms / 1000)
            return f"a frame of the caller's audio at media time {at}, score {event.speech:.2f}"
        case events.CallStarted():
            return "the call started"
        case events.DigitPressed():
            return f"the caller pressed {event.digit}"
        case events.MarkReached():
            return f"the phone returned the mark {event.name}"
        case events.CallerLeft():
            return f"the phone's stream ended ({event.how})"
        case events.PeerFault():
            return f"a fault of a peer ({event.wire}: {event.reason})"
        case events.TranscriptArrived():
            return f"the words of utterance {event.utterance} arrived: {quote(event.text)}"
        case events.TranscriptFailed():
            return f"STT gave utterance {event.utterance} up ({event.reason})"
        case events.ReplyDelta():
            return f"a piece of the reply of turn {event.turn}: {quote(event.text)}"
        case events.ReplyPause():
            return f"the agent is busy in turn {event.turn}"
        case events.ReplyEnded():
            what = " and wants to hang up" if event.hang_up else ""
            what += " and wants a transfer" if event.transfer_to is not None else ""
            return f"the reply of turn {event.turn} was whole{what}"
        case events.ReplyFailed():
            return f"the reply of turn {event.turn} failed ({event.reason})"
        case events.TtsAudio():
            size = 1 if event.encoding == "mulaw" else 2
            ms = len(event.audio) * 1000 // max(1, size * event.rate)
            return f"{ms} ms of sentence {event.sentence} of turn {event.turn} from TTS"
        case events.TtsEnded():
            return f"sentence {event.sentence} of turn {event.turn} was whole"
        case events.TtsFailed():
            return f"TTS gave sentence {event.sentence} of turn {event.turn} up ({event.reason})"
        case events.Transferred():
            return "the carrier accepted the transfer"
        case events.TransferFailed():
            return f"the carrier refused the transfer ({event.reason})"
        case events.Tick():
            return (
                f"time passed; the process had stood still for {span(event.stood_s)}"
                if event.stood_s
                else "time passed"
            )
        case events.Withdraw() | events.Operated() | events.CallAnswered() | events.ReplyAction() | events.TurnJudged():
            return rarely(event)
        case _:
            assert_never(event)


def rarely(
    event: events.Withdraw | events.Operated | events.CallAnswered | events.ReplyAction | events.TurnJudged,
) -> str:
    """Return what happened that few calls have."""
    match event:
        case events.Withdraw():
            return f"the bridge withdrew the call ({event.reason})"
        case events.Operated():
            return f"an operator asked for {event.act}" + (f": {quote(event.words)}" if event.words else "")
        case events.CallAnswered():
            return f"the call was answered by: {event.by}"
        case events.ReplyAction():
            return f"the agent asked for {event.act} in turn {event.turn}"
        case events.TurnJudged():
            return f"the turn model gave {event.probability:.2f} that utterance {event.utterance} was all"
