"""Look whether a file is a turn model, without the library that runs it.

Smart Turn's form: one input of 32-bit floats, (n, 80, 800), the log-mel spectrogram of 8 s, and an output of 32-bit
floats, the probability that the caller has finished.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ivr.media.vad.onnx_file import FLOAT, Tensor, signature
from ivr.media.voice.log_mel import BANDS, MEL_FRAMES

WHICH: Final = "set it to the .onnx file of Smart Turn v3, or of a model of its form"


def check_turn_model(path: Path) -> str:
    """Return what is wrong with the file of a turn model, and what to do; empty: nothing."""
    try:
        takes, gives = signature(path.read_bytes())
    except OSError as error:
        return f"{path} cannot be read ({error.strerror}): {WHICH}"
    except (ValueError, IndexError):
        takes, gives = [], []
    if not takes or not gives:
        return f"{path} is no ONNX model: {WHICH}"
    if len(takes) > 1 or not _takes_features(takes[0]):
        return f"{path} takes {_written(takes)}, and not 32-bit floats (1, {BANDS}, {MEL_FRAMES}): {WHICH}"
    if gives[0].kind != FLOAT or max(gives[0].shape or (0,)) > 1:
        return f"{path} gives {_written(gives[:1])}, and not one 32-bit float: {WHICH}"
    return ""


def _takes_features(tensor: Tensor) -> bool:
    """Return whether a network's input may be the features of one turn."""
    if tensor.kind != FLOAT or tensor.shape is None or len(tensor.shape) != 3:
        return False
    # A size that is not fixed may be any.
    return all(size in (0, wanted) for size, wanted in zip(tensor.shape, (1, BANDS, MEL_FRAMES), strict=True))


def _written(tensors: list[Tensor]) -> str:
    """Return tensors as an operator may look them up."""
    names = {FLOAT: "32-bit floats"}
    kinds = [f"{one.name!r}, {names.get(one.kind, f'type {one.kind}')}" for one in tensors]
    shapes = ["" if one.shape is None else f" ({', '.join(str(size or 'n') for size in one.shape)})" for one in tensors]
    return " and ".join(kind + shape for kind, shape in zip(kinds, shapes, strict=True))
