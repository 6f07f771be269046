"""The constants of an ONNX file, as protobuf writes them."""

import numpy as np
import pytest

from ivr.media.vad.onnx_file import constants


def varint(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + varint(rest) if rest else bytes([low])


def field(number: int, value: int | bytes) -> bytes:
    """A field: a whole number, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def constant(name: str, values: list[float], shape: tuple[int, ...], kind: int = 1) -> bytes:
    """A node whose output is a constant."""
    dims = b"".join(field(1, dim) for dim in shape)
    tensor = dims + field(2, kind) + field(9, np.array(values, "<f4").tobytes())
    return field(1, field(2, name.encode()) + field(4, b"Constant") + field(5, field(1, b"value") + field(5, tensor)))


def test_constants_come_by_the_names_of_their_outputs() -> None:
    found = constants(
        field(1, 8) + field(7, constant("a.weight", [1, 2, 3, 4, 5, 6], (2, 3)) + constant("b", [7], (1,)))
    )
    assert {name: tensor.tolist() for name, tensor in found.items()} == {"a.weight": [[1, 2, 3], [4, 5, 6]], "b": [7]}


def test_constants_of_a_branch_are_found() -> None:
    branch = field(5, field(1, b"else_branch") + field(6, constant("inside", [0.5] * 200, (200,))))
    found = constants(field(7, field(1, field(4, b"If") + branch) + constant("outside", [1], (1,))))
    assert {name: len(tensor) for name, tensor in found.items()} == {"inside": 200, "outside": 1}


def test_what_is_no_float_and_no_constant_is_passed_over() -> None:
    number = varint(2 << 3 | 5) + b"\0\0\x80\x3f"
    node = field(1, field(2, b"x") + field(5, field(1, b"alpha") + number))
    assert constants(field(7, node + constant("whole", [1], (1,), kind=7))) == {}


def test_a_field_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="a field of kind 3 in an ONNX file"):
        constants(b"\x0b\x00")


def test_a_file_that_ends_too_soon_is_refused() -> None:
    with pytest.raises(IndexError):
        constants(b"\x80")
