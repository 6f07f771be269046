"""Write a whole call as one page, `call.html`, that loads nothing from anywhere.

Text that the caller heard is solid, text that was cut off is struck through. Words keep the direction of their script.
The page holds speech: it is a document for developers.
"""

from __future__ import annotations

import base64
import io
import re
import wave
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from ivr.call.timeline import OWNERS, Sentence, Turn, spent, wait
from ivr.media import g711
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.report import charts
from ivr.testbench.report.latency import COLUMNS, facts, reaction, split_heard

_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufefc]")
_LETTER = re.compile(r"[^\W\d_]")
_SCRIPTED = "SCRIPTED: the transcripts of this call were written beforehand; no recogniser heard the caller."


def html(
    record: PhoneRecord,
    turns: Sequence[Turn],
    *,
    title: str = "A call",
    language: str = "en",
    scripted: bool = False,
    figures: Mapping[str, str] | None = None,
    result: Mapping[str, Any] | None = None,
) -> str:
    """Return the page. `scripted`: mark transcripts as not recognised. `figures`: more facts for its head.

    `result`: what call.json holds (`ivr.testbench.report.result`).
    """
    page = Template(files("ivr.testbench.report").joinpath("report_page.html").read_text(encoding="utf-8"))
    seconds = len(record.caller) / g711.RATE
    head = {
        **_identity(record, result or {}),
        "length": f"{seconds:.1f} s",
        **(facts(turns) if turns else {}),
        **(figures or {}),
    }
    badges = [_verdict(result)] if result is not None else []
    badges.append(f'<span class="badge plain">{escape(language)}</span>')
    if scripted:
        badges.append('<span class="badge alarm">SCRIPTED</span>')
    if record.ended:
        badges.append(f'<span class="badge plain">ended by {escape(record.ended)}</span>')
    badges += [f'<span class="badge alarm">warning {number}</span>' for number in record.warnings]
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setparams((2, 2, g711.RATE, 0, "NONE", ""))
        file.writeframes(record.stereo())
    # Without the bridge's turns only the phone's side of the call is known.
    sections = "" if result is None else _acts(result)
    if turns:
        articles = "\n".join(_turn(turn, record, scripted) for turn in turns)
        table = f'<div class="card">{latency_table(turns)}</div>'
        sections += f"<h2>Latency, turn by turn</h2>\n{table}\n<h2>Turns</h2>\n{articles}"
    t0 = charts.axis_of(record).t0
    # Entries are in order of arrival, which may differ from the order of their times by a few ms.
    rows = "".join(
        f'<tr><td>{entry.t - t0:.3f}</td><td class="text">{escape(entry.kind)}</td>'
        f'<td class="text" dir="auto">{escape(entry.detail)}</td></tr>'
        for entry in sorted(record.entries, key=lambda entry: entry.t)
    )
    return page.substitute(
        lang="en",
        title=escape(title),
        badges=" ".join(badges),
        notice=_notices(scripted, result or {}),
        facts="".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in head.items()),
        audio=base64.b64encode(sound.getvalue()).decode("ascii"),
        timeline=charts.timeline(record, turns),
        turns=sections,
        entries=rows,
        count=len(record.entries),
    )


def _identity(record: PhoneRecord, result: Mapping[str, Any]) -> dict[str, str]:
    """Return which call it is, and how it ended."""
    about = result.get("about") or {}
    ended = " ".join(filter(None, (result.get("result"), f"({result['reason']})" if result.get("reason") else "")))
    found = {"call": record.call_sid, "date": record.placed_on, **about, "how it ended": ended}
    return {name: value for name, value in found.items() if value}


def _verdict(result: Mapping[str, Any]) -> str:
    passed = not result.get("unmet")
    return f'<span class="badge {"plain" if passed else "alarm"}">{"PASSED" if passed else "FAILED"}</span>'


def _notices(scripted: bool, result: Mapping[str, Any]) -> str:
    """Write what a reader has to know first."""
    notices = [_SCRIPTED] if scripted else []
    notices += [f"Not as expected: {line}" for line in result.get("unmet", ())]
    notices += [f"Not known: {line}" for line in result.get("not_known", ())]
    notices += [f"The bridge's side is missing: {result['untold']}"] if result.get("untold") else []
    return "".join(f'<p class="notice" role="note">{escape(notice)}</p>' for notice in notices)


def _acts(result: Mapping[str, Any]) -> str:
    """Write what the caller said beside what was understood, one row an act."""
    rows = []
    for act in result.get("turns", ()):
        if act["kind"] == "greeting":
            continue
        said, understood = act["said"], act["transcript"]
        same = understood is None or understood.strip() == said.strip()
        what = "not known" if understood is None else understood or "nothing"
        waits = "–" if act["answer_ms"] is None else f"{act['answer_ms']:.0f}"
        came = " ".join(filter(None, (act["outcome"], f"({act['failure']})" if act["failure"] else "")))
        rows.append(
            f'<tr><td data-name="at">{act["at_s"]:.1f} s</td>'
            f'<td class="text" data-name="said" dir="{direction(said)}">{escape(said)}</td>'
            f'<td class="text{"" if same else " differs"}" data-name="understood" dir="{direction(what)}">'
            f'{escape(what)}</td><td data-name="answer, ms">{waits}</td>'
            f'<td class="text" data-name="outcome">{escape(came)}</td></tr>'
        )
    if not rows:
        return ""
    return (
        '<h2>What the caller did, and what was understood</h2><div class="card"><table class="latency acts"><thead><tr>'
        '<th scope="col">at</th><th class="text" scope="col">said or pressed</th>'
        '<th class="text" scope="col">understood</th><th scope="col">answer, ms</th>'
        '<th class="text" scope="col">outcome</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>\n"
    )


def direction(text: str) -> str:
    """Return `rtl` for a text whose first letter is of a script written from the right, else `ltr`."""
    letter = _LETTER.search(text)
    return "rtl" if letter and _RIGHT_TO_LEFT.match(letter[0]) else "ltr"


def latency_table(turns: Sequence[Turn]) -> str:
    """Write one row a turn: who took how much of the wait, in ms."""
    names = "".join(f'<th scope="col"><span class="key {name}"></span>{COLUMNS[name]}</th>' for name in OWNERS)
    rows = []
    for turn in turns:
        cells = "".join(f'<td data-name="{COLUMNS[name]}">{_ms(spent(turn, name))}</td>' for name in OWNERS)
        outcome = turn.outcome + (f" ({turn.failure})" if turn.failure else "")
        rows.append(
            f'<tr><th scope="row" data-name="turn">{turn.number}</th>'
            f'<td class="text" data-name="kind">{_kind(turn)}</td>'
            f'{cells}<td data-name="whole wait"><b>{_ms(wait(turn))}</b></td>'
            f'<td class="text" data-name="outcome">{escape(outcome)}</td></tr>'
        )
    return (
        '<table class="latency"><thead><tr><th scope="col">turn</th><th class="text" scope="col">kind</th>'
        f'{names}<th scope="col">whole wait</th><th class="text" scope="col">outcome</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
        '<p class="aside">Milliseconds from the caller\'s last word to the first audio sent.</p>'
    )


def _ms(seconds: float | None) -> str:
    """Write seconds as whole milliseconds; unknown seconds as a dash."""
    return "–" if seconds is None else f"{seconds * 1000:.0f}"


def _kind(turn: Turn) -> str:
    """Name what began a turn."""
    if turn.kind == "phrase":
        return "greeting" if turn.number == 0 else "phrase"
    return "keypad" if turn.kind == "dtmf" else "speech"


def _turn(turn: Turn, record: PhoneRecord, scripted: bool) -> str:
    """Write one turn: who said what, what went wrong, and its waterfall."""
    t0 = charts.axis_of(record).t0
    begin = turn.speech_started_at or turn.asked_at or turn.first_sent_at
    button = ""
    if begin is not None:
        # A third of a second earlier, so that the ear has the beginning.
        seconds = max(0.0, begin - t0 - 0.3)
        at = f"{seconds:.1f} s"
        button = f'<button class="seek" data-at="{seconds:.2f}" aria-label="Play from {at}">▶ {at}</button>'
    lines = [f'<article class="card"><h3>Turn {turn.number}: {_kind(turn)}, {escape(turn.outcome)} {button}</h3>']
    if turn.text:
        who = "Caller (SCRIPTED)" if scripted and turn.kind == "speech" else "Caller"
        lines.append(_line("c", who, turn.text, escape(turn.text)))
    if turn.sentences or turn.heard or turn.unheard:
        lines.append(_line("a", "Agent", turn.heard + turn.unheard or turn.sentences[0].text, struck_reply(turn)))
    if turn.failure:
        lines.append(f'<p class="notice">{escape(turn.failure)}</p>')
    lines += [_filler(filler, t0) for filler in turn.fillers]
    for overlap in turn.overlaps:
        verdict = {
            "commit": "and ended the agent's turn",
            "resume": "too little to count: the agent went on",
            "pending": "and the call ended before that was settled",
        }[overlap.verdict]
        rule = f" ({escape(overlap.rule)})" if overlap.rule else ""
        delay = reaction(overlap)
        quiet = "" if delay is None else f", which was silenced {delay * 1000:.0f} ms after the first voiced frame"
        lines.append(f"<p>The caller spoke over the agent{quiet}, {verdict}{rule}.</p>")
    lines.append(f"{_as_spoken(turn)}{charts.waterfall(turn, t0)}</article>")
    return "\n".join(lines)


def _filler(filler: Sentence, t0: float) -> str:
    """Write a filler, and what the caller did not hear of it."""
    whole, heard = filler.audio_ms + filler.shortened_ms, filler.heard_ms
    cut = f", of which the caller heard {heard / 1000:.1f} of {whole / 1000:.1f} s" if heard < whole - 100 else ""
    words = f'<q dir="{direction(filler.text)}">{escape(filler.text)}</q>'
    return f"<p>While the caller waited, a filler was played at {filler.ready_at - t0:.1f} s: {words}{cut}.</p>"


def _as_spoken(turn: Turn) -> str:
    """Write the sentences whose text was changed for TTS, as TTS got them."""
    rows = [
        f'<li dir="{direction(one.spoken)}">{escape(one.spoken)}</li>'
        for one in turn.sentences
        if one.spoken and one.spoken.strip() != one.text.strip()
    ]
    return f"<details><summary>As given to TTS</summary><ol>{''.join(rows)}</ol></details>" if rows else ""


def _line(css: str, who: str, text: str, inner: str) -> str:
    """Write what one side said. `text` gives the direction, `inner` is the HTML of it."""
    way = direction(text)
    lang = ' lang="ar"' if way == "rtl" else ""
    said = f'<span class="said" dir="{way}"{lang}>{inner}</span>'
    return f'<div class="line"><span class="who {css}">{who}</span>{said}</div>'


def struck_reply(turn: Turn) -> str:
    """Write the agent's reply, heard text solid, unheard text struck through."""
    words: list[str] = []
    for heard, unheard in split_heard(turn):
        joint = " " if heard[-1:].isspace() else ""
        # A screen reader does not read strikes: it gets the words "not heard".
        hidden = '<span class="hidden" lang="en">not heard: </span>'
        cut = f'<s title="the caller did not hear this">{hidden}{escape(unheard.strip())}</s>'
        words.append(escape(heard.strip()) + (joint + cut if unheard.strip() else ""))
    return " ".join(filter(None, words))
