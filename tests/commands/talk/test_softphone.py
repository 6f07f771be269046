"""The softphone in a real browser, against a real bridge and the shipped mocks; *live*. Skipped without Chromium.

The first call's microphone is a file, as Chromium's fake device plays it. In the others the test speaks when it wants
to: the page's microphone is a sound of the test's own.
"""

from __future__ import annotations

import asyncio
import base64
import io
import secrets
import time
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray

from ivr.commands.talk.own_bridge import demo_bridge
from ivr.config.settings import Settings
from ivr.server.app import create_app
from ivr.server.serve import config_for
from ivr.server.talk.passes import NONCE_BYTES, Pass, Passes, pass_secrets
from ivr.testbench import demo, stt, tts
from ivr.testbench.loopback import bound, serving
from ivr.testbench.mock import Mock
from tests.support.chromium import Page, browser

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not (tts.available() and stt.available()), reason="no voice or no recogniser: the demo extra"),
]

RATE: Final = 48_000
FAKE: Final = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
SILENT: Final = 1.0
"""Effective value of 16-bit samples below which there is no sound."""
OWN_MICROPHONE: Final = """
let speaker, line;
navigator.mediaDevices.getUserMedia = async () => {
  speaker = new AudioContext({ sampleRate: 48000 });
  line = speaker.createMediaStreamDestination();
  return line.stream;
};
window.speak = (text) => {
  const samples = new Int16Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
  const buffer = speaker.createBuffer(1, samples.length, 48000);
  buffer.getChannelData(0).set(Float32Array.from(samples, (sample) => sample / 32768));
  const source = speaker.createBufferSource();
  source.buffer = buffer;
  source.connect(line);
  source.start();
};
"""
REFUSING: Final = """
navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", window.refusal); };
"""


def spoken(text: str) -> bytes:
    """A caller's voice, as the browser's microphone has it."""
    return tts.say(text, "en", rate=RATE, pitch=demo.CALLER_PITCH)


def write_microphone(path: Path, text: str, before_s: int) -> None:
    """Write what the microphone hears, again and again: on a busy machine the first may come too early."""
    silence = bytes(2 * RATE)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(silence * before_s + spoken(text) + silence * 15)


async def recording(page: Page) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """What the caller said, and what the caller heard: the file that the page saves."""
    text = await page.value(
        "last.wav().arrayBuffer().then((whole) => toBase64(new Uint8Array(whole)))",
    )
    with wave.open(io.BytesIO(base64.b64decode(text))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return both[:, 0], both[:, 1]


def level(samples: NDArray[np.int16]) -> float:
    return float(np.sqrt(np.mean(samples.astype(float) ** 2))) if len(samples) else 0.0


async def say(page: Page, text: str) -> None:
    await page.value(f"speak({base64.b64encode(spoken(text)).decode()!r})")


async def counts(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = await page.value("(call ?? last).counts")
    return found


async def heard(page: Page, words: str, seconds: float = 40.0) -> None:
    """Wait until the page shows these words."""
    await page.until(f"document.getElementById('words').innerText.includes({words!r})", seconds)


def run(story: Any) -> None:
    async def limited() -> None:
        async with asyncio.timeout(300):
            await story

    asyncio.run(limited())


@asynccontextmanager
async def on_the_line(tmp_path: Path) -> AsyncIterator[Page]:
    """A page whose call has begun, and whose greeting is over; its microphone is the test's."""
    async with demo_bridge("en") as url, browser(tmp_path, *FAKE) as chromium, chromium.page() as page:
        await page.send("Page.addScriptToEvaluateOnNewDocument", source=OWN_MICROPHONE)
        await page.go(f"{url}/talk")
        await page.click("#call")
        await page.until("state === 'speaking'")
        await page.until("state === 'listening'")
        yield page


def test_a_microphone_s_question_is_answered(tmp_path: Path) -> None:
    write_microphone(tmp_path / "microphone.wav", "what are your opening hours", 6)

    async def story() -> None:
        file = f"--use-file-for-fake-audio-capture={tmp_path / 'microphone.wav'}"
        async with demo_bridge("en") as url, browser(tmp_path, *FAKE, file) as chromium, chromium.page() as page:
            await page.go(f"{url}/talk")
            assert await page.value("document.getElementById('hints').innerText.includes('thank you goodbye')")
            await page.click("#call")
            await heard(page, "what are your opening hours", 80)
            await heard(page, "Our branches are open")
            await page.until("call.counts.returned.length > 12")
            await page.until("Number(document.getElementById('agent-level').ariaValueNow) > 20")
            assert await page.value("Number(document.querySelector('.wait').dataset.ms) > 0")
            await page.press("Escape")
            await page.until("state === 'over' && last.tellsEnd?.reason === 'caller_stop'")
            said, played = await recording(page)
            told = await counts(page)
            # The greeting and a second of the answer at least, as loud as a telephone's speech is.
            assert len(played) > 5 * 8000
            assert level(played) > 300
            windows = [level(window) for window in np.array_split(said, len(said) // 4000)]
            assert max(windows) > 300
            assert min(windows) < SILENT
            assert told["faults"] == []
            assert told["returned"] == told["marks"][: len(told["returned"])]
            assert await page.value("document.getElementById('save').download.startsWith('CA')")
            assert page.errors == []

    run(story())


def test_an_interruption_clears_what_was_not_heard(tmp_path: Path) -> None:
    async def story() -> None:
        async with on_the_line(tmp_path) as page:
            await say(page, "what are your opening hours")
            await heard(page, "Our branches are open")
            await page.until("state === 'speaking'")
            await say(page, "thank you goodbye")
            await page.until("(call ?? last).counts.clears >= 1")
            # Within a moment of `clear` the loudspeaker is silent.
            silent = await page.until("document.getElementById('agent-level').ariaValueNow === '0'", 3)
            assert silent < 2
            await page.until("state === 'over'", 40)
            told = await counts(page)
            assert told["returned"] == told["marks"]
            assert told["faults"] == []
            assert await page.value("document.querySelector('#words s').innerText.length > 10")
            assert await page.value("last.tellsEnd.reason") == "agent_goodbye"
            _, played = await recording(page)
            assert len(played) / 8 <= told["media"] / 8 + 20_000
            assert page.errors == []

    run(story())


def test_keys_mute_and_a_transfer(tmp_path: Path) -> None:
    async def story() -> None:
        async with on_the_line(tmp_path) as page:
            await page.press("m")
            assert await page.value("document.getElementById('mute').getAttribute('aria-pressed')") == "true"
            await say(page, "what are your opening hours")
            await page.until("call.recorded.caller.length > 0")
            before = await page.value("call.recorded.caller.length")
            await page.until(f"call.recorded.caller.length > {before + 100}")
            assert await page.value("call.recorded.caller.slice(-100).every((f) => f.every((b) => b === 255))")
            await page.click("#mute")
            await page.click("#keypad-toggle")
            await page.click("#keypad button:nth-child(1)")
            await page.press("#")
            await page.until("document.querySelectorAll('#words .caller small').length === 1")
            await page.until("state === 'speaking'", 40)
            await say(page, "I want to speak to a person")
            await heard(page, "would be transferred")
            await page.until("state === 'over'")
            await heard(page, "***0001")
            assert page.errors == []

    run(story())


PROBLEMS: Final = [
    ("NotAllowedError", "refused"),
    ("NotFoundError", "There is no microphone"),
    ("NotReadableError", "another program"),
    ("AbortError", "cannot play or record"),
]


def test_a_microphone_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        async with demo_bridge("en") as url, browser(tmp_path) as chromium, chromium.page() as page:
            await page.send("Page.addScriptToEvaluateOnNewDocument", source=REFUSING)
            await page.go(f"{url}/talk")
            for name, words in PROBLEMS:
                await page.value(f"void (window.refusal = {name!r})")
                await page.click("#call")
                await page.until(f"document.getElementById('problem').innerText.includes({words!r})")
                assert await page.value("state") == "idle"
            insecure = "Object.defineProperty(window, 'isSecureContext', { value: false });"
            await page.send("Page.addScriptToEvaluateOnNewDocument", source=insecure)
            await page.go(f"{url}/talk?again")
            await page.until("document.getElementById('problem').innerText.includes('https only')")
            assert await page.value("document.getElementById('call').disabled")
            await page.click("#language")
            assert await page.value("document.documentElement.dir") == "rtl"
            await page.until("document.getElementById('problem').innerText.includes('المتصفح')")

    run(story())


@asynccontextmanager
async def closed_bridge(folder: Path) -> AsyncIterator[Settings]:
    """A bridge as a company runs it, which checks who comes in."""
    mock = Mock("en")
    async with mock.serving() as peer:
        listener = bound()
        port = listener.getsockname()[1]
        settings = demo.loopback(peer, port, folder, f"AC{'a' * 32}", secrets.token_hex(16), {"IVR_LANGUAGE": "en"})
        app = create_app(settings)
        async with serving(app, listener, lambda served: config_for(served, settings)):
            yield settings


def test_a_link_opens_one_browser(tmp_path: Path) -> None:
    async def story() -> None:
        async with closed_bridge(tmp_path) as settings, browser(tmp_path, *FAKE) as chromium:
            given = Pass("default", time.time() + 60, secrets.token_bytes(NONCE_BYTES))
            url = f"{settings.public_url}/talk"
            link = f"{url}?link={Passes(pass_secrets(settings)).write('link', given)}"
            async with chromium.page() as page:
                await page.go(link)
                await page.until("!document.getElementById('call').disabled")
                assert await page.value("location.href") == url
                assert await page.value("document.cookie") == ""
                await page.click("#call")
                await page.until("call?.open && state !== 'connecting'")
                await page.press("Escape")
                await page.until("state === 'over'")
                # Loaded again, the page has its session.
                await page.go(url)
                assert await page.value("document.getElementById('problem').hidden")
                assert page.errors == []
            async with chromium.page() as other:
                await other.go(link)
                await other.until("document.getElementById('problem').innerText.includes('used before')")
                await other.go(f"{url}?x")
                await other.until("document.getElementById('problem').innerText.includes('one-time link')")

    run(story())
