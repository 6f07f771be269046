"""Say what a difference is to the caller: measured at the ear, by both command streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ivr.replay.compare.changes import number
from ivr.replay.compare.difference import Difference, ReplayFinding
from ivr.replay.compare.ear import Audible, Decided, audible, begins_after, silent_at
from ivr.replay.compare.words import fields_of
from ivr.replay.terminal_text import clock, quote, span

LEAST_S: Final = 0.02
"""What a caller may notice, in seconds: a frame."""
PEERS: Final[Mapping[str, str]] = {
    "Transcribe": "the words of this utterance",
    "RequestReply": "the agent's answer",
    "Speak": "the audio of this sentence",
}


def callers_view(found: ReplayFinding) -> list[str]:
    """Return what the caller would have noticed, in words. Empty: nothing, as far as the tape can tell."""
    parted = found.parted
    if parted is None or parted.failure:
        return []
    then, today = audible(found.then), audible(found.today)
    lines = [*silences(then, today, parted.now, found.until), *other_sentences(found, parted.now), *waits_moved(parted)]
    ended = [_ends(found.then, found.until), _ends(found.today, found.until)]
    if ended[0] is None and ended[1] is not None:
        lines.append(f"the call would have ended at {clock(ended[1] - found.tape.began_at)}")
    elif ended[0] is not None and ended[1] is None:
        lines.append(f"the call would not have ended at {clock(ended[0] - found.tape.began_at)}")
    return lines


def waits_moved(parted: Difference) -> Iterator[str]:
    """Say what a request to a peer brings that is made sooner or later; the tape has its answer at the old time."""
    for change in parted.changes:
        record = change.then or change.now
        if change.later_s is not None and record is not None and record[0] in PEERS:
            sooner = "later" if change.manner == "missing" else "earlier"
            what = f"what follows from {PEERS[record[0]]}"
            yield f"{what} would come {span(change.later_s)} {sooner}, if they take as long"


def silences(then: Sequence[Audible], today: Sequence[Audible], at: float, until: float) -> Iterator[str]:
    """Say when the agent fell silent, and when it began to speak."""
    quiet, quieter = silent_at(then, at), silent_at(today, at)
    # Audio that is sent at the moment itself begins to sound then.
    if quiet is not None and quieter is not None and abs(quieter - quiet) >= LEAST_S:
        sure = "" if max(quiet, quieter) < until else "at least "
        longer = "longer" if quieter > quiet else "shorter"
        yield f"the agent would have gone on {sure}{span(abs(quieter - quiet))} {longer}"
    begun, begins = (begins_after(spans, stop or at) for spans, stop in ((then, quiet), (today, quieter)))
    if begun is not None and begun < until and begins is not None and begins < until:
        if abs(begins - begun) >= LEAST_S:
            sooner = "later" if begins > begun else "earlier"
            yield f"the agent would have begun to speak {span(abs(begins - begun))} {sooner}"
    elif begun is not None and begun < until:
        yield f"the agent would not have begun to speak after {span(begun - at)}, as it did"
    elif begins is not None and begins < until:
        yield f"the agent would have begun to speak after {span(begins - at)}; it did not"


def other_sentences(found: ReplayFinding, since: float) -> Iterator[str]:
    """Say which sentences only one of the histories asked for."""
    then, today = (
        {
            number(record): f"sentence {fields_of(record).get('sentence')} {quote(fields_of(record).get('text', ''))}"
            for now, records in stream
            if since <= now < found.until
            for record in records
            if record[0] == "Speak"
        }
        for stream in (found.then, found.today)
    )
    for key in then.keys() - today.keys():
        yield f"{then[key]} would not have been asked for by then"
    for key in today.keys() - then.keys():
        yield f"{today[key]} would have been asked for"


def _ends(stream: Sequence[Decided], until: float) -> float | None:
    """Return when the call hangs up; None: not by then."""
    return next((now for now, records in stream if now <= until for one in records if one[0] == "HangUp"), None)
