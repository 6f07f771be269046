"""Who may see and steer the calls: entries of `IVR_BOARD_TOKENS`, and what is wrong with them."""

from __future__ import annotations

import pytest

from ivr.config.checks import faults_of
from ivr.config.load import load
from ivr.config.operators import ROLES, Role, may, read_operators
from tests.config.test_settings import REAL

TOKEN = "n7Qd0wXcVb3kTz9sLmPa5RfY"
OTHER = "Zr4uJ8hGq1CeWt6yKoBi2NvM"


def test_entries_have_a_name_a_role_and_a_token() -> None:
    found, faults = read_operators(f"sara:act:{TOKEN}, ali.h:view:{OTHER}:until=2027-01-31,")
    assert not faults
    assert [(one.name, one.role, one.until) for one in found] == [("sara", "act", None), ("ali.h", "view", 1801440000)]
    assert [one.fits(TOKEN) for one in found] == [True, False]
    assert found[0].key != found[1].key
    assert not found[0].expired(9e9)
    assert [found[1].expired(at) for at in (1801439999.0, 1801440000.0)] == [False, True]
    assert TOKEN not in repr(found)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (TOKEN, "entry 1: the role is none: write view, listen or act"),
        (f"a b:view:{TOKEN}", "entry 1: write name:role:token"),
        (f"ok:view:{OTHER},sara:admin:{TOKEN}", "entry 2: the role is none: write view, listen or act"),
        ("sara:view", "entry 1: the token is too short to be safe: write 24 to 200 letters and digits"),
        (f"sara:view:{TOKEN[:23]}", "entry 1: the token is too short"),
        (f"sara:view:{TOKEN * 9}", "entry 1: the token is too short"),
        (f"sara:view:{TOKEN} x", "entry 1: the token is too short"),
        (f"sara:view:{'abc' * 9}", "entry 1: the token is easy to guess"),
        (f"sara:view:{TOKEN}:2027-01-31", "entry 1: what follows the token is no date"),
        (f"sara:view:{TOKEN}:until=2027-02-30", "entry 1: what follows the token is no date"),
        (f"sara:view:{TOKEN}:until=2027-13-01", "entry 1: what follows the token is no date"),
        (f"sara:view:{TOKEN}:until=1969-01-01", "entry 1: what follows the token is no date"),
        (f"sara:view:{TOKEN}:until=2027-01-01:x", "entry 1: what follows the token is no date"),
        (f"sara:view:{TOKEN},sara:act:{OTHER}", "has a name twice: give each entry a name of its own"),
        (f"sara:view:{TOKEN},ali:act:{TOKEN}", "has a token twice: give each entry a token of its own"),
    ],
)
def test_what_is_wrong_is_said_without_the_token(written: str, problem: str) -> None:
    _, faults = read_operators(written)
    assert len(faults) == 1
    assert faults[0].startswith(problem)
    assert TOKEN[:10] not in faults[0]


def test_a_role_includes_those_before_it() -> None:
    included: dict[Role, list[Role]] = {role: [one for one in ROLES if may(role, one)] for role in ROLES}
    assert included == {"view": ["view"], "listen": ["view", "listen"], "act": ["view", "listen", "act"]}


def test_a_bad_entry_stops_the_start() -> None:
    settings = load(REAL).model_copy(update={"board_tokens": load(REAL).board_tokens.__class__("sara:view:short")})
    (fault,) = faults_of(settings)
    assert fault.startswith("IVR_BOARD_TOKENS entry 1: the token is too short to be safe")
    assert load(REAL | {"IVR_BOARD_TOKENS": f"sara:view:{TOKEN}"}).describe().count(("IVR_BOARD_TOKENS", "set")) == 1
