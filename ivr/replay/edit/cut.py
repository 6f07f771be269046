"""Find the smallest tape that still shows a decision: `ivr tape cut`.

A tape begins with its start, so what is cut is what the decision does not depend on: the rest of the call behind it,
whole turns, utterances, stretches of time, single events. Where all events of a stretch go, the time closes up. Today's
code runs each try, and its decisions are what the cut tape has.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Protocol

from ivr.call.events import AudioIn
from ivr.call.timeline import Turn, numbers_of, place_of, wait
from ivr.replay.compare.difference import compare
from ivr.replay.edit.rerun import Cutter, KeptMoment, Rerun
from ivr.replay.edit.walk import Follower
from ivr.replay.edit.wording import command_words
from ivr.replay.records import CommandDigest
from ivr.replay.tape import Moment, Tape, TapeEnd, TapeError
from ivr.replay.terminal_text import clock
from ivr.replay.trouble import trouble
from ivr.testbench.shrink import shrink

STRETCH_S: Final = 0.2
"""Shortest stretch of time that is left out as a whole, in seconds."""
SAME_WAIT_S: Final = 0.005
"""How far a wait may differ and be the same, in seconds."""
NAMED_NEAR_S: Final = 0.5
"""Seconds within which a decision is the one whose time was named."""
MOST_CUT_TRIES: Final = 3000


class CutTarget(Protocol):
    """Say what a cut tape must still show."""

    @property
    def words(self) -> str:
        """Return what it is, for people."""
        ...

    @property
    def last(self) -> Sequence[int]:
        """Return the indexes of the moments behind which the tape may end, the earliest first."""
        ...

    @property
    def pinned(self) -> frozenset[int]:
        """Return the indexes of the moments that must stay."""
        ...

    @property
    def in_time(self) -> bool:
        """Return whether time may close up."""
        ...

    def holds(self, run: Rerun) -> bool:
        """Return whether a run still shows it."""
        ...


@dataclass(frozen=True, slots=True)
class CutTape:
    """Hold what came of cutting a tape."""

    tape: Tape
    target: CutTarget
    tries: int
    finished: bool
    """Nothing more can go. False: the time or the tries were used up."""


class TurnTarget:
    """Keep what was decided in one turn, and what was wrong with it."""

    in_time = True

    def __init__(self, tape: Tape, whole: Rerun, number: int) -> None:
        """Find the turn of the tape. Raises TapeError: there is none."""
        turns = whole.turns
        place = place_of(turns, number)
        if place is None:
            raise TapeError(f"there is no turn {number}: the call has {numbers_of(turns)}")
        indexes = {place: index for index, place in whole.places.items()}
        self._opened_with = next(index for index, opened in whole.opened.items() if opened == number)
        self._then = signature(turns, place)
        self._wrong = self._trouble(whole, number)
        self.words = f"turn {number}: {turns[place].outcome}"
        if self._wrong:
            self.words += f", {', '.join(sorted(self._wrong))}"
        ends = [turn.ended_at for turn in turns[place : place + 2]]
        moments = [next((p for p, m in enumerate(whole.moments) if m.now > (end or 1e18)), None) for end in ends]
        self.last = [len(tape.moments) if moment is None else indexes[moment] - 1 for moment in moments]
        self.pinned = frozenset({self._opened_with})

    def _trouble(self, run: Rerun, number: int) -> frozenset[str]:
        found = trouble(run.turns, run.call.ended, run.call.options)
        return frozenset(one.kind for one in found if one.turn == number and one.kind != "end")

    def holds(self, run: Rerun) -> bool:
        """Return whether the turn is there with the same decisions."""
        number = run.opened.get(self._opened_with)
        place = None if number is None else place_of(run.turns, number)
        if number is None or place is None:
            return False
        now = signature(run.turns, place)
        if now[:-1] != self._then[:-1]:
            return False
        for before, after in zip(self._then[-1], now[-1], strict=True):
            if (before is None) != (after is None) or (before is not None and abs(before - after) > SAME_WAIT_S):
                return False
        return self._wrong <= self._trouble(run, number)


def signature(turns: Sequence[Turn], place: int) -> tuple[Any, ...]:
    """Return what was decided in a turn, without its number.

    Its times come last: the silence that ended its words, and the wait for its answer.
    """
    turn = turns[place]
    # Words that are said over an answer end by other rules than words that are said into silence.
    over = place > 0 and turns[place - 1].outcome in ("interrupted", "superseded")
    ended, endpoint = turn.speech_ended_at, turn.endpoint_at
    silence = None if ended is None or endpoint is None else endpoint - ended
    return (
        over,
        turn.kind, turn.text, turn.digits, turn.outcome, turn.failure, turn.heard, turn.unheard,
        [(one.text, one.spoken, one.failed, one.again_from) for one in turn.sentences],
        [(one.verdict, one.rule) for one in turn.overlaps],
        [one.text for one in turn.fillers],
        (silence, wait(turn)),
    )  # fmt: skip


class EffectTarget:
    """Keep one decision, named as `ivr tape show` writes it: `clear`, `hang up`, `note filler`, `clear at 25.72`."""

    in_time = True

    def __init__(self, tape: Tape, whole: Rerun, effect: str) -> None:
        """Find the decision on the tape, the one nearest to the time that is named. Raises TapeError: none is near."""
        name, _, at = effect.rpartition(" at ")
        timed = bool(name)
        try:
            wanted = tape.began_at + (seconds(at) if name else 0.0)
        except ValueError:
            name, wanted, timed = effect, tape.began_at, False
        name = (name or effect).casefold().strip()
        indexes = {place: index for index, place in whole.places.items()}
        found = [
            (place, command)
            for place, moment in enumerate(whole.moments)
            if place in indexes
            for command in moment.commands
            if any(words.casefold().startswith(name) for words in command_words([command]))
        ]
        if not found:
            there = {
                " ".join(words.split()[:2]).rstrip(",:") for m in whole.moments for words in command_words(m.commands)
            }
            names = ", ".join(sorted(words for words in there if not words.startswith("sent "))[:30])
            raise TapeError(f"nothing was decided that reads {effect!r}; there are: {names}")
        place, command = min(found, key=lambda one: abs(whole.moments[one[0]].now - wanted))
        # One that is far from the time that was named is another.
        if timed and abs(whole.moments[place].now - wanted) > NAMED_NEAR_S:
            times = ", ".join(clock(whole.moments[one].now - tape.began_at) for one, _ in found[:10])
            raise TapeError(f"nothing was decided that reads {effect!r}; {name!r} is at {times}")
        self._index = indexes[place]
        self._then = shape(command)
        self.words = f"{command_words([command])[0]} at {clock(whole.moments[place].now - tape.began_at)}"
        self.last = [self._index]
        self.pinned = frozenset({self._index})

    def holds(self, run: Rerun) -> bool:
        """Return whether the decision is there, with the same event."""
        place = run.places.get(self._index)
        return place is not None and any(shape(command) == self._then for command in run.moments[place].commands)


def seconds(text: str) -> float:
    """Return a time of the call, `25.72` or `00:25.720`, in seconds. Raises ValueError."""
    minutes, colon, rest = text.rpartition(":")
    return (60 * int(minutes) if colon else 0) + float(rest)


_NUMBERED_FIELDS: Final = frozenset({"turn", "sentence", "utterance", "pcm", "quiet_at", "name"})
"""Fields of a command that are numbers of the call, lengths or times."""


def shape(command: Sequence[Any]) -> Any:
    """Return a command without numbers, lengths and times: what it is that was decided."""
    if len(command) < 2 or not isinstance(command[1], dict):
        return command[:1]
    said = command[1]
    if command[0] == "Note":
        fields = said.get("fields", {})
        return ["Note", said.get("name"), {name: value for name, value in fields.items() if isinstance(value, str)}]
    if command[0] == "RequestReply":
        return ["RequestReply", said["request"].get("text"), said["request"].get("event")]
    return [command[0], {name: value for name, value in said.items() if name not in _NUMBERED_FIELDS}]


class DifferenceTarget:
    """Keep the first difference between what the tape decided and what today's code decides.

    The decisions of the code of then are only on the tape: what is kept keeps them, at their times.
    """

    in_time = False

    def __init__(self, tape: Tape) -> None:
        """Find the difference. Raises TapeError: there is none."""
        differences = compare(tape).differences
        if not differences:
            raise TapeError("today's code decides the same: there is no difference to keep")
        found = differences[0]
        self._tape = tape
        self._index, self._today = found.index, found.today
        self.words = f"the difference at {clock(found.now - tape.began_at)}"
        self.last = [found.index]
        self.pinned = frozenset({found.index})

    def holds(self, run: Rerun) -> bool:
        """Return whether the same decision still differs, and none before it."""
        # A tick that is not on the tape has no decisions of then.
        if run.ticks:
            return False
        for index, place in run.places.items():
            moment, now = self._tape.moments[index], run.moments[place]
            if index == self._index:
                return now.event == moment.event and list(now.commands) == self._today
            if now.event != moment.event or list(now.commands) != list(moment.commands):
                return False
        return False


def cut(
    cutter: Cutter,
    target: CutTarget,
    *,
    enough: Callable[[], bool] = lambda: False,
    told: Callable[[str, int], None] = lambda level, events: None,
) -> CutTape:
    """Return the smallest tape that still shows a target. Raises TapeError: a run of the whole tape does not show it.

    `enough`: whether to stop where it has come to. `told`: hears what is left out now, and how many events are left.
    """
    tape = cutter.tape
    if not target.holds(cutter.whole):
        raise TapeError(f"{target.words}: it does not come out of the tape's events a second time")
    pinned = target.pinned | {0}
    kept, tries, finished = list(cutter.all), 0, True
    for last in target.last:
        tries += 1
        shorter = [one for one in kept if one.index <= last]
        if target.holds(cutter.run(shorter)):
            kept = shorter
            break
    for level, groups, closes in _levels(tape, closes=target.in_time):
        parts = [part for part in groups(kept) if not pinned.intersection(one.index for one in part)]

        made = partial(without, kept, parts, closes=closes)

        def still(some: list[list[KeptMoment]], made: Any = made, level: str = level) -> bool:
            fewer: list[KeptMoment] = made(some)
            shows = target.holds(cutter.run(fewer))
            if shows:
                told(level, len(fewer))
            return shows

        found = shrink(parts, still, most=MOST_CUT_TRIES - tries, enough=enough)
        kept = made(found.kept)
        tries += found.tries
        finished = found.finished
        if not finished:
            break
    return CutTape(_written(cutter, kept, target), target, tries, finished)


Groups = Callable[[Sequence[KeptMoment]], list[list[KeptMoment]]]


def _levels(tape: Tape, *, closes: bool) -> list[tuple[str, Groups, bool]]:
    """Return what is left out, from big to small: its name, how moments are grouped, and whether the time closes up."""
    seen = list(Follower(tape).moments())

    def by(key: Callable[[KeptMoment], Any]) -> Groups:
        return lambda kept: [list(group) for _, group in itertools.groupby(kept, key)]

    def singly(kept: Sequence[KeptMoment]) -> list[list[KeptMoment]]:
        return [[one] for one in kept if not isinstance(tape.moments[one.index].event, AudioIn)]

    return [
        ("turns", by(lambda one: seen[one.index].turn), closes),
        ("utterances", by(lambda one: (seen[one.index].turn, seen[one.index].state)), closes),
        ("stretches", by(lambda one: int((one.now - tape.began_at) / STRETCH_S)), closes),
        ("events", singly, False),
    ]


def without(
    kept: Sequence[KeptMoment],
    parts: Sequence[Sequence[KeptMoment]],
    some: Sequence[Sequence[KeptMoment]],
    *,
    closes: bool,
) -> list[KeptMoment]:
    """Return what is kept of moments when only some of their parts are. `closes`: the time of the others closes up."""
    stay = {id(part) for part in some}
    gone = {one.index for part in parts if id(part) not in stay for one in part}
    left: list[KeptMoment] = []
    earlier = 0.0
    for one, following in itertools.zip_longest(kept, kept[1:]):
        if one.index not in gone:
            left.append(KeptMoment(one.index, round(one.now - earlier, 6)) if earlier else one)
        elif closes and following is not None:
            earlier += following.now - one.now
    return left


def _written(cutter: Cutter, kept: Sequence[KeptMoment], target: CutTarget) -> Tape:
    """Return a tape of these moments."""
    tape = cutter.tape
    run = cutter.run(kept)
    moments: list[Moment] = run.moments
    if not target.in_time:
        # The decisions of the code of then stay beside their events.
        moments = [tape.moments[index] for index in run.places]
    digest = CommandDigest()
    for moment in moments:
        if moment.commands:
            digest.add(moment.commands)
    ended = run.call.ended
    length = moments[-1].now - moments[0].now
    found = trouble(run.turns, ended, run.call.options)
    end = TapeEnd(
        ended.result if ended else "",
        ended.reason if ended else "cut",
        length,
        len(moments),
        len(run.turns),
        str(digest),
        found,
    )
    origin = ", ".join([*(word for word in tape.header.origin.split(", ") if word not in ("live", "cut")), "cut"])
    whole = Tape(replace(tape.header, origin=origin), moments, dict(tape.phrase_audio), end=end)
    return with_said_phrases(whole)


def with_said_phrases(tape: Tape) -> Tape:
    """Return a tape without the audio of phrases that are not said in it."""
    said = {
        command[1]["fields"].get("name")
        for moment in tape.moments
        for command in moment.commands
        if command[0] == "Note" and command[1].get("name") == "phrase" and "fields" in command[1]
    }
    tape.phrase_audio = {name: audio for name, audio in tape.phrase_audio.items() if name in said}
    return tape
