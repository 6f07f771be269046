"""Show a folder of tapes on one page: distributions, the worst turns first, filters, and a link to each call's page.

The figures come from what the tapes say was decided (the notes `turn`, `overlap` and those of failures). No call is run
again for them, so that a thousand tapes take seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from ivr.replay.report.html import asset, badge, document, escape
from ivr.replay.report.waits import PART_NAMES
from ivr.replay.tape import Tape

NOTE_FAILURES: Final = frozenset(
    {"transcript_failed", "reply_failed", "speech_failed", "sentence_lost", "sentence_again", "upstream_failed",
     "play_failed", "transfer_failed", "peer_fault"}
)  # fmt: skip
"""Notes that name something that went wrong."""
_OWNERS: Final = ("endpoint", "stt", "agent", "tts", "own")


@dataclass(slots=True)
class TurnRow:
    """Hold one turn of a call as the bridge counted it. Milliseconds; a party that took no part is missing."""

    turn: int
    kind: str
    outcome: str
    wait: float | None = None
    """From the detector's last voiced frame to the first audio that left."""
    parts: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class CallRow:
    """Hold one call of a folder."""

    name: str
    """Of the tape, from the folder on."""
    call: str = ""
    side: str = "bridge"
    line: str = ""
    language: str = ""
    started_on: str = ""
    seconds: float = 0.0
    result: str = ""
    reason: str = ""
    trouble: list[str] = field(default_factory=list)
    turns: list[TurnRow] = field(default_factory=list)
    yields: dict[str, int] = field(default_factory=dict)
    """How often the agent yielded, by what came of it and why."""
    failures: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    """What is wrong with the tape."""
    page: str = ""
    """The call's page, from the folder's page on; empty: there is none."""

    @property
    def worst(self) -> float:
        """Return the longest wait in milliseconds."""
        return max((turn.wait for turn in self.turns if turn.wait is not None), default=0.0)


def call_row(name: str, tape: Tape) -> CallRow:
    """Return the row of a call, from what its tape says was decided."""
    header, end = tape.header, tape.end
    row = CallRow(
        name, header.call_id, header.side, header.line, header.options.language, header.started_on, tape.seconds
    )
    row.faults = list(tape.faults)
    if end is not None:
        row.result, row.reason, row.seconds = end.result, end.reason, end.seconds
        row.trouble = list(dict.fromkeys(trouble.kind for trouble in end.trouble))
    for moment in tape.moments:
        for command in moment.commands:
            match command:
                case ["Note", {"name": "turn", "fields": dict() as said}]:
                    row.turns.append(turn_row(said))
                case ["Note", {"name": "overlap", "fields": dict() as said}]:
                    verdict = f"{said.get('verdict', '?')}: {said.get('rule', '?')}"
                    row.yields[verdict] = row.yields.get(verdict, 0) + 1
                case ["Note", {"name": str() as note, **rest}] if note in NOTE_FAILURES:
                    failure = note_words(note, rest.get("fields"))
                    row.failures[failure] = row.failures.get(failure, 0) + 1
                case _:
                    pass
    return row


def turn_row(said: Mapping[str, Any]) -> TurnRow:
    """Return a turn from the fields of its note."""
    parts = {owner: value for owner in _OWNERS if (value := number(said.get(f"{owner}_ms"))) is not None}
    kind, outcome = str(said.get("kind", "")), str(said.get("outcome", ""))
    return TurnRow(int(number(said.get("turn")) or 0), kind, outcome, number(said.get("answer_ms")), parts)


def number(value: Any) -> float | None:
    """Return a number of a tape; None: it is none."""
    return float(value) if type(value) in (int, float) and abs(value) < 1e9 else None


def note_words(name: str, fields: Any) -> str:
    """Return a failure in a few words: its note, and who or why."""
    said = fields if isinstance(fields, dict) else {}
    more = [str(said[key]) for key in ("wire", "who", "reason") if key in said]
    return " ".join([name.replace("_", " "), *more])


def folder_page(rows: Sequence[CallRow], title: str) -> str:
    """Return the page of a folder, the worst calls first."""
    ordered = sorted(rows, key=lambda row: -row.worst)
    broken = sum(bool(row.faults) for row in rows)
    count = f"{len(rows)} calls" if len(rows) != 1 else "1 call"
    head = [badge(count), badge(f"{broken} tapes with faults", "alarm") if broken else ""]
    data = {
        "owners": {owner: PART_NAMES[owner] for owner in _OWNERS},
        "calls": [asdict(row) for row in ordered],
    }
    return document(
        title,
        f"<header><h1>{escape(title)}</h1> {' '.join(head)}</header>{_FILTERS}{_PLACES}",
        style=_FOLDER_STYLE,
        script=asset("folder_page.js"),
        data=data,
    )


_FILTERS: Final = """
<form class="filters card" id="filters" aria-label="Which calls">
<label>line <select id="line"></select></label> <label>language <select id="language"></select></label>
<label>trouble <select id="trouble"></select></label> <label>result <select id="result"></select></label>
<label>with the words <input id="words" type="search" size="14"></label> <span id="count" role="status"></span>
</form>
"""
_PLACES: Final = """
<section><h2>Waits for an answer</h2><div class="card"><div id="waits"></div><div id="owners"></div>
<p class="aside">Milliseconds as the bridge counted: from the detector's last voiced frame to the first audio that left. The page of a call has the waits as they are on the recording.</p></div></section>
<div class="columns"><section><h2>Ends</h2><div class="card" id="ends"></div></section>
<section><h2>Yields</h2><div class="card" id="yields"></div></section>
<section><h2>Trouble and failures</h2><div class="card" id="failures"></div></section></div>
<section><h2>The worst turns</h2><div class="card scroll"><table id="turns"></table></div></section>
<section><h2>Calls</h2><div class="card scroll"><table id="calls"></table></div></section>
"""  # noqa: E501
_FOLDER_STYLE: Final = """
.filters { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin-top: 1rem; }
select, input { font: inherit; font-size: .9rem; color: inherit; background: var(--card); border: 1px solid var(--rule); border-radius: .4rem; padding: .2rem .4rem; max-width: 12rem; }
#count { color: var(--soft); margin-inline-start: auto; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1rem; }
.histogram { display: flex; align-items: flex-end; height: 9rem; gap: 2px; border-bottom: 1px solid var(--rule); }
.histogram i { flex: 1; background: var(--agent); min-height: 1px; border-radius: 2px 2px 0 0; }
.histogram i.none { background: none; }
.scale { display: flex; justify-content: space-between; color: var(--soft); font-size: .8rem; font-variant-numeric: tabular-nums; }
.bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: .2rem .6rem; align-items: center; font-size: .9rem; margin-top: .8rem; }
.bars b { font-weight: 600; font-variant-numeric: tabular-nums; text-align: end; } .bars .track { background: var(--faint); border-radius: .2rem; height: .8rem; min-width: 3rem; }
.bars .track i { display: block; height: 100%; border-radius: .2rem; background: var(--c, var(--agent)); min-width: 2px; }
.bars span { overflow-wrap: anywhere; }
.stack { display: flex; height: .8rem; min-width: 8rem; border-radius: .2rem; overflow: hidden; background: var(--faint); } .stack i { background: var(--c); }
table td { overflow-wrap: normal; white-space: nowrap; } td.trouble { white-space: normal; } td.id { max-width: 24rem; overflow: hidden; text-overflow: ellipsis; }
td .badge { margin-inline-end: .2rem; } td.trouble { max-width: 18rem; }
@media (max-width: 40rem) { td.id { max-width: 11rem; } td a { display: inline-block; padding: .3rem 0; vertical-align: middle; } td { vertical-align: middle; } .columns { grid-template-columns: minmax(0, 1fr); } .bars { grid-template-columns: minmax(0, 8rem) 1fr max-content; } .columns section, .columns .card { min-width: 0; } }
"""  # noqa: E501
