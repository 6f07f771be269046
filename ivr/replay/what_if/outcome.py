"""Say what came of a call for its caller: waits, cuts, barge-ins, silences, sentences, the end.

The same figures are taken of the call as it was and as it would have been. A figure *rests on a modelled answer* where
an answer of its own turn is modelled, or where the conversation had parted from the recorded one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final

from ivr.call.commands import HangUp
from ivr.call.timeline import Turn, wait
from ivr.replay.what_if.closed_loop import ClosedLoopRun
from ivr.replay.what_if.taped_call import TapedCall, words_of

CONTINUED_S: Final = 1.0
"""Seconds from an endpoint in which a caller who speaks on was cut off."""
SILENCE_S: Final = 2.0
"""Seconds without a sound, while an answer is owed, that count as a silence."""
SAME_VOICE_APART_S: Final = 0.3
"""Seconds by which the same voice may be found sooner or later."""


@dataclass(frozen=True, slots=True)
class Happened:
    """Hold one thing that happened to a caller."""

    at: float
    """Seconds since the call began."""
    value: float = 0.0
    """Of a wait: milliseconds. Of a silence: seconds."""
    turn: int = 0
    modelled: bool = False


@dataclass(slots=True)
class CallOutcome:
    """Hold what came of one call."""

    waits: list[Happened] = field(default_factory=list)
    """From the caller's last word to the first audio sent, in each turn that was answered; at the last word."""
    cut_off: list[Happened] = field(default_factory=list)
    commits: list[Happened] = field(default_factory=list)
    """Voices that took the floor, each from its onset."""
    false_yields: list[Happened] = field(default_factory=list)
    """Voices for which the agent was quiet, and went on."""
    silences: list[Happened] = field(default_factory=list)
    sentences: list[tuple[str, bool]] = field(default_factory=list)
    """What the agent said, and whether it is modelled."""
    end: str = ""
    """Result and reason; empty: the call went on."""
    parted_s: float | None = None
    """When the call first heard words that are not as recorded, in seconds since it began."""
    modelled: tuple[str, ...] = ()
    """Why answers are modelled."""


def as_it_was(taped: TapedCall) -> CallOutcome:
    """Return what came of the call on a tape."""
    return _outcome(taped, taped.turns, taped.phone.played, taped.hang_up, None)


def as_it_would_have_been(taped: TapedCall, run: ClosedLoopRun) -> CallOutcome:
    """Return what came of a run of it."""
    return _outcome(taped, run.turns, run.played, run.hang_up, run)


def _outcome(
    taped: TapedCall,
    turns: Sequence[Turn],
    played: Sequence[tuple[float, float]],
    hang_up: HangUp | None,
    run: ClosedLoopRun | None,
) -> CallOutcome:
    began = taped.tape.began_at
    made = CallOutcome(end=f"{hang_up.result} {hang_up.reason}" if hang_up is not None else "")
    if run is not None:
        made.parted_s = run.parted_at - began if run.parted_at is not None else None
        made.modelled = tuple(dict.fromkeys(one.why for one in run.modelled))
    sounds = sorted([*played, *(span for turn in turns for span in voices_over(turn))])

    def rests(turn: Turn, at: float) -> bool:
        parted = run is not None and run.parted_at is not None and at > run.parted_at
        return parted or (run is not None and turn.number in run.modelled_turns)

    for turn in turns:
        if (seconds := wait(turn)) is not None and turn.speech_ended_at is not None:
            # The answers of this turn alone make its wait.
            modelled = run is not None and turn.number in run.modelled_turns
            made.waits.append(Happened(turn.speech_ended_at - began, seconds * 1000, turn.number, modelled))
        for overlap in turn.overlaps:
            found = Happened(overlap.onset_at - began, 0.0, turn.number, rests(turn, overlap.onset_at))
            if overlap.verdict == "commit":
                made.commits.append(found)
                # The utterance was over for the bridge, and the caller spoke on.
                if turn.endpoint_at is not None and overlap.onset_at <= turn.endpoint_at + CONTINUED_S:
                    made.cut_off.append(found)
            elif overlap.verdict == "resume":
                made.false_yields.append(found)
        made.silences += [
            Happened(since - began, until - since, turn.number, rests(turn, since))
            for since, until in silences_of(turn, sounds)
        ]
        made.sentences += [
            (one.text, rests(turn, one.sent_at)) for one in turn.sentences if one.sent_at is not None and not one.fixed
        ]
    return made


def voices_over(turn: Turn) -> Iterable[tuple[float, float]]:
    """Yield when the caller spoke over a turn, as far as it is known."""
    for overlap in turn.overlaps:
        yield overlap.onset_at, overlap.verdict_at or overlap.onset_at


def silences_of(turn: Turn, sounds: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return when a caller who was owed an answer heard nothing for too long."""
    since, until = turn.speech_ended_at or turn.asked_at, turn.ended_at
    if turn.kind == "phrase" or since is None or until is None:
        return []
    found: list[tuple[float, float]] = []
    for begins, ends in sounds:
        if ends <= since:
            continue
        if begins >= until:
            break
        if begins > since + SILENCE_S:
            found.append((since, begins))
        since = ends
    # Behind the last sound, the caller waits only where the answer did not come.
    if turn.first_sent_at is None and until > since + SILENCE_S:
        found.append((since, until))
    return found


@dataclass(frozen=True, slots=True)
class SentenceChanges:
    """Count what the caller heard otherwise."""

    changed: int = 0
    added: int = 0
    lost: int = 0
    modelled: int = 0


def unmatched(one: Sequence[Happened], other: Sequence[Happened]) -> list[Happened]:
    """Return what happened in one call and has no like in the other, by when it began in the caller's audio."""
    left = [found.at for found in other]
    alone: list[Happened] = []
    for found in one:
        near = min(left, key=lambda at: abs(at - found.at), default=None)
        if near is not None and abs(near - found.at) <= SAME_VOICE_APART_S:
            left.remove(near)
        else:
            alone.append(found)
    return alone


def sentence_changes(before: CallOutcome, after: CallOutcome) -> SentenceChanges:
    """Compare what the agent said."""
    then, now = ([words_of(text) for text, _ in one.sentences] for one in (before, after))
    changes = added = lost = modelled = 0
    for kind, a, b, c, d in SequenceMatcher(None, then, now, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        both = min(b - a, d - c)
        changes, added, lost = changes + both, added + (d - c) - both, lost + (b - a) - both
        modelled += sum(rests for _, rests in after.sentences[c:d])
    return SentenceChanges(changes, added, lost, modelled)
