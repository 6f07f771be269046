"""Read the constants of an ONNX file: the weights of a network.

The file is one protobuf message (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). Of it only this is looked at:
a model has a graph, a graph has nodes, a node has outputs and attributes, and an attribute is a tensor or a graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

_FLOAT: Final = 1
"""The type of a tensor of 32-bit floats."""
_Field: TypeAlias = tuple[int, int | memoryview]
"""The number of a field and its value: a whole number, or bytes."""


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
                if (2, _FLOAT) in fields:
                    shape = [value for number, value in fields if number == 1 and isinstance(value, int)]
                    data = b"".join(_messages(tensor, 9))
                    name = str(next(_messages(node, 2)), "utf-8")
                    yield name, np.frombuffer(data, "<f4").reshape(shape)


def _messages(message: memoryview, number: int) -> Iterator[memoryview]:
    """Yield what a field holds, of those that hold bytes."""
    return (value for found, value in _fields(message) if found == number and isinstance(value, memoryview))


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
