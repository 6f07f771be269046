"""Hold what a check found. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

CheckJudgement: TypeAlias = Literal["pass", "fail", "not applicable"]


class NotJudged(Exception):
    """Report that a check cannot be judged here. The text says why."""


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """Hold what one check came to."""

    judgement: CheckJudgement
    seen: str
    """What was seen, in one plain sentence with figures."""


def passed(seen: str) -> CheckFinding:
    """Return that the server did right."""
    return CheckFinding("pass", seen)


def failed(seen: str) -> CheckFinding:
    """Return that the server did wrong."""
    return CheckFinding("fail", seen)


def not_applicable(seen: str) -> CheckFinding:
    """Return that the check says nothing about this server."""
    return CheckFinding("not applicable", seen)


def judged(faults: list[str], good: str) -> CheckFinding:
    """Return a failure with all faults in a row, or a pass with what was good."""
    return failed("; ".join(faults)) if faults else passed(good)
