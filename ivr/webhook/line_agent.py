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
        return self.agent.reply(self.url, self._whole(request), self._more(request))

    def tell(self, request: ReplyRequest) -> None:
        """Tell what needs no answer, in the background, also after the call. Never waits, never raises."""
        self.agent.tell(self.url, self._whole(request), self._more(request))

    def _whole(self, request: ReplyRequest) -> ReplyRequest:
        """Return the request with all that is known of the call."""
        return replace(request, parameters={**request.parameters, **self.late}) if self.late else request

    def _more(self, request: ReplyRequest) -> dict[str, str]:
        """Return the headers of this request alone."""
        parent = self.traceparent(request.call_id, request.turn)
        return {"traceparent": parent} if parent else {}
