"""Do what the carrier, other workers and nodes, and operators say of the calls that this process carries.

What they name may be over by now: then nothing happens. An operator who asks for an act is logged by name; the
words and numbers of the act never are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import assert_never

from ivr.call.events import SUPERSEDED, CallAnswered, CallStarted, Operated
from ivr.fleet.messages import CallOver, DrainNode, Learnt, Listen, Message, Operate, StreamOver, Superseded
from ivr.server.admission import Admission
from ivr.server.outbound.carrier_words import ANSWERED_BY, answered_by
from ivr.session.session import Session

log = logging.getLogger("ivr.told")


class Told:
    """Do what is said of the calls of one bridge."""

    def __init__(self, admission: Admission[Session], leave: Callable[[], None]) -> None:
        """Take the calls, and what ends the process as a signal would."""
        self.late: dict[str, dict[str, str]] = {}
        """What the carrier found out of each call on the line after its start, such as `AnsweredBy`."""
        self._admission = admission
        self._leave = leave

    def __repr__(self) -> str:
        return f"<Told {self._admission!r}>"

    def take(self, message: Message) -> None:
        """Do what is said."""
        match message:
            case CallOver(call):
                self.call_over(call)
            case StreamOver(call, stream_id):
                self.call_over(call, stream_id)
            case Learnt(call, found):
                self.learn(call, found)
            case Superseded(call, number):
                if (older := self._admission.carried(call, number)) is not None:
                    older.withdraw(SUPERSEDED)
            case Operate():
                self._operate(message)
            case Listen(call, on, by=by):
                log.info("listener_came" if on else "listener_left", extra={"call": call, "by": by})
            case DrainNode(by=by):
                log.warning("drain_asked", extra={"by": by})
                self._leave()
            case _:
                assert_never(message)

    def call_over(self, call_id: str, stream_id: str | None = None) -> bool:
        """End a call, or a stream of it, that the carrier says is over. False: this process does not carry it."""
        if (session := self._admission.get(call_id)) is None:
            return False
        session.carrier_ended(stream_id)
        return True

    def begin(self, session: Session, started: CallStarted, known: Mapping[str, str]) -> dict[str, str]:
        """Return what is found out of a call after its start, and tell a placed call who is known to have answered.

        `known`: what the carrier found out on a stream before this one. The carrier may say who has answered before
        the stream opens: the call hears of it behind its start.
        """
        late = self.late.setdefault(started.call_id, dict(known))
        by = answered_by(late.get(ANSWERED_BY) or started.parameters.get(ANSWERED_BY, ""))
        if by is not None and started.direction.startswith("outbound") and started.resumption is None:
            session.operate_soon(CallAnswered(by))
        return late

    def learn(self, call_id: str, found: Mapping[str, str]) -> bool:
        """Remember what the carrier found out, for the agent. False: this process does not carry the call."""
        if (late := self.late.get(call_id)) is None:
            return False
        late.update(found)
        by = answered_by(found.get(ANSWERED_BY, ""))
        if by is not None and (session := self._admission.get(call_id)) is not None:
            session.operate(CallAnswered(by))
        return True

    def _operate(self, asked: Operate) -> None:
        if (session := self._admission.get(asked.call)) is None:
            return
        log.info("operated", extra={"call": asked.call, "act": asked.act, "by": asked.by})
        session.operate(Operated(asked.act, asked.words, asked.number))
