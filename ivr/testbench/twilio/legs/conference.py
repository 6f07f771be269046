"""Hold a conference: who is in it, who hears whom, and since when. https://www.twilio.com/docs/voice/twiml/conference

It starts with a participant that may start it, as soon as there are two. Who comes before hears music. `meetings` keeps
who could talk with whom, so that a test can say that no one was left alone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Final

from ivr.testbench.twilio.legs.leg import Follow, Leg
from ivr.testbench.twilio.legs.office import CentralOffice
from ivr.testbench.twilio.legs.recordings import CallRecording
from ivr.testbench.twilio.legs.waiting import wait_music
from ivr.testbench.twilio.twiml import TwimlDocument, Verb, absolute

CONFERENCE_MOST: Final = 250
"""Participants that a conference takes unless `maxParticipants` says fewer."""


@dataclass(slots=True)
class ConferenceParticipant:
    """Hold one leg in a conference."""

    leg: Leg
    label: str = ""
    muted: bool = False
    held: bool = False
    starts: bool = True
    """`startConferenceOnEnter`."""
    ends: bool = False
    """`endConferenceOnExit`."""
    kicked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the conference is over for this participant."""
    joined_on: str = ""
    music: asyncio.Task[None] | None = None
    hears: str | None = None
    """Who is heard, as it was noted last; None: nothing, or music."""

    @property
    def name(self) -> str:
        """Return the number or address of the participant."""
        return self.leg.numbers.caller if self.leg.direction == "inbound" else self.leg.to


class Conference:
    """Hold one conference, from its first participant to its last."""

    def __init__(self, office: CentralOffice, name: str) -> None:
        self.office, self.name, self.sid = office, name, office.sid("CF")
        self.participants: dict[str, ConferenceParticipant] = {}
        """By call sid, in the order in which they came."""
        self.status = "init"
        """`init`, `in-progress` or `completed`."""
        self.created_on = formatdate()
        self.ended_by = ""
        self.recording: CallRecording | None = None
        self.meetings: list[tuple[float, tuple[str, ...]]] = []
        """Who was in it from a time on, in order."""
        self._callback, self._events, self._method = "", frozenset[str](), "POST"
        self._told = 0
        office.conferences[name] = self
        office.switchboard.conferences[self.sid] = self

    def __repr__(self) -> str:
        return f"<Conference {self.name} {self.status}, {len(self.participants)} in it>"

    def alone(self, until: float | None = None) -> list[tuple[float, float, str]]:
        """Return when one participant was alone in it after it had started: from, to, who."""
        end = self.office.clock.now() if until is None else until
        found, met = [], False
        for (start, who), (stop, _) in zip(self.meetings, [*self.meetings[1:], (end, ())], strict=True):
            met |= len(who) > 1
            if met and len(who) == 1 and stop > start:
                found.append((start, stop, who[0]))
        return found

    def join(self, participant: ConferenceParticipant, noun: Verb, document: TwimlDocument) -> None:
        """Let a leg in."""
        leg = participant.leg
        callback = absolute(noun.attributes.get("statusCallback", ""), document.url)
        # The first participant that names a callback decides for the whole conference.
        if callback and not self._callback:
            self._callback, self._method = callback, noun.attributes.get("statusCallbackMethod", "POST")
            self._events = frozenset(noun.attributes.get("statusCallbackEvent", "").split())
        participant.joined_on = formatdate()
        self.participants[leg.call_sid] = participant
        self.tell("join", "participant-join", leg)
        if self.status == "init" and len(self.participants) > 1 and any(p.starts for p in self.participants.values()):
            self.status = "in-progress"
            self.tell("start", "conference-start", leg)
            for each in self.participants.values():
                each.leg.connected()
        elif self.status == "in-progress":
            leg.connected()
        self.changed()

    def leave(self, leg: Leg) -> None:
        """Let a leg out; the conference ends with it where the leg says so, or when it was the last."""
        participant = self.participants.pop(leg.call_sid, None)
        if participant is None:
            return
        if participant.music is not None:
            participant.music.cancel()
        self.tell("leave", "participant-leave", leg, {"ReasonParticipantLeft": "participant_hung_up"})
        if participant.hears:
            leg.record.note(leg.clock.now(), "talk", "")
        self.changed()
        if participant.ends or not self.participants:
            self.end("participant-with-end-conference-on-exit-left" if participant.ends else "last-participant-left")

    def end(self, reason: str = "conference-ended-via-api") -> None:
        """End it for everyone."""
        if self.status == "completed":
            return
        self.status, self.ended_by = "completed", reason
        if self.office.conferences.get(self.name) is self:
            del self.office.conferences[self.name]
        if self.recording is not None:
            self.recording.change("completed", self.office.clock.now())
        last = next(iter(self.participants.values()), None)
        for participant in list(self.participants.values()):
            participant.kicked.set()
        self.tell("end", "conference-end", last.leg if last else self.office.legs[0], {"ReasonConferenceEnded": reason})

    def changed(self) -> None:
        """Note who is in it, and give everyone what there is to hear: each other, or music."""
        now = self.office.clock.now()
        self.meetings.append((now, tuple(p.name for p in self.participants.values())))
        for participant in self.participants.values():
            others = [p.name for p in self.participants.values() if p is not participant and not p.held]
            talks = self.status == "in-progress" and not participant.held
            if talks:
                if participant.hears != ", ".join(others):
                    participant.hears = ", ".join(others)
                    participant.leg.record.note(now, "talk", participant.hears)
                if participant.music is not None:
                    participant.music.cancel()
                    participant.music = None

    def tell(self, event: str, name: str, leg: Leg, more: Mapping[str, str] | None = None) -> None:
        """Report an event of the conference where it was asked for."""
        if not self._callback or event not in self._events:
            return
        self._told += 1
        participant = self.participants.get(leg.call_sid)
        form = {
            "AccountSid": self.office.account_sid,
            "ConferenceSid": self.sid,
            "FriendlyName": self.name,
            "StatusCallbackEvent": name,
            "SequenceNumber": str(self._told),
            "Timestamp": formatdate(),
            "CallSid": leg.call_sid,
            "ParticipantLabel": participant.label if participant else "",
            "Muted": "true" if participant and participant.muted else "false",
            "Hold": "true" if participant and participant.held else "false",
            "StartConferenceOnEnter": "true" if participant and participant.starts else "false",
            "EndConferenceOnExit": "true" if participant and participant.ends else "false",
            **(more or {}),
        }
        leg.call_back(self._callback, form, name, self._method)


async def attend(leg: Leg, noun: Verb, document: TwimlDocument) -> bool:
    """Be in a conference until it is over. Return whether the leg was let in."""
    office, given = leg.office, noun.attributes
    conference = office.conferences.get(noun.text) or Conference(office, noun.text)
    most = given.get("maxParticipants", "")
    if len(conference.participants) >= (int(most) if most.isdigit() else CONFERENCE_MOST):
        leg.record.note(leg.clock.now(), "fault", f"conference {noun.text} is full")
        return False
    participant = ConferenceParticipant(
        leg,
        label=given.get("participantLabel", ""),
        muted=given.get("muted") == "true",
        starts=given.get("startConferenceOnEnter", "true") == "true",
        ends=given.get("endConferenceOnExit") == "true",
    )
    if given.get("record") == "record-from-start" and conference.recording is None:
        conference.recording = office.record(leg.call_sid, "Conference", conference_sid=conference.sid)
    conference.join(participant, noun, document)
    if conference.status == "init":
        url = absolute(given.get("waitUrl", ""), document.url)
        silent = given.get("waitUrl") == ""
        at = Follow(url, {"ConferenceSid": conference.sid}, given.get("waitMethod", "POST")) if url else None
        participant.music = asyncio.ensure_future(wait_music(leg, at, silent=silent))
    try:
        await participant.kicked.wait()
        return True
    finally:
        if participant.music is not None:
            participant.music.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await participant.music
        conference.leave(leg)
