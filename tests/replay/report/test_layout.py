"""What was sent is laid out as it was played, and the phone's marks correct when that was."""

from __future__ import annotations

import pytest

from ivr.call import commands as ask
from ivr.media.g711 import RATE
from ivr.replay.report.ear import MediaClock
from ivr.replay.report.layout import MarkReturn, SentCommands, SpokenPiece, lay_out
from ivr.replay.report.state import OutputPosition, SoundingPiece

CLOCK = MediaClock(0.0, 0.0)
SECOND = b"\x10" * RATE


def _sent(
    now: float, size: int, position: int, *more: ask.Command, pieces: tuple[SoundingPiece, ...] = ()
) -> SentCommands:
    return SentCommands(now, [ask.SendAudio(SECOND[:size]), *more], OutputPosition(position, pieces))


def _piece(start: int, end: int, turn: int = 1) -> SoundingPiece:
    return SoundingPiece(turn, 1, start, end)


def test_audio_belongs_to_the_sentence_that_it_is_of() -> None:
    pieces = (_piece(0, 100), SoundingPiece(1, 2, 100, 400))
    played = lay_out(CLOCK, [_sent(1.0, 400, 400, pieces=pieces)], {}, None)
    assert {key: piece.spans for key, piece in played.pieces.items()} == {
        (1, 1): [(8000, 8100)],
        (1, 2): [(8100, 8400)],
    }


def test_fillers_are_told_apart_by_the_pause_between_them() -> None:
    sent = [
        _sent(at, 400, 400 * n, pieces=(_piece(400 * (n - 1), 400 * n, -1),)) for n, at in enumerate((1, 1.05, 2), 1)
    ]
    played = lay_out(CLOCK, sent, {}, None)
    assert [filler.spans for filler in played.fillers] == [[(8000, 8800)], [(16000, 16400)]]


def test_a_late_mark_moves_its_audio() -> None:
    sent = [_sent(1.0, 800, 800, ask.SendMark("p1"), pieces=(_piece(0, 1600),))]
    played = lay_out(CLOCK, sent, {"p1": MarkReturn(1.4, 1.3)}, None)
    # A tenth of a second of audio was over between 1.30 and 1.32.
    assert played.pieces[1, 1].start == pytest.approx(1.21 * RATE, abs=90)
    assert played.marks[0].due_at == pytest.approx(1.31, abs=0.011)


def test_one_late_stretch_does_not_move_the_others() -> None:
    sent = [
        _sent(at, 800, 800 * n, ask.SendMark(f"p{n}"), pieces=(_piece(800 * n - 800, 800 * n, n),))
        for n, at in enumerate((1.0, 2.0, 3.0), 1)
    ]
    returned = {"p1": MarkReturn(1.1, 1.09), "p2": MarkReturn(2.4, 2.3), "p3": MarkReturn(3.1, 3.09)}
    played = lay_out(CLOCK, sent, returned, None)
    assert [played.pieces[n, 1].start / RATE for n in (1, 2, 3)] == [1.0, pytest.approx(2.21), 3.0]
    assert played.delay_s == 0.0


def test_only_what_comes_behind_a_silence_is_moved() -> None:
    """The mark stands behind two messages, and the second began after a silence."""
    sent = [
        _sent(1.0, 800, 800, pieces=(_piece(0, 1600),)),
        _sent(1.5, 800, 1600, ask.SendMark("p1"), pieces=(_piece(0, 1600),)),
        _sent(2.0, 800, 2400, ask.SendMark("p2"), pieces=(_piece(1600, 2400, 2),)),
    ]
    returned = {"p1": MarkReturn(1.9, 1.8), "p2": MarkReturn(2.1, 2.09)}
    played = lay_out(CLOCK, sent, returned, None)
    assert played.pieces[1, 1].spans == [(8000, 8800), (pytest.approx(1.71 * RATE), pytest.approx(1.81 * RATE))]


def test_a_far_phone_hears_everything_later() -> None:
    sent = [_sent(float(n), 800, 800 * n, ask.SendMark(f"p{n}"), pieces=(_piece(0, 800 * n, n),)) for n in (1, 2)]
    sent.append(SentCommands(2.05, [ask.SendClear()], OutputPosition(1600, ())))
    returned = {"p1": MarkReturn(1.4, 1.3), "p2": MarkReturn(2.3, 2.24)}
    played = lay_out(CLOCK, sent, returned, None)
    assert played.delay_s == pytest.approx(0.21)
    # The clear took as long: a twentieth of a second of the second was heard.
    assert len(played.track.audio) == pytest.approx(2.26 * RATE, abs=1)
    assert [mark.cleared for mark in played.marks] == [False, True]


def test_marks_that_say_nothing_move_nothing() -> None:
    lost = [_sent(1.0, 800, 800, ask.SendMark("p1"), pieces=(_piece(0, 800),))]
    for returned in ({}, {"p1": MarkReturn(9.0, 8.9)}, {"p1": MarkReturn(1.02, 1.0)}):
        played = lay_out(
            CLOCK, [*lost, _sent(20.0, 8, 808, ask.SendMark("p9"))], {**returned, "p9": MarkReturn(20, 20)}, None
        )
        assert played.pieces[1, 1].start == 8000
    cleared = [*lost, SentCommands(1.05, [ask.SendClear(), ask.SendMark("p2")], OutputPosition(400, ()))]
    assert lay_out(CLOCK, cleared, {"p1": MarkReturn(1.3, 1.3)}, None).pieces[1, 1].spans == [(8000, 8400)]


def test_the_end_of_the_stream_ends_what_is_played() -> None:
    sent = [_sent(1.0, 800, 800, pieces=(_piece(0, 800),)), _sent(1.0, 800, 1600, pieces=(_piece(800, 1600, -1),))]
    played = lay_out(CLOCK, sent, {}, 1.05)
    assert (played.pieces[1, 1].spans, played.fillers) == ([(8000, 8400)], [])
    assert played.track.cleared_ms == 150


def test_parts_that_touch_are_one() -> None:
    piece = SpokenPiece(1, 1)
    for span in ((300, 400), (0, 100), (100, 200), (150, 180)):
        piece.add(*span)
    assert (piece.spans, piece.start, piece.end) == ([(0, 200), (300, 400)], 0, 400)
