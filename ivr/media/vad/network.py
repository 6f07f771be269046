"""Run Silero's voice activity network at 8 kHz: a spectrum, four convolutions, and one recurrent layer (LSTM).

The convolutions look at 32 ms and remember nothing. So the windows of many calls, and many windows of one call, go
through them together, each convolution as one matrix product. Only the recurrent layer goes from one window of a call
to its next. A runtime for any network convolves window by window, which uses a small part of what a core can do.

The weights are those of `silero_vad.onnx`, the answers those of onnxruntime to some 1e-6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WINDOW, CONTEXT = 256, 32
"""Samples of a window, and of the audio before it that the network is shown again."""
SEEN: Final = WINDOW + CONTEXT
UNITS: Final = 128
"""Of the recurrent layer."""
_AT_8_KHZ: Final = "If_0_else_branch__Inline_0__"
"""Of the names of what belongs to 8 kHz; the other branch is for 16 kHz."""
_MIRRORED: Final = 32
"""Samples at the end of a window that are shown once more, backwards."""
_STEPS, _STEP, _LONG, _BANDS = 4, 64, 128, 65
"""Spectra of a window, samples from one to the next, samples of one, and its bands."""


class Network:
    """Hold the network's weights. Stateless: safe to share between calls and threads."""

    def __init__(self, constants: Mapping[str, Floats]) -> None:
        """Take the constants of the file by their names. A file without one of them raises KeyError."""

        def weights(name: str) -> Floats:
            return constants[_AT_8_KHZ + name]

        def convolution(number: int, taps: slice = slice(None)) -> tuple[Floats, Floats]:
            """Return the weights of a convolution as a matrix, (taps times channels in, channels out), and its bias."""
            kernel = weights(f"encoder.{number}.reparam_conv.weight")[:, :, taps]
            matrix = kernel.transpose(2, 1, 0).reshape(-1, kernel.shape[0])
            return np.ascontiguousarray(matrix), weights(f"encoder.{number}.reparam_conv.bias")

        # Cosines of all bands, then sines.
        self._spectrum = np.ascontiguousarray(weights("stft.forward_basis_buffer")[:, 0].T)
        self._first = convolution(0)
        self._second = convolution(1)
        # The third sees two steps, the fourth one: the other taps lie on the padding.
        self._third = convolution(2, slice(1, 3))
        self._fourth = convolution(3, slice(1, 2))
        # The file's order is in, forget, cell, out; here the cell is last. A sigmoid is half a tanh of half its
        # argument, plus a half: so all gates are one tanh.
        order = np.concatenate([np.arange(0, 256), np.arange(384, 512), np.arange(256, 384)])
        half = np.where(np.arange(4 * UNITS) < 3 * UNITS, 0.5, 1).astype(np.float32)
        self._into = np.ascontiguousarray((weights("decoder.rnn.weight_ih")[order] * half[:, None]).T)
        self._again = np.ascontiguousarray((weights("decoder.rnn.weight_hh")[order] * half[:, None]).T)
        self._bias = (weights("decoder.rnn.bias_ih") + weights("decoder.rnn.bias_hh"))[order] * half
        self._out = weights("decoder.decoder.2.weight")[0, :, 0] / 2
        self._out_bias = weights("decoder.decoder.2.bias") / 2

    def look(self, windows: Floats) -> Floats:
        """Return what each of n windows says to the recurrent layer, (n, 512). `windows`: (n, 288) in -1..1."""
        count = len(windows)
        audio = np.concatenate((windows, windows[:, SEEN - 2 : SEEN - 2 - _MIRRORED : -1]), axis=1)
        parts = _stepped(audio, _STEPS, _STEP, _LONG) @ self._spectrum
        parts *= parts
        # With silence before the first step and after the last.
        bands = np.zeros((count, _STEPS + 2, _BANDS), np.float32)
        power = parts[:, :_BANDS] + parts[:, _BANDS:]
        np.sqrt(power.reshape(count, _STEPS, _BANDS), out=bands[:, 1:-1])
        # Of the next, every other step is left out, and with it the padding after the last.
        narrow = np.zeros((count, _STEPS + 1, UNITS), np.float32)
        narrow[:, 1:] = _convolved(_stepped(bands, _STEPS, _BANDS, 3 * _BANDS), self._first).reshape(count, _STEPS, -1)
        seen = _convolved(_stepped(narrow, 2, 2 * UNITS, 3 * UNITS), self._second)
        for layer in (self._third, self._fourth):
            seen = _convolved(seen.reshape(count, -1), layer)
        says: Floats = seen @ self._into
        says += self._bias
        return says

    def step(self, says: Floats, states: Floats) -> tuple[Floats, Floats]:
        """Return how likely n windows are speech, (n,), and the states after them, (n, 2, 128).

        `says`: (n, 512) of `look`. `states`: after the window before, zeros at the beginning.
        """
        gates = says + states[:, 0] @ self._again
        np.tanh(gates, out=gates)
        shares = gates[:, : 3 * UNITS]
        shares *= 0.5
        shares += 0.5
        after = np.empty((len(says), 2, UNITS), np.float32)
        shown, kept = after[:, 0], after[:, 1]
        np.multiply(gates[:, UNITS : 2 * UNITS], states[:, 1], out=kept)
        kept += gates[:, :UNITS] * gates[:, 3 * UNITS :]
        np.tanh(kept, out=shown)
        shown *= gates[:, 2 * UNITS : 3 * UNITS]
        said = np.tanh(np.maximum(shown, 0) @ self._out + self._out_bias)
        said *= 0.5
        said += 0.5
        return said, after


def _stepped(rows: Floats, steps: int, step: int, size: int) -> Floats:
    """Return `steps` pieces of each row as rows of their own: `size` numbers, `step` apart. May overlap."""
    count, row, number = len(rows), rows.strides[0], rows.itemsize
    pieces = np.ndarray((count, steps, size), np.float32, rows, strides=(row, step * number, number))
    return pieces.reshape(count * steps, size)


def _convolved(rows: Floats, layer: tuple[Floats, Floats]) -> Floats:
    """Return rows times the weights, plus the bias; what is under zero is zero."""
    weights, bias = layer
    out: Floats = rows @ weights
    out += bias
    return np.maximum(out, 0, out=out)
