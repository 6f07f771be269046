"""Record the times and words of each turn, for reports, metrics and the next request.

All times are seconds of `now`, None until they happen. The text is what was said: it is never logged.

These records have one writer. The machines of a call report what happens to the methods here; everyone else only reads
the fields (tests/call/test_timeline.py checks it).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Final, Literal, TypeAlias

TurnKind: TypeAlias = Literal["phrase", "speech", "dtmf", "start", "silence", "voicemail", "transfer_result"]
"""`phrase`: the bridge's own words. The others are what the agent was told of, by the name of the request's event."""
CALLER_ASKED: Final[frozenset[TurnKind]] = frozenset({"speech", "dtmf"})
"""Kinds of a turn that the caller began, with words or keys."""
TurnOutcome: TypeAlias = Literal["open", "heard", "interrupted", "superseded", "failed", "empty"]
"""`superseded`: the caller went on talking before a word was heard. `empty`: nothing was understood or answered."""

Owner: TypeAlias = Literal["endpoint", "stt", "agent", "tts", "own"]
"""The party that took time of a wait. `endpoint`: the silence that ends an utterance. `own`: the bridge."""
OWNERS: Final[tuple[Owner, ...]] = ("endpoint", "stt", "agent", "tts", "own")

Rule: TypeAlias = Literal[
    "words", "went_on", "silence", "backchannel", "waiting", "nothing", "not_meant", "kept", "failed", "late"
]
"""What decided about an overlap. `words`: it said something. `went_on`: it goes on with the question. `silence`: it
was short. `backchannel`: it said "mm-hm". `waiting`: it asked nothing new of an agent at work. `nothing`: no words were
found. `not_meant`: far softer words than the caller's. `kept`: answered behind an answer that must be heard once.
`failed`: STT did. `late`: too late."""


@dataclass(slots=True)
class Sentence:
    """Record one piece of a reply, as sent to TTS."""

    number: int
    text: str
    """As the agent wrote it."""
    spoken: str
    """As TTS got it."""
    ready_at: float
    """Its text was complete."""
    asked_at: float | None = None
    """TTS was asked for it."""
    audio_at: float | None = None
    """First audio arrived from TTS."""
    sent_at: float | None = None
    """First audio left for the phone."""
    audio_ms: int = 0
    """Audio received so far."""
    whole: bool = False
    """TTS has delivered all of it."""
    heard_ms: int = 0
    """Audio the caller heard, by marks and the play clock."""
    finished: bool = False
    """Its last mark came back as heard."""
    failed: str = ""
    """Why TTS gave it up; empty: it did not."""
    fixed: bool = False
    """Words of the line, not of the agent."""
    after_filler_s: float = 0.0
    """Its first audio waited so long for a filler to end, in seconds."""
    shortened_ms: int = 0
    """Of a filler: what was left out because the words that it announced had come."""
    again_from: int | None = None
    """It broke off, and the next sentence says its text again from this character on. None: it did not."""

    def ask(self, now: float) -> None:
        """Record that its audio was asked for."""
        self.asked_at = now

    def add_audio(self, ms: int, now: float) -> None:
        """Record that more of its audio arrived, in milliseconds."""
        if self.audio_at is None:
            self.audio_at = now
        self.audio_ms += ms

    def follow_filler(self, seconds: float) -> None:
        """Record that its first audio waits for a filler to end."""
        self.after_filler_s = seconds

    def shorten(self, ms: int) -> None:
        """Record that so much of its end is left out."""
        self.shortened_ms = ms
        self.audio_ms -= ms

    def complete(self) -> None:
        """Record that all of its audio arrived."""
        self.whole = True

    def finish(self) -> None:
        """Record that the caller heard all the audio there is of it."""
        self.finished = self.whole
        self.heard_ms = self.audio_ms

    def cut(self, heard_ms: int) -> None:
        """Record that the caller heard so much of it, and no more."""
        self.heard_ms = heard_ms

    def fail(self, reason: str) -> None:
        """Record that TTS has given it up."""
        self.failed = reason


@dataclass(slots=True)
class Overlap:
    """Record one time that the caller spoke over the agent."""

    onset_at: float
    """When the first voiced frame arrived."""
    yield_at: float
    """When the agent went quiet for it."""
    clear_at: float | None
    """The phone was told to throw away what it had; None: it had nothing."""
    verdict: Literal["pending", "commit", "resume"] = "pending"
    verdict_at: float | None = None
    rule: Rule | Literal[""] = ""
    """What decided."""
    quiet_at: float | None = None
    """The phone was silent by then, fade included; None: it was silent before."""
    resumed_at: float | None = None
    """The agent went on, also where the words of the overlap decided only later."""

    def settle(self, verdict: Literal["commit", "resume"], rule: Rule, now: float) -> None:
        """Record what it was."""
        self.verdict, self.rule, self.verdict_at = verdict, rule, now
        self.resumed_at = now if verdict == "resume" else None


@dataclass(slots=True)
class Turn:
    """Record one question and its answer. Turn 0 is the greeting."""

    number: int
    kind: TurnKind
    text: str = ""
    """What the agent was asked."""
    digits: str = ""
    """The keys in it; never logged."""
    outcome: TurnOutcome = "open"
    failure: str = ""
    """Why there was no answer, or no whole one; empty: there was."""
    speech_started_at: float | None = None
    """When the first voiced frame of the caller's words arrived."""
    speech_ended_at: float | None = None
    """When the last voiced frame of the utterance arrived."""
    endpoint_at: float | None = None
    """The utterance was declared over and sent to STT."""
    transcript_at: float | None = None
    """All its words were there."""
    asked_at: float | None = None
    """The agent was asked."""
    first_delta_at: float | None = None
    """The first piece of the reply arrived."""
    reply_ended_at: float | None = None
    """The reply was whole, or had failed."""
    first_sent_at: float | None = None
    """First audio of the answer left for the phone."""
    ended_at: float | None = None
    """The turn was closed."""
    sentences: list[Sentence] = field(default_factory=list)
    overlaps: list[Overlap] = field(default_factory=list)
    fillers: list[Sentence] = field(default_factory=list)
    """Words of the line with which the caller's waiting was filled, each from its `ready_at`."""
    heard: str = ""
    """Of the answer: what the caller heard."""
    unheard: str = ""
    """Of the answer: what the caller did not hear."""
    stalls: list[tuple[float, float]] = field(default_factory=list)
    """When the process stood still while this turn was waited for, from and to: known once the call is over."""
    supersedes: bool = False
    """The question before was withdrawn, and this one holds both."""
    ahead: bool = False
    """The agent was asked before the caller's turn was sure to be over, and it is not over yet."""
    gained_s: float | None = None
    """The seconds by which the answer came sooner for being asked for ahead. None: it was not."""

    # -- the question --------------------------------------------------------------------------------------------

    def put_question(self, text: str, *, digits: str = "", supersedes: bool = False) -> None:
        """Record what the agent is asked, which keys are in it, and whether it holds a withdrawn question as well."""
        self.text, self.digits, self.supersedes = text, digits, supersedes

    def record_speech(self, started_at: float, ended_at: float, endpoint_at: float, transcript_at: float) -> None:
        """Record when the question was spoken, declared over and understood."""
        self.speech_started_at, self.speech_ended_at = started_at, ended_at
        self.endpoint_at, self.transcript_at = endpoint_at, transcript_at

    def ask_ahead(self) -> None:
        """Record that the agent is asked before the caller's turn is sure to be over."""
        self.ahead = True

    def end_ahead(self, now: float) -> None:
        """Record that the caller's turn is over: the agent was asked ahead, and rightly."""
        asked_at = now if self.asked_at is None else self.asked_at
        # Audio that had come waited for the turn's end: what comes sooner than that is no gain.
        audio = [sentence.audio_at for sentence in self.sentences if sentence.audio_at is not None]
        self.ahead, self.gained_s = False, max(0.0, min([now, *audio]) - asked_at)

    def ask(self, now: float) -> None:
        """Record that the agent is asked."""
        self.asked_at = now

    # -- the answer ----------------------------------------------------------------------------------------------

    def receive_delta(self, now: float) -> None:
        """Record a piece of the reply; the first counts."""
        if self.first_delta_at is None:
            self.first_delta_at = now

    def end_reply(self, now: float) -> None:
        """Record that no more of the reply will come."""
        self.reply_ended_at = now

    def fail(self, reason: str) -> None:
        """Record why there is no answer, or no whole one."""
        self.failure = reason

    def add_sentence(self, text: str, spoken: str, now: float, *, fixed: bool = False) -> Sentence:
        """Append a sentence whose text is complete; returns it. `fixed`: its words are the line's."""
        sentence = Sentence(len(self.sentences) + 1, text, spoken, ready_at=now, fixed=fixed)
        self.sentences.append(sentence)
        return sentence

    def repeat_rest(self, broken: Sentence, at: int, spoken_at: int, now: float) -> Sentence:
        """Insert a sentence that says the end of `broken` once more, from a character of its text; returns it.

        `spoken_at`: the same place in the text as TTS got it.
        """
        broken.again_from = at
        rest = Sentence(len(self.sentences) + 1, broken.text[at:], broken.spoken[spoken_at:], ready_at=now)
        self.sentences.insert(self.sentences.index(broken) + 1, rest)
        return rest

    def send(self, sentence: Sentence, now: float) -> None:
        """Record that the first audio of a sentence left for the phone."""
        sentence.sent_at = now
        if self.first_sent_at is None:
            self.first_sent_at = now

    def fill(self, filler: Sentence) -> None:
        """Record that the caller's waiting was filled with words of the line."""
        self.fillers.append(filler)

    def overlap(self, onset_at: float, now: float, quiet_at: float | None) -> None:
        """Append an overlap to which the agent yields now. `quiet_at`: see `Overlap`; None: nothing sounded."""
        self.overlaps.append(Overlap(onset_at, now, None if quiet_at is None else now, quiet_at=quiet_at))

    def close(self, outcome: TurnOutcome, now: float, heard: str, unheard: str) -> None:
        """Record the end of the turn, and what the caller heard of the answer."""
        self.outcome, self.ended_at, self.heard, self.unheard = outcome, now, heard, unheard

    def summary(self) -> dict[str, str | int]:
        """Return what an operator may want to know of it, without a word of what was said."""
        sentences = sum(bool(sentence.text) for sentence in self.sentences)
        # Seconds of a wait as whole milliseconds; a party that the turn never came to has none.
        took = {owner: seconds for owner in OWNERS if (seconds := spent(self, owner)) is not None}
        waited = {"answer_ms": round(seconds * 1000)} if (seconds := wait(self)) is not None else {}
        parts = {f"{owner}_ms": round(seconds * 1000) for owner, seconds in took.items()}
        return {
            "turn": self.number, "kind": self.kind, "outcome": self.outcome, "sentences": sentences, **waited, **parts,
        }  # fmt: skip

    # -- what follows from it ------------------------------------------------------------------------------------

    def with_stalls(self, stalls: Iterable[tuple[float, float]]) -> Turn:
        """Return a copy that has those of `stalls` in which this turn was waited for; itself when it was not."""
        # Only the wait from endpoint to first audio is measured.
        start, end = self.endpoint_at, self.first_sent_at
        if start is None or end is None:
            return self
        return replace(self, stalls=[stall for stall in stalls if stall[1] > start and stall[0] < end])

    def stalled(self, start: float, end: float) -> float:
        """Return the seconds of a span in which the process stood still."""
        return sum(max(0.0, min(end, until) - max(start, since)) for since, until in self.stalls)

    @property
    def own_overhead(self) -> float | None:
        """Return the seconds from endpoint to first audio that were the bridge's own: not STT's, the agent's or TTS's.

        None until the answer's first audio was sent, and for a phrase, which is no answer.
        """
        return spent(self, "own") if self.transcript_at is not None and wait(self) is not None else None


# -- whose time it was -----------------------------------------------------------------------------------------------
#
#     caller's last word | endpoint | stt | own | agent | own | tts | own | first audio leaves for the phone
#
# The stages of a turn lie end to end, so their sum is the caller's wait. A turn that stopped half way has the stages it
# reached.


@dataclass(frozen=True, slots=True)
class LatencyStage:
    """Hold one piece of the wait."""

    name: str
    owner: Owner
    start: float
    """Driver's seconds."""
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


def first_spoken(turn: Turn) -> Sentence | None:
    """Return the sentence that ended the silence, or else the first one. None: the turn has no sentence."""
    sent = (sentence for sentence in turn.sentences if sentence.sent_at is not None)
    return next(sent, next(iter(turn.sentences), None))


def stages(turn: Turn) -> list[LatencyStage]:
    """Return the stages of a turn in order, up to the first audio or as far as the turn came."""
    steps: list[tuple[str, Owner, float | None]] = [
        ("silence to end of speech", "endpoint", turn.endpoint_at),
        ("speech to text", "stt", turn.transcript_at),
        ("asking the agent", "own", turn.asked_at),
        ("agent's first words", "agent", turn.first_delta_at),
    ]
    if sentence := first_spoken(turn):
        steps += [
            ("agent's first sentence", "agent", sentence.ready_at),
            ("asking TTS", "own", sentence.asked_at),
            ("first audio from TTS", "tts", sentence.audio_at),
        ]
        # A filler is said because the answer is late: its end is the agent's time.
        if sentence.audio_at is not None and sentence.after_filler_s:
            steps.append(("the filler to its end", "agent", sentence.audio_at + sentence.after_filler_s))
        steps.append(("first audio to the phone", "own", sentence.sent_at))
    before = turn.speech_ended_at
    # Keys and phrases have no speech: their wait begins with the request to the agent.
    if before is None:
        before, steps = turn.asked_at, steps[3:]
    found: list[LatencyStage] = []
    for name, owner, at in steps:
        if at is None or before is None:
            break
        # Speculative work may be done before the stage before it is over: then it took no time.
        found.append(LatencyStage(name, owner, before, max(before, at)))
        before = max(before, at)
    return found


def spent(turn: Turn, owner: Owner) -> float | None:
    """Return the seconds that one party took. None: the turn never came to it."""
    found = stages(turn)
    parts = [stage for stage in found if stage.owner == owner]
    if not parts:
        return None
    took = sum(stage.seconds for stage in parts)
    if owner == "endpoint":
        return took
    # While the event loop stood still, the bridge took the time, in the stages of the others too.
    if owner == "own":
        others = [stage for stage in found if stage.owner not in ("own", "endpoint")]
        return took + sum(turn.stalled(stage.start, stage.end) for stage in others)
    return took - sum(turn.stalled(stage.start, stage.end) for stage in parts)


def wait(turn: Turn) -> float | None:
    """Return the seconds from the caller's last word to the first audio sent. None: no audio was sent."""
    sentence = first_spoken(turn)
    found = stages(turn)
    if sentence is None or sentence.sent_at is None or not found or found[-1].end < sentence.sent_at:
        return None
    return found[-1].end - found[0].start


def place_of(turns: Sequence[Turn], number: int) -> int | None:
    """Return where the turn of this number is; None: nowhere. Numbers grow, and a question that was dropped has one."""
    place = bisect_left(turns, number, key=attrgetter("number"))
    return place if place < len(turns) and turns[place].number == number else None


def numbers_of(turns: Sequence[Turn]) -> str:
    """Return which turns a call has, for people."""
    return f"turns {turns[0].number} to {turns[-1].number}" if turns else "none"
