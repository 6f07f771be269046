"""The playout against a phone that plays 8000 bytes a second and returns marks, driven in its own time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.media import g711
from ivr.media.playout import Playout, PlayoutAudio, PlayoutClear, PlayoutMark, PlayoutOptions
from tests.media.ear import RATE, Ear


def tone(ms: int, level: int = 0x20) -> bytes:
    """Mu-law that is not silence and in which every 20 ms looks the same."""
    return bytes((level, level ^ 0x80)) * (ms * RATE // 2000)


def ear(delay: float = 0.0, **options: int) -> Ear:
    return Ear(Playout(PlayoutOptions(**options)), delay)


def test_all_of_a_sentence_is_heard_in_order_and_confirmed() -> None:
    phone = ear()
    audio = bytes(range(256)) * 100
    phone.say(1, audio)
    assert not phone.playout.idle
    assert phone.playout.silent_from == float("inf")
    phone.run(4)
    assert phone.playout.silent_from == pytest.approx(100 + 25600 / 8000)
    assert bytes(phone.heard) == audio + b"\xff" * (-len(audio) % 160)
    assert phone.playout.finished(1)
    assert phone.playout.idle
    assert phone.gaps == []
    assert phone.playout.heard_ms(1, phone.now) == len(phone.heard) // 8


def test_the_first_message_is_short_and_the_lead_is_bounded() -> None:
    phone = ear(lead_ms=480)
    phone.say(1, tone(3000))
    assert phone.sizes[0] == 160
    assert set(phone.sizes[1:]) == {800}
    assert 380 <= sum(phone.sizes) / 8 <= 480
    phone.run(1)
    assert phone.playout.unheard_ms(phone.now) == 2000


def test_messages_follow_absolute_deadlines() -> None:
    phone = ear()
    phone.say(1, tone(5000))
    phone.run(4)
    times = [at for at, out in phone.log if isinstance(out, PlayoutAudio)][6:]
    assert [round(b - a, 6) for a, b in pairwise(times)] == [0.1] * (len(times) - 1)


def test_a_stall_within_the_lead_is_caught_up_without_a_gap() -> None:
    phone = ear(lead_ms=480)
    phone.say(1, tone(3000))
    for _ in range(8):
        phone.now += 0.3
        phone.play_until(phone.now)
        phone.take(phone.playout.poll(phone.now))
    phone.run(2)
    assert phone.gaps == []
    assert phone.playout.underruns == 0
    assert len(phone.heard) == 24000


def test_a_starved_sentence_counts_as_underrun_and_goes_on() -> None:
    phone = ear()
    phone.playout.begin(1)
    phone.playout.write(tone(200))
    phone.take(phone.playout.poll(phone.now))
    phone.run(0.5)
    phone.playout.write(tone(200))
    phone.take(phone.playout.poll(phone.now))
    phone.playout.finish(1)
    phone.run(1)
    assert phone.playout.underruns == 1
    assert 250 < phone.playout.underrun_ms < 350
    assert len(phone.heard) == 3200


def test_a_gap_while_marks_are_still_on_their_way() -> None:
    phone = ear(delay=0.3, mark_ms=100)
    phone.playout.begin(1)
    phone.playout.write(tone(200))
    phone.take(phone.playout.poll(phone.now))
    phone.run(0.4)
    assert phone.marks
    phone.playout.write(tone(200))
    phone.playout.finish(1)
    phone.take(phone.playout.poll(phone.now))
    phone.run(2)
    assert phone.playout.finished(1)
    assert len(phone.heard) == 3200


@pytest.mark.parametrize("waited", [0.0, 1.0])
@pytest.mark.parametrize("spare", [0, 1, 159])
def test_what_breaks_off_ends_with_its_last_whole_frame(waited: float, spare: int) -> None:
    phone = ear()
    phone.playout.begin(1)
    phone.playout.write(tone(200) + tone(20)[:spare])
    phone.run(waited)
    phone.playout.break_off(1)
    phone.take(phone.playout.poll(phone.now))
    phone.run(1)
    assert phone.playout.finished(1)
    assert bytes(phone.heard) == tone(200)
    phone.say(2, tone(100))
    phone.run(1)
    assert bytes(phone.heard) == tone(300)


def test_silence_between_sentences_is_no_underrun() -> None:
    phone = ear()
    phone.say(1, tone(200))
    phone.run(1)
    phone.say(2, tone(200))
    phone.run(1)
    assert phone.playout.underruns == 0
    assert phone.playout.finished(2)


def test_an_open_sentence_gathers_whole_messages() -> None:
    phone = ear()
    phone.playout.begin(1)
    for _ in range(100):
        phone.playout.write(tone(20))
        phone.take(phone.playout.poll(phone.now))
        phone.run(0.015)
    assert phone.gaps == []
    assert sum(size == 800 for size in phone.sizes) >= 9
    assert len(phone.sizes) < 50
    assert all(size % 160 == 0 for size in phone.sizes)


def test_marks_at_sentence_ends_and_every_few_hundred_ms() -> None:
    phone = ear(mark_ms=400)
    phone.say(1, tone(1000))
    phone.run(2)
    sent = 0
    marks = []
    for _, out in phone.log:
        if isinstance(out, PlayoutAudio):
            sent += len(out.payload)
        else:
            marks.append(sent)
    assert marks[-1] == 8000
    assert all(b - a <= 4000 for a, b in zip([0, *marks], marks, strict=False))


def test_an_end_that_comes_after_its_audio_gets_its_mark() -> None:
    phone = ear(mark_ms=10_000)
    phone.playout.begin(1)
    phone.playout.write(tone(100))
    phone.take(phone.playout.poll(phone.now))
    phone.run(0.3)
    assert phone.marks == []
    phone.playout.finish(1)
    phone.take(phone.playout.poll(phone.now))
    phone.run(0.1)
    assert phone.playout.finished(1)


def test_an_empty_sentence_is_over_at_once() -> None:
    phone = ear()
    phone.say(1, b"")
    assert phone.playout.finished(1)
    assert phone.log == []


@pytest.mark.parametrize("delay", [0.0, 0.06, 0.18])
def test_heard_lags_the_ear_and_never_passes_it(delay: float) -> None:
    phone = ear(delay)
    phone.say(1, tone(3000))
    for _ in range(150):
        phone.run(0.02)
        claimed = phone.playout.heard_ms(1, phone.now) * 8
        assert claimed <= len(phone.heard) + round(delay * RATE) + 160
        assert claimed >= len(phone.heard) - 3200 - round(2 * delay * RATE) - 160
    phone.run(1)
    assert phone.playout.finished(1)


def test_hold_clears_once_fades_and_keeps_the_rest() -> None:
    phone = ear(fade_ms=40)
    phone.say(1, tone(2000))
    phone.run(1.0)
    phone.take(phone.playout.hold(phone.now))
    assert phone.clears == 1
    assert phone.sizes[-1] == 320
    fade = g711.decode(next(out.payload for _, out in reversed(phone.log) if isinstance(out, PlayoutAudio)))
    loud = [g711.audioop.rms(fade[i : i + 80], 2) for i in range(0, len(fade), 80)]
    assert loud == sorted(loud, reverse=True)
    assert loud[-1] < loud[0] / 4
    assert phone.playout.hold(phone.now) == []
    before = len(phone.heard)
    phone.run(1.0)
    assert len(phone.heard) == before + 320
    assert phone.playout.poll(phone.now) == []
    assert not phone.playout.idle
    assert 900 <= phone.playout.heard_ms(1, phone.now) <= 1000


def test_a_hard_cut_when_the_fade_is_off() -> None:
    phone = ear(fade_ms=0)
    phone.say(1, tone(1000))
    phone.run(0.5)
    assert phone.playout.hold(phone.now) == [PlayoutClear()]


def test_heard_stops_a_sample_short_of_a_mark_not_back() -> None:
    playout = Playout()
    playout.begin(1)
    playout.write(tone(300))
    playout.finish(1)
    (mark,) = (out.name for out in playout.poll(0.0) if isinstance(out, PlayoutMark))
    assert [playout.heard(at) for at in (0.1, 0.2999, 0.3, 0.69)] == [800, 2399, 2399, 2399]
    assert playout.mark(mark, 0.69)
    assert playout.heard(0.69) == 2400


@pytest.mark.parametrize(("late", "underruns"), [(0.0009, 0), (0.0011, 1)])
def test_a_millisecond_late_is_no_underrun(late: float, underruns: int) -> None:
    playout = Playout()
    playout.begin(1)
    playout.write(tone(20))
    playout.poll(0.0)
    playout.write(tone(100))
    playout.poll(0.02 + late)
    assert playout.underruns == underruns


def test_a_resume_ignores_where_a_dropped_piece_would_have_begun() -> None:
    """Two pieces are dropped before the second has begun; the next one may wind back to its own quiet spot."""
    phone = ear()
    for key in (1, 2):
        phone.playout.begin(key)
        phone.playout.write(tone(500))
        phone.playout.finish(key)
    phone.take(phone.playout.poll(phone.now))
    phone.run(0.2)
    phone.take(phone.playout.drop(phone.now))
    begins = phone.playout.heard(phone.now)
    phone.say(3, tone(100) + b"\xff" * 320 + tone(1000))
    while phone.playout.heard(phone.now) < begins + 3600:
        phone.run(0.02)
    phone.take(phone.playout.hold(phone.now))
    phone.take(phone.playout.resume(phone.now))
    assert phone.playout.heard(phone.now) == pytest.approx(begins + 960, abs=160)


@pytest.mark.parametrize(
    ("heard_s", "length_ms"),
    [(0.0, 660), (0.1, 660), (0.3, 1300), (1.0, 1300)],
    ids=["unsent", "begun", "behind", "end"],
)
def test_a_piece_is_shortened_to_its_next_pause(heard_s: float, length_ms: int) -> None:
    phone = ear()
    phone.say(1, tone(500) + b"\xff" * 8 * 200 + tone(600))
    phone.run(heard_s)
    phone.playout.shorten(1, 160)
    phone.run(2)
    assert len(phone.heard) == 8 * length_ms
    assert phone.clears == 0
    assert phone.playout.finished(1)


def test_hold_with_nothing_at_the_phone_sends_nothing() -> None:
    phone = ear()
    assert phone.playout.hold(phone.now) == []
    phone.say(1, tone(300))
    assert phone.log == []
    phone.take(phone.playout.resume(phone.now))
    phone.run(1)
    assert len(phone.heard) == 2400
    assert phone.clears == 0


def test_resume_goes_on_from_a_quiet_spot_and_loses_nothing() -> None:
    phone = ear(fade_ms=0)
    pause = b"\xff" * 400
    audio = tone(700, 0x10) + pause + tone(1250, 0x28)
    phone.say(1, audio)
    phone.run(0.9)
    phone.take(phone.playout.hold(phone.now))
    heard = bytes(phone.heard)
    phone.run(0.3)
    phone.take(phone.playout.resume(phone.now))
    phone.run(3)
    assert phone.playout.finished(1)
    again = bytes(phone.heard)[len(heard) :]
    assert audio.endswith(again)
    assert len(heard) + len(again) - len(audio) <= 400 * 8
    assert again.startswith(b"\xff" * 160)


def test_resume_at_the_very_start_plays_all_again() -> None:
    phone = ear()
    phone.say(1, tone(500))
    phone.run(0.01)
    phone.take(phone.playout.hold(phone.now))
    phone.run(0.2)
    phone.heard.clear()
    phone.take(phone.playout.resume(phone.now))
    phone.run(1)
    assert len(phone.heard) == 4000


def test_drop_forgets_the_unheard_and_keeps_the_next_whole() -> None:
    phone = ear()
    phone.say(1, tone(2000))
    phone.run(0.613)
    phone.take(phone.playout.drop(phone.now))
    assert phone.clears == 1
    phone.run(0.2)
    assert phone.playout.idle
    phone.heard.clear()
    phone.say(2, tone(777))
    phone.run(2)
    assert bytes(phone.heard).rstrip(b"\xff") == tone(777).rstrip(b"\xff")
    assert phone.playout.finished(2)


def test_drop_of_a_held_playout_clears_no_second_time() -> None:
    phone = ear()
    phone.say(1, tone(1000))
    phone.run(0.4)
    phone.take(phone.playout.hold(phone.now))
    phone.take(phone.playout.drop(phone.now))
    assert phone.clears == 1
    assert not phone.playout.held
    assert phone.playout.wake_at() is None


def test_marks_of_cleared_audio_say_nothing() -> None:
    phone = ear(delay=0.1)
    phone.say(1, tone(2000))
    phone.run(0.5)
    phone.take(phone.playout.drop(phone.now))
    names = [name for _, name in phone.marks]
    assert names
    assert [phone.playout.mark(name, phone.now + 0.1) for name in names] == [False] * len(names)
    assert phone.playout.mark("never ours", phone.now) is False


def test_a_lost_mark_holds_nothing_up() -> None:
    phone = ear()
    phone.say(1, tone(500))
    phone.marks.clear()
    for _ in range(60):
        phone.marks.clear()
        phone.run(0.05)
    assert phone.playout.finished(1)
    assert phone.playout.idle


def test_a_later_mark_stands_for_the_lost_ones_before_it() -> None:
    phone = ear(mark_ms=200)
    phone.say(1, tone(1000))
    phone.run(0.7)
    names = [out.name for _, out in phone.log if isinstance(out, PlayoutMark)]
    assert phone.playout.mark(names[-1], phone.now)
    assert phone.playout.mark(names[0], phone.now) is False


def test_what_is_playing_is_the_audio_at_the_ear() -> None:
    phone = ear()
    assert phone.playout.playing(phone.now) == b""
    audio = b"".join(bytes([level]) * 160 for level in range(100, 150))
    phone.say(1, audio)
    phone.run(0.2)
    assert phone.playout.playing(phone.now) == bytes([109]) * 160
    phone.run(5)
    assert phone.playout.playing(phone.now) == b""


def test_the_tape_does_not_grow_with_the_call() -> None:
    phone = ear()
    for key in range(1, 40):
        phone.say(key, tone(2000))
        phone.run(2.1)
        phone.playout.forget(key)
    assert len(phone.playout._tape) < 5 * RATE
    phone.playout.forget(99)


def test_it_prints_itself_in_one_line() -> None:
    phone = ear()
    phone.say(1, tone(100))
    assert repr(phone.playout).startswith("<Playout heard=0 sent=800 written=800 marks=1>")
    phone.playout.hold(phone.now)
    assert "held" in repr(phone.playout)
    assert phone.playout.started(1) is False


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("say"), st.integers(0, 1500)),
            st.tuples(st.just("wait"), st.integers(1, 700)),
            st.tuples(st.just("hold"), st.just(0)),
            st.tuples(st.just("resume"), st.just(0)),
            st.tuples(st.just("drop"), st.just(0)),
        ),
        max_size=25,
    ),
    st.sampled_from([0.0, 0.05, 0.2]),
)
def test_no_script_breaks_the_order_of_its_positions(script: list[tuple[str, int]], delay: float) -> None:
    phone = ear(delay)
    playout = phone.playout
    key = 0
    for step, value in script:
        match step:
            case "say":
                key += 1
                phone.say(key, tone(value))
            case "wait":
                phone.run(value / 1000)
            case "hold":
                phone.take(playout.hold(phone.now))
            case "resume" if playout.held:
                phone.take(playout.resume(phone.now))
            case "drop":
                phone.take(playout.drop(phone.now))
        assert playout._heard <= playout._sent <= playout.written
        assert playout.heard(phone.now) <= playout.written
        assert phone.free_at - phone.now <= 0.48 + 1.5 + delay
    if playout.held:
        phone.take(playout.resume(phone.now))
    phone.run(50)
    assert playout.idle


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("write"), st.integers(0, 900)),
            st.tuples(st.just("wait"), st.integers(1, 700)),
            st.tuples(st.sampled_from(["begin", "finish", "break_off", "hold", "resume", "drop"]), st.just(0)),
            st.tuples(st.just("shorten"), st.sampled_from([0, 20, 60])),
            st.tuples(st.just("forget"), st.integers(1, 4)),
        ),
        max_size=30,
    )
)
def test_where_the_next_piece_ends_is_known_after_any_script(script: list[tuple[str, int]]) -> None:
    phone = ear()
    playout, key, is_open = phone.playout, 0, False
    for step, value in script:
        match step:
            case "begin" if not is_open:
                key, is_open = key + 1, True
                playout.begin(key)
            case "write" if is_open:
                playout.mend(phone.now)
                playout.write(tone(value) + bytes([g711.SILENCE]) * value)
            case "finish" | "break_off" if is_open:
                is_open = False
                getattr(playout, step)(key)
            case "shorten" if key in playout._pieces and not is_open:
                playout.shorten(key, value)
            case "forget" if value in playout._pieces and not (is_open and value == key):
                playout.forget(value)
            case "wait":
                phone.run(value / 1000)
            case "resume" if not playout.held:
                pass
            case "hold" | "resume" | "drop":
                phone.take(getattr(playout, step)(phone.now))
                is_open = is_open and step != "drop"
        ends = [piece.end for piece in playout._pieces.values() if piece.end is not None]
        assert playout._next_end == min((end for end in ends if end > playout._sent), default=0)
        assert playout._at_end == (playout._sent in ends)
