"""A redacted tape decides the same, and says nothing."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from backports import zstd

from ivr.call import events
from ivr.call.options import CallOptions, KeyAction, PhraseName
from ivr.media import g711
from ivr.replay import exact, tape_file
from ivr.replay.edit import redact as redacting
from ivr.replay.edit.cut import signature
from ivr.replay.edit.redact import RESUMED_TEXTS, RedactedTape, redact
from ivr.replay.edit.rerun import Cutter
from ivr.replay.edit.stand_ins import RULE_WORDS, StandIns
from ivr.replay.tape import PHRASE_KEYS, Moment, Tape, TapeError, TapeHeader
from ivr.text.turn_end import folded
from tests.replay.taped import taped
from tests.whole.world import Peers, dies

CALLS: dict[str, tuple[str, ...]] = {
    "interrupted": ("say what are your opening hours", "over 1500 say how much does it cost", "hang up"),
    "backchannel": ("say where is my shipment 4711", "over 900 say mhm", "over 2500 say wait", "hang up"),
    "keys": ("press 1234#", "say my number is 0512345678", "after 0.2 press 77", "hang up"),
    "closed": ("say thank you goodbye", "wait"),
}

DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("phrases")


@pytest.fixture(scope="module", params=CALLS)
def pair(request: pytest.FixtureRequest, folder: Path) -> tuple[Tape, RedactedTape]:
    peers = Peers(profile={"hearing": 0.9}) if request.param == "backchannel" else None
    tape = taped(folder, CALLS[request.param], peers)
    return tape, redact(tape)


def texts(tape: Tape) -> str:
    return "\n".join(redacting.texts_of(tape))


def test_every_decision_is_the_same(pair: tuple[Tape, RedactedTape], tmp_path: Path) -> None:
    tape, redacted = pair
    tape_file.write(tmp_path / "a.tape", redacted.tape)
    read = tape_file.read(tmp_path / "a.tape")
    steps = list(exact.steps(read))
    assert all(step.same for step in steps)
    assert [moment.now for moment in read.moments] == [moment.now for moment in tape.moments]
    for then, now in zip(tape.moments, steps, strict=True):
        assert [command[0] for command in then.commands] == [command[0] for command in now.records]
        sent = [command[1] for command in then.commands if command[0] == "SendAudio"]
        assert sent == [command[1] for command in now.records if command[0] == "SendAudio"]
    outcomes = [[(turn.kind, turn.outcome, len(turn.text)) for turn in Cutter(one).whole.turns] for one in (tape, read)]
    assert outcomes[0] == outcomes[1]
    assert len(signature(Cutter(read).whole.turns, 0)) == 12
    assert (redacted.stays, read.header.origin) == ("rule words", "redacted")


def test_no_word_and_no_number_is_on_it(pair: tuple[Tape, RedactedTape], tmp_path: Path) -> None:
    tape, redacted = pair
    words, numbers = set(re.findall(r"[^\W\d_]{4,}", texts(tape))), set(re.findall(r"\d{3,}", texts(tape)))
    # The digits that stand for others are spoken, too: "86" as "eighty-six".
    ruled = {part for word in RULE_WORDS for part in word.split("'")}
    words = {word for word in words if folded(word) not in ruled and word.lower() not in DIGITS}
    # A phrase says what it is called: "about a minute left" is `last_minute`.
    words -= {part for key in PHRASE_KEYS for part in re.split("[/_]", key)}
    assert words
    assert numbers
    # Noise may hold any three digits; the tape's own words are names of fields, events, commands, notes and reasons.
    left = unpacked(redacted.tape, tmp_path) - unpacked(silent(redacted.tape), tmp_path)
    # So are the names of phrases, such as last_minute.
    left -= {word for name in get_args(PhraseName) for word in name.split("_")}
    assert left & (words | numbers) == set()
    assert set(re.findall(r"[^\W\d_]{4,}|\d{3,}", texts(redacted.tape))) & (words | numbers) == set()


def unpacked(tape: Tape, folder: Path) -> set[str]:
    """Return the words and numbers in the bytes of a tape's file, unpacked, but for its audio."""
    header = replace(tape.header, legs={"caller": "scores"})
    tape_file.write(folder / "unpacked.tape", replace(tape, header=header, phrase_audio={}))
    with zstd.open(folder / "unpacked.tape") as file:
        return set(re.findall(r"[A-Za-z]{4,}|\d{3,}", file.read().decode("latin-1")))


def silent(tape: Tape) -> Tape:
    """Return a tape without any words of its call, decisions but for their names included."""
    moments = []
    for moment in tape.moments:
        event = moment.event
        if isinstance(event, events.ReplyDelta | events.TranscriptArrived):
            event = replace(event, text="")
        kept = [command for command in moment.commands if command[0] in ("Note", "HangUp", "SendMark")]
        moments.append(Moment(moment.now, event, kept, moment.sounds))
    moments = [m for m in moments if not isinstance(m.event, events.CallStarted | events.AudioIn | events.TtsAudio)]
    header = TapeHeader("", options=replace(tape.header.options, transfer_to=()), legs=tape.header.legs)
    start = Moment(0.0, events.CallStarted("", "", parameters={"": ""}))
    asked = [["RequestReply", {"turn": 1, "request": dict.fromkeys(("text", "unheard", "parameters"), "")}]]
    return Tape(header, [start, Moment(0.0, events.Tick(), asked), *moments], {}, end=tape.end)


def test_audio_is_noise_as_loud_as_it_was(pair: tuple[Tape, RedactedTape]) -> None:
    tape, redacted = pair
    heard = [
        b"".join(m.event.payload for m in one.moments if isinstance(m.event, events.AudioIn))
        for one in (tape, redacted.tape)
    ]
    assert len(heard[0]) == len(heard[1])
    pcm = [np.frombuffer(g711.decode(audio), "<i2").astype(float) for audio in heard]
    levels = [[float(np.sqrt(np.mean(part * part))) for part in np.array_split(one, len(one) // 800)] for one in pcm]
    loud = [(a, b) for a, b in zip(*levels, strict=True) if a > 500]
    assert loud
    assert all(0.5 < b / a < 2 for a, b in loud)
    correlation = abs(float(np.corrcoef(pcm[0], pcm[1])[0, 1]))
    assert correlation < 0.1
    for one, other in zip(tape.moments, redacted.tape.moments, strict=True):
        if isinstance(one.event, events.TtsAudio) and isinstance(other.event, events.TtsAudio):
            assert len(one.event.audio) == len(other.event.audio)
            assert one.event.audio != other.event.audio or not any(one.event.audio)
    assert redacted.tape.phrase_audio["greeting"] != tape.phrase_audio["greeting"]


def test_a_redacted_tape_can_be_redacted_and_cut(folder: Path) -> None:
    redacted = redact(taped(folder, CALLS["closed"])).tape
    again = redact(redacted)
    assert again.tape.header.origin == "redacted"
    assert all(step.same for step in exact.steps(again.tape))


def test_everything_that_names_a_person_is_replaced(folder: Path) -> None:
    tape = taped(folder, CALLS["closed"])
    first = tape.started
    assert first is not None
    began = replace(
        first,
        caller="+966501234567",
        parameters={"ledger": "Mustermann 99887766"},
        line="support desk",
    )
    header = replace(
        tape.header, line="support desk", options=replace(tape.header.options, transfer_to=("+966112223334",))
    )
    moments = [Moment(tape.moments[0].now, began), *tape.moments[1:]]
    for index, moment in enumerate(moments):
        if isinstance(moment.event, events.ReplyEnded):
            moments[index] = replace(moment, event=replace(moment.event, transfer_to="+966112223334"))
    changed = Tape(header, moments, tape.phrase_audio)
    fresh = [replace(step.moment, commands=step.records) for step in exact.steps(changed)]
    redacted = redact(replace(changed, moments=fresh)).tape
    started = redacted.started
    assert started is not None
    assert redacted.header.line == started.line != "support desk"
    assert "Mustermann" not in str(started.parameters)
    assert "99887766" not in str(started.parameters)
    assert "ledger" not in started.parameters
    number = redacted.header.options.transfer_to[0]
    assert number == next(m.event.transfer_to for m in redacted.moments if isinstance(m.event, events.ReplyEnded))
    assert number != "+966112223334"
    assert any(command[0] == "Transfer" for m in redacted.moments for command in m.commands)
    assert redacted.end is None


def test_a_resumed_call_says_nothing_of_the_stream_before(folder: Path) -> None:
    steps = ("say what are your opening hours", "say thank you goodbye", "wait")
    tape = taped(folder, steps, during=dies(15.3))
    assert tape.started is not None
    kept = tape.started.resumption
    assert kept is not None
    assert kept.heard
    assert kept.rest
    assert kept.since
    # What the tape does not happen to hold decides nothing here.
    kept = replace(
        kept,
        digits="7788",
        transfer_to="+966112223334",
        context="customer 4711 Casablanca",
        unheard=f"{kept.rest} Zanzibar",
    )
    moments = [replace(tape.moments[0], event=replace(tape.started, resumption=kept)), *tape.moments[1:]]
    changed = replace(tape, moments=moments, end=None)
    fresh = [replace(step.moment, commands=step.records) for step in exact.steps(changed)]
    redacted = redact(replace(changed, moments=fresh)).tape
    assert redacted.started is not None
    left = redacted.started.resumption
    assert left is not None
    assert (left.count, left.turn, left.noticed, left.since) == (kept.count, kept.turn, kept.noticed, 0.0)
    for name in RESUMED_TEXTS:
        was, now = str(getattr(kept, name)), str(getattr(left, name))
        words = {word for word in re.findall(r"[^\W\d_]{4,}|\d{3,}", was) if folded(word) not in RULE_WORDS}
        assert bool(words) == bool(was)
        assert len(was) == len(now)
        assert words & set(re.findall(r"\w+", now)) == set()
    # A text that is added to the state has to be covered as well.
    numbers = {"count", "since", "lasted_s", "turn", "noticed", "transfer", "language"}
    assert {one.name for one in fields(events.Resumption)} == numbers | set(RESUMED_TEXTS)


def test_another_codes_decisions_are_refused(folder: Path) -> None:
    tape = taped(folder, CALLS["closed"])
    tape.header = replace(tape.header, options=replace(tape.header.options, endpoint_ms=900))
    with pytest.raises(TapeError, match=r"decides otherwise at 00:\d\d\.\d+: redact with the version"):
        redact(tape)


def test_no_stand_ins_no_tape(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the words that decide are taken away as well, it says where the call would be another."""
    monkeypatch.setattr(redacting, "_STAYING", (("nothing", frozenset()),))
    tape = taped(folder, (*CALLS["interrupted"][:1], "over 1500 say mhm", "hang up"), Peers(profile={"hearing": 0.9}))
    with pytest.raises(TapeError, match=r"no stand-ins were found .*: at 00:\d\d"):
        redact(tape)


def test_mulaw_voices_and_empty_audio_are_covered() -> None:
    """Of a voice at 8 kHz in mu-law, and of a chunk without audio."""
    moments = [
        Moment(0.0, events.CallStarted("CA1", "MZ1")),
        Moment(0.1, events.TtsAudio(1, 1, bytes(range(256)), 8000, "mulaw")),
        Moment(0.2, events.TtsAudio(1, 2, b"")),
        Moment(0.3, events.TtsAudio(1, 3, b"", 8000, "mulaw")),
    ]
    tape = Tape(TapeHeader("CA1", options=CallOptions()), moments)
    steps = [replace(step.moment, commands=step.records) for step in exact.steps(tape)]
    redacted = redact(replace(tape, moments=steps)).tape
    audio = [m.event.audio for m in redacted.moments if isinstance(m.event, events.TtsAudio)]
    assert [len(one) for one in audio] == [256, 0, 0]
    assert audio[0] != bytes(range(256))


def test_the_time_of_day_and_records_of_later_versions_go(folder: Path) -> None:
    tape = taped(folder, CALLS["closed"])
    began = "2026-11-30T16:55:30.629+03:00"
    tape = replace(tape, header=replace(tape.header, started_on=began), phone=[["later", "what was said"]])
    redacted = redact(tape).tape
    assert redacted.header.started_on == "2026-11-30"
    assert redacted.phone == []


def test_the_number_of_a_key_has_a_stand_in() -> None:
    keys = {"3": KeyAction("transfer", "+966110000009"), "9": KeyAction("repeat")}
    tape = Tape(TapeHeader("CA1", options=CallOptions(keys=keys)), moments=[])
    assert "+966110000009" in list(redacting.texts_of(tape))
    made = StandIns(bytes(32), RULE_WORDS, list(redacting.texts_of(tape)))
    redacted = redacting.with_stand_ins(tape, made).header.options.keys
    assert redacted["3"].value not in ("", "+966110000009")
    assert (redacted["3"].act, redacted["9"]) == ("transfer", KeyAction("repeat"))
    # A key with a meaning stays, and no other becomes one.
    assert made.digit("3", 1, "#39") == "3"
    assert {made.digit("5", place, "#39") for place in range(200)} == set("01245678")
