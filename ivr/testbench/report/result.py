"""Describe a call for a machine: what `call.json` holds and `ivr call --json` prints.

docs/developing.md lists the fields. Times are seconds since the stream's first sample, or milliseconds, as their names
say; what is not known is null. A change that takes a field away or gives it another meaning makes another `format`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from ivr.call.timeline import OWNERS, Turn, spent
from ivr.media import g711
from ivr.observe.recent_calls import CallSnapshot
from ivr.testbench.expect import unknown, unmet
from ivr.testbench.phone.figures import BridgeTimes, CallFigures, answered, figures
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.refusal import refusal
from ivr.testbench.report.latency import answer_begun, times
from ivr.testbench.scenario import PlayFile, Press, Say, Scenario

FORMAT: Final = 3
TURN_BEFORE_ACT: Final = 0.3
"""Seconds by which the bridge may place the beginning of a turn before the phone's act."""

_KINDS: Final[Mapping[str, str]] = {"speech": "speech", "dtmf": "keys"}
"""The kind of act that begins a turn of the bridge."""


@dataclass(frozen=True, slots=True)
class _Act:
    """Hold one thing that the caller did, or the time of the greeting before the first."""

    kind: Literal["greeting", "speech", "keys"]
    said: str
    start: int
    """Samples of the caller's track."""
    end: int
    step: int = -1
    """Its number in the scenario, from 0."""


def result(record: PhoneRecord, scenario: Scenario, said: CallSnapshot | str) -> dict[str, Any]:
    """Return the call, ready for JSON. `said`: what the bridge says of it, or why it says nothing."""
    snapshot = said if isinstance(said, CallSnapshot) else None
    told = None if snapshot is None else times(snapshot.turns)
    measured = figures(record, told)
    acts = [_Act("greeting", "", 0, 0), *_acts(record, scenario)]
    until = [act.start for act in acts[1:]] + [max(len(record.heard), len(record.caller)) + 1]
    turns = [
        {**_at_the_phone(record, measured, told, act, end), **_at_the_bridge(share)}
        for act, end, share in zip(acts, until, _turns_by_act(record, snapshot, acts), strict=True)
    ]
    found: dict[str, Any] = {
        "format": FORMAT,
        "call": record.call_sid,
        "date": record.placed_on or None,
        "about": snapshot.about if snapshot is not None else None,
        "scenario": scenario.name,
        "language": scenario.language,
        "seconds": round(len(record.caller) / g711.RATE, 2),
        # A bridge that hangs up over REST has ended the call like one that closes the stream.
        "ended_by": "agent" if record.ended == "carrier" and not record.dialled else record.ended,
        "refused": next((line.removeprefix("refused: ") for line in refusal(record)), None),
        "result": snapshot.result if snapshot is not None else None,
        "reason": snapshot.reason if snapshot is not None else None,
        "untold": said if isinstance(said, str) else None,
        "first_audio_ms": record.runs[0].start / 8 if record.runs else None,
        "first_audible_ms": None if measured.first_audible is None else measured.first_audible / 8,
        "silence_ms": measured.longest_dead_air_ms,
        "underruns_ms": [gap.ms for gap in measured.underruns],
        "discarded_ms": measured.discarded_ms,
        "gave_up": [entry.detail for entry in record.of("gave_up")],
        "not_played": _not_played(record, scenario, acts),
        "warnings": [{"code": code, "reason": reason} for code, reason in record.warnings.items()],
        "document_said": record.said,
        "transfer": record.dialled,
        "on_time": measured.certified,
        "turns": turns,
    }
    expected = scenario.expected
    found["unmet"] = unmet(expected, found)
    found["not_known"] = unknown(expected, found)
    return found


def _acts(record: PhoneRecord, scenario: Scenario) -> Iterator[_Act]:
    """Yield what the caller did of the scenario's steps."""
    speech, digits = iter(record.speech), iter(record.of("digit"))
    for number, step in enumerate(scenario.steps):
        match step.act:
            # The call may end before all steps are done: then the record has fewer.
            case Say() | PlayFile():
                if (spoken := next(speech, None)) is None:
                    return
                yield _Act("speech", spoken.label, spoken.start, spoken.end, number)
            case Press(keys):
                pressed = [entry for _, entry in zip(keys, digits, strict=False)]
                if not pressed:
                    return
                first, last = (int((entry.t - (record.t0 or 0.0)) * g711.RATE) for entry in (pressed[0], pressed[-1]))
                yield _Act("keys", "".join(entry.detail for entry in pressed), first, last, number)
            case _:
                pass


def _not_played(record: PhoneRecord, scenario: Scenario, acts: Sequence[_Act]) -> list[str]:
    """Name the steps that the end of the call prevented, or cut off."""
    played = {act.step: act for act in acts}
    cut = {speech.start for speech in record.speech if speech.cut}
    found = []
    for number, step in enumerate(scenario.steps):
        act = played.get(number)
        if step.speaks_or_presses and act is None:
            found.append(scenario.place(number))
        elif act is not None and act.kind == "speech" and act.start in cut:
            found.append(f"{scenario.place(number)}, from the middle on")
    return found


def _at_the_phone(
    record: PhoneRecord, measured: CallFigures, told: BridgeTimes | None, act: _Act, until: int
) -> dict[str, Any]:
    """Return an act and what was heard of its answer. `until`: the sample of the caller's next act."""
    sound = answered(record, act.said, act.start, act.end, until)
    if act.kind == "greeting":
        answer = sound
    # The phone alone cannot tell an answer from a filler: without the bridge's turns the answer is not known.
    elif told is None:
        answer = replace(sound, reply_ms=None, audible_ms=None)
    else:
        answer = answered(record, act.said, act.start, act.end, until, told.answers)
    stops = [barge_in.stop_ms for barge_in in measured.barge_ins if barge_in.onset == act.start]
    over = act.kind == "speech" and any(speech.over and speech.start == act.start for speech in record.speech)
    return {
        "kind": act.kind,
        "said": act.said,
        "at_s": round(act.start / g711.RATE, 3),
        "until_s": round(act.end / g711.RATE, 3),
        "sound_ms": sound.reply_ms,
        "answer_ms": answer.reply_ms,
        "audible_ms": answer.audible_ms,
        "barge_in_stop_ms": stops[0] if stops and over else None,
        # The caller spoke over the agent, and the agent was right to go on: or it was wrong, and the scenario says so.
        "resumed": not stops if over and told is not None else None,
    }


def _turns_by_act(record: PhoneRecord, snapshot: CallSnapshot | None, acts: Sequence[_Act]) -> list[list[Turn] | None]:
    """Return the bridge's turns that belong to each act. None: the bridge said nothing."""
    if snapshot is None or record.t0 is None:
        return [None for _ in acts]
    shares: list[list[Turn]] = [[] for _ in acts]
    for turn in snapshot.turns:
        times = (turn.speech_started_at, turn.asked_at, turn.first_sent_at)
        begin = next((at for at in times if at is not None), snapshot.started_at)
        at = (begin - record.t0 + TURN_BEFORE_ACT) * g711.RATE
        before = [number for number, act in enumerate(acts) if number == 0 or act.start <= at]
        # A turn belongs to the last act of its kind before it; where there is none, to the last act of any kind.
        alike = [number for number in before if acts[number].kind == _KINDS.get(turn.kind)]
        shares[(alike or before)[-1]].append(turn)
    return list(shares)


def _at_the_bridge(turns: Sequence[Turn] | None) -> dict[str, Any]:
    """Return what the bridge says of an act's turns."""
    if turns is None:
        return dict.fromkeys(("transcript", "heard", "unheard", "answered", "outcome", "failure", "spent_ms"))
    # A phrase is no answer, so it does not give the outcome while there is a turn that was asked.
    asked = [turn for turn in turns if turn.kind != "phrase"]
    last = (asked or turns)[-1] if turns else None
    took = {owner: spent(last, owner) for owner in OWNERS} if last else {}
    # An agent may also answer with a hang-up alone: that turn was heard.
    answered_any = any(
        answer_begun(turn) is not None or (turn.outcome == "heard" and not turn.failure) for turn in asked
    )
    return {
        "transcript": " ".join(turn.text for turn in turns if turn.text),
        "heard": " ".join(turn.heard.strip() for turn in turns if turn.heard.strip()),
        "unheard": " ".join(turn.unheard.strip() for turn in turns if turn.unheard.strip()),
        "answered": answered_any,
        "outcome": last.outcome if last else None,
        "failure": next((why for turn in turns if (why := _failure(turn))), None),
        "spent_ms": {owner: None if s is None else round(s * 1000, 1) for owner, s in took.items()} if last else None,
    }


def _failure(turn: Turn) -> str:
    """Return why there was no answer, or no whole one; empty: there was."""
    # A sentence that TTS gave up is missing from the answer, unless its rest was said again.
    lost = (sentence.failed for sentence in turn.sentences if sentence.failed and sentence.again_from is None)
    return turn.failure or next(lost, "")
