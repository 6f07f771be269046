"""Ask a developer's agent of today what it was asked on a tape."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ivr.call.events import Event
from ivr.replay.peers.answers import AnswerPair, answer_of
from ivr.replay.peers.exchanges import exchanges, reply_request
from ivr.replay.tape import Tape, TapeError
from ivr.webhook.client import AgentClient

NOTHING_ASKED: Final = "the agent was asked nothing on this tape"


async def ask_again(tape: Tape, url: str, agent: AgentClient, done: Callable[[AnswerPair], None]) -> list[AnswerPair]:
    """Ask an agent the questions of a tape, one after the other, in a session of their own.

    What the caller had heard by then is told as it is on the tape: the questions belong to that history. `done` is told
    each answer as it ends. Raises TapeError when nothing was asked.
    """
    asked = [one for one in exchanges(tape) if one.leg == "agent"]
    if not asked:
        raise TapeError(NOTHING_ASKED)
    clock = asyncio.get_running_loop().time
    # The session that was on the line then may still be known to the agent.
    session, pairs = f"replay-{secrets.token_hex(8)}", []
    for one in asked:
        try:
            request = replace(reply_request(one), session_id=session)
        except ValueError as fault:
            raise TapeError(str(fault)) from None
        began, events = clock(), list[tuple[float, Event]]()
        async for event in agent.reply(url, request):
            events.append((clock() - began, event))
        pairs.append(
            AnswerPair(request.turn, request.text, answer_of(one.answer, closed=one.closed), answer_of(events))
        )
        done(pairs[-1])
    return pairs
