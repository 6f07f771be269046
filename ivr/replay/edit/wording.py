"""Say events and decisions of a tape in words, a line each, for people."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from ivr.call import events
from ivr.call.events import Event
from ivr.media import g711
from ivr.replay.tape import CommandRecord
from ivr.replay.terminal_text import printable

ISOLATE: Final = ("\u2068", "\u2069")
"""Around words of a language that may run from right to left: the rest of the line keeps its order."""
_BARS: Final = "▁▂▃▄▅▆▇█"
_WIDEST_BARS: Final = 40
_PRESENT: Final = frozenset({"SendAudio", "SendMark"})
"""Commands that carry out what was decided before."""


def quoted(text: str, most: int = 0) -> str:
    """Return words in quotation marks, fit for a terminal. `most`: characters that are shown; 0: all."""
    if most and len(text) > most:
        text = text[:most].rstrip() + "…"
    return f"{ISOLATE[0]}“{printable(text)}”{ISOLATE[1]}"


def bars(scores: Sequence[float]) -> str:
    """Draw scores from 0 to 1 as a row of bars; of many, the highest of each group."""
    if not scores:
        return ""
    wide = min(_WIDEST_BARS, len(scores))
    edges = [len(scores) * at // wide for at in range(wide + 1)]
    tops = [max(scores[start:end]) for start, end in pairwise(edges)]
    return "".join(_BARS[min(len(_BARS) - 1, max(0, int(top * len(_BARS))))] for top in tops)


def event_words(happened: Sequence[Event]) -> str:
    """Return events of one kind as a line."""
    match happened[0]:
        case events.AudioIn():
            frames = [event for event in happened if isinstance(event, events.AudioIn)]
            ms = sum(len(event.payload) for event in frames) * 1000 // g711.RATE
            return f"caller's audio, {ms} ms  {bars([event.speech for event in frames])}"
        case events.TtsAudio(turn=turn, sentence=sentence):
            chunks = [event for event in happened if isinstance(event, events.TtsAudio)]
            ms = sum(milliseconds(event) for event in chunks)
            return f"TTS audio, {ms} ms of {turn}.{sentence}"
        case events.ReplyDelta():
            text = "".join(event.text for event in happened if isinstance(event, events.ReplyDelta))
            return f"agent {quoted(text)}"
        case events.MarkReached():
            names = [event.name for event in happened if isinstance(event, events.MarkReached)]
            return f"mark {printable(names[-1])}" + (f" and {len(names) - 1} before it" if names[1:] else "")
        case events.Tick():
            stood = sum(event.stood_s for event in happened if isinstance(event, events.Tick))
            return "tick" + (f" x{len(happened)}" if happened[1:] else "") + (f", stood {stood:.3f} s" if stood else "")
        case other:
            return one_event(other)


def milliseconds(event: events.TtsAudio) -> int:
    """Return how long a chunk of TTS audio lasts."""
    width = 1 if event.encoding == "mulaw" else 2
    return len(event.audio) * 1000 // max(1, width * event.rate)


def one_event(event: Event) -> str:
    """Return an event that has a line alone."""
    match event:
        case events.CallStarted(call_id=call_id, direction=direction):
            return f"call {printable(call_id)} began, {printable(direction)}"
        case events.DigitPressed(digit=digit):
            return f"key {printable(digit)}"
        case events.CallerLeft(how=how):
            return f"the other side left ({how})"
        case events.PeerFault(wire=wire, reason=reason):
            return f"fault of {wire}: {printable(reason)}"
        case events.TranscriptArrived(utterance=utterance, text=text):
            return f"transcript {utterance} {quoted(text)}"
        case events.TranscriptFailed(utterance=utterance, reason=reason):
            return f"transcript {utterance} failed: {printable(reason)}"
        case events.TurnJudged(utterance=utterance, probability=probability):
            return f"turn model of {utterance}: {probability:.2f}"
        case events.ReplyPause(turn=turn):
            return f"reply {turn} pauses"
        case events.ReplyEnded(turn=turn, hang_up=hang_up, transfer_to=transfer_to):
            then = ", hang up" if hang_up else ", transfer" if transfer_to is not None else ""
            return f"reply {turn} is whole{then}"
        case events.ReplyFailed(turn=turn, reason=reason):
            return f"reply {turn} failed: {printable(reason)}"
        case events.TtsEnded(turn=turn, sentence=sentence):
            return f"TTS has said {turn}.{sentence}"
        case events.TtsFailed(turn=turn, sentence=sentence, reason=reason):
            return f"TTS gave {turn}.{sentence} up: {printable(reason)}"
        case events.TransferFailed(reason=reason):
            return f"the carrier does not transfer: {printable(reason)}"
        case events.Withdraw(reason=reason):
            return f"withdrawn: {printable(reason)}"
        case events.ReplyAction(turn=turn, act=act, value=value):
            return f"reply {turn} asks for {printable(act)} {quoted(value)}"
        case events.CallAnswered(by=by):
            return f"answered by: {printable(by)}"
        case events.Operated(act=act, words=words):
            return f"an operator: {printable(act)}" + (f" {quoted(words)}" if words else "")
        case other:
            return type(other).__name__


def decides(commands: Sequence[CommandRecord]) -> bool:
    """Return whether there is a decision among commands, and not only audio and marks on their way."""
    return any(_name(command) not in _PRESENT for command in commands)


def command_words(commands: Sequence[CommandRecord]) -> list[str]:
    """Return what was decided, in words; audio that is sent is summed up at the end."""
    sent = sum(_size(command[1:2]) for command in commands if _name(command) == "SendAudio")
    words = [one_command(command) for command in commands if _name(command) not in _PRESENT]
    return [*words, f"sent {sent * 1000 // g711.RATE} ms"] if sent else words


def _name(command: CommandRecord) -> str:
    """Return the name of a command; empty where a tape holds something else."""
    return command[0] if command and isinstance(command[0], str) else ""


def _size(of: Any) -> int:
    """Return the length in front of a checksum; 0 where there is none."""
    return of[0] if isinstance(of, list) and of and type(of[0]) is int else 0


def one_command(command: CommandRecord) -> str:
    """Return a decision in words."""
    said: dict[str, Any] = command[1] if len(command) > 1 and isinstance(command[1], dict) else {}

    def of(name: str, absent: Any = None) -> str:
        # What was decided is on the tape as it was written: a number there may be any words.
        return printable(str(said.get(name, absent)))

    match _name(command):
        case "Speak":
            return f"speak {of('turn', 0)}.{of('sentence')} {quoted(str(said.get('text', '')))}"
        case "RequestReply":
            request = said.get("request")
            asked = request.get("text", "") if isinstance(request, dict) else ""
            return f"ask the agent, turn {of('turn')} {quoted(str(asked))}"
        case "Transcribe":
            return f"transcribe {of('utterance')}, {_size(said.get('pcm')) // 16} ms"
        case "ForgetTranscript":
            return f"forget transcript {of('utterance')}"
        case "JudgeTurn":
            return f"ask the turn model of {of('utterance')}"
        case "TellAgent":
            request = said.get("request")
            told = request.get("event", "") if isinstance(request, dict) else ""
            return f"tell the agent: {printable(str(told))}"
        case "PlayAudio":
            return f"play {of('turn', 0)}.{of('sentence')} {quoted(str(said.get('source', '')))}"
        case "CloseReply":
            return f"close reply {of('turn')}"
        case "CancelSpeech":
            return f"cancel {of('turn', 0)}.{of('sentence')}"
        case "SendClear":
            return "clear"
        case "WarmUp":
            return "warm up"
        case "Transfer":
            return "transfer"
        case "HangUp":
            return f"hang up: {of('result')}, {of('reason')}"
        case "Note":
            fields = said.get("fields")
            each = [f"{name}={value}" for name, value in fields.items()] if isinstance(fields, dict) else []
            return printable(" ".join([f"note {said.get('name')}", *each]))
        case other:
            return printable(other or "?")
