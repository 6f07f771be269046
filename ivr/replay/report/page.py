"""Write the call of a tape as one page that loads nothing from anywhere.

Head, timeline with sound, events with the state before and after each, and the turns, each with the parts of its wait.
The page holds speech: it is a document for developers.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from statistics import median

from ivr.call.timeline import Sentence, Turn
from ivr.replay.report.html import asset, badge, document, escape, fact_list, ms, words
from ivr.replay.report.page_data import page_data
from ivr.replay.report.replayed import RebuiltCall
from ivr.replay.report.waits import PART_NAMES, PartOwner, TurnWait
from ivr.replay.turn_end_words import dropped_words, turn_end_words
from ivr.testbench.report.latency import reaction
from ivr.testbench.report.page import struck_reply

_OVERLAP_ENDS = {
    "commit": "and ended the agent's turn",
    "resume": "too little to count: the agent went on",
    "pending": "and the call ended before that was settled",
}
_BEGINNINGS = {
    "voice": "from the last sound of the caller's voice",
    "detector": "from the last frame in which the detector heard the caller",
    "key": "from the last key",
    "call": "from the beginning of the call",
}
_TROUBLES = {
    "wait": "The caller waited too long",
    "lost": "A sentence was lost",
    "resumed": "The agent fell silent for nothing, and went on",
    "continued": "The caller went on, and was perhaps cut off",
    "end": "The call ended badly",
}
"""What a trouble of a turn means for the caller."""
_CONTROLS = """<section class="card timeline" aria-label="The call in time">
<div class="bar"><button id="play">▶ play</button><span id="clock">0.00 s</span><button id="nearer" aria-label="zoom in">+</button><button id="farther" aria-label="zoom out">−</button><button id="whole">whole call</button><span id="said" role="status"></span></div>
<canvas id="time" height="306" tabindex="0" role="slider" aria-valuemin="0" aria-valuenow="0" aria-label="Where the call is played, in seconds. The events and turns below say what the picture shows. Arrow keys go from event to event, space plays, Enter plays from the event, plus and minus zoom."></canvas>
<ul class="legend"><li><span class="key" style="background:var(--caller)"></span>caller; score believed</li><li><span class="key" style="background:var(--alarm);opacity:.35"></span>score not believed (echo, crowd, far away)</li><li><span class="key" style="background:var(--agent)"></span>agent as heard</li><li><span class="key" style="background:var(--unheard)"></span>cut off</li><li><span class="key" style="background:var(--filler)"></span>filler</li><li><span class="key" style="background:var(--good)"></span>mark back</li><li><span class="key" style="background:var(--alarm)"></span>clear ▼, barge-in (dashed: first voiced frame), fault</li></ul>
</section>"""  # noqa: E501
_EVENT_LIST = """<h2>Events</h2><div class="card"><div class="filters"><label>show <select id="wanted"><option value="some">what was decided</option><option value="all">everything</option><option value="fault">faults</option><option value="caller">caller</option><option value="stt">STT</option><option value="agent">agent</option><option value="tts">TTS</option><option value="phone">phone</option><option value="call">call</option></select></label> <label>with the words <input id="words" type="search" size="14"></label></div>
<div class="both"><ol id="list" role="listbox" tabindex="0" aria-label="Events"></ol><div id="details" aria-live="polite"><p class="aside">Choose an event: its state before and after, and the messages on the wires.</p></div></div></div>"""  # noqa: E501


def call_page(call: RebuiltCall, name: str) -> str:
    """Return the page of a call. `name`: the tape's path, as the commands on the page name it."""
    header = call.tape.header
    waits = {wait.turn: wait for wait in call.waits()}
    turns = "\n".join(turn_article(call, turn, waits.get(turn.number), name) for turn in call.turns)
    body = (
        f"<header><h1>Call {escape(header.call_id)}</h1> {badges(call)}</header>\n{notices(call)}\n"
        f"{fact_list(facts(call, list(waits.values())))}\n{_CONTROLS}\n{waits_table(call, waits)}\n"
        f"<h2>Turns</h2>\n{turns or '<p>The call has no turns.</p>'}\n{_EVENT_LIST}"
    )
    return document(
        f"Call {header.call_id}",
        body,
        style=asset("call_page.css"),
        script=asset("call_page.js"),
        data=page_data(call),
    )


def badges(call: RebuiltCall) -> str:
    """Write how the call ended, what went wrong, and whether today's code decides the same."""
    header, end = call.tape.header, call.tape.end
    found = []
    if end is not None and end.result:
        found.append(badge(f"{end.result}: {end.reason}", "good" if end.result == "success" else "alarm"))
    if call.first_difference is None:
        found.append(badge("decides the same today", "good"))
    else:
        found.append(badge(f"decides otherwise from event {call.first_difference + 1} on", "alarm"))
    found.append(badge(header.options.language))
    if header.origin != "live":
        found.append(badge(header.origin))
    troubles = dict.fromkeys(trouble.kind for trouble in end.trouble) if end is not None else {}
    found += [badge(kind.replace("_", " "), "alarm") for kind in troubles]
    return " ".join(found)


def notices(call: RebuiltCall) -> str:
    """Write what a reader has to know first."""
    said = [*call.tape.faults, call.fault]
    if call.tape.gaps:
        said.append(f"{len(call.tape.gaps)} gaps: events are missing, so that what follows may be decided otherwise")
    if call.first_difference is not None:
        said.append(
            "This page shows what today's code decides. From the event marked on, the tape's inputs answer what the "
            "code of then decided."
        )
    quiet = []
    if call.tape.header.origin == "cut":
        quiet.append("This tape was cut: time between its events has closed up. Its sounds are not those of the call.")
    if call.tape.header.origin == "redacted":
        quiet.append("This tape was redacted: words, numbers and sounds are stand-ins. Every time is as it was.")
    if not call.tape.header.audible:
        quiet.append(
            "The caller's audio is not on this tape: there is no sound of it, and waits begin at the detector."
        )
    if not call.sounds:
        quiet.append("The agent's audio is not on this tape: only when it was played is known.")
    return "".join(f'<p class="notice" role="note">{escape(one)}</p>' for one in said if one) + "".join(
        f'<p class="notice plain" role="note">{escape(one)}</p>' for one in quiet
    )


def facts(call: RebuiltCall, waits: Sequence[TurnWait]) -> dict[str, str]:
    """Return the figures of the head, by name."""
    header, end = call.tape.header, call.tape.end
    answers = [wait.ms for wait in waits if wait.begins != "call"]
    reactions = [took for turn in call.turns for overlap in turn.overlaps if (took := reaction(overlap)) is not None]
    back = [(mark.back_at - mark.due_at) * 1000 for mark in call.marks if mark.back_at is not None and not mark.cleared]
    scored = [f"{name} {version}" for name, version in header.versions.items()]
    return {
        "date": date_words(header.started_on),
        "line": header.line,
        "length": f"{call.tape.seconds:.1f} s",
        "turns": str(len(call.turns)),
        "wait for an answer": _span(answers),
        "barge-in, onset to clear": ", ".join(f"{took * 1000:.0f} ms" for took in reactions),
        # On a cut tape the audio between the marks is not there.
        "marks come back": f"median {median(back):.0f} ms after their audio" if back and header.origin != "cut" else "",
        "thrown away": f"{call.agent.cleared_ms:.0f} ms" if call.agent.cleared_ms else "",
        "process stood still": f"{end.stood_s:.2f} s" if end is not None and end.stood_s else "",
        "recorded": ", ".join(f"{leg}: {what}" for leg, what in header.legs.items()),
        "model": short_hash(header.model),
        "versions": ", ".join(scored),
    }  # fmt: skip


def date_words(started_on: str) -> str:
    """Write the start of a call to the second, with its zone. What is no date stays as it is."""
    return re.sub(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?", r"\1 \2 ", started_on).replace(" +00:00", " UTC")


def short_hash(model: str) -> str:
    """Write a model with as much of its hash as tells it from others."""
    return re.sub(r"(sha256:[0-9a-f]{12})[0-9a-f]+", r"\1…", model)


def _span(waits: Sequence[float]) -> str:
    """Return the median and the longest of some waits, given in milliseconds."""
    return f"median {median(waits) / 1000:.2f} s, longest {max(waits) / 1000:.2f} s" if waits else ""


def waits_table(call: RebuiltCall, waits: dict[int, TurnWait]) -> str:
    """Write whose time each wait was, a row a turn."""
    if not waits:
        return ""
    owners: list[PartOwner] = [owner for owner in PART_NAMES if any(owner in wait.spent() for wait in waits.values())]
    heads = "".join(f'<th scope="col"><span class="key p-{owner}"></span>{PART_NAMES[owner]}</th>' for owner in owners)
    rows = []
    for turn in call.turns:
        wait = waits.get(turn.number)
        if wait is None:
            continue
        took = wait.spent()
        cells = "".join(f"<td>{ms(took.get(owner))}</td>" for owner in owners)
        first = ms((wait.first_sound - wait.start) * 1000) if wait.first_sound < wait.end else "–"
        rows.append(
            f'<tr><td><a href="#turn-{turn.number}">{turn.number}</a></td><td class="text">{_kind(turn)}</td>'
            f'<td class="total">{ms(wait.ms)}</td>{cells}<td>{first}</td>'
            f'<td class="text">{escape(turn.outcome)}</td></tr>'
        )
    if call.tape.header.audible:
        heading, where = "Waits, as the recording has them", "last sound of the caller to the first sound of the answer"
        where += ", both as they are on the recording"
    else:
        heading, where = "Waits", "last frame in which the detector heard the caller to the first audio of the answer"
    return (
        f'<h2>{heading}</h2><div class="card scroll"><table class="waits"><thead><tr>'
        '<th scope="col">turn</th><th scope="col" class="text">kind</th><th scope="col">whole wait</th>'
        f'{heads}<th scope="col">to a filler</th><th scope="col" class="text">outcome</th></tr></thead>'
        f'<tbody>{"".join(rows)}</tbody></table><p class="aside">Milliseconds from the {where}. '
        "The parts of a row add up to its whole wait.</p></div>"
    )


def _kind(turn: Turn) -> str:
    """Name what began a turn."""
    if turn.kind == "phrase":
        return "greeting" if turn.number == 0 else "phrase"
    return "keypad" if turn.kind == "dtmf" else turn.kind.replace("_", " ")


def turn_article(call: RebuiltCall, turn: Turn, wait: TurnWait | None, name: str) -> str:
    """Write one turn: who said what, what went wrong, and its wait."""
    times = [turn.speech_started_at, turn.asked_at, turn.first_sent_at]
    begin = next((call.seconds(at) for at in times if at is not None), None)
    end = call.seconds(turn.ended_at) if turn.ended_at is not None else call.length
    title = f"Turn {turn.number}: {_kind(turn)}, {escape(turn.outcome)}"
    span = ""
    if begin is not None:
        # A third of a second earlier, so that the ear has the beginning.
        start = max(0.0, begin - 0.3)
        span = f' data-from="{start:.3f}" data-to="{end:.3f}"'
        title += f' <button data-at="{start:.3f}" aria-label="Play turn {turn.number}">▶ {start:.1f} s</button>'
    # With the value that is in force, the turn is as it was: a developer changes it, or another option.
    endpoint = call.tape.header.options.endpoint_ms
    command = f"ivr replay {shlex.quote(name)} --from-turn {turn.number} --set endpoint_ms={endpoint}"
    title += (
        f' <button data-copy="{escape(command)}" title="{escape(command)}">copy the command that replays it</button>'
    )
    parts = [f'<article class="card" id="turn-{turn.number}"{span}><h3>{title}</h3>']
    if turn.text:
        parts.append(_line("c", "Caller", words(turn.text)))
    if (why := call.turn_ends.get(turn.number)) is not None:
        parts.append(f'<p class="aside">Over after {escape(turn_end_words(why))}.</p>')
    if ahead := asked_ahead(call, turn):
        parts.append(f'<p class="aside">{escape(ahead)}</p>')
    if turn.sentences or turn.heard or turn.unheard:
        parts.append(_line("a", "Agent", reply_words(turn)))
    if turn.failure:
        parts.append(f'<p class="notice">{escape(turn.failure)}</p>')
    parts += trouble_lines(call, turn)
    parts += [f'<p class="notice">TTS gave up sentence {one.number}: {escape(one.failed)}</p>' for one in turn.sentences if one.failed]  # noqa: E501  # fmt: skip
    parts += [filler_line(call, filler) for filler in turn.fillers]
    for overlap in turn.overlaps:
        delay = reaction(overlap)
        quiet = "" if delay is None else f", which was silenced {delay * 1000:.0f} ms after the first voiced frame"
        rule = f" ({escape(overlap.rule)})" if overlap.rule else ""
        at = call.seconds(overlap.onset_at)
        parts.append(
            f"<p>At {at:.2f} s the caller spoke over the agent{quiet}, {_OVERLAP_ENDS[overlap.verdict]}{rule}.</p>"
        )
    if wait is not None and wait.parts:
        parts.append(wait_parts(call, wait))
    parts.append(as_spoken(turn))
    return "".join([*parts, "</article>"])


def asked_ahead(call: RebuiltCall, turn: Turn) -> str:
    """Return what came of asking the agent before this turn had ended; empty: it was not."""
    said: list[str] = []
    number = turn.number - 1
    while number in call.dropped:
        said.insert(0, f"Asked ahead in vain: {dropped_words(call.dropped[number])}.")
        number -= 1
    if turn.gained_s is not None:
        said.append(f"Asked ahead: the answer came {turn.gained_s * 1000:.0f} ms sooner.")
    return " ".join(said)


def trouble_lines(call: RebuiltCall, turn: Turn) -> list[str]:
    """Write what the tape says went wrong in a turn, each with its time."""
    end = call.tape.end
    lines = []
    for trouble in end.trouble if end is not None else ():
        # A failure has a line of its own.
        if trouble.turn != turn.number or trouble.kind not in _TROUBLES:
            continue
        at = f"At {call.seconds(trouble.at):.2f} s: " if trouble.at else ""
        said = f"{at}{_TROUBLES[trouble.kind]} ({trouble.kind}): {trouble.detail}"
        lines.append(f'<p class="notice">{escape(said)}</p>')
    return lines


def wait_parts(call: RebuiltCall, wait: TurnWait) -> str:
    """Write the parts of one wait, end to end."""
    bars, rows = [], []
    for part in wait.parts:
        label = f"{part.name}: {part.ms:.0f} ms"
        bars.append(f'<i class="p-{part.owner}" style="flex:{max(part.ms, 0.001):.3f}" title="{escape(label)}"></i>')
        rows.append(f'<li><span class="key p-{part.owner}"></span>{escape(part.name)} <b>{part.ms:.0f} ms</b></li>')
    how = _BEGINNINGS[wait.begins]
    sound = "" if wait.measured else " (not measured on sound)"
    filler = ""
    if wait.first_sound < wait.end:
        filler = f" A filler was heard after {(wait.first_sound - wait.start) * 1000:.0f} ms."
    start, end = call.seconds(wait.start), call.seconds(wait.end)
    spoken = ", ".join(f"{part.name} {part.ms:.0f} ms" for part in wait.parts)
    return (
        f'<div class="parts" role="img" aria-label="{escape(spoken)}" '
        f'data-from="{start:.3f}" data-to="{end:.3f}">{"".join(bars)}</div>'
        f'<ul class="parts-list">{"".join(rows)}</ul>'
        f'<p class="aside">{wait.ms:.0f} ms {how} to the first sound of the answer{sound}.{filler}</p>'
    )


def filler_line(call: RebuiltCall, filler: Sentence) -> str:
    """Write a filler, and what the caller did not hear of it."""
    whole, heard = filler.audio_ms + filler.shortened_ms, filler.heard_ms
    cut = f", of which the caller heard {heard / 1000:.1f} of {whole / 1000:.1f} s" if heard < whole - 100 else ""
    at = call.seconds(filler.ready_at)
    return f"<p>While the caller waited, a filler was played at {at:.1f} s: “{words(filler.text)}”{cut}.</p>"


def _line(css: str, who: str, inner: str) -> str:
    """Write what one side said; `inner` is HTML."""
    return f'<div class="line"><span class="who {css}">{who}</span>{inner}</div>'


def reply_words(turn: Turn) -> str:
    """Write the agent's reply, heard text solid, unheard text struck through."""
    text = turn.heard + turn.unheard or "".join(sentence.text for sentence in turn.sentences)
    # The direction is that of the words, and they are HTML already.
    empty = words(text)
    return empty[: empty.index(">") + 1] + struck_reply(turn) + "</span>"


def as_spoken(turn: Turn) -> str:
    """Write the sentences whose text was changed for TTS, as TTS got them."""
    rows = [
        f"<li>{words(one.spoken)}</li>"
        for one in turn.sentences
        if one.spoken and one.spoken.strip() != one.text.strip()
    ]
    return f"<details><summary>As given to TTS</summary><ol>{''.join(rows)}</ol></details>" if rows else ""
