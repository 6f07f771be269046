"""The echo gate: what counts while the agent speaks, and what it learns of the line."""

import numpy as np
import pytest

from ivr.media.vad.echo_gate import EchoGate, _counted

SILENCE = -99.0


def speak(gate: EchoGate, seconds: float, *, echo: float, played: float = -20.0) -> list[bool]:
    """The agent speaks; what comes back is `echo` dB against it."""
    return [gate.push(played + echo, played) for _ in range(int(seconds * 50))]


def test_without_anything_played_everything_counts() -> None:
    gate = EchoGate()
    assert all(gate.push(heard, SILENCE) for heard in (-90.0, -50.0, 0.0))
    assert gate.echo is None


@pytest.mark.parametrize(("heard", "counts"), [(-34.9, True), (-35.1, False), (-60.0, False), (-10.0, True)])
def test_within_15_dB_of_what_is_played(heard: float, counts: bool) -> None:
    assert EchoGate().push(heard, -20.0) is counts


def test_for_half_a_second_after_it_was_played() -> None:
    gate = EchoGate()
    gate.push(-60.0, -20.0)
    assert [gate.push(-40.0, SILENCE) for _ in range(26)] == [False] * 25 + [True]


def test_the_loudest_of_that_time_counts() -> None:
    gate = EchoGate()
    gate.push(SILENCE, -10.0)
    assert not gate.push(-26.0, -30.0)


def test_a_weak_echo_opens_the_gate_for_soft_voices() -> None:
    gate = EchoGate()
    assert not any(speak(gate, 2, echo=-40))
    assert gate.depth == 22
    assert gate.push(-41.0, -20.0)
    assert not gate.push(-43.0, -20.0)
    assert repr(gate) == "<EchoGate depth=22 dB echo=-40 dB>"


@pytest.mark.parametrize(("echo", "depth"), [(-20.0, 15.0), (-24.0, 19.0), (-30.0, 22.0), (-12.0, 15.0)])
def test_how_far_it_opens(echo: float, depth: float) -> None:
    gate = EchoGate()
    speak(gate, 3, echo=echo)
    assert gate.depth == pytest.approx(depth)


def test_nothing_is_learnt_in_less_than_two_seconds() -> None:
    gate = EchoGate()
    speak(gate, 1.9, echo=-40)
    assert gate.depth == 15
    assert gate.echo == pytest.approx(-40)


def test_nothing_is_learnt_from_a_whisper() -> None:
    gate = EchoGate()
    speak(gate, 5, echo=-40, played=-50)
    assert gate.echo is None
    assert repr(gate) == "<EchoGate depth=15 dB echo=unknown>"


def test_a_stronger_echo_closes_it_for_half_a_minute() -> None:
    gate = EchoGate()
    speak(gate, 10, echo=-40)
    came_through = speak(gate, 5, echo=-20)
    assert 0 < sum(came_through) <= 50
    assert not any(came_through[50:])
    speak(gate, 20, echo=-40)
    assert gate.depth == 15
    speak(gate, 12, echo=-40)
    assert gate.depth == 22


@pytest.mark.parametrize(("heard", "opens"), [(-34.9, True), (-35.1, False)])
def test_15_db_under_what_is_played_is_the_line(heard: float, opens: bool) -> None:
    assert EchoGate().push(-90.0, SILENCE)
    assert EchoGate().push(heard, -20.0) is opens
    gate = EchoGate()
    gate.push(-60.0, -20.0)
    assert gate.push(heard, SILENCE) is opens
    assert gate.echo is None


def talk(gate: EchoGate, frames: int, *, late: int, loss: float) -> list[bool]:
    """The agent speaks in syllables of 100 ms, its echo comes `late` frames later."""
    played = [(-20.0 - n // 5 % 3) if n // 5 % 4 else -45.0 - n // 7 % 9 for n in range(frames)]
    heard = [-70.0] * late + [one - loss for one in played]
    return [gate.push(max(-70.0, one), out) for one, out in zip(heard, played, strict=False)]


def test_a_known_delay_opens_the_gate_in_the_agents_pauses() -> None:
    gate = EchoGate()
    assert not any(talk(gate, 500, late=8, loss=30))
    assert gate.delay.frames == 8
    assert gate.depth == pytest.approx(25, abs=1)
    for _ in range(8 + 2 + 1 + 4):
        gate.push(-90.0, SILENCE)
    assert gate.push(-50.0, SILENCE)
    assert not gate.push(-60.0, SILENCE)


def test_a_known_delay_allows_for_a_little_more_depth() -> None:
    gate = EchoGate()
    talk(gate, 700, late=8, loss=40)
    assert gate.depth == 28


def test_when_the_delay_changes_the_gate_is_careful_again() -> None:
    gate = EchoGate()
    talk(gate, 500, late=4, loss=30)
    came_through = talk(gate, 700, late=14, loss=30)
    assert not any(came_through[150:])
    assert gate.delay.frames == 14


def test_after_silence_nothing_is_left_of_what_was_played() -> None:
    gate = EchoGate()
    talk(gate, 500, late=8, loss=30)
    assert [gate.push(-55.0, SILENCE) for _ in range(30)][-1]
    assert gate.push(-60.0, SILENCE)
    assert not gate.push(-60.0, -20.0)


@pytest.mark.parametrize("late", [30, 42, 75])
def test_a_late_echo_is_kept_out_once_it_is_known(late: int) -> None:
    gate, rng = EchoGate(), np.random.default_rng(late)
    played: list[float] = []
    while len(played) < 700:
        played += [float(rng.uniform(-26, -16))] * int(rng.integers(3, 12))
        played += [float(rng.uniform(-60, -40))] * int(rng.integers(1, 6))
    # The agent stops: its echo goes on for as long as it takes.
    heard = [max(-70.0, one - 20) for one in [-99.0] * late + played]
    played += [SILENCE] * late
    came_through = [gate.push(one, out) and one > -60 for one, out in zip(heard, played, strict=True)]
    assert gate.delay.frames == pytest.approx(late, abs=1)
    assert sum(came_through[240:]) == 0
    assert gate.busy
    assert [gate.push(-45.0, SILENCE) for _ in range(9)][-1]
    assert not gate.busy


def test_a_usual_echo_leaves_the_caller_free_after_half_a_second() -> None:
    gate = EchoGate()
    talk(gate, 500, late=8, loss=20)
    states = [gate.push(-45.0, SILENCE) for _ in range(100)]
    assert all(states[26:])


def test_it_is_busy_for_half_a_second_after_the_agent() -> None:
    gate = EchoGate()
    assert not gate.busy
    gate.push(-60.0, -20.0)
    states = [gate.busy]
    for _ in range(26):
        gate.push(-60.0, SILENCE)
        states.append(gate.busy)
    assert states == [True] * 26 + [False]


def test_a_caller_over_the_agent_is_not_taken_for_echo() -> None:
    gate = EchoGate()
    for number in range(200):
        gate.push(-28.0 if number % 10 == 0 else -60.0, -20.0)
    assert gate.echo == pytest.approx(-40)


def test_another_delay_forgets_the_echo_of_the_first() -> None:
    gate = EchoGate()
    talk(gate, 500, late=4, loss=20)
    assert gate.echo == pytest.approx(-20, abs=1)
    talk(gate, 900, late=14, loss=32)
    assert gate.delay.frames == 14
    assert gate.echo == pytest.approx(-32, abs=2)


def test_what_was_played_counts_around_the_delay_and_fades() -> None:
    assert [_counted(late) for late in (-3, -2, 0, 2, 3, 7, 8, 20)] == [-12, 0, 0, 0, -2, -10, -12, -12]


def test_the_loudest_is_that_of_the_time_looked_back() -> None:
    gate, rng = EchoGate(), np.random.default_rng(3)
    windows = set()
    for late, frames in ((42, 500), (8, 500), (60, 500), (5, 500), (70, 500), (3, 500)):
        played: list[float] = [SILENCE] * late
        for _ in range(frames):
            played.append(float(rng.choice([rng.uniform(-26, -16), rng.uniform(-60, -40), SILENCE], p=[0.5, 0.2, 0.3])))
            gate.push(max(-70.0, played[-1 - late] - 20), played[-1])
            assert gate._loudest == max(gate._played)
            if (at := gate._at) is not None:
                ages = range(len(gate._played) - 1, -1, -1)
                counted = [level + _counted(age - at) for level, age in zip(gate._played, ages, strict=True)]
                assert gate._expected(gate._loudest) == max(counted)
            windows.add(len(gate._played))
    assert len(windows) >= 3, "the time looked back grew and shrank"
