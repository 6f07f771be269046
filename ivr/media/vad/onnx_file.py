"""Read of an ONNX file what a network takes and gives, and its constants: the weights.

The file is one protobuf message (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). Of it only this is looked at:
a model has a graph, a graph has nodes, inputs and outputs, a node has outputs and attributes, and an attribute is a
tensor or a graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

FLOAT: Final = 1
"""The type of a tensor of 32-bit floats."""
_Field: TypeAlias = tuple[int, int | memoryview]
"""The number of a field and its value: a whole number, or bytes."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """Hold what a network says of a tensor that it takes or gives."""

    name: str
    kind: int
    """The type of its elements, as `FLOAT`."""
    shape: tuple[int, ...] | None
    """0 for a size that is not fixed. None: not told."""


def signature(network: bytes) -> tuple[list[Tensor], list[Tensor]]:
    """Return what a network takes and what it gives.

    A file that is no ONNX raises ValueError or IndexError, or gives nothing.
    """
    takes: list[Tensor] = []
    gives: list[Tensor] = []
    for graph in _messages(memoryview(network), 7):
        # Old files name the weights among the inputs.
        weights = {name for weight in _messages(graph, 5) for name in _texts(weight, 8)}
        takes += [found for one in _messages(graph, 11) if (found := _tensor(one)).name not in weights]
        gives += [_tensor(one) for one in _messages(graph, 12)]
    return takes, gives


def _tensor(value: memoryview) -> Tensor:
    """Return what a graph says of an input or an output."""
    kind, shape = 0, None
    for tensor in (tensor for described in _messages(value, 2) for tensor in _messages(described, 1)):
        kind = next(_numbers(tensor, 1), 0)
        for sizes in _messages(tensor, 2):
            shape = tuple(next(_numbers(size, 1), 0) for size in _messages(sizes, 1))
    return Tensor(next(_texts(value, 1), ""), kind, shape)


def constants(network: bytes) -> dict[str, NDArray[np.float32]]:
    """Return the constants that are 32-bit floats, also those of branches, by the names of their nodes' outputs.

    A file that is no ONNX raises ValueError or IndexError.
    """
    return {
        name: tensor
        for graph in _messages(memoryview(network), 7)
        for name, tensor in _graph(graph)
    }  # fmt: skip


def _graph(graph: memoryview) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for node in _messages(graph, 1):
        for attribute in _messages(node, 5):
            for branch in _messages(attribute, 6):
                yield from _graph(branch)
            for tensor in _messages(attribute, 5):
                fields = list(_fields(tensor))
                if (2, FLOAT) in fields:
                    shape = [value for number, value in fields if number == 1 and isinstance(value, int)]
                    data = b"".join(_messages(tensor, 9))
                    yield next(_texts(node, 2)), np.frombuffer(data, "<f4").reshape(shape)


def _messages(message: memoryview, number: int) -> Iterator[memoryview]:
    """Yield what a field holds, of those that hold bytes."""
    return (value for found, value in _fields(message) if found == number and isinstance(value, memoryview))


def _texts(message: memoryview, number: int) -> Iterator[str]:
    return (str(value, "utf-8") for value in _messages(message, number))


def _numbers(message: memoryview, number: int) -> Iterator[int]:
    return (value for found, value in _fields(message) if found == number and isinstance(value, int))


def _fields(message: memoryview) -> Iterator[_Field]:
    """Yield the fields of a message in order (https://protobuf.dev/programming-guides/encoding/)."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        match key & 7:
            case 0:
                value, at = _varint(message, at)
                yield key >> 3, value
            case 2:
                size, at = _varint(message, at)
                if at + size > len(message):
                    raise IndexError("an ONNX file that ends too soon")
                yield key >> 3, message[at : at + size]
                at += size
            case 5:
                at += 4
            case kind:
                raise ValueError(f"a field of kind {kind} in an ONNX file")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return a whole number of seven bits a byte, lowest first, and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
