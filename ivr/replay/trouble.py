"""Name what went wrong on a call, from the record of its turns: the calls whose tapes are worth keeping.

wait       the caller waited longer for an answer than the line allows
lost       a sentence failed, and was not said again
resumed    the agent fell silent for a voice or a noise, and went on: a false yield
continued  the caller went on within a second of an utterance's end: it was perhaps cut off
failure    a service failed, whether or not the caller noticed
end        the call ended otherwise than the parties meant it to
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, TypeAlias, get_args

from ivr.call.commands import HangUp, Note
from ivr.call.options import CallOptions
from ivr.call.timeline import Turn, wait
from ivr.replay.tape import Trouble

TroubleKind: TypeAlias = Literal["wait", "lost", "resumed", "continued", "failure", "end"]
KINDS: Final[tuple[TroubleKind, ...]] = get_args(TroubleKind)
USUAL_LIMIT_MS: Final = 2200
"""Wait that is too long on a line without fillers."""
GOES_ON_S: Final = 1.0
"""Seconds behind an utterance's end in which more words belong to it."""
FAILURE_NOTES: Final = frozenset({"transcript_failed", "transfer_failed"})
"""Notes that tell of a failure which no turn records."""


def trouble(
    turns: Sequence[Turn], hang_up: HangUp | None, options: CallOptions, noted: Iterable[tuple[float, Note]] = ()
) -> tuple[Trouble, ...]:
    """Return what went wrong, in the order of time. `hang_up`: None for a call that has no end yet.

    `noted`: the call's notes with their times; those of `FAILURE_NOTES` count.
    """
    found = [one for turn in turns for one in _of_turn(turn, options)]
    found += _continued(turns)
    for now, note in noted:
        if note.name in FAILURE_NOTES:
            found.append(Trouble("failure", 0, now, f"{note.name}: {note.fields.get('reason', '')}"))
    found.sort(key=lambda one: one.at)
    if hang_up is not None and hang_up.result != "success":
        last = max((turn.ended_at or 0.0 for turn in turns), default=0.0)
        at = max([last, *(one.at for one in found)])
        found.append(Trouble("end", turns[-1].number if turns else 0, at, f"{hang_up.result}: {hang_up.reason}"))
    return tuple(found)


def _of_turn(turn: Turn, options: CallOptions) -> Iterator[Trouble]:
    """Yield what went wrong in one turn, whatever came before and after."""
    limit = (options.filler_after_ms or USUAL_LIMIT_MS) / 1000
    waited = _waited(turn)
    if waited is not None and waited[1] - waited[0] > limit:
        silent = "" if turn.first_sent_at is not None else ", no answer"
        yield Trouble("wait", turn.number, waited[1], f"{waited[1] - waited[0]:.1f} s{silent}")
    for sentence in turn.sentences:
        # Its end was said by another sentence, which has a record of its own.
        if sentence.again_from is not None:
            yield Trouble("failure", turn.number, sentence.ready_at, "tts: said again")
        elif sentence.failed:
            yield Trouble("lost", turn.number, sentence.ready_at, f"sentence {sentence.number}: {sentence.failed}")
    for overlap in turn.overlaps:
        if overlap.verdict == "resume":
            quiet = (overlap.resumed_at or overlap.yield_at) - overlap.yield_at
            yield Trouble("resumed", turn.number, overlap.yield_at, f"{overlap.rule}, silent for {quiet:.1f} s")
        if overlap.rule == "failed":
            yield Trouble("failure", turn.number, overlap.verdict_at or overlap.yield_at, "stt: words of an overlap")
    if turn.failure:
        yield Trouble("failure", turn.number, _last_of(turn), turn.failure)


def _waited(turn: Turn) -> tuple[float, float] | None:
    """Return from when and until when the caller waited for this turn's answer. None: for no answer."""
    since = turn.speech_ended_at if turn.speech_ended_at is not None else turn.asked_at
    if turn.kind == "phrase" or since is None:
        return None
    if (seconds := wait(turn)) is not None:
        return since, since + seconds
    # It never sounded: the wait ended when the caller spoke again, or left.
    until = turn.first_sent_at or next((one.onset_at for one in turn.overlaps), turn.ended_at)
    return None if until is None else (since, until)


def _continued(turns: Sequence[Turn]) -> Iterator[Trouble]:
    """Yield the turns behind whose end the caller went on talking."""
    for turn, later in itertools.zip_longest(turns, turns[1:]):
        if turn.endpoint_at is None:
            continue
        # Over the answer, or before it: that ends the turn.
        onsets = [overlap.onset_at for overlap in turn.overlaps if overlap.verdict == "commit"]
        if later is not None and later.speech_started_at is not None:
            onsets.append(later.speech_started_at)
            # The next turn has these words as well as those before: only the end of this one says when they came.
            if turn.outcome == "superseded" and turn.ended_at is not None:
                onsets.append(turn.ended_at)
        behind = [onset - turn.endpoint_at for onset in onsets if onset > turn.endpoint_at]
        if behind and min(behind) <= GOES_ON_S:
            at = turn.endpoint_at + min(behind)
            yield Trouble("continued", turn.number, at, f"{min(behind) * 1000:.0f} ms behind the end of the words")


def _last_of(turn: Turn) -> float:
    """Return a time at which a turn had failed."""
    times = (turn.reply_ended_at, turn.ended_at, turn.asked_at)
    return next((at for at in times if at is not None), 0.0)
