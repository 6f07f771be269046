"""Write both tracks of a call as sound: small inside a page, plain as a WAV file.

A page holds mu-law, one channel behind the other, compressed: a second of speech takes at most 8 kB a channel, and
silence next to nothing. The page's script makes a WAV of it, which every browser plays.
"""

from __future__ import annotations

import io
import wave
import zlib
from array import array
from base64 import b64encode
from typing import Any, Final

from ivr.media import g711

_LEVEL: Final = 9


def page_sound(caller: bytes | bytearray, agent: bytes | bytearray) -> dict[str, Any]:
    """Return both tracks as a page's script reads them: `sound` is zlib in base64, the caller first."""
    packed = zlib.compress(bytes(caller) + bytes(agent), _LEVEL)
    return {"sound": b64encode(packed).decode("ascii"), "caller": len(caller), "agent": len(agent)}


def wav_file(caller: bytes | bytearray, agent: bytes | bytearray) -> bytes:
    """Return PCM16 at 8 kHz in two channels as a WAV file: the caller left, the agent as heard right."""
    length = max(len(caller), len(agent))
    both = array("h", bytes(4 * length))
    both[0::2] = _padded(caller, length)
    both[1::2] = _padded(agent, length)
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setparams((2, 2, g711.RATE, 0, "NONE", ""))
        file.writeframes(both.tobytes())
    return sound.getvalue()


def _padded(track: bytes | bytearray, length: int) -> array[int]:
    return array("h", g711.decode(bytes(track) + bytes([g711.SILENCE]) * (length - len(track))))
