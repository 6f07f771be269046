"""What a network takes and gives, and its constants, of an ONNX file as protobuf writes it."""

import numpy as np
import pytest

from ivr.media.vad.onnx_file import FLOAT, Tensor, constants, signature
from tests.support.onnx_model import described, field, model, varint, weight


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


def test_a_file_that_is_cut_inside_a_field_is_refused() -> None:
    with pytest.raises(IndexError, match="ends too soon"):
        constants(field(7, b"whole")[:-1])


def test_a_network_says_what_it_takes_and_gives() -> None:
    takes = [described("a", (1, "n", 3)), described("b", None, 7), described("c", ())]
    found = signature(model([], [], takes, [described("d", ("n",))]))
    wanted = [Tensor("a", FLOAT, (1, 0, 3)), Tensor("b", 7, None), Tensor("c", FLOAT, ())]
    assert found == (wanted, [Tensor("d", FLOAT, (0,))])


def test_weights_that_are_named_as_inputs_are_none() -> None:
    takes = [described("a", (1,)), described("w", (2,))]
    assert signature(model([], [weight("w", [1, 2], [2])], takes, [])) == ([Tensor("a", FLOAT, (1,))], [])


def test_an_input_without_a_type_has_none() -> None:
    assert signature(field(7, field(11, field(1, "a")))) == ([Tensor("a", 0, None)], [])


def test_an_empty_file_takes_and_gives_nothing() -> None:
    assert signature(b"") == ([], [])
