"""Sort what is on a tape by who said it, so that the call can be run otherwise.

The caller's side is a list of events with their times: the caller does what the caller did. What the services answered
belongs to the request that they were asked, each piece with its delay since then, so that the same request can be
answered in the same way at another time. The call is run once with today's code, which also gives the record of its
turns: what is compared with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar

from ivr.call import commands as ask
from ivr.call import events
from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Note
from ivr.call.events import Event, ReplyEvent
from ivr.call.timeline import Turn
from ivr.media import g711
from ivr.replay.exact import recorded_acoustics, steps
from ivr.replay.tape import Moment, Tape
from ivr.replay.what_if.phone_model import PhoneModel
from ivr.text.turn_end import FOLDED_WORD, folded

Words: TypeAlias = tuple[str, ...]
TranscriptEvent: TypeAlias = events.TranscriptArrived | events.TranscriptFailed
SpeechEvent: TypeAlias = events.TtsAudio | events.TtsEnded | events.TtsFailed
TransferEvent: TypeAlias = events.Transferred | events.TransferFailed | events.CallerLeft

_Kind = TypeVar("_Kind", bound=Event)
Answer: TypeAlias = tuple[float, int, _Kind]
"""A piece of an answer: seconds since the request, its place on the tape, and the event."""

_VOICED_SCORE: Final = 0.5
"""Score from which a frame of the caller's audio counts as voiced."""
_LATE_S: Final = 0.002
"""Seconds by which a tick comes late when the machine is busy."""
_SETTLED_S: Final = 1.0
"""Seconds after which a mark that was due and did not come back is lost."""


@dataclass(slots=True)
class _TapedRequest:
    """Hold what all requests have."""

    asked_at: float
    given_up_s: float = field(default=0.0, kw_only=True)
    """Seconds since the request after which the call waited for no more of it; 0.0: it waited to the end."""

    def give_up(self, now: float) -> None:
        """Note that the call waits no more."""
        self.given_up_s = now - self.asked_at


@dataclass(slots=True)
class TapedTranscript(_TapedRequest):
    """Hold one utterance that STT was asked for."""

    number: int
    onset: int
    """Sample of the caller's audio at which its voice begins."""
    end: int
    said: list[Answer[TranscriptEvent]] = field(default_factory=list)
    judged: Answer[events.TurnJudged] | None = None
    """What the turn model said of the pause at which it was sent; None: nothing."""

    @property
    def text(self) -> str | None:
        """Return its words; None: STT failed, or the call did not wait for them."""
        event = self.said[-1][2] if self.said else None
        return event.text if isinstance(event, events.TranscriptArrived) else None

    @property
    def over(self) -> bool:
        """Return whether there was an answer."""
        return bool(self.said)


@dataclass(slots=True)
class TapedReply(_TapedRequest):
    """Hold one question to the agent, and what it replied."""

    turn: int
    question: Words
    said: list[Answer[ReplyEvent]] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Return whether the reply came to its end."""
        return bool(self.said) and isinstance(self.said[-1][2], events.ReplyEnded | events.ReplyFailed)


@dataclass(slots=True)
class TapedSpeech(_TapedRequest):
    """Hold one sentence that TTS was asked for, and its audio."""

    turn: int
    sentence: int
    text: str
    said: list[Answer[SpeechEvent]] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Return whether TTS came to the end of the sentence."""
        return bool(self.said) and isinstance(self.said[-1][2], events.TtsEnded | events.TtsFailed)

    @property
    def whole(self) -> bool:
        """Return whether all of its audio is there."""
        return bool(self.said) and isinstance(self.said[-1][2], events.TtsEnded)

    @property
    def audio_ms(self) -> float:
        """Return how long its audio is."""
        return sum(chunk_ms(event) for _, _, event in self.said if isinstance(event, events.TtsAudio))


@dataclass(slots=True)
class TapedTransfer:
    """Hold one request to the carrier to dial a person, its answer, and how the caller left the stream for it."""

    asked_at: float
    said: list[Answer[TransferEvent]] = field(default_factory=list)


def chunk_ms(event: events.TtsAudio) -> float:
    """Return how long a chunk of speech is."""
    return len(event.audio) * 1000 / (event.rate * (1 if event.encoding == "mulaw" else 2))


@dataclass(slots=True)
class TapedCall:
    """Hold a call as it was."""

    tape: Tape
    caller: list[tuple[float, int, Event]] = field(default_factory=list)
    """Times, places on the tape, and events of the caller, the carrier and the bridge's own clock."""
    transcripts: dict[int, TapedTranscript] = field(default_factory=dict)
    replies: dict[int, TapedReply] = field(default_factory=dict)
    speeches: dict[tuple[int, int], TapedSpeech] = field(default_factory=dict)
    transfers: list[TapedTransfer] = field(default_factory=list)
    marks: dict[str, tuple[float, int] | None] = field(default_factory=dict)
    """Seconds by which each mark came back behind its audio, and its place on the tape; None: it was lost."""
    stalls: list[tuple[float, float]] = field(default_factory=list)
    """When the process stood still, from and to."""
    late: list[tuple[float, float]] = field(default_factory=list)
    """When a tick was due and when it came, for those that were late."""
    cleared: list[float] = field(default_factory=list)
    """Seconds in which marks came back after a clear."""
    last_frame: tuple[float, events.AudioIn] | None = None
    voiced: list[int] = field(default_factory=list)
    """Voiced frames of the caller's audio before each frame."""
    turns: list[Turn] = field(default_factory=list)
    notes: list[tuple[float, Note]] = field(default_factory=list)
    phone: PhoneModel = field(default_factory=PhoneModel)
    """What the phone played, and when."""
    hang_up: HangUp | None = None
    over_at: float = 0.0
    differs_at: int | None = None
    """The first event about which today's code decides otherwise than the code of then."""

    @property
    def stays(self) -> bool:
        """Return whether the caller would have stayed had the call not ended then."""
        return self.hang_up is not None and not any(
            isinstance(one, events.CallerLeft) for _, _, one in self.caller[-1:]
        )

    def voiced_share(self, onset: int, end: int, at: int) -> float:
        """Return which share of the voice between two samples comes before a third, 0 to 1."""
        heard = self.voiced or [0]
        first, last, place = (heard[min(max(0, one // g711.FRAME), len(heard) - 1)] for one in (onset, end, at))
        # A voice that the model did not hear is taken as even.
        if last <= first:
            first, last, place = onset, max(end, onset + 1), at
        return min(1.0, max(0.0, (place - first) / (last - first)))


def words_of(text: str) -> Words:
    """Return the words of a text without what makes no difference."""
    return tuple(FOLDED_WORD.findall(folded(text)))


def taped_call(tape: Tape) -> TapedCall:
    """Run the call on a tape as it was, and sort what was said."""
    fed = Call(tape.options, recorded_acoustics(tape))
    sorting = _Sorting(tape)
    moments = tape.moments
    for step in steps(tape, fed):
        if step.index + 1 < len(moments) and type(moments[step.index + 1].event) is events.Tick:
            due, came = fed.wake_at(), moments[step.index + 1].now
            if due is not None and came > due + _LATE_S:
                sorting.taped.late.append((due, came))
        if not step.same and sorting.taped.differs_at is None:
            sorting.taped.differs_at = step.index
        sorting.take(step.index, step.moment, step.commands)
    taped = sorting.taped
    taped.turns, taped.hang_up = fed.turns, fed.ended
    taped.over_at = tape.moments[-1].now if tape.moments else 0.0
    sorting.lose_marks()
    return taped


class _Sorting:
    """Sort one tape."""

    def __init__(self, tape: Tape) -> None:
        self.taped = TapedCall(tape)
        self._due: dict[str, float] = {}
        """When each mark is reached that has not come back."""
        self._cleared_at: dict[str, float] = {}

    def take(self, index: int, moment: Moment, commands: Sequence[Command]) -> None:
        """Take one moment, and what is decided about it today."""
        self._event(index, moment.now, moment.event)
        spans = {one.utterance: (one.onset, one.end) for one in commands if isinstance(one, ask.Transcribe)}
        for record in moment.commands:
            self._request(record, moment.now, spans)
        self.taped.notes += [(moment.now, one) for one in commands if isinstance(one, Note)]

    def _event(self, index: int, now: float, event: Event) -> None:
        taped = self.taped
        match event:
            case events.AudioIn():
                taped.caller.append((now, index, event))
                taped.last_frame = now, event
                before = taped.voiced[-1] if taped.voiced else 0
                for _ in range(len(event.payload) // g711.FRAME):
                    taped.voiced.append(before := before + (event.speech >= _VOICED_SCORE))
            case events.MarkReached(name=name):
                self._mark(name, now, index)
            case events.Tick(stood_s=stood):
                # How long the process stood still is part of the call; the other ticks are for the one who drives.
                if stood:
                    taped.caller.append((now, index, event))
                    taped.stalls.append((now - stood, now))
            case events.TranscriptArrived(utterance=number) | events.TranscriptFailed(utterance=number):
                # An answer to a request that is not on the tape says nothing.
                if (utterance := taped.transcripts.get(number)) is not None:
                    utterance.said.append((now - utterance.asked_at, index, event))
            case events.TurnJudged(utterance=number):
                # The model was asked of the utterance when STT was.
                if (utterance := taped.transcripts.get(number)) is not None:
                    utterance.judged = now - utterance.asked_at, index, event
            case events.ReplyDelta() | events.ReplyPause() | events.ReplyEnded() | events.ReplyFailed():
                if (reply := taped.replies.get(event.turn)) is not None:
                    reply.said.append((now - reply.asked_at, index, event))
            case events.TtsAudio() | events.TtsEnded() | events.TtsFailed():
                if (speech := taped.speeches.get((event.turn, event.sentence))) is not None:
                    speech.said.append((now - speech.asked_at, index, event))
            case events.Transferred() | events.TransferFailed():
                if taped.transfers:
                    taped.transfers[-1].said.append((now - taped.transfers[-1].asked_at, index, event))
            # A caller whom the carrier has taken over leaves the stream for it, whenever that is.
            case events.CallerLeft() if taped.transfers and taped.transfers[-1].said:
                taped.transfers[-1].said.append((now - taped.transfers[-1].asked_at, index, event))
            case _:
                taped.caller.append((now, index, event))

    def _mark(self, name: str, now: float, index: int) -> None:
        due, cleared_at = self._due.pop(name, None), self._cleared_at.pop(name, None)
        if due is not None:
            self.taped.marks[name] = now - due, index
        elif cleared_at is not None:
            self.taped.cleared.append(now - cleared_at)

    def _request(self, record: list[Any], now: float, spans: dict[int, tuple[int, int]]) -> None:
        taped = self.taped
        match record:
            case ["SendAudio", int() as length, *_]:
                taped.phone.audio(length, now)
            case ["SendMark", {"name": str() as name}]:
                self._due[name] = taped.phone.mark(name, now)
            case ["SendClear", _]:
                for name in taped.phone.clear(now):
                    self._due.pop(name, None)
                    self._cleared_at[name] = now
            case ["Transcribe", {"utterance": int() as number, "pcm": [int() as length, *_]}]:
                # Code that decides otherwise does not say where the utterance was: it ended about here.
                here = len(taped.voiced) * g711.FRAME
                onset, end = spans.get(number, (here - length // 2, here))
                taped.transcripts[number] = TapedTranscript(now, number, onset, end)
            case ["RequestReply", {"turn": int() as turn, "request": dict() as request}]:
                taped.replies[turn] = TapedReply(now, turn, words_of(str(request.get("text", ""))))
            case ["Speak", {"turn": int() as turn, "sentence": int() as sentence, "text": str() as text}]:
                taped.speeches[turn, sentence] = TapedSpeech(now, turn, sentence, text)
            case ["ForgetTranscript", {"utterance": int() as number}] if number in taped.transcripts:
                taped.transcripts[number].give_up(now)
            case ["CloseReply", {"turn": int() as turn}] if turn in taped.replies:
                taped.replies[turn].give_up(now)
            case ["CancelSpeech", {"turn": turn, "sentence": sentence}] if (turn, sentence) in taped.speeches:
                taped.speeches[turn, sentence].give_up(now)
            case ["Transfer", _]:
                taped.transfers.append(TapedTransfer(now))

    def lose_marks(self) -> None:
        """Note the marks that should have come back and did not."""
        for name, due in self._due.items():
            if due + _SETTLED_S < self.taped.over_at:
                self.taped.marks[name] = None


def pairs(said: Sequence[Answer[_Kind]]) -> Iterator[tuple[float, _Kind]]:
    """Yield the pieces of an answer with the seconds between each and the one before."""
    before = 0.0
    for delay, _, event in said:
        yield delay - before, event
        before = delay
