"""Ask the agent of one line, for one call."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, replace

from ivr.call.commands import ReplyRequest
from ivr.call.events import Event
from ivr.webhook.client import AgentClient


@dataclass(frozen=True, slots=True)
class LineAgent:
    """Ask the agent of one line."""

    agent: AgentClient
    url: str
    late: Mapping[str, str]
    """What the carrier found out of the call after its start, such as `AnsweredBy`."""
    traceparent: Callable[[str, int], str] = lambda _call, _turn: ""
    """Name the span of a call's turn, as W3C writes it; empty: the call is not traced."""

    async def warm(self) -> None:
        """Open a connection before it is needed."""
        await self.agent.warm(self.url)

    def reply(self, request: ReplyRequest) -> AsyncGenerator[Event, None]:
        """Ask, and yield the reply's events."""
        if self.late:
            request = replace(request, parameters={**request.parameters, **self.late})
        parent = self.traceparent(request.call_id, request.turn)
        return self.agent.reply(self.url, request, {"traceparent": parent} if parent else {})
