"""Run a call in virtual time: what happens comes from a tape, and what is asked is answered as the tape shows.

The loop has no clock and waits for nothing. At each step the earliest goes to the call: an event of the caller, a piece
of an answer, or the tick that the call asked for. Nothing else than the call decides, so a run of a three-minute call
costs what the call costs.

Up to a *fork* the events of the tape are fed as they are, ticks included, with the options of then.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Final, TypeAlias, assert_never

from ivr.call import commands as ask
from ivr.call import events
from ivr.call.commands import Command, HangUp, Note
from ivr.call.events import Event
from ivr.call.line_watch import GAP_S
from ivr.call.options import CallOptions
from ivr.call.timeline import Turn, place_of
from ivr.media import g711
from ivr.replay.exact import has_sounds
from ivr.replay.what_if.acoustics import EstimatedAcoustics
from ivr.replay.what_if.answers import LAST, Answers, Piece
from ivr.replay.what_if.fitting import Fitted, fit
from ivr.replay.what_if.fork import ForkedCall
from ivr.replay.what_if.phone_model import PhoneModel
from ivr.replay.what_if.taped_call import TapedCall

STAYS_S: Final = 30.0
"""Seconds for which a caller who was hung up on then stays on the line and is silent."""
_SILENT_FRAME: Final = bytes([g711.SILENCE]) * g711.FRAME
_FRAME_S: Final = g711.FRAME_MS / 1000
_TIME_DIGITS: Final = 7
"""Digits of a second that are kept of a time."""

Key: TypeAlias = tuple[str, int | str, int]
"""The kind of a request, its turn, its utterance or its name, and its sentence."""


@dataclass(frozen=True, slots=True)
class ModelledAnswer:
    """Name one answer that is not as recorded."""

    at: float
    """When its first piece arrived."""
    key: Key
    why: str


@dataclass(slots=True)
class ClosedLoopRun:
    """Hold a call as it would have been."""

    turns: list[Turn] = field(default_factory=list)
    notes: list[tuple[float, Note]] = field(default_factory=list)
    hang_up: HangUp | None = None
    """None: it went on behind the end of the tape."""
    over_at: float = 0.0
    played: list[tuple[float, float]] = field(default_factory=list)
    modelled: list[ModelledAnswer] = field(default_factory=list)
    modelled_turns: dict[int, set[str]] = field(default_factory=dict)
    """Of each turn, whose answers are modelled: `stt`, `agent`, `tts`; those before its first audio."""
    parted_at: float | None = None
    """When the call first heard words, of the caller or the agent, that are not as recorded. What the caller says
    after that was said in another conversation."""


def closed_loop(
    taped: TapedCall, options: CallOptions, fitted: Fitted | None = None, *, fork: int = 0, as_recorded: bool = True
) -> ClosedLoopRun:
    """Run a call with other options.

    `fork`: the place on the tape up to which it is as it was, under the options of then.
    `as_recorded=False`: marks come back as fitted, also those whose time is on the tape.
    """
    loop = _Loop(taped, taped.tape.options if fork else options, fitted or fit(taped), as_recorded=as_recorded)
    if fork:
        loop.follow(fork, options)
    return loop.run()


class _Loop:
    """Drive one call."""

    def __init__(self, taped: TapedCall, options: CallOptions, fitted: Fitted, *, as_recorded: bool) -> None:
        self._taped = taped
        self._sounds = EstimatedAcoustics(taped.tape) if has_sounds(taped.tape) else None
        self._call = ForkedCall(options, self._sounds)
        self._fork = 0
        self._fitted = fitted
        self._marks = taped.marks if as_recorded else {}
        self._answers = Answers(taped, fitted)
        self._phone = PhoneModel()
        self._due: list[tuple[float, int, int, Key, Event, str]] = []
        """Pieces of answers: when, place on the tape, serial number, of what, the event, and why it is modelled."""
        self._serial = 0
        self._awaited: defaultdict[Key, set[int]] = defaultdict(set)
        """Serial numbers of the pieces of each answer that was not cancelled."""
        self._transfers = 0
        self._words_modelled = False
        """Words of the caller that wait for the next question are modelled."""
        self._now = 0.0
        self.made = ClosedLoopRun()

    def follow(self, fork: int, options: CallOptions) -> None:
        """Feed the tape as it is up to a place, and go on with other options."""
        for place, moment in enumerate(self._taped.tape.moments[:fork]):
            self._feed(moment.event, moment.now, place)
        # What the tape has before the fork is over; what was asked before it is answered behind it.
        now = self._now
        self._due = [one for one in self._due if (one[0] > now if one[1] == LAST else one[1] >= fork)]
        heapq.heapify(self._due)
        self._fork = fork
        self._call.change_options(options)

    def run(self) -> ClosedLoopRun:
        """Return the call as it would have been."""
        call, made, due = self._call, self.made, self._due
        over_at = self._taped.over_at + (STAYS_S if self._taped.stays else 0.0)
        events_of_caller = self._caller(over_at)
        coming = next(events_of_caller, None)
        while call.ended is None:
            first = min(coming[0] if coming else inf, due[0][0] if due else inf)
            wake_at = call.wake_at()
            tick_at = inf if wake_at is None else max(wake_at, self._now)
            # Asked at every event, and mostly in vain.
            if tick_at < first:
                tick_at = self._ticks_at(tick_at)
            if min(first, tick_at) > over_at:
                break
            if tick_at < first:
                self._feed(events.Tick(), tick_at)
            elif coming is not None and (not due or coming[:2] <= due[0][:2]):
                self._feed(coming[2], max(self._now, coming[0]), coming[1])
                coming = next(events_of_caller, None)
            else:
                self._answer()
        made.turns, made.hang_up = call.turns, call.ended
        made.over_at, made.played = self._now, self._phone.played
        return made

    def _caller(self, over_at: float) -> Iterator[tuple[float, int, Event]]:
        """Yield what the caller did; one who did not hang up then is silent after that."""
        taped = self._taped
        yield from taped.caller[bisect_left(taped.caller, self._fork, key=lambda one: one[1]) :]
        if not taped.stays or taped.last_frame is None:
            return
        now, last = taped.last_frame
        # A phone that sent nothing any more sends nothing now.
        if now + GAP_S < taped.over_at:
            return
        timestamp = last.timestamp_ms + len(last.payload) * 1000 // g711.RATE
        for frame in range(round((over_at - now) / _FRAME_S)):
            silence = events.AudioIn(timestamp + frame * g711.FRAME_MS, _SILENT_FRAME)
            yield now + (frame + 1) * _FRAME_S, LAST, silence

    def _awake(self, at: float) -> float:
        """Return when something that is due is done: not while the process stood still."""
        return next((until for since, until in self._taped.stalls if since < at < until), at)

    def _ticks_at(self, at: float) -> float:
        """Return when a tick that is due comes: as late as then, where the machine was busy."""
        late = self._taped.late
        place = bisect_right(late, (at, inf)) - 1
        return self._awake(max(at, late[place][1]) if place >= 0 else at)

    def _feed(self, event: Event, now: float, place: int = LAST) -> None:
        self._now = now
        if self._sounds is not None:
            self._sounds.give(self._taped.tape.moments[place].sounds if place != LAST else ())
        for command in self._call.receive(event, now):
            self._perform(command, now)

    def _answer(self) -> None:
        """Feed the next piece of an answer, unless it was cancelled."""
        at, place, serial, key, event, why = heapq.heappop(self._due)
        awaited = self._awaited[key]
        if serial not in awaited:
            return
        awaited.discard(serial)
        now = max(self._now, at)
        if why:
            self._note_modelled(key, event, why, now)
        self._feed(event, now, place)

    def _note_modelled(self, key: Key, event: Event, why: str, now: float) -> None:
        made = self.made
        if not any((one.key, one.why) == (key, why) for one in made.modelled[-3:]):
            made.modelled.append(ModelledAnswer(now, key, why))
        kind, number, _ = key
        if kind == "stt":
            self._words_modelled = True
        elif isinstance(number, int) and kind in ("agent", "tts"):
            place = place_of(self._call.turns, number)
            if place is not None and self._call.turns[place].first_sent_at is None:
                made.modelled_turns.setdefault(number, set()).add(kind)
        if made.parted_at is None and isinstance(event, events.TranscriptArrived | events.ReplyDelta):
            made.parted_at = now

    # -- what is asked ---------------------------------------------------------------------------------------------

    def _perform(self, command: Command, now: float) -> None:
        match command:
            case ask.SendAudio(payload=payload):
                self._phone.audio(len(payload), now)
            case ask.SendMark(name=name):
                self._mark(name, now)
            case ask.SendClear():
                for name in self._phone.clear(now):
                    self._awaited.pop(("mark", name, 0), None)
                    self._put(("mark", name, 0), [Piece(self._fitted.cleared_s, LAST, events.MarkReached(name))], now)
            case ask.Note():
                self.made.notes.append((now, command))
            case ask.Transcribe():
                self._put(("stt", command.utterance, 0), self._answers.transcript(command), now)
            case ask.RequestReply():
                if self._words_modelled:
                    self.made.modelled_turns.setdefault(command.turn, set()).add("stt")
                    self._words_modelled = False
                self._put(("agent", command.turn, 0), self._answers.reply(command), now)
            case ask.Speak() | ask.PlayAudio():
                said = command
                # A recording sounds again as it did.
                if isinstance(said, ask.PlayAudio):
                    said = ask.Speak(said.turn, said.sentence, said.source)
                self._put(("tts", said.turn, said.sentence), self._answers.speech(said, now), now)
            case ask.Transfer():
                self._transfers += 1
                self._put(("carrier", self._transfers, 0), self._answers.transfer(self._transfers), now)
            case ask.ForgetTranscript(utterance=number):
                self._awaited.pop(("stt", number, 0), None)
            case ask.CloseReply(turn=turn):
                self._awaited.pop(("agent", turn, 0), None)
            case ask.CancelSpeech(turn=turn, sentence=sentence):
                self._awaited.pop(("tts", turn, sentence), None)
            case ask.JudgeTurn():
                self._put(("model", command.utterance, 0), self._answers.judged(command), now)
            case ask.WarmUp() | ask.TellAgent() | ask.HangUp():
                pass  # nothing comes back of them
            case _:
                assert_never(command)

    def _mark(self, name: str, now: float) -> None:
        """Let a mark come back once its audio was played: as late as then, or as late as usual."""
        due = self._phone.mark(name, now)
        late = self._marks.get(name, (self._fitted.way_s, LAST))
        # A mark that was lost then is lost.
        if late is not None:
            self._put(("mark", name, 0), [Piece(due - now + late[0], late[1], events.MarkReached(name))], now)

    def _put(self, key: Key, pieces: Sequence[Piece], now: float) -> None:
        """Put down the pieces of an answer for their times."""
        for delay, place, event, why in pieces:
            self._serial += 1
            self._awaited[key].add(self._serial)
            # Sums of seconds are brought back to the times of the tape, so that what was at once is at once.
            at = self._awake(round(now + delay, _TIME_DIGITS))
            heapq.heappush(self._due, (at, place, self._serial, key, event, why))
