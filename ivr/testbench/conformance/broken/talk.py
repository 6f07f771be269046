"""Talk on one stream of the small server: hear loudness, answer with four sentences, be interrupted."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
from collections import deque
from collections.abc import Callable, Collection
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from ivr.media import g711
from ivr.testbench.conformance.broken.voice import MESSAGE_BYTES, sentence

START_WITHIN_S: Final = 5.0
"""Seconds in which `start` must come."""
SPEECH_RMS: Final = 400
VOICED_MS: Final = 200
"""Milliseconds of loud audio that are speech."""
SILENCE_MS: Final = 400
"""Milliseconds of silence that end it."""
THINKING_S: Final = 0.3
LEAD_S: Final = 0.2
"""Seconds of audio that are sent ahead of the caller's ear."""
GREETING: Final = (1.2,)
REPLY: Final = (1.1, 1.2, 1.3, 1.1)
"""Seconds of each sentence."""
WAV_HEADER: Final = (
    b"RIFF\x24\x00\x00\x00WAVEfmt \x12\x00\x00\x00\x07\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00"
)


class EndCall(Exception):
    """Report that the stream must be closed with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class SmallCall:
    """Hold one stream that was accepted."""

    def __init__(self, socket: WebSocket, faults: Collection[str], takes: Callable[[str, str, str], bool]) -> None:
        self._socket, self._faults, self._takes = socket, faults, takes
        self._stream = self._call = ""
        self._jobs: deque[list[bytes]] = deque()
        self._job = asyncio.Event()
        self._turn = 0
        """Number of what is being said: another one ends it."""
        self._left: list[bytes] = []
        """Sentences that were cut off."""
        self._speaking = False
        self._interrupted = False
        """Whether what the caller is saying has interrupted something."""
        self._marks = 0
        self._voiced = self._silent = 0.0
        self._first = True

    async def run(self) -> None:
        """Carry the stream until its end."""
        speaker = asyncio.create_task(self._speak())
        code = 1000
        try:
            if "early-audio" in self._faults:
                await self._send({"event": "media", "media": {"payload": "/" * 216}})
            async with asyncio.timeout(None if "waits-for-start" in self._faults else START_WITHIN_S) as patience:
                await self._read(patience)
        except EndCall as end:
            code = end.code
        except (WebSocketDisconnect, TimeoutError, OSError, RuntimeError):
            pass
        finally:
            speaker.cancel()
            await asyncio.gather(speaker, return_exceptions=True)
            # 0: the server ends without a close frame.
            if code:
                with contextlib.suppress(RuntimeError, OSError, WebSocketDisconnect):
                    await self._socket.close(code)

    async def _read(self, patience: asyncio.Timeout) -> None:
        """Read the stream to its `stop`. Raises `EndCall`."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                fields = json.loads(message.get("text") or "")
            except (ValueError, RecursionError):
                if "dies-on-broken-json" in self._faults:
                    raise EndCall(1011) from None
                continue
            event = fields.get("event") if isinstance(fields, dict) else None
            if event == "start":
                patience.reschedule(None)
                self._start(fields["start"])
            elif event == "media" and self._stream:
                await self._media(fields.get("media"))
            elif event == "dtmf" and self._stream:
                self._key(fields.get("dtmf"))
            elif event == "mark":
                self._mark()
            elif event == "stop" and "ignores-stop" not in self._faults:
                raise EndCall(0 if "drops-at-stop" in self._faults else 1000)
            elif event == "weather" and "dies-on-unknown-event" in self._faults:
                raise EndCall(1011)

    def _start(self, start: dict[str, Any]) -> None:
        """Begin the call. Raises `EndCall` where it may not."""
        if not self._takes(start["accountSid"], start["callSid"], start["customParameters"].get("token", "")):
            raise EndCall(1008)
        if start["mediaFormat"]["encoding"] != "audio/x-mulaw" and "any-format" not in self._faults:
            raise EndCall(1003)
        self._stream, self._call = start["streamSid"], start["callSid"]
        self._say(GREETING)

    async def _media(self, media: Any) -> None:
        """Hear a chunk of the caller."""
        media = media if isinstance(media, dict) else {}
        if media.get("track") != "inbound" and "hears-itself" not in self._faults:
            return
        try:
            audio = base64.b64decode(media.get("payload") or "", validate=True)
        except (binascii.Error, ValueError):
            return
        if "fixed-chunks" in self._faults and len(audio) != MESSAGE_BYTES // 5:
            raise EndCall(1011)
        if "waits-for-marks" in self._faults and (self._speaking or self._marks):
            return
        ms = len(audio) / 8
        if audio and g711.audioop.rms(g711.decode(audio), 2) >= SPEECH_RMS:
            self._voiced, self._silent = self._voiced + ms, 0.0
            if self._voiced >= VOICED_MS and self._speaking and not self._interrupted:
                await self._interrupt()
            return
        self._silent += ms
        if self._silent >= SILENCE_MS:
            asked = self._voiced >= VOICED_MS
            self._voiced, self._interrupted = 0.0, False
            if asked and "reader-waits" in self._faults:
                await asyncio.sleep(3.0)
            if asked:
                self._say(REPLY)

    async def _interrupt(self) -> None:
        """Stop what is being said, once for each thing that the caller says."""
        if "no-clear" in self._faults:
            return
        self._interrupted, self._speaking = True, False
        if "talks-after-clear" not in self._faults:
            self._turn += 1
        await self._send({"event": "clear"})

    def _mark(self) -> None:
        """Take a mark back."""
        self._marks = max(0, self._marks - 1)
        if "cleared-marks-heard" in self._faults and self._left and not self._speaking:
            self._jobs.append(self._left)
            self._left = []
            self._job.set()

    def _key(self, key: Any) -> None:
        """Take a key. Raises `EndCall`."""
        digit = key.get("digit") if isinstance(key, dict) else None
        if "dies-on-keys" in self._faults and not (isinstance(digit, str) and len(digit) == 1):
            raise EndCall(1011)

    def _say(self, lengths: tuple[float, ...]) -> None:
        """Say sentences of these lengths, in place of what is being said."""
        self._turn += 1
        self._left = []
        self._jobs.append([sentence(seconds, self._faults) for seconds in lengths])
        self._job.set()

    async def _speak(self) -> None:
        """Say what is asked for, a little ahead of the caller's ear."""
        loop = asyncio.get_running_loop()
        while True:
            while not self._jobs:
                self._job.clear()
                await self._job.wait()
            sentences = self._jobs.popleft()
            turn, self._speaking = self._turn, True
            await asyncio.sleep(THINKING_S)
            due = loop.time()
            for number, at, piece in [
                (number, at, audio[at : at + MESSAGE_BYTES])
                for number, audio in enumerate(sentences)
                for at in range(0, len(audio), MESSAGE_BYTES)
            ]:
                if turn != self._turn:
                    self._left = sentences[number + (at > 0) :]
                    break
                await self._send({"event": "media", "media": {"payload": self._payload(piece)}})
                due += len(piece) / 8000
                if "unpaced" not in self._faults:
                    await self._mark_here(f"{turn}.{number}.{at}", at)
                    await asyncio.sleep(max(0.0, due - LEAD_S - loop.time()))
            await self._heard(turn, due)

    async def _mark_here(self, name: str, at: int) -> None:
        """Send a mark behind every other chunk of a sentence."""
        if at % (2 * MESSAGE_BYTES) == 0:
            self._marks += 1
            await self._send({"event": "mark", "mark": {"name": name}})

    async def _heard(self, turn: int, due: float) -> None:
        """Wait until what was sent has been heard, by the clock: marks may be lost."""
        loop = asyncio.get_running_loop()
        while turn == self._turn and loop.time() < due:  # noqa: ASYNC110 - the clock ends it
            await asyncio.sleep(min(0.02, due - loop.time()))
        if turn == self._turn:
            self._speaking = False

    def _payload(self, piece: bytes) -> str:
        """Return a piece of audio in base64."""
        header = WAV_HEADER if self._first and "riff" in self._faults else b""
        self._first = False
        return base64.b64encode(header + piece).decode()

    async def _send(self, fields: dict[str, Any]) -> None:
        """Send a message of this stream."""
        sid = self._call if "wrong-stream" in self._faults else self._stream
        message = {**fields, "streamSid": sid}
        if "extra-fields" in self._faults:
            message |= {"sequenceNumber": "1"}
        text = json.dumps(message, separators=(",", ":"))
        if "binary-frames" in self._faults:
            await self._socket.send_bytes(text.encode())
        else:
            await self._socket.send_text(text)
