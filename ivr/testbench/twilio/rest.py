"""Serve the carrier's REST interface: create, fetch, list and update calls; their recordings; conferences.

`Switchboard` holds the calls. `app()` is the interface for the unmodified `twilio` client: basic authentication, form
bodies, the carrier's own JSON errors. https://www.twilio.com/docs/voice/api/call-resource
"""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivr.testbench.twilio.api.call_forms import check_new_call, check_update
from ivr.testbench.twilio.api.errors import CODES, ApiError, refusal
from ivr.testbench.twilio.api.resources import (
    CONFERENCE_ATTRIBUTES,
    call_resource,
    conference_resource,
    conference_twiml,
    page,
    participant_resource,
    recording_resource,
    stream_resource,
)
from ivr.testbench.twilio.legs.recordings import API_VERSION, CallRecording

ROOT: Final = f"/{API_VERSION}/Accounts/{{account}}"
RECORDING_STATES: Final = {"paused", "stopped", "in-progress"}


class Updatable(Protocol):
    """Represent a call."""

    @property
    def call_sid(self) -> str:
        """Return the carrier's id of the call."""

    @property
    def status(self) -> str:
        """Return the call status: `ringing`, `in-progress`, `completed` and others."""

    def update(self, *, twiml: str = "", url: str = "", method: str = "POST") -> None:
        """Leave what the call does and go on with a document. End the call when neither is given."""

    def fields(self) -> Mapping[str, object]:
        """Return the other fields of the resource."""


PlaceCreated: TypeAlias = Callable[[Mapping[str, str], Sequence[str]], Awaitable[Updatable]]
"""Function that places a call that was asked for: its form, and the events that were asked for."""
AnswerRequest: TypeAlias = Callable[[Request, dict[str, str]], Awaitable[Response]]


class Switchboard:
    """Hold the calls of one account, and serve them."""

    def __init__(self, account_sid: str, auth_token: str, api_keys: Mapping[str, str] | None = None) -> None:
        """Take the account, and the secrets of its API keys by `SK...`."""
        self.account_sid = account_sid
        logins = {account_sid: auth_token, **(api_keys or {})}
        self._credentials = [base64.b64encode(f"{user}:{secret}".encode()) for user, secret in logins.items()]
        self.calls: dict[str, Updatable] = {}
        """Every call by its id, ended ones too."""
        self.conferences: dict[str, Any] = {}
        """Every `Conference` by its id, ended ones too."""
        self.recordings: dict[str, CallRecording] = {}
        self.streams: dict[str, dict[str, object]] = {}
        """Resources of the one-way streams that were asked for; nothing is sent on them."""
        self.requests: list[tuple[str, dict[str, str]]] = []
        """Call id (empty for a new call) and form of every change that was asked for, refused ones too."""
        self.placers: list[PlaceCreated] = []
        """Who places new calls: the last of those that are there. None: this carrier places none."""
        self.now: Callable[[], float] = lambda: 0.0
        self._faults: deque[tuple[int, int]] = deque()

    def __repr__(self) -> str:
        up = sum(call.status == "in-progress" for call in self.calls.values())
        return f"<Switchboard {self.account_sid}, {up} up of {len(self.calls)}>"

    def add(self, call: Updatable) -> None:
        """Add a call that begins."""
        self.calls[call.call_sid] = call

    def refuse_next(self, times: int = 1, *, status: int = 429, code: int = 20429) -> None:
        """Refuse the next requests, whatever they ask for."""
        self._faults.extend([(status, code)] * times)

    def app(self) -> Starlette:
        """Return the interface. A client takes its base URL in place of the carrier's."""
        call = f"{ROOT}/Calls/{{call}}"
        conference = f"{ROOT}/Conferences/{{conference}}"
        return Starlette(
            routes=[
                self._route(f"{ROOT}/Calls.json", self._all_calls),
                self._route(f"{call}.json", self._one_call),
                self._route(f"{call}/Recordings.json", self._call_recordings),
                self._route(f"{call}/Recordings/{{recording}}.json", self._one_recording),
                self._route(f"{call}/Streams.json", self._streams),
                self._route(f"{call}/Streams/{{stream}}.json", self._one_stream),
                self._route(f"{ROOT}/Recordings.json", self._all_recordings),
                self._route(f"{ROOT}/Recordings/{{recording}}.json", self._one_recording),
                self._route(f"{ROOT}/Conferences.json", self._all_conferences),
                self._route(f"{conference}.json", self._one_conference),
                self._route(f"{conference}/Participants.json", self._participants),
                self._route(f"{conference}/Participants/{{call}}.json", self._one_participant),
            ],
            exception_handlers={404: _not_found, 405: _not_allowed},
        )

    def _route(self, path: str, answer: AnswerRequest) -> Route:
        """Return a route whose requests are of this account."""

        async def checked(request: Request) -> Response:
            form = parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True)
            try:
                scheme, _, given = request.headers.get("authorization", "").partition(" ")
                known = [hmac.compare_digest(given.strip().encode(), login) for login in self._credentials]
                if scheme.lower() != "basic" or not any(known):
                    raise ApiError(20003)
                if self._faults:
                    status, code = self._faults.popleft()
                    return refusal(status, code, CODES.get(code, (status, "refused"))[1].format(""))
                if request.path_params["account"] != self.account_sid:
                    raise ApiError(20404, request.url.path)
                request.state.form = form
                return await answer(request, dict(form))
            except ApiError as error:
                return error.response()

        return Route(path, checked, methods=["GET", "POST", "DELETE"])

    # -- calls ---------------------------------------------------------------------------------------------------

    async def _all_calls(self, request: Request, form: dict[str, str]) -> Response:
        """List calls, or create one."""
        if request.method == "POST":
            self.requests.append(("", form))
            events = [value for name, value in request.state.form if name == "StatusCallbackEvent"]
            check_new_call(form, events)
            if not self.placers:
                raise ApiError(20001, "this carrier places no calls")
            call = await self.placers[-1](form, events)
            return JSONResponse(self._told(call, status="queued"), status_code=201)
        query = dict(request.query_params)
        found = [self._told(call) for call in reversed(self.calls.values())]
        for name, key in (("To", "to"), ("From", "from"), ("Status", "status"), ("ParentCallSid", "parent_call_sid")):
            found = [call for call in found if name not in query or call[key] == query[name]]
        return JSONResponse(page("calls", found, request.url.path, query))

    async def _one_call(self, request: Request, form: dict[str, str]) -> Response:
        """Fetch, update or delete a call."""
        sid = request.path_params["call"]
        if request.method == "POST":
            self.requests.append((sid, form))
        call = self._call(request)
        if request.method == "DELETE":
            if call.status not in {"completed", "busy", "failed", "no-answer", "canceled"}:
                raise ApiError(20001, "a call that goes on cannot be deleted")
            del self.calls[sid]
            return Response(status_code=204)
        if request.method == "POST":
            check_update(form, call.status)
            call.update(twiml=form.get("Twiml", ""), url=form.get("Url", ""), method=form.get("Method", "POST").upper())
            # The carrier answers when the call is ended, not before.
            await asyncio.sleep(0)
        return JSONResponse(self._told(call))

    def _call(self, request: Request) -> Updatable:
        call = self.calls.get(request.path_params["call"])
        if call is None:
            raise ApiError(20404, request.url.path)
        return call

    def _told(self, call: Updatable, status: str = "") -> dict[str, object]:
        return call_resource(self.account_sid, call.call_sid, status or call.status, call.fields())

    # -- recordings ----------------------------------------------------------------------------------------------

    async def _call_recordings(self, request: Request, form: dict[str, str]) -> Response:
        """List the recordings of a call, or begin one."""
        call = self._call(request)
        if request.method == "POST":
            self.requests.append((call.call_sid, form))
            if call.status != "in-progress":
                raise ApiError(21220)
            channels = 2 if form.get("RecordingChannels") == "dual" else 1
            sid = f"RE{len(self.recordings):032x}"
            made = CallRecording(sid, self.account_sid, call.call_sid, "StartCallRecordingAPI", self.now(), channels)
            self.recordings[sid] = made
            return JSONResponse(recording_resource(made), status_code=201)
        rows = [recording_resource(each) for each in self.recordings.values() if each.call_sid == call.call_sid]
        return JSONResponse(page("recordings", rows, request.url.path, request.query_params))

    async def _all_recordings(self, request: Request, form: dict[str, str]) -> Response:
        """List all recordings."""
        del form
        rows = [recording_resource(each) for each in self.recordings.values()]
        return JSONResponse(page("recordings", rows, request.url.path, request.query_params))

    async def _one_recording(self, request: Request, form: dict[str, str]) -> Response:
        """Fetch, pause, stop or delete a recording. `Twilio.CURRENT` is the one that runs."""
        sid, call = request.path_params["recording"], request.path_params.get("call", "")
        if sid == "Twilio.CURRENT":
            running = [
                each for each in self.recordings.values() if each.call_sid == call and each.status != "completed"
            ]
            made = running[-1] if running else None
        else:
            made = self.recordings.get(sid)
        if made is None:
            raise ApiError(20404, request.url.path)
        if request.method == "DELETE":
            del self.recordings[made.sid]
            return Response(status_code=204)
        if request.method == "POST":
            if form.get("Status") not in RECORDING_STATES:
                raise ApiError(20001, f"Status is none of {', '.join(sorted(RECORDING_STATES))}")
            made.change(form["Status"], self.now())
        return JSONResponse(recording_resource(made))

    async def _streams(self, request: Request, form: dict[str, str]) -> Response:
        """Begin a one-way stream of a call."""
        call = self._call(request)
        if request.method != "POST":
            raise ApiError(20004)
        self.requests.append((call.call_sid, form))
        if call.status != "in-progress":
            raise ApiError(21220)
        made = stream_resource(self.account_sid, call.call_sid, f"MZ{len(self.streams):032x}", form)
        self.streams[str(made["sid"])] = made
        return JSONResponse(made, status_code=201)

    async def _one_stream(self, request: Request, form: dict[str, str]) -> Response:
        """Stop a one-way stream, by its id or name."""
        named = request.path_params["stream"]
        made = next((each for each in self.streams.values() if named in {each["sid"], each["name"]}), None)
        if made is None or request.method != "POST":
            raise ApiError(20404, request.url.path)
        if form.get("Status") != "stopped":
            raise ApiError(20001, "Status is not stopped")
        made["status"] = "stopped"
        return JSONResponse(made)

    # -- conferences ---------------------------------------------------------------------------------------------

    async def _all_conferences(self, request: Request, form: dict[str, str]) -> Response:
        """List conferences."""
        del form
        query = dict(request.query_params)
        rows = [conference_resource(self.account_sid, each) for each in reversed(self.conferences.values())]
        for name, key in (("FriendlyName", "friendly_name"), ("Status", "status")):
            rows = [row for row in rows if name not in query or row[key] == query[name]]
        return JSONResponse(page("conferences", rows, request.url.path, query))

    async def _one_conference(self, request: Request, form: dict[str, str]) -> Response:
        """Fetch or end a conference."""
        conference = self._conference(request)
        if request.method == "POST" and form.get("Status") == "completed":
            conference.end()
        return JSONResponse(conference_resource(self.account_sid, conference))

    async def _participants(self, request: Request, form: dict[str, str]) -> Response:
        """List the participants of a conference, or ring at a new one."""
        if request.method == "POST":
            return await self._new_participant(request, form)
        conference = self._conference(request)
        rows = [participant_resource(self.account_sid, conference, each) for each in conference.participants.values()]
        return JSONResponse(page("participants", rows, request.url.path, request.query_params))

    async def _new_participant(self, request: Request, form: dict[str, str]) -> Response:
        """Ring at a number that enters the conference when it answers."""
        self.requests.append(("", form))
        named = request.path_params["conference"]
        name = self.conferences[named].name if named in self.conferences else named
        given = {key: value for key, value in form.items() if key not in CONFERENCE_ATTRIBUTES}
        order = {**given, "Twiml": conference_twiml(name, form)}
        events = [value for key, value in request.state.form if key == "StatusCallbackEvent"]
        check_new_call(order, events)
        if not self.placers:
            raise ApiError(20001, "this carrier places no calls")
        call = await self.placers[-1](order, events)
        told = {
            "account_sid": self.account_sid,
            "call_sid": call.call_sid,
            "conference_sid": named,
            "label": form.get("Label"),
            "status": "queued",
            "muted": form.get("Muted") == "true",
            "hold": False,
        }
        return JSONResponse(told, status_code=201)

    async def _one_participant(self, request: Request, form: dict[str, str]) -> Response:
        """Fetch, mute, hold or remove a participant."""
        conference = self._conference(request)
        participant = conference.participants.get(request.path_params["call"])
        if participant is None:
            raise ApiError(20404, request.url.path)
        if request.method == "DELETE":
            participant.kicked.set()
            return Response(status_code=204)
        if request.method == "POST":
            change_participant(conference, participant, form)
        return JSONResponse(participant_resource(self.account_sid, conference, participant))

    def _conference(self, request: Request) -> Any:
        """Return the conference that a path names, by its id or by the name of one that goes on."""
        named = request.path_params["conference"]
        found = self.conferences.get(named) or next(
            (each for each in self.conferences.values() if each.name == named and each.status != "completed"), None
        )
        if found is None:
            raise ApiError(20404, request.url.path)
        return found


def change_participant(conference: Any, participant: Any, form: Mapping[str, str]) -> None:
    """Mute, hold, or change what happens when the participant leaves."""
    if "Muted" in form:
        participant.muted = form["Muted"].lower() == "true"
        conference.tell("mute", "participant-mute" if participant.muted else "participant-unmute", participant.leg)
    if "Hold" in form:
        participant.held = form["Hold"].lower() == "true"
        conference.tell("hold", "participant-hold" if participant.held else "participant-unhold", participant.leg)
        participant.hears = None
        if participant.held:
            participant.leg.record.note(participant.leg.clock.now(), "music", form.get("HoldUrl", ""))
        conference.changed()
    if "EndConferenceOnExit" in form:
        participant.ends = form["EndConferenceOnExit"].lower() == "true"


async def _not_found(request: Request, fault: Any) -> Response:
    """Answer for a path that is none."""
    del fault
    return ApiError(20404, request.url.path).response()


async def _not_allowed(request: Request, fault: Any) -> Response:
    """Answer for a method that the resource does not have."""
    del request, fault
    return ApiError(20004).response()
