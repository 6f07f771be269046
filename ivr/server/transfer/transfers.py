"""Hand callers over to people, and know where each of these transfers stands.

`progress` decides; here is what waits: the store, the carrier's REST, and a timer for a caller who waits in a
conference. Nothing here raises to a call or to a route. All requests about one transfer are taken one after another.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final
from weakref import WeakValueDictionary

from ivr.call.actions import TransferOptions, TransferResult
from ivr.call.commands import Transfer
from ivr.call.events import CallStarted, Resumption
from ivr.config.address import callable_number
from ivr.config.lines import Line
from ivr.config.people import QUEUE
from ivr.server.calls.rest_problems import warn_of_rest
from ivr.server.resume.resuming import TAKE_S, Resuming
from ivr.server.resume.state import CallState, write_state
from ivr.server.transfer.handover import Handover, Phase, key_of, read_handover, write_handover
from ivr.server.transfer.progress import ANSWER_LATE_S, Progress, Trigger, due_at, follow, is_overdue, result
from ivr.twilio.rest import RestOutcome, TwilioRest
from ivr.twilio.twiml import Documents

log = logging.getLogger("ivr.transfer")

BACK_AGAIN_S: Final = (0.5, 2.0, 5.0)
"""Seconds before the carrier is asked again to bring a caller back, where it did not answer."""
_QUEUE_WAIT_S: Final = 600.0
"""Seconds that a caller waits in a queue where the agent does not say how long."""


class Transfers:
    """Hand over the callers of one bridge."""

    def __init__(
        self, rest: TwilioRest, documents: Documents, resuming: Resuming, noted: Callable[[str], None]
    ) -> None:
        """Take the carrier's REST, the documents, where states are kept, and what counts an outcome."""
        self.clock: Callable[[], float] = time.time
        self.settled: Callable[[], None] = lambda: None
        """Told when one transfer less is waited for."""
        self._rest = rest
        self._documents = documents
        self._resuming = resuming
        self._kept = resuming.kept
        self._noted = noted
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        """Transfers begun here whose person has not come, each with the timer that looks at it."""
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Transfers {len(self._waiting)} waiting>"

    def __len__(self) -> int:
        """Return how many callers wait for a person, of those that were handed over here."""
        return len(self._waiting)

    def close(self) -> None:
        """End what runs beside the requests."""
        for timer in self._waiting.values():
            timer.cancel()
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()

    # -- the call asks -------------------------------------------------------------------------------------------

    async def hand_over(self, started: CallStarted, line: Line, account: str, order: Transfer) -> str:
        """Let a person take over; return `done`, or a fixed word for why not."""
        call_id = started.call_id
        options = order.options or TransferOptions()
        if order.number.startswith(QUEUE):
            # A queue cannot be asked first.
            waits = options.timeout_s if order.options is not None else _QUEUE_WAIT_S
            options = replace(options, mode="cold", timeout_s=waits)
        state = self._resuming.keeper.hand_over(call_id, asyncio.get_running_loop().time())
        if state is None:
            state = CallState(Resumption(), started.caller, started.called, started.direction, started.parameters)
        handover = Handover(state, account, order.number, line.language, self.clock(), options)
        begin = self._warm if options.mode == "warm" else self._cold
        outcome = await begin(call_id, handover, self._shown(started, line, options, call_id))
        log.info("transferred", extra={"call": call_id, "outcome": outcome, "mode": options.mode})
        warn_of_rest(call_id, outcome, self._noted)
        if outcome == "done":
            self._wait(call_id, options.timeout_s + ANSWER_LATE_S)
        else:
            self._kept.drop(key_of(call_id))
            self._resuming.keeper.take_back(call_id)
        return outcome

    def _shown(self, started: CallStarted, line: Line, options: TransferOptions, call_id: str) -> str:
        """Return the number that the person is shown; empty: the caller's own."""
        ours = [number for number in map(callable_number, (line.caller_id, started.called, line.number)) if number]
        if options.caller_id in ours:
            return options.caller_id
        if options.caller_id:
            log.warning("caller_id_refused", extra={"call": call_id})
        # A call that the bridge places is from a number of the account's. In the caller's own call the person is shown
        # the caller's number; where that is none (withheld, SIP), the carrier would not dial.
        if options.mode == "cold" and callable_number(started.caller):
            return ""
        if not ours:
            log.warning("no_caller_id", extra={"call": call_id, "setting": "IVR_CALLER_ID"})
        return next(iter(ours), "")

    async def _cold(self, call_id: str, handover: Handover, shown: str) -> str:
        """Give the caller's call a document that dials."""
        ring_s = handover.options.timeout_s
        twiml = self._documents.transfer(handover.number, handover.language, shown, call_id, ring_s)
        self._keep(call_id, handover)
        return await self._rest.redirect(call_id, handover.account, twiml=twiml)

    async def _warm(self, call_id: str, handover: Handover, shown: str) -> str:
        """Call the person, and let the caller wait in a conference."""
        if not shown:
            return "no_caller_id"
        self._keep(call_id, handover)
        told = self._documents.person_url("person", call_id)
        outcome, person = await self._rest.create(
            handover.account,
            To=handover.number,
            From=shown,
            Url=self._documents.person_url("whisper", call_id),
            Method="GET",
            Timeout=f"{handover.options.timeout_s:.0f}",
            StatusCallback=told,
            StatusCallbackMethod="GET",
            StatusCallbackEvent=["initiated", "ringing", "answered", "completed"],
            MachineDetection="Enable",
            AsyncAmd="true",
            AsyncAmdStatusCallback=told,
            AsyncAmdStatusCallbackMethod="GET",
        )
        if outcome != "done":
            return outcome
        # The carrier may have told something of this call before it has answered here.
        async with self._lock(call_id):
            handover = replace(await self.read(call_id) or handover, person=person)
            self._keep(call_id, handover)
        hold = self._documents.hold(call_id, handover.language)
        outcome = await self._rest.redirect(call_id, handover.account, twiml=hold)
        if outcome != "done":
            # This person would come to no caller.
            await self._rest.hang_up(person, handover.account)
        elif (now := await self.read(call_id)) is not None and now.phase is Phase.RETURNING:
            # It was busy at once, and the caller was not in the conference yet.
            self._spawn(self._bring_back(call_id, handover))
        return outcome

    # -- the carrier tells ---------------------------------------------------------------------------------------

    async def step(self, call_id: str, trigger: Trigger) -> tuple[Handover | None, Progress | None]:
        """Follow what has happened in a transfer; return where it stands, and the step. None: it is not known, or
        nothing has changed.

        A person whose call is to end is hung up on; a caller whose transfer has failed is asked for back, unless this
        is the caller's own request (`DIAL_OVER`).
        """
        async with self._lock(call_id):
            handover = await self.read(call_id)
            if handover is None:
                self._settle(call_id)
                return None, None
            handover, step = follow(handover, trigger, self.clock())
            if step is None:
                return handover, None
            self._keep(call_id, handover)
        if step.phase in (Phase.JOINED, Phase.OVER):
            self._settle(call_id)
        if step.end_person and handover.person:
            self._spawn(self._end_person(handover))
        return handover, step

    async def tell(self, call_id: str, trigger: Trigger) -> tuple[Handover | None, Progress | None]:
        """Follow what the carrier tells of a transfer beside the caller's own requests: see `step`."""
        handover, step = await self.step(call_id, trigger)
        if handover is not None and step is not None and step.phase is Phase.RETURNING:
            self._spawn(self._bring_back(call_id, handover))
        return handover, step

    async def caller_is_there(self, call_id: str, handover: Handover) -> bool:
        """Ask the carrier whether the caller waits. True: it cannot be asked."""
        return await self._rest.status(call_id, handover.account) in ("", "in-progress")

    def over(self, call_id: str) -> None:
        """Follow the carrier's word that a call is over, where its caller waits for a person."""
        if call_id in self._waiting:
            self._spawn(self.left(call_id))

    async def left(self, call_id: str) -> None:
        """Follow that the caller has left: a person who is called, or has come meanwhile, is not left alone."""
        handover = await self.read(call_id)
        if handover is not None and handover.phase is Phase.JOINED:
            # The end of the talk is told by the caller's dial, if the caller is still there.
            if handover.person:
                self._spawn(self._end_person(handover))
            return
        handover, _ = await self.step(call_id, Trigger.CALLER_LEFT)
        self._settle(call_id)
        if handover is not None:
            log.info("transfer_left", extra={"call": call_id, "mode": handover.options.mode})
            self._kept.drop(key_of(call_id))
            self._kept.drop(call_id)

    def finish(self, call_id: str, handover: Handover, talked_s: float, *, back: bool) -> CallState:
        """Return where the call goes on, with what became of its transfer; forget the transfer.

        `back`: the caller comes back to the agent.
        """
        now = self.clock()
        came: TransferResult = result(handover, now, talked_s)
        stands = handover.call.stands
        lasted_s = round(stands.lasted_s + now - handover.began_at, 3)
        state = replace(
            handover.call, stands=replace(stands, transfer=came, transfer_to="", rest="", lasted_s=lasted_s)
        )
        self._noted(f"transfer_{came.outcome}")
        told = {"outcome": came.outcome, "rang_s": came.rang_s, "talked_s": came.talked_s, "back": back}
        log.info("transfer_over", extra={"call": call_id, "mode": handover.options.mode, **told})
        self._kept.drop(key_of(call_id))
        if back:
            self._kept.keep(call_id, write_state(state))
        else:
            self._kept.drop(call_id)
        self._settle(call_id)
        return state

    async def read(self, call_id: str) -> Handover | None:
        """Return where a transfer stands. None: it is not known."""
        try:
            async with asyncio.timeout(TAKE_S):
                return read_handover(await self._kept.take(key_of(call_id)))
        except TimeoutError:
            return None

    async def look(self, call_id: str) -> Handover | None:
        """Bring a caller back who has waited long enough; return where the transfer stands."""
        handover = await self.read(call_id)
        # In a cold transfer the carrier itself ends the ringing.
        if handover is None or handover.options.mode == "cold" or not is_overdue(handover, self.clock()):
            return handover
        if handover.phase is Phase.RETURNING:
            self._spawn(self._bring_back(call_id, handover))
            return handover
        return (await self.tell(call_id, Trigger.OVERDUE))[0]

    # -- beside the requests -------------------------------------------------------------------------------------

    def _keep(self, call_id: str, handover: Handover) -> None:
        self._kept.keep(key_of(call_id), write_handover(handover))

    def _lock(self, call_id: str) -> asyncio.Lock:
        lock = self._locks.get(call_id)
        if lock is None:
            lock = self._locks[call_id] = asyncio.Lock()
        return lock

    def _wait(self, call_id: str, seconds: float) -> None:
        """Look at a transfer after so long."""
        if (timer := self._waiting.pop(call_id, None)) is not None:
            timer.cancel()
        self._waiting[call_id] = asyncio.get_running_loop().call_later(seconds, self._look_again, call_id)

    def _settle(self, call_id: str) -> None:
        """Wait for this transfer no more."""
        if (timer := self._waiting.pop(call_id, None)) is not None:
            timer.cancel()
            self.settled()

    def _look_again(self, call_id: str) -> None:
        self._spawn(self._due(call_id))

    async def _due(self, call_id: str) -> None:
        handover = await self.look(call_id)
        if handover is None or handover.options.mode == "cold" or handover.phase in (Phase.JOINED, Phase.OVER):
            self._settle(call_id)
        elif call_id in self._waiting:
            self._wait(call_id, max(1.0, due_at(handover) - self.clock()))

    async def _bring_back(self, call_id: str, handover: Handover) -> None:
        """Let the carrier ask what follows for the caller, who waits."""
        url = self._documents.person_url("back", call_id)
        outcome: RestOutcome = "timeout"
        for pause in (0.0, *BACK_AGAIN_S):
            await asyncio.sleep(pause)
            outcome = await self._rest.redirect(call_id, handover.account, url=url, method="GET")
            if outcome in ("done", "gone", "not_found"):
                break
        log.info("brought_back", extra={"call": call_id, "outcome": outcome})
        if outcome == "gone":
            await self.left(call_id)
        else:
            warn_of_rest(call_id, outcome, self._noted)

    async def _end_person(self, handover: Handover) -> None:
        """End the call of a person who is not needed, or is a machine."""
        outcome = await self._rest.hang_up(handover.person, handover.account)
        log.info("person_hung_up", extra={"outcome": outcome})

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
