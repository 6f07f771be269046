"""Take speech and numbers off a tape so that it still decides the same: `ivr tape redact`.

Words and numbers get stand-ins (`stand_ins`), audio becomes noise as loud as it was over a tenth of a second. What the
call measured of the audio goes onto the tape as numbers (`Moment.sounds`), so that the echo gate and the levels are
what they were. Then the result is run: where a decision comes out otherwise, other stand-ins are tried, and if none
serve, nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Final

import msgspec
import numpy as np

from ivr.call import events
from ivr.call.call import Call
from ivr.call.events import Event
from ivr.call.options import KeyAction
from ivr.media import g711
from ivr.media.acoustics import Acoustics
from ivr.replay import exact
from ivr.replay.edit.stand_ins import NUMBER_WORDS, RULE_WORDS, StandIns, needed_in
from ivr.replay.records import CommandDigest, command_record
from ivr.replay.tape import CommandRecord, KeptPhrase, Moment, Tape, TapeError
from ivr.replay.terminal_text import clock

ATTEMPTS: Final = 4
"""Sets of stand-ins that are tried with each set of words that stay."""
STEP_S: Final = 0.1
"""Audio whose level is evened out, in seconds: a sound of speech is shorter."""
_STAYING: Final = (
    ("rule words", RULE_WORDS),
    ("rule words and number words", RULE_WORDS | NUMBER_WORDS),
)
RESUMED_TEXTS: Final = ("heard", "unheard", "rest", "question", "digits", "transfer_to", "context")
"""What the start of a call that goes on holds of the stream before it."""
_IDS: Final = 2
"""Characters at the beginning of a carrier's id that say what it is: `CA`, `MZ`."""
_DATE: Final = len("2026-11-30")
"""Characters of a time that stay: by its time of day a call is found in the carrier's list, with who called."""


@dataclass(frozen=True, slots=True)
class RedactedTape:
    """Hold a tape without speech and numbers."""

    tape: Tape
    stays: str
    """Which words stay readable."""
    attempts: int


def redact(tape: Tape) -> RedactedTape:
    """Return a tape that decides the same without what was said. Raises TapeError with the reason it cannot be."""
    original, then = measured(tape)
    texts = list(texts_of(tape))
    key = key_of(tape)
    quiet = _Noise(key).tape(original)
    fault = ""
    for number, (stays, kept) in enumerate((one for one in _STAYING for _ in range(ATTEMPTS)), 1):
        needed = needed_in(replies_of(tape).values(), kept)
        made = StandIns(blake2b(bytes([number]), key=key, digest_size=32).digest(), kept, texts, needed)
        redacted = decided(with_stand_ins(quiet, made))
        fault = otherwise(then, redacted)
        if not fault:
            return RedactedTape(redacted, stays, number)
    raise TapeError(f"no stand-ins were found with which the call decides the same: {fault}")


def measured(tape: Tape) -> tuple[Tape, list[list[CommandRecord]]]:
    """Return the tape with the sounds of its audio, and its decisions. Raises TapeError: today's code has others."""
    recorded = exact.recorded_acoustics(tape)
    acoustics = recorded or Acoustics(keep=True)
    moments, found = [], []
    for step in exact.steps(tape, Call(tape.options, acoustics)):
        if not step.same:
            at = clock(step.moment.now - tape.began_at)
            raise TapeError(f"today's code decides otherwise at {at}: redact with the version that the call ran with")
        sounds = step.moment.sounds if recorded is not None else list(acoustics.taken)
        moments.append(replace(step.moment, sounds=sounds))
        found.append([command_record(command, audible=False) for command in step.commands])
    return replace(tape, moments=moments), found


def key_of(tape: Tape) -> bytes:
    """Return a key that only the whole recording gives."""
    key = blake2b(digest_size=32)
    for moment in tape.moments:
        key.update(msgspec.msgpack.encode((moment.now, moment.event)))
    return key.digest()


def texts_of(tape: Tape) -> Iterator[str]:
    """Yield every text on a tape that may hold what was said, or who spoke."""
    header = tape.header
    yield from (header.call_id, header.call_id[_IDS:], header.line, *header.options.transfer_to)
    yield from (action.value for action in header.options.keys.values() if action.act == "transfer")
    yield from (kept.text for kept in header.phrases.values())
    for moment in tape.moments:
        match moment.event:
            case events.CallStarted() as began:
                yield from (began.call_id, began.stream_id, began.caller, began.called, began.line, began.context)
                yield from (began.call_id[_IDS:], began.stream_id[_IDS:])
                yield from (text for pair in began.parameters.items() for text in pair)
                if began.resumption is not None:
                    yield from (getattr(began.resumption, name) for name in RESUMED_TEXTS)
                    yield began.resumption.transfer.to if began.resumption.transfer is not None else ""
            case events.TranscriptArrived(text=text):
                yield text
            case events.ReplyAction(value=value):
                yield value
            case events.ReplyEnded() as ended:
                yield from (ended.transfer_to or "", ended.context or "")
                if ended.transfer is not None:
                    yield from (ended.transfer.whisper, ended.transfer.caller_id)
                yield ended.message.announce if ended.message is not None else ""
            case events.Operated(words=words, number=number):
                yield from (words, number)
    yield from replies_of(tape).values()


def replies_of(tape: Tape) -> dict[int, str]:
    """Return what the agent said, by its turns."""
    replies: dict[int, str] = {}
    for moment in tape.moments:
        if isinstance(event := moment.event, events.ReplyDelta):
            replies[event.turn] = replies.get(event.turn, "") + event.text
    return replies


class _Noise:
    """Put noise in the place of a tape's audio."""

    def __init__(self, key: bytes) -> None:
        self._random = np.random.default_rng(int.from_bytes(key, "little"))

    def tape(self, tape: Tape) -> Tape:
        """Return the tape with noise for audio: of the caller, of the agent, of the line's phrases."""
        moments = list(tape.moments)
        voices: dict[object, list[int]] = {}
        for index, moment in enumerate(moments):
            match moment.event:
                case events.AudioIn():
                    voices.setdefault("caller", []).append(index)
                case events.TtsAudio(turn=turn, sentence=sentence, rate=rate, encoding=encoding):
                    voices.setdefault((turn, sentence, rate, encoding), []).append(index)
        for indexes in voices.values():
            self._cover(moments, indexes)
        phrases = {name: self._ulaw(audio, g711.RATE) for name, audio in tape.phrase_audio.items()}
        return replace(tape, moments=moments, phrase_audio=phrases)

    def _cover(self, moments: list[Moment], indexes: Sequence[int]) -> None:
        """Cover the audio of one voice, which lies in these moments, as a whole."""
        first = moments[indexes[0]].event
        audio = b"".join(_audio(moments[index].event) for index in indexes)
        if isinstance(first, events.TtsAudio) and first.encoding == "pcm16":
            noise = self._pcm(audio, first.rate)
        else:
            noise = self._ulaw(audio, first.rate if isinstance(first, events.TtsAudio) else g711.RATE)
        at = 0
        for index in indexes:
            event = moments[index].event
            size = len(_audio(event))
            part, at = noise[at : at + size], at + size
            covered: Any = {"payload" if isinstance(event, events.AudioIn) else "audio": part}
            moments[index] = replace(moments[index], event=replace(event, **covered))

    def _ulaw(self, audio: bytes, rate: int) -> bytes:
        return g711.encode(self._pcm(g711.decode(audio), rate)) if audio else b""

    def _pcm(self, pcm: bytes, rate: int) -> bytes:
        """Return noise as loud as this audio was, over each tenth of a second."""
        samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float64)
        step = max(1, round(rate * STEP_S))
        noise = self._random.standard_normal(len(samples))
        for start in range(0, len(samples), step):
            part = samples[start : start + step]
            noise[start : start + step] *= float(np.sqrt(np.mean(part * part)))
        return np.clip(noise, -32768, 32767).astype("<i2").tobytes() + pcm[len(samples) * 2 :]


def _audio(event: Event) -> bytes:
    return (
        event.payload
        if isinstance(event, events.AudioIn)
        else event.audio
        if isinstance(event, events.TtsAudio)
        else b""
    )


def _key_action(action: KeyAction, made: StandIns) -> KeyAction:
    """Return what a key does with a stand-in for its number."""
    return replace(action, value=made.text(action.value)) if action.act == "transfer" else action


def with_stand_ins(tape: Tape, made: StandIns) -> Tape:
    """Return the tape with stand-ins for words and numbers."""
    replies: dict[int, list[tuple[int, events.ReplyDelta]]] = {}
    moments = list(tape.moments)
    keys, staying = 0, tape.header.options.keypad_terminator + "".join(tape.header.options.keys)
    for index, moment in enumerate(moments):
        event = moment.event
        match event:
            case events.CallStarted():
                event = started_with(event, made)
            case events.TranscriptArrived(text=text):
                event = replace(event, text=made.said(text))
            case events.ReplyDelta(turn=turn):
                replies.setdefault(turn, []).append((index, event))
            # A language is no word of the call.
            case events.ReplyAction(act=act, value=value) if act != "language":
                event = replace(event, value=made.text(value))
            case events.ReplyEnded():
                event = ended_with(event, made)
            case events.Operated(words=words, number=number):
                event = replace(event, words=made.text(words), number=made.text(number))
            case events.DigitPressed(digit=digit):
                keys += 1
                event = replace(event, digit=made.digit(digit, keys, staying))
        moments[index] = replace(moment, event=event)
    for parts in replies.values():
        # A word may be cut anywhere: its parts get the parts of its stand-in.
        whole = made.text("".join(part.text for _, part in parts))
        for index, part in parts:
            text, whole = whole[: len(part.text)], whole[len(part.text) :]
            moments[index] = replace(moments[index], event=replace(part, text=text))
    header = tape.header
    options = replace(
        header.options,
        transfer_to=tuple(made.text(number) for number in header.options.transfer_to),
        keys={key: _key_action(action, made) for key, action in header.options.keys.items()},
    )
    phrases = {name: KeptPhrase(made.text(kept.text), kept.audio_bytes) for name, kept in header.phrases.items()}
    done = [word for word in header.origin.split(", ") if word not in ("live", "redacted")]
    origin = ", ".join([*done, "redacted"])
    header = replace(
        header,
        call_id=_id(header.call_id, made),
        line=made.name(header.line),
        started_on=header.started_on[:_DATE],
        options=options,
        phrases=phrases,
        origin=origin,
    )
    # A record that only a later version knows may hold anything.
    return replace(tape, header=header, moments=moments, phone=[])


def started_with(event: events.CallStarted, made: StandIns) -> events.CallStarted:
    """Return the start of a call with stand-ins."""
    return replace(
        event,
        call_id=_id(event.call_id, made),
        stream_id=_id(event.stream_id, made),
        caller=made.text(event.caller),
        called=made.text(event.called),
        line=made.name(event.line),
        context=made.text(event.context),
        parameters={made.name(name): made.name(value) for name, value in event.parameters.items()},
        resumption=None if event.resumption is None else resumed_with(event.resumption, made),
    )


def resumed_with(kept: events.Resumption, made: StandIns) -> events.Resumption:
    """Return where a call stood, with stand-ins, and without the time of day at which it began."""
    texts: dict[str, Any] = {name: made.text(getattr(kept, name)) for name in RESUMED_TEXTS}
    texts["question"] = made.said(kept.question)
    transfer = None if kept.transfer is None else replace(kept.transfer, to=made.text(kept.transfer.to))
    return replace(kept, since=0.0, transfer=transfer, **texts)


def ended_with(event: events.ReplyEnded, made: StandIns) -> events.ReplyEnded:
    """Return the end of a reply, with stand-ins."""
    transfer, message = event.transfer, event.message
    if transfer is not None:
        transfer = replace(transfer, whisper=made.text(transfer.whisper), caller_id=made.text(transfer.caller_id))
    if message is not None:
        message = replace(message, announce=made.text(message.announce))
    return replace(
        event,
        transfer_to=None if event.transfer_to is None else made.text(event.transfer_to),
        context=None if event.context is None else made.text(event.context),
        transfer=transfer,
        message=message,
    )


def _id(text: str, made: StandIns) -> str:
    return text[:_IDS] + made.name(text[_IDS:])


def decided(tape: Tape) -> Tape:
    """Return the tape with the decisions of today's code."""
    digest = CommandDigest()
    moments = []
    for step in exact.steps(tape):
        if step.records:
            digest.add(step.records)
        moments.append(replace(step.moment, commands=step.records))
    end = None if tape.end is None else replace(tape.end, digest=str(digest))
    return replace(tape, moments=moments, end=end)


def otherwise(then: Sequence[Sequence[CommandRecord]], now: Tape) -> str:
    """Return where a tape decides otherwise, apart from words; empty: nowhere."""
    for before, moment in zip(then, now.moments, strict=True):
        if list(map(_wordless, before)) != list(map(_wordless, moment.commands)):
            return f"at {clock(moment.now - now.began_at)}, {type(moment.event).__name__}"
    return ""


def _wordless(command: CommandRecord) -> Any:
    """Return a decision without its words."""
    match command:
        case ["Speak", said]:
            return ["Speak", {**said, "text": ""}]
        case ["RequestReply", {"turn": turn, "request": request}]:
            # A number has other stand-ins wherever it stands: a question is compared by how many words it has.
            count = len(request.get("text", "").split())
            return ["RequestReply", turn, request.get("event", ""), request.get("turn"), count]
        case ["SendAudio", size, *_]:
            return ["SendAudio", size]
        case ["Transcribe", {"utterance": utterance, "pcm": [size, *_]}]:
            return ["Transcribe", utterance, size]
        case ["Transfer", _]:
            return ["Transfer"]
    return command
