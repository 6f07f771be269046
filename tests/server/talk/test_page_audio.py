"""The page's audio in Node.js: mu-law to the bit, the resampler beside scipy's, the playback beside the phone's."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

from ivr.media import g711
from ivr.testbench.phone.playback import Playback
from tests.support.node import run_js

Samples = NDArray[np.float64]
RESAMPLE = """
const resampler = new Resampler(given.from, given.to);
const out = [];
for (let at = 0; at < given.samples.length; at += given.block) {
  out.push(...resampler.push(Float32Array.from(given.samples.slice(at, at + given.block))));
}
return { out, length: resampler.length, up: resampler.up, down: resampler.down };
"""
RATES = [(48000, 8000), (44100, 8000), (8000, 48000), (8000, 44100), (16000, 8000), (8000, 8000)]


def test_ulaw_is_the_telephone_s_to_the_bit() -> None:
    found = run_js(
        ["audio.js"],
        ["codeOf", "sampleOf"],
        "return [given.map(codeOf), Array.from({length: 256}, (_, code) => sampleOf(code))];",
        list(range(-32768, 32768)),
    )
    pcm = np.arange(-32768, 32768, dtype="<i2").tobytes()
    assert bytes(found[0]) == g711.audioop.lin2ulaw(pcm, 2)
    assert np.array(found[1], "<i2").tobytes() == g711.decode(bytes(range(256)))


def test_coding_clips_what_is_too_loud() -> None:
    body = "return [...encodeUlaw(Float32Array.from(given))];"
    found = run_js(["audio.js"], ["encodeUlaw"], body, [0.0, 1.0, 3.0, -1.0, -3.0, 0.5])
    loud = g711.encode(np.array([0, 32767, 32767, -32768, -32768, 16384], "<i2").tobytes())
    assert bytes(found) == loud


def resampled(samples: Samples, rate: int, to: int, block: int = 128) -> tuple[Samples, dict[str, Any]]:
    given = {"from": rate, "to": to, "samples": samples.tolist(), "block": block}
    found = run_js(["audio.js"], ["Resampler"], RESAMPLE, given)
    return np.array(found.pop("out")), found


def tone(hertz: float, rate: int, seconds: float = 0.25) -> Samples:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)


def level(samples: Samples) -> float:
    """Effective value of the steady part, in dB of the tone that went in."""
    steady = samples[len(samples) // 4 : -len(samples) // 8]
    return float(20 * np.log10(np.sqrt(np.mean(steady**2)) / (0.5 / np.sqrt(2)) + 1e-12))


@pytest.mark.parametrize(("rate", "to"), RATES)
def test_resampler_agrees_with_scipy(rate: int, to: int) -> None:
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, rate // 10)
    out, made = resampled(samples, rate, to)
    up, down = made["up"], made["down"]
    edge = (1 + 0.85) / 4 * min(rate, to)
    window = ("kaiser", 0.1102 * (70 - 8.7))
    taps = signal.firwin(made["length"] * up, edge, window=window, fs=rate * up, scale=False) * up
    wanted = signal.upfirdn(taps, samples, up, down)[: len(out)]
    assert len(out) == -(-len(samples) * up // down)
    assert np.max(np.abs(out - wanted)) < 1e-5


@pytest.mark.parametrize("rate", [48000, 44100])
def test_low_pass_keeps_the_band_and_takes_the_rest(rate: int) -> None:
    # One tone after the other: the middle of each has nothing of its neighbours.
    hertz = (300, 1000, 3300, 4100, 5000, 7000, 12000)
    out, _ = resampled(np.concatenate([tone(one, rate) for one in hertz]), rate, 8000)
    levels = [level(part) for part in np.split(out[: len(hertz) * 2000], len(hertz))]
    assert max(map(abs, levels[:3])) < 0.1
    assert max(levels[3:]) < -60


def test_playing_adds_no_images_above_the_band() -> None:
    out, _ = resampled(tone(3300, 8000), 8000, 48000)
    assert abs(level(out)) < 0.1
    steady = out[len(out) // 4 : -len(out) // 8]
    spectrum = np.abs(np.fft.rfft(steady * np.hanning(len(steady))))
    images = spectrum[int(4100 / 24000 * len(spectrum)) :]
    assert 20 * np.log10(images.max() / spectrum.max()) < -60


@pytest.mark.parametrize("block", [1, 7, 128, 1000])
def test_blocks_make_no_difference(block: int) -> None:
    samples = tone(440, 44100, 0.05)
    whole, _ = resampled(samples, 44100, 8000, len(samples))
    assert resampled(samples, 44100, 8000, block)[0].tolist() == whole.tolist()


def test_loudness_is_the_effective_value() -> None:
    body = "return [loudness(Float32Array.from(given)), loudness(new Float32Array(0))];"
    assert run_js(["audio.js"], ["loudness"], body, [0.5, -0.5, 0.5]) == [0.5, 0]


# -- what the caller hears -------------------------------------------------------------------------------------------

PLAY = """
return given.map(({ limit, acts }) => {
  const playback = new Playback(limit);
  const heard = [];
  const came = acts.map(([act, value]) => {
    if (act === "queue") return playback.queue(Uint8Array.from(value));
    if (act === "mark") return playback.mark(value) ?? null;
    if (act === "clear") { const { gone, names } = playback.clear(); return [gone, names]; }
    const { heard: played, reached } = playback.advance(value);
    heard.push(...played);
    return reached;
  });
  return { came, heard, buffered: playback.buffered, position: playback.position };
});
"""
TABLE: list[tuple[str, list[tuple[str, Any]]]] = [
    ("audio at its sample", [("advance", 3), ("queue", [1, 2, 3, 4]), ("advance", 5), ("advance", 9), ("advance", 4)]),
    ("a mark of an empty queue", [("mark", "now"), ("advance", 0)]),
    ("marks with the sample before them",
     [("queue", [1, 2, 3, 4]), ("mark", "after"), ("queue", [5, 6]), ("mark", "end"), ("advance", 3), ("advance", 4),
      ("advance", 100)]),
    ("several marks at one sample", [("queue", [1]), ("mark", "a"), ("mark", "b"), ("advance", 1)]),
    ("clear returns all marks in order",
     [("queue", [1, 2, 3, 4]), ("mark", "a"), ("mark", "b"), ("advance", 1), ("clear", None), ("queue", [7, 8]),
      ("mark", "c"), ("advance", 4)]),
    ("clear of nothing", [("clear", None), ("mark", "x"), ("clear", None), ("advance", 1)]),
    ("more than the queue takes", [("queue", [1] * 40), ("queue", [2] * 40), ("queue", [3]), ("advance", 80)]),
    ("nothing", [("queue", []), ("mark", "x"), ("advance", 0)]),
]  # fmt: skip
LIMIT = 50


def python_plays(acts: list[tuple[str, Any]]) -> dict[str, Any]:
    playback, came = Playback(LIMIT), list[Any]()
    for act, value in acts:
        match act:
            case "queue":
                came.append(playback.queue(bytes(value), 0))
            case "mark":
                playback.mark(value)
                came.append(None)
            case "clear":
                came.append(list(playback.clear()))
            case _:
                came.append([list(mark) for mark in playback.advance(value)])
    return {
        "came": came, "heard": list(playback.heard), "buffered": playback.buffered, "position": playback.position,
    }  # fmt: skip


def chance_acts(seed: int) -> list[tuple[str, Any]]:
    chance, acts, sample = random.Random(seed), list[tuple[str, Any]](), 0
    for number in range(60):
        act = chance.choice(["queue", "queue", "mark", "advance", "advance", "clear"])
        sample += chance.randrange(8) if act == "advance" else 0
        value = {"queue": [chance.randrange(256)] * chance.randrange(12), "mark": f"m{number}", "advance": sample}
        acts.append((act, value.get(act)))
    return acts


def test_playback_is_the_phone_s() -> None:
    rows = [acts for _, acts in TABLE] + [chance_acts(seed) for seed in range(60)]
    found = run_js(["audio.js"], ["Playback"], PLAY, [{"limit": LIMIT, "acts": acts} for acts in rows])
    assert found == [python_plays(acts) for acts in rows]
