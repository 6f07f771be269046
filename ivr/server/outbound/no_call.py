"""Tell of a call that was placed and that no one has answered: there was no stream, and so nothing else tells of it."""

from __future__ import annotations

from collections.abc import Callable

from ivr.call.commands import ReplyRequest
from ivr.config.lines import Line
from ivr.outbound.job import Job
from ivr.records.observer import RecordObserver
from ivr.server.outbound.carrier_words import JOB
from ivr.webhook.client import AgentClient
from ivr.webhook.line_agent import LineAgent

DIRECTION = "outbound-api"


class NoCalls:
    """Tell of the calls of one bridge that no one has answered."""

    record: Callable[[Job], None] | None = None
    """Puts a job into the records of calls; None: none are kept."""

    def __init__(self, agent: AgentClient) -> None:
        self._agent = agent

    def __repr__(self) -> str:
        return f"<NoCalls {'recorded' if self.record is not None else 'not recorded'}>"

    def tell(self, job: Job, line: Line | None) -> None:
        """Tell the records and the agent, with or without `tell_end`: it was asked for nothing on this call.

        `line`: of the job; None: it is gone.
        """
        if self.record is not None:
            self.record(job)
        if line is not None:
            LineAgent(self._agent, line.webhook_url, {}).tell(ended_request(job, line))


def record_no_call(records: RecordObserver, job: Job) -> None:
    """Put a job into the records of calls."""
    times = job.created_at if not job.attempts else job.changed_at, job.changed_at
    records.unanswered(
        *(job.call_id or job.id, job.line, job.sender, job.to), *times, result=result_of(job), reason=reason_of(job)
    )


def ended_request(job: Job, line: Line) -> ReplyRequest:
    """Return what the agent is told. There is a call's id only where the carrier has given one."""
    return ReplyRequest(
        text="",
        session_id=job.call_id or job.id,
        event="ended",
        turn=1,
        language=line.language,
        call_id=job.call_id,
        caller=job.sender,
        called=job.to,
        direction=DIRECTION,
        parameters={JOB: job.id},
        context=job.context,
        details={"result": result_of(job), "reason": reason_of(job), "seconds": 0.0, "turns": 0},
    )


def result_of(job: Job) -> str:
    """Return how the call ended, in the words of the log."""
    return {"busy": "caller_error", "no_answer": "caller_error", "canceled": "success"}.get(job.state, "upstream_error")


def reason_of(job: Job) -> str:
    """Return why the call ended, in a fixed word."""
    return f"call_{job.state}"
