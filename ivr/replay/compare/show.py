"""Show one comparison as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ivr.replay.compare.before import inputs_before
from ivr.replay.compare.difference import Difference, ReplayFinding
from ivr.replay.compare.view import callers_view
from ivr.replay.compare.words import command, decided, fields_of, happened
from ivr.replay.tape import CommandRecord, Tape
from ivr.replay.terminal_text import clock, quote, span


def lines(found: ReplayFinding, name: str, took: float) -> Iterator[str]:
    """Yield what a developer reads. `took`: seconds."""
    tape = found.tape
    yield from reading_faults(found)
    if found.same:
        events = f"{found.compared} events, {tape.seconds:.1f} s of a call, in {took * 1000:.0f} ms"
        yield f"{name}: same. {events}{digest(tape)}"
        return
    first = found.differences[0]
    place = f"event {first.index + 1} of {len(tape.moments)}"
    yield f"{name}: different. The first of {_count(found)} is in “{first.kind}”, {place}"
    yield ""
    yield from difference_lines(found)


def difference_lines(found: ReplayFinding) -> Iterator[str]:
    """Yield the first difference, and the one that makes it another call, with what follows."""
    first = found.differences[0]
    yield from difference(found, first)
    if found.parted is not None and found.parted is not first:
        yield ""
        yield f"And this makes it another call (“{found.parted.kind}”, event {found.parted.index + 1}):"
        yield from difference(found, found.parted)
    yield from consequences(found)


def headline(one: Difference) -> str:
    """Return a difference in a few words."""
    # Audio that leaves or does not is told by the phrase of the line that it belongs to.
    phrases = [change for change in one.changes if "phrase" in (_noted(change.then), _noted(change.now))]
    change = phrases[0] if phrases and one.kind == "playout" else one.telling[0]
    if one.failure:
        return f"today's code fails: {one.failure}"
    match change.manner:
        case "missing":
            later = f", today {span(change.later_s)} later" if change.later_s is not None else ", today not"
            return command(change.then or ["?"]) + later
        case "new":
            later = f" {span(change.later_s)} sooner" if change.later_s is not None else ", then not"
            return command(change.now or ["?"]) + later
        case "order":
            return f"{command(change.then or ['?'])}, today before that {command(change.now or ['?'])}"
        case _:
            then, now = command(change.then or ["?"]), command(change.now or ["?"])
            if then == now:
                return f"{then}, today with other {'samples' if change.kind == 'audio' else 'figures'}"
            return f"{then}, today {now}"


def _noted(record: CommandRecord | None) -> object:
    return fields_of(record).get("name") if record is not None and record[0] == "Note" else None


def digest(tape: Tape) -> str:
    """Return the digest of a tape's commands as the end of a line; empty: it has none."""
    return f", digest {tape.end.digest}" if tape.end is not None and tape.end.digest else ""


def reading_faults(found: ReplayFinding) -> Iterator[str]:
    """Say what could not be read of the tape."""
    for fault in found.tape.faults:
        yield f"note: {fault}"
    if found.tape.newer:
        yield f"note: options that the tape does not have keep their defaults: {', '.join(found.tape.newer)}"
    if found.tape.unknown:
        yield f"note: options of then that today's code does not have: {', '.join(found.tape.unknown)}"
    if found.tape.gaps:
        yield f"note: compared up to the gap before event {found.tape.gaps[0] + 1}"


def difference(found: ReplayFinding, one: Difference) -> Iterator[str]:
    """Yield one difference: where, what was decided then and now, the inputs before it, the caller's view."""
    tape = found.tape
    about = f", asked {quote(one.question)}" if one.question else " (the greeting)" if not one.turn else ""
    when = f"{clock(one.now - tape.began_at)} of the call, media time {clock(one.media_ms / 1000)}"
    yield f"  where     {when}, turn {one.turn}{about}"
    # Today's code asked to be woken where the tape has no event.
    woken = one.event is not tape.moments[one.index].event
    yield f"  event     {'today the call asks to be woken here' if woken else happened(one.event)}"
    yield from _told("then", one.then, one.today)
    if one.failure:
        yield f"  now       today's code fails: {one.failure}"
    else:
        yield from _told("now", one.today, one.then)
    for change in one.telling:
        if change.later_s is not None and (record := change.then or change.now) is not None:
            who = "today's code" if change.then is not None else "then the call"
            yield f"            {who} {command(record)} {span(change.later_s)} later"
    if set(one.kinds) == {"audio"}:
        yield "            the same words, other samples (leveller, resampler or phrase)"
    yield "  before"
    for line in inputs_before(tape, one.index - woken):
        yield f"            {line}"


def consequences(found: ReplayFinding) -> Iterator[str]:
    """Yield what follows from the difference: at the ear, and by kind."""
    if found.parted is None:
        return
    yield "  caller"
    for line in callers_view(found) or ["heard the same, as far as this tape can tell"]:
        yield f"            {line}"
    if found.until_why:
        yield f"  up to     {clock(found.until - found.tape.began_at)}: {found.until_why}"
    if found.further:
        counts = ", ".join(f"{many} in “{kind}”" for kind, many in found.further.most_common())
        yield f"  further   behind this the tape's inputs answer the other code. Events that differ: {counts}"


def _count(found: ReplayFinding) -> str:
    many = len(found.differences) + sum(found.further.values())
    return "one difference" if many == 1 else f"{many} differences"


def _told(name: str, records: Sequence[CommandRecord], others: Sequence[CommandRecord]) -> Iterator[str]:
    told = decided(records)
    if not told:
        other = {record[0] for record in others}
        told = ["did nothing" + (": sent no clear" if "SendClear" in other else "")]
    for place, line in enumerate(told):
        yield f"  {name if not place else '':<9} {line}"
