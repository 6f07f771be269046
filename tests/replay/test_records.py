"""Records say what events are, in few bytes, and read back they are the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call import commands as ask
from ivr.call.events import AudioIn, CallStarted, DigitPressed, ReplyEnded, Tick, TtsAudio
from ivr.media import g711
from ivr.replay.records import CommandDigest, RecordDecoder, RecordEncoder, command_record
from ivr.replay.tape import Moment

times = st.one_of(
    st.integers(0, 10**12).map(lambda ticks: ticks / 1_000_000),
    st.floats(0, 1e6, allow_nan=False),
)
audio = st.binary(max_size=400)
codings = st.sampled_from(["pcm16", "mulaw"])
events = st.one_of(
    st.builds(AudioIn, st.integers(0, 10**9), audio, st.one_of(st.just(0.5), st.floats(0, 1))),
    st.builds(TtsAudio, st.integers(0, 9), st.integers(1, 9), audio, st.just(16000), codings),
    st.builds(DigitPressed, st.sampled_from("0123456789*#")),
    st.builds(Tick, st.sampled_from([0.0, 1.5])),
    st.builds(ReplyEnded, st.integers(0, 9), st.booleans(), st.sampled_from([None, "", "+1"])),
)
moments = st.builds(
    Moment,
    times,
    events,
    st.lists(st.just(["SendClear", {}]), max_size=2),
    st.one_of(st.just(()), st.just([120, None, [1, 2]])),
)


def written(wanted: list[Moment], *, audible: bool = True) -> list[Any]:
    """Return the records of moments, with those of their audio in front."""
    encoder = RecordEncoder(audible=audible)
    for one in wanted:
        encoder.add(one.now, one.event, one.commands, one.sounds)
    return [*encoder.streams(), *encoder.records]


def read(records: list[Any]) -> list[Moment]:
    decoder, found = RecordDecoder(), []
    for record in records:
        if record and isinstance(record[0], str):
            decoder.stream(*record)
        else:
            found.append(decoder.decode(record))
    return found


def plain(wanted: list[Moment]) -> list[Any]:
    return [(one.now, one.event, list(one.commands), list(one.sounds)) for one in wanted]


@given(st.lists(moments, max_size=12))
def test_moments_are_read_as_written(wanted: list[Moment]) -> None:
    assert plain(read(written(wanted))) == plain(wanted)


@given(st.lists(moments, max_size=12))
def test_moments_without_audio_keep_its_length(wanted: list[Moment]) -> None:
    records = written(wanted, audible=False)
    assert not [record for record in records if isinstance(record[0], str)]
    for was, now in zip(wanted, read(records), strict=True):
        assert (now.now, type(now.event)) == (was.now, type(was.event))
        if isinstance(was.event, AudioIn) and isinstance(now.event, AudioIn):
            assert now.event.payload == bytes([g711.SILENCE]) * len(was.event.payload)
        if isinstance(was.event, TtsAudio) and isinstance(now.event, TtsAudio):
            silence = g711.SILENCE if was.event.encoding == "mulaw" else 0
            assert now.event.audio == bytes([silence]) * len(was.event.audio)


def test_a_frame_of_audio_is_a_few_small_numbers() -> None:
    frames = [Moment(5 + at / 50, AudioIn(20 * at, b"\x7f" * 160, 0.1234)) for at in range(3)]
    assert written(frames)[1:] == [[0, 5.0, 0, 1234, 160], [0, 20_000, 20, 1234, 160], [0, 20_000, 20, 1234, 160]]


HOSTILE: list[tuple[str, list[Any], str]] = [
    ("nothing", [[]], "makes no sense"),
    ("an unknown event", [[1, 0.0, "Rm", {}]], "no event is called 'Rm'"),
    ("fields of a wrong type", [[1, 0.0, "Tick", {"stood_s": "x"}]], "makes no sense"),
    ("too many items", [[0, 0.0, 0, 0, 0, [], [], 7]], "makes no sense"),
    ("a time that is none", [[0, "x", 0, 0, 0]], "a time makes no sense"),
    ("a timestamp that is a float", [[0, 0.0, 0.5, 0, 0]], "no whole number"),
    ("a length that is too long", [[0, 0.0, 0, 0, 10**12]], "no length that makes sense"),
    ("a length below zero", [["caller_audio", b"abc"], [0, 0.0, 0, 0, -1]], "no length that makes sense"),
    ("a length that is no number", [["caller_audio", b"abc"], [0, 0.0, 0, 0, "x"]], "no length that makes sense"),
    ("audio that is not there", [["caller_audio", b"abc"], [0, 0.0, 0, 0, 2], [0, 0, 0, 0, 2]], "audio is missing"),
    ("planes that differ", [["tts_low", b"abc"], ["tts_high", b"ab"]], "differ in length"),
    ("one plane alone", [["tts_high", b"ab"]], "differ in length"),
]


@pytest.mark.parametrize(("records", "problem"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_what_makes_no_sense_is_named(records: list[Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read(records)


def test_audio_may_stand_in_its_record() -> None:
    assert read([[0, 0.0, 0, 0, b"abc"]]) == [Moment(0.0, AudioIn(0, b"abc", 0.0))]


def test_differences_of_samples_wrap_around() -> None:
    loud = b"\xff\x7f\x00\x80" * 3
    wanted = [Moment(0.0, TtsAudio(1, 1, loud)), Moment(0.0, TtsAudio(1, 1, b"\x00\x80"))]
    assert plain(read(written(wanted))) == plain(wanted)


def test_command_records_have_no_audio() -> None:
    assert command_record(ask.SendAudio(b"abc")) == ["SendAudio", 3, 891568578]
    assert command_record(ask.SendAudio(b"abc"), audible=False) == ["SendAudio", 3]
    assert command_record(ask.Transcribe(4, b"ab")) == ["Transcribe", {"utterance": 4, "pcm": [2, 2659403885]}]
    assert command_record(ask.Transcribe(4, b"ab"), audible=False) == ["Transcribe", {"utterance": 4, "pcm": [2]}]
    asked = ask.ReplyRequest("hello", "CA1", "speech", 1, "en", "CA1", "+1", "+2", "inbound")
    [_, said] = command_record(ask.RequestReply(1, asked))
    assert said["request"]["text"] == "hello"
    assert "heard" not in said["request"]


@pytest.mark.parametrize("count", [0, 1, 15, 16, 70_000])
def test_the_digest_does_not_know_how_commands_were_grouped(count: int) -> None:
    commands: list[list[Any]] = [["SendMark", {"name": str(at)}] for at in range(count)]
    alone, together = CommandDigest(), CommandDigest()
    for command in commands:
        alone.add([command])
    together.add(commands)
    assert str(alone) == str(together)


def test_defaults_are_left_out() -> None:
    started = CallStarted("CA1", "MZ1", parameters={"a": "b"})
    [record] = written([Moment(1.0, started)])
    assert record == [1, 1.0, "CallStarted", {"call_id": "CA1", "stream_id": "MZ1", "parameters": {"a": "b"}}]
