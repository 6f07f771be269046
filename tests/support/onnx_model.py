"""Write small ONNX files as protobuf has them: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

FLOAT, INT64 = 1, 7


def varint(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + varint(rest) if rest else bytes([low])


def field(number: int, value: int | bytes | str) -> bytes:
    """Return a field: a whole number, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    held = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(held)) + held


def described(name: str, shape: Sequence[int | str] | None, kind: int = FLOAT) -> bytes:
    """Return what a graph says of an input or output; a size of a name is not fixed."""
    sizes = b"".join(field(1, field(1 if isinstance(size, int) else 2, size)) for size in shape or ())
    tensor = field(1, kind) + (b"" if shape is None else field(2, sizes))
    return field(1, name) + field(2, field(1, tensor))


def weight(name: str, values: Sequence[float], shape: Sequence[int], kind: int = FLOAT) -> bytes:
    """Return a constant of a graph."""
    data = np.array(values, "<f4" if kind == FLOAT else "<i8").tobytes()
    return b"".join(field(1, size) for size in shape) + field(2, kind) + field(8, name) + field(9, data)


def node(kind: str, takes: Sequence[str], gives: str, **whole: int | Sequence[int]) -> bytes:
    """Return one step of a graph, with attributes of whole numbers."""
    attributes = b""
    for name, value in whole.items():
        numbers = field(3, value) if isinstance(value, int) else b"".join(field(8, one) for one in value)
        attributes += field(5, field(1, name) + numbers + field(20, 2 if isinstance(value, int) else 7))
    return b"".join(field(1, name) for name in takes) + field(2, gives) + field(4, kind) + attributes


def model(nodes: Sequence[bytes], weights: Sequence[bytes], takes: Sequence[bytes], gives: Sequence[bytes]) -> bytes:
    """Return a whole file."""
    parts = ((1, nodes), (5, weights), (11, takes), (12, gives))
    graph = b"".join(field(number, one) for number, some in parts for one in some) + field(2, "tiny")
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))


TAKES = described("input_features", ("batch", 80, 800))
GIVES = described("logits", ("batch", 1))


def tiny_model(path: Path, *, gain: float = 0.0, bias: float = 0.0, last: int = 800, sigmoid: bool = True) -> Path:
    """Write a turn model: the sigmoid of `gain` times the mean of the last frames, and `bias`."""
    nodes = [
        node("Slice", ["input_features", "from", "to", "axis"], "end"),
        node("ReduceMean", ["end"], "mean", axes=[1, 2], keepdims=0),
        node("Mul", ["mean", "gain"], "scaled"),
        node("Add", ["scaled", "bias"], "odds"),
        node("Sigmoid" if sigmoid else "Identity", ["odds"], "flat"),
        node("Reshape", ["flat", "shape"], "logits"),
    ]
    weights = [
        weight("from", [800 - last], [1], INT64),
        weight("to", [800], [1], INT64),
        weight("axis", [2], [1], INT64),
        weight("gain", [gain], []),
        weight("bias", [bias], []),
        weight("shape", [-1, 1], [2], INT64),
    ]
    path.write_bytes(model(nodes, weights, [TAKES], [GIVES]))
    return path
