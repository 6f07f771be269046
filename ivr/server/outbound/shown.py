"""Show a job to operators and programs. The number of a person is masked below the role `act`."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from ivr.config.operators import Role, may
from ivr.outbound.job import Job
from ivr.server.admin.answers import masked


class JobShown(msgspec.Struct, frozen=True, kw_only=True):
    """Show a call that was asked for. Times are ISO 8601, in UTC."""

    id: str
    state: str
    """`waiting`, `placing`, `ringing`, `talking`, `completed`, `busy`, `no_answer`, `failed`, `canceled`, `unknown`."""
    to: str
    """Masked below the role `act`."""
    line: str
    attempts: int
    call_id: str
    """The carrier's id of the call; empty: there is none yet."""
    answered_by: str
    """`person`, `machine`, `fax` or `unknown`; empty: not known."""
    reason: str
    """A fixed word: why it waits, or why it failed."""
    not_before: str
    created_at: str
    changed_at: str
    talked_s: int
    by: str
    """The operator who asked for it."""


class JobsShown(msgspec.Struct, frozen=True):
    """Show the jobs that came last, the newest first."""

    jobs: list[JobShown]


def show_job(job: Job, role: Role) -> JobShown:
    """Return what a role may see of a job."""
    return JobShown(
        id=job.id,
        state=job.state,
        to=job.to if may(role, "act") else masked(job.to),
        line=job.line,
        attempts=job.attempts,
        call_id=job.call_id,
        answered_by=job.answered_by,
        reason=job.reason,
        not_before=_written(job.not_before),
        created_at=_written(job.created_at),
        changed_at=_written(job.changed_at),
        talked_s=job.talked_s,
        by=job.by,
    )


def _written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
