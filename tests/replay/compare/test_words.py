"""Every event and every command has words, also where a tape is damaged."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

import pytest

from ivr.call import commands, events
from ivr.call.commands import ReplyRequest
from ivr.call.events import Event
from ivr.replay.compare import words
from ivr.replay.records import command_record

REQUEST = ReplyRequest("what  is\nopen", "CA1", "speech", 4, "en", "CA1", "", "", "inbound")

COMMANDS = [
    (commands.SendAudio(bytes(160)), "sent 20 ms of audio"),
    (commands.SendMark("p1"), "asked for the mark p1"),
    (commands.SendClear(), "went silent: cleared what the phone still had (clear)"),
    (commands.WarmUp(), "opened the links that the next turn needs"),
    (commands.Transcribe(3, bytes(16000)), "sent utterance 3 to STT (1.00 s)"),
    (commands.ForgetTranscript(3), "waited no more for the words of utterance 3"),
    (commands.JudgeTurn(4, b""), "asked the turn model of utterance 4"),
    (commands.RequestReply(4, REQUEST), "asked the agent (turn 4) “what is open”"),
    (commands.TellAgent(REQUEST), "told the agent (speech)"),
    (commands.CloseReply(4), "read no more of the reply of turn 4"),
    (commands.Speak(4, 2, "يفتح المتحف غدا"), "asked TTS for sentence 2 of turn 4 “يفتح المتحف غدا”"),
    (commands.PlayAudio(4, 2, "menu.wav"), "asked for the recording of sentence 2 of turn 4"),
    (commands.CancelSpeech(4, 2), "dropped sentence 2 of turn 4"),
    (commands.Transfer("+15550100"), "asked the carrier to dial a person"),
    (commands.HangUp("success", "goodbye"), "hung up (success, goodbye)"),
    (commands.Note("filler", {"state": "thinking"}), "said a filler"),
    (
        commands.Note("overlap", {"verdict": "commit", "rule": "words", "ms": 5}),
        "took the voice over the agent as an interruption (rule words)",
    ),
    (
        commands.Note("overlap", {"verdict": "resume", "rule": "backchannel"}),
        "took the voice over the agent as no interruption (rule backchannel)",
    ),
    (
        commands.Note("turn_end", {"turn": 3, "silence_ms": 520, "wait_ms": 500, "words": "unknown", "rule": "none"}),
        "took turn 3 as over after 520 ms of silence, where 500 ms were enough: the words do not tell",
    ),
    (
        commands.Note("eager", {"turn": 3, "outcome": "used", "ms": 240}),
        "let the answer to turn 3 sound, 240 ms sooner for being asked for ahead",
    ),
    (commands.Note("peer_fault", {"wire": "tts", "reason": ""}), "noted peer fault (wire tts)"),
    (commands.Note("nothing_understood"), "noted nothing understood"),
]

EVENTS: list[tuple[Event, str]] = [
    (events.AudioIn(61_020, b"", 0.5), "a frame of the caller's audio at media time 01:01.020, score 0.50"),
    (events.CallStarted("CA1", "MZ1"), "the call started"),
    (events.DigitPressed("5"), "the caller pressed 5"),
    (events.MarkReached("p1"), "the phone returned the mark p1"),
    (events.CallerLeft("stop"), "the phone's stream ended (stop)"),
    (events.PeerFault("stt", "bad_json"), "a fault of a peer (stt: bad_json)"),
    (events.TranscriptArrived(1, "two"), "the words of utterance 1 arrived: “two”"),
    (events.TranscriptFailed(1, "late"), "STT gave utterance 1 up (late)"),
    (events.ReplyDelta(2, "Yes"), "a piece of the reply of turn 2: “Yes”"),
    (events.ReplyPause(2), "the agent is busy in turn 2"),
    (events.ReplyAction(2, "pause", ms=500), "the agent asked for pause in turn 2"),
    (events.ReplyEnded(2), "the reply of turn 2 was whole"),
    (
        events.ReplyEnded(2, hang_up=True, transfer_to=""),
        "the reply of turn 2 was whole and wants to hang up and wants a transfer",
    ),
    (events.ReplyFailed(2, "cut"), "the reply of turn 2 failed (cut)"),
    (events.TtsAudio(2, 1, bytes(640)), "20 ms of sentence 1 of turn 2 from TTS"),
    (events.TtsAudio(2, 1, bytes(160), 8000, "mulaw"), "20 ms of sentence 1 of turn 2 from TTS"),
    (events.TtsAudio(2, 1, b"", 0), "0 ms of sentence 1 of turn 2 from TTS"),
    (events.TtsEnded(2, 1), "sentence 1 of turn 2 was whole"),
    (events.TtsFailed(2, 1, "busy"), "TTS gave sentence 1 of turn 2 up (busy)"),
    (events.CallAnswered("machine"), "the call was answered by: machine"),
    (events.TurnJudged(1, 0.25), "the turn model gave 0.25 that utterance 1 was all"),
    (events.Transferred(), "the carrier accepted the transfer"),
    (events.TransferFailed("busy"), "the carrier refused the transfer (busy)"),
    (events.Tick(), "time passed"),
    (events.Tick(1.5), "time passed; the process had stood still for 1500 ms"),
    (events.Withdraw("drain"), "the bridge withdrew the call (drain)"),
    (events.Operated("transfer", number="+966110000001"), "an operator asked for transfer"),
    (events.Operated("say", "One moment."), "an operator asked for say: “One moment.”"),
]


@pytest.mark.parametrize(("command", "said"), COMMANDS)
def test_a_command_in_words(command: commands.Command, said: str) -> None:
    assert words.command(command_record(command)) == said


@pytest.mark.parametrize(("event", "said"), EVENTS)
def test_an_event_in_words(event: Event, said: str) -> None:
    assert words.happened(event) == said


def test_all_kinds_are_told() -> None:
    assert {type(one) for one, _ in COMMANDS} == set(get_args(commands.Command))
    assert {type(one) for one, _ in EVENTS} == set(get_args(Event))


@pytest.mark.parametrize("name", [kind.__name__ for kind in get_args(commands.Command)] + ["Sing"])
@pytest.mark.parametrize("said", [[], [7], [{}], [{"fields": 3, "pcm": 3, "request": "no", "text": 5}], [None]])
def test_a_damaged_command_has_words_too(name: str, said: list[Any]) -> None:
    record: list[Any] = [name]
    record += said
    assert words.command(record)
    assert words.decided([record])


def test_audio_is_told_as_one() -> None:
    audio: list[list[Any]] = [["SendAudio", 1600, 1], ["SendMark", {"name": "p1"}], ["SendAudio", 1600, 2]]
    assert words.decided([*audio, ["WarmUp", {}]]) == [
        "sent 400 ms of audio in 2 messages",
        "opened the links that the next turn needs",
    ]
    assert words.decided([["SendMark", {"name": "p2"}]]) == ["asked for the mark p2"]
    assert words.decided([]) == []


def test_the_question_of_another_command_is_empty() -> None:
    assert words.asked(command_record(commands.RequestReply(4, REQUEST))) == "what  is\nopen"
    assert words.asked(["SendClear", {}]) == ""
    assert fields(REQUEST)[0].name == "text"
