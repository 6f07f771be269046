"""Voice activity: does the caller speak, asked 50 times a second.

`factory()` gives a detector for one call: Silero where onnxruntime and its model are installed, else the one made of
energy and pitch. Both look at what the caller was hearing meanwhile and take the agent's echo for what it is.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import metadata
from typing import Protocol

from ivr.media.vad import silero
from ivr.media.vad.energy import EnergyVad
from ivr.media.vad.silero import Model, SileroVad


class Detector(Protocol):
    """One call's ear for speech."""

    wants_ref: bool
    """It makes use of `played`."""

    def push(self, frame: bytes, played: bytes | None = None) -> float:
        """How likely the caller spoke in this frame, 0 to 1; frames must come in order, none left out.

        `frame`: 320 bytes of PCM16 at 8 kHz. `played`: the 320 bytes the caller was hearing at that time; None or
        zeros for nothing. A frame of another size is a `ValueError`.
        """
        ...

    def reset(self) -> None:
        """As new."""
        ...


def factory() -> Detector:
    """A fresh default detector. The first call of a process loads the model (a tenth of a second)."""
    model, _ = _model()
    return EnergyVad() if model is None else SileroVad(model)


def default_name() -> str:
    """What `factory` gives here, and if it is the fallback why, for the log at the start."""
    model, reason = _model()
    return f"energy ({reason})" if model is None else f"silero-vad {metadata.version('silero-vad')} (ONNX, 8 kHz)"


@lru_cache(maxsize=1)
def _model() -> tuple[Model | None, str]:
    try:
        return silero.load(), ""
    except Exception as fault:  # whatever is wrong with an optional model, calls go on without it
        return None, f"{type(fault).__name__}: {str(fault)[:80]}"
