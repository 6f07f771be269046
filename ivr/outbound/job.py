"""Hold one call that is to be placed, and decide what the carrier's word makes of it.

    waiting ──► placing ──► ringing ──► talking ──► completed
       ▲           │           │
       └── again ──┴───────────┴──► busy, no_answer, failed, canceled
                   └──► unknown

`placing` is written before the carrier is asked, so that no crash makes a second call of one: a job that stays in it
is `unknown`, and is not dialled again. What the carrier says later still counts for it.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

JobState: TypeAlias = Literal[
    "waiting", "placing", "ringing", "talking", "completed", "busy", "no_answer", "failed", "canceled", "unknown"
]
"""`unknown`: the carrier may have placed the call or not; no one has said."""
ACTIVE: Final[frozenset[JobState]] = frozenset({"placing", "ringing", "talking"})
"""States of a job whose call may be on the line."""
OVER: Final[frozenset[JobState]] = frozenset({"completed", "busy", "no_answer", "failed", "canceled", "unknown"})
"""States in which nothing more is done for a job."""
PLACING_S: Final = 90.0
"""Seconds after which a job that is being placed is `unknown`: longer than any request to the carrier."""
LONGEST_CONTEXT: Final = 4000
"""Characters of a job's context."""

_STATUSES: Final[dict[str, JobState]] = {
    "queued": "ringing",
    "initiated": "ringing",
    "ringing": "ringing",
    "in-progress": "talking",
    "answered": "talking",
    "completed": "completed",
    "busy": "busy",
    "no-answer": "no_answer",
    "failed": "failed",
    "canceled": "canceled",
}
_RANKS: Final[dict[JobState, int]] = {"waiting": 0, "placing": 1, "unknown": 2, "ringing": 3, "talking": 4}
"""How far a call has come; an end is further than all of them."""


class Job(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Hold a call that is to be placed. All times are Unix seconds."""

    id: str
    to: str
    """Who is called: E.164, or a SIP address. Never logged."""
    line: str
    """The name of the line that the call belongs to."""
    sender: str
    """The number that the person is shown. Never logged."""
    context: str = ""
    """JSON that the agent is given; empty: nothing. Never logged."""
    created_at: float
    not_before: float
    """Not placed earlier."""
    state: JobState = "waiting"
    attempts: int = 0
    """Times that it was placed."""
    call_id: str = ""
    """The carrier's id of the last attempt's call, once it is known."""
    changed_at: float = 0.0
    answered_by: str = ""
    """`person`, `machine`, `fax` or `unknown`, as the carrier or the bridge found out; empty: not known."""
    reason: str = ""
    """A fixed word: why it failed, or why it waits."""
    talked_s: int = 0
    """Seconds that the call lasted."""
    by: str = ""
    """The operator who asked for it."""

    @property
    def over(self) -> bool:
        """Tell whether nothing more is done for it."""
        return self.state in OVER

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.state} attempts={self.attempts}>"


class Retries(msgspec.Struct, frozen=True):
    """Say how often a job is dialled again whose person was busy or did not answer."""

    times: int = 0
    after_s: float = 1800.0


NO_RETRIES: Final = Retries()


def place(job: Job, now: float) -> Job:
    """Return a job that is being placed from now on."""
    return msgspec.structs.replace(
        job, state="placing", attempts=job.attempts + 1, call_id="", changed_at=now, answered_by="", reason=""
    )


def accept(job: Job, call_id: str, now: float) -> Job:
    """Return a job whose call the carrier has taken on, by its answer or by asking for the call's document."""
    if job.call_id or (job.over and job.state != "unknown") or job.state == "waiting":
        return job
    state: JobState = "ringing" if _RANKS[job.state] < _RANKS["ringing"] else job.state
    return msgspec.structs.replace(job, state=state, call_id=call_id, changed_at=now, reason="")


def refuse(job: Job, reason: str, now: float, again_s: float | None = None) -> Job:
    """Return a job that the carrier did not take on. `again_s`: seconds until it may be placed again; None: it is not.

    Only for a refusal that is certain: no call came of it.
    """
    if job.state != "placing":
        return job
    if again_s is not None:
        return msgspec.structs.replace(
            job, state="waiting", attempts=job.attempts - 1, not_before=now + again_s, changed_at=now, reason=reason
        )
    return msgspec.structs.replace(job, state="failed", changed_at=now, reason=reason)


def hear(job: Job, status: str, now: float, retries: Retries = NO_RETRIES, talked_s: int = 0) -> Job:
    """Return a job after a status of the carrier's. One that comes late, twice or is not known changes nothing."""
    state = _STATUSES.get(status)
    if state is None or job.state == "waiting" or (job.over and job.state != "unknown"):
        return job
    if state not in OVER:
        if _RANKS[state] <= _RANKS[job.state]:
            return job
        return msgspec.structs.replace(job, state=state, changed_at=now, reason="")
    # A call that was asked about so late is not made again: the operator has seen `unknown`.
    again = state in ("busy", "no_answer") and job.attempts <= retries.times and job.state != "unknown"
    if again:
        return msgspec.structs.replace(
            job, state="waiting", not_before=now + retries.after_s, call_id="", changed_at=now, reason=state
        )
    return msgspec.structs.replace(job, state=state, changed_at=now, talked_s=talked_s, reason="")


def learn(job: Job, answered_by: str) -> Job:
    """Return a job with who has answered."""
    return job if job.state == "waiting" else msgspec.structs.replace(job, answered_by=answered_by)


def cancel(job: Job, now: float) -> Job:
    """Return a job that is not placed any more. One whose call may be on the line stays as it is."""
    if job.state != "waiting":
        return job
    return msgspec.structs.replace(job, state="canceled", changed_at=now, reason="operator")


def give_up(job: Job, now: float) -> Job:
    """Return a job that was being placed, without a word of the carrier's since."""
    if job.state != "placing" or now < job.changed_at + PLACING_S:
        return job
    return msgspec.structs.replace(job, state="unknown", changed_at=now, reason="no_word")
