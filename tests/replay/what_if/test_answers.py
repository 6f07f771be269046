"""What the services answer where the call asks otherwise than on its tape."""

from __future__ import annotations

import pytest

from ivr.call import commands as ask
from ivr.call import events
from ivr.call.commands import ReplyRequest
from ivr.replay.tape import Tape, TapeHeader
from ivr.replay.what_if.answers import LAST, Answers, Piece
from ivr.replay.what_if.fitting import fit
from ivr.replay.what_if.taped_call import (
    TapedCall,
    TapedReply,
    TapedSpeech,
    TapedTranscript,
    TapedTransfer,
    words_of,
)

SECOND = 8000


def heard(number: int, onset: float, end: float, text: str | None, delay: float = 0.8) -> TapedTranscript:
    """An utterance between two seconds; None: STT failed."""
    event: events.TranscriptArrived | events.TranscriptFailed = events.TranscriptFailed(number, "timeout")
    if text is not None:
        event = events.TranscriptArrived(number, text)
    return TapedTranscript(0.0, number, round(onset * SECOND), round(end * SECOND), [(delay, number, event)])


def replied(turn: int, question: str, *words: str, whole: bool = True) -> TapedReply:
    said: list[tuple[float, int, events.ReplyEvent]] = [
        (0.3 + 0.1 * place, place, events.ReplyDelta(turn, word)) for place, word in enumerate(words)
    ]
    if whole:
        said.append((2.0, 99, events.ReplyEnded(turn, hang_up=True)))
    return TapedReply(0.0, turn, words_of(question), said)


def spoken(turn: int, text: str, chunks: int, *, whole: bool = True, asked_at: float = 0.0) -> TapedSpeech:
    """A sentence in chunks of 100 ms."""
    said: list[tuple[float, int, events.TtsAudio | events.TtsEnded | events.TtsFailed]] = [
        (0.4 + 0.05 * place, place, events.TtsAudio(turn, 1, bytes([place + 1]) * 3200)) for place in range(chunks)
    ]
    if whole:
        said.append((0.4 + 0.05 * chunks, 50, events.TtsEnded(turn, 1)))
    return TapedSpeech(asked_at, turn, 1, text, said)


def answers(
    *requests: TapedTranscript | TapedReply | TapedSpeech, transfers: tuple[TapedTransfer, ...] = ()
) -> Answers:
    taped = TapedCall(Tape(TapeHeader("CA1")), transfers=list(transfers))
    for one in requests:
        match one:
            case TapedTranscript():
                taped.transcripts[one.number] = one
            case TapedReply():
                taped.replies[one.turn] = one
            case TapedSpeech():
                taped.speeches[one.turn, one.sentence] = one
    return Answers(taped, fit(taped))


def utterance(number: int, onset: float, end: float) -> ask.Transcribe:
    return ask.Transcribe(number, b"", round(onset * SECOND), round(end * SECOND))


def question(turn: int, text: str) -> ask.RequestReply:
    return ask.RequestReply(turn, ReplyRequest(text, "CA1", "speech", turn, "en", "CA1", "", "", "inbound"))


def words(pieces: list[Piece]) -> list[str]:
    return [piece.event.text for piece in pieces if isinstance(piece.event, events.ReplyDelta)]


# -- STT -------------------------------------------------------------------------------------------------------------


def test_the_same_utterance_has_its_words() -> None:
    [piece] = answers(heard(3, 1.0, 2.0, "hello")).transcript(utterance(7, 1.02, 2.05))
    assert piece == Piece(0.8, 3, events.TranscriptArrived(7, "hello"))


def test_an_utterance_of_the_same_number_is_as_recorded() -> None:
    [piece] = answers(heard(3, 1.0, 2.0, "hello")).transcript(utterance(3, 1.0, 2.0))
    assert piece == Piece(0.8, 3, events.TranscriptArrived(3, "hello"))


@pytest.mark.parametrize(
    ("onset", "end", "text"),
    [
        (0.0, 2.0, "one two"),
        (2.0, 4.0, "six ten"),
        (0.0, 8.0, "one two six ten you are"),
        (1.0, 7.0, "two six ten you"),
        (9.0, 10.0, ""),
    ],
)
def test_another_utterance_has_its_share_of_words(onset: float, end: float, text: str) -> None:
    recorded = answers(heard(1, 0.0, 4.0, "one two six ten"), heard(2, 5.0, 8.0, "you are"), heard(3, 1.0, 3.0, "x"))
    [piece] = recorded.transcript(utterance(4, onset, end))
    assert isinstance(piece.event, events.TranscriptArrived)
    assert piece.event.text == text
    assert piece.modelled and piece.place == LAST


def test_pauses_have_no_words() -> None:
    taped = TapedCall(Tape(TapeHeader("CA1")))
    taped.transcripts[1] = heard(1, 0.0, 4.0, "one two six ten")
    # The voice is heard in the first second and in the last.
    taped.voiced = [min(frame, 50) + max(0, frame - 150) for frame in range(201)]
    [piece] = Answers(taped, fit(taped)).transcript(utterance(2, 0.0, 1.5))
    assert isinstance(piece.event, events.TranscriptArrived)
    assert piece.event.text == "one two"


def test_a_failure_stays_with_its_voice() -> None:
    recorded = answers(heard(1, 0.0, 4.0, None))
    assert isinstance(recorded.transcript(utterance(9, 0.0, 4.0))[0].event, events.TranscriptFailed)
    [part] = recorded.transcript(utterance(9, 1.0, 3.0))
    assert part.event == events.TranscriptFailed(9, "timeout") and part.modelled
    [beyond] = recorded.transcript(utterance(9, 3.5, 8.0))
    assert beyond.event == events.TranscriptArrived(9, "")


def test_words_that_were_given_up_come_later() -> None:
    one = heard(1, 0.0, 4.0, "hello")
    early = TapedTranscript(0.0, 2, 0, 2 * SECOND, given_up_s=1.5)
    [piece] = answers(one, early).transcript(utterance(5, 0.0, 2.0))
    assert piece.delay > 1.5


def test_the_model_says_of_the_same_pause_what_it_said() -> None:
    same, other = heard(1, 1.0, 2.0, "hello"), heard(2, 5.0, 6.0, "there")
    same.judged = 0.06, 17, events.TurnJudged(1, 0.25)
    of = answers(same, other)
    assert of.judged(ask.JudgeTurn(7, b"")) == []
    for number, onset, wanted in ((7, 1.01, [Piece(0.06, 17, events.TurnJudged(7, 0.25))]), (8, 5.0, []), (9, 9.0, [])):
        of.transcript(utterance(number, onset, onset + 1))
        assert of.judged(ask.JudgeTurn(number, b"")) == wanted


# -- the agent -------------------------------------------------------------------------------------------------------


def test_the_same_question_has_its_reply() -> None:
    recorded = answers(replied(1, "What time?", "At ", "eight."), replied(2, "How much?", "Ten."))
    assert recorded.reply(question(1, "what time")) == [
        Piece(0.3, 0, events.ReplyDelta(1, "At ")),
        Piece(0.4, 1, events.ReplyDelta(1, "eight.")),
        Piece(2.0, 99, events.ReplyEnded(1, hang_up=True)),
    ]
    # Asked in another turn, it counts as well.
    moved = recorded.reply(question(4, "How much?"))
    assert [piece.event for piece in moved] == [events.ReplyDelta(4, "Ten."), events.ReplyEnded(4, hang_up=True)]
    assert not any(piece.modelled for piece in moved)


def test_another_question_has_the_reply_of_the_likest() -> None:
    recorded = answers(replied(1, "what time do you open", "At eight."), replied(2, "how much is it", "Ten."))
    pieces = recorded.reply(question(3, "and how much"))
    assert words(pieces) == ["Ten."]
    assert all(piece.modelled for piece in pieces)
    assert pieces[0].delay == pytest.approx(0.3)


def test_a_reply_that_was_cut_has_an_end() -> None:
    cut = replied(1, "what time", "At ", "eight", whole=False)
    cut.give_up(5.0)
    *same, end = answers(cut).reply(question(1, "what time"))
    assert not any(piece.modelled for piece in same)
    assert end.event == events.ReplyEnded(1) and end.modelled and end.delay > 5.0
    assert isinstance(answers(cut).reply(question(1, "something else"))[-1].event, events.ReplyEnded)


def test_a_question_that_was_given_up_is_answered_later() -> None:
    silent = TapedReply(0.0, 2, words_of("how much"), given_up_s=15.0)
    pieces = answers(replied(1, "what time", "At eight."), silent).reply(question(2, "how much"))
    assert pieces[0].delay > 15.0 and words(pieces) == ["At eight."]
    assert answers(silent).reply(question(2, "how much")) == []


# -- TTS -------------------------------------------------------------------------------------------------------------


def audio_ms(pieces: list[Piece]) -> float:
    return sum(len(piece.event.audio) / 32 for piece in pieces if isinstance(piece.event, events.TtsAudio))


def test_the_same_sentence_has_its_audio() -> None:
    recorded = answers(spoken(1, "Hello.", 3), spoken(2, "Bye.", 2))
    pieces = recorded.speech(ask.Speak(5, 2, "Bye."), 9.0)
    assert [piece.delay for piece in pieces] == pytest.approx([0.4, 0.45, 0.5])
    assert pieces[-1].event == events.TtsEnded(5, 2)
    assert not any(piece.modelled for piece in pieces)
    # Of two, the one of the same turn, then the nearest.
    twice = answers(spoken(1, "Hello.", 3), spoken(2, "Hello.", 5, asked_at=60.0))
    assert audio_ms(twice.speech(ask.Speak(1, 1, "Hello."), 60.0)) == 300
    assert audio_ms(twice.speech(ask.Speak(3, 1, "Hello."), 60.0)) == 500


def test_another_sentence_has_the_usual_length() -> None:
    pieces = answers(spoken(1, "Ten letters", 11)).speech(ask.Speak(2, 1, "twenty-two letters now"), 0.0)
    assert audio_ms(pieces) == pytest.approx(2200)
    assert pieces[0].delay == pytest.approx(0.4)
    assert all(piece.modelled for piece in pieces) and pieces[-1].event == events.TtsEnded(2, 1)
    # Without any speech on the tape it is silence.
    silent = answers().speech(ask.Speak(2, 1, "four"), 0.0)
    assert audio_ms(silent) == pytest.approx(300)
    assert {one for piece in silent if isinstance(piece.event, events.TtsAudio) for one in piece.event.audio} == {0}


def test_a_sentence_that_was_cancelled_goes_on() -> None:
    cut = spoken(1, "Hello there.", 2, whole=False)
    cut.give_up(3.0)
    made_up = answers(cut, spoken(2, "Ten letters", 11)).speech(ask.Speak(1, 1, "Hello there."), 0.0)
    assert [bool(piece.modelled) for piece in made_up[:3]] == [False, False, True]
    assert made_up[2].delay > 3.0
    assert audio_ms(made_up) == pytest.approx(1200)
    whole = answers(cut, spoken(2, "Hello there.", 6, asked_at=9.0)).speech(ask.Speak(1, 1, "Hello there."), 0.0)
    assert audio_ms(whole) == 600 and whole[-1].event == events.TtsEnded(1, 1)
    assert [bool(piece.modelled) for piece in whole] == [False, False, True, True, True, True, True]


# -- the carrier -----------------------------------------------------------------------------------------------------


def test_a_transfer_is_as_recorded() -> None:
    refused = TapedTransfer(0.0, [(0.2, 7, events.TransferFailed("gone"))])
    recorded = answers(transfers=(refused,))
    assert recorded.transfer(1) == recorded.transfer(2) == [Piece(0.2, 7, events.TransferFailed("gone"))]


def test_a_transfer_that_was_not_asked_for_is_modelled() -> None:
    pieces = answers(transfers=(TapedTransfer(0.0),)).transfer(1)
    assert [type(piece.event) for piece in pieces] == [events.Transferred, events.CallerLeft]
    assert all(piece.modelled for piece in pieces)
