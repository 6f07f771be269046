"""Serve the mock carrier on a port (`ivr mock twilio`): its REST, its people, and calls that a developer places.

    POST   /2010-04-01/Accounts/{sid}/Calls.json ...    the carrier's REST, for the unmodified `twilio` client
    POST   /mock/calls                                  a call to one of the bridge's numbers
    GET    /mock/calls, /mock/calls/{call}              what was heard on calls, and how they ended
    POST   /mock/calls/{call}/press                     keys that the far party presses
    DELETE /mock/calls/{call}                           the far party hangs up

Everything that happens is a JSON line of the journal. It holds what was said and pressed: it belongs to the developer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from ivr.config.checks import is_loopback
from ivr.server.local_only import LocalOnly
from ivr.testbench.loopback import serving
from ivr.testbench.phone.phone import DTMF_KEYS
from ivr.testbench.recording import RecordEntry
from ivr.testbench.scenario import ScenarioError, from_words
from ivr.testbench.twilio.carrier import CarrierOptions, Leg, TwilioCarrier, script_of
from ivr.testbench.twilio.http import BridgeAddress
from ivr.testbench.twilio.legs.callbacks import CALL_EVENTS, StatusReports
from ivr.testbench.twilio.legs.leg import Follow
from ivr.testbench.twilio.people_file import NumberRow, PeopleFile, party_of

BODY_MOST: Final = 64 * 1024
"""Bytes of a request of the developer's."""
LEGS_KEPT: Final = 200
"""Legs of calls that are remembered, with the audio of both their sides: some MB a call."""
HEARD_KINDS: Final = frozenset({"say", "play", "beep", "ringing", "music", "talk", "agent_speaks", "agent_silent"})
"""Kinds of entries that the far party hears."""
CALLER: Final = "+966500000001"


class MockTwilio:
    """Hold a carrier that is served on a port."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        file: PeopleFile | None = None,
        voice_url: str = "",
        public_url: str = "",
        voice: Callable[[str], bytes] | None = None,
        options: CarrierOptions | None = None,
        journal: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """Take the account and its people.

        `voice_url`: where numbers lead that the file does not name. `public_url`: what the bridge behind `voice_url`
        calls itself; requests are signed with it. `journal` gets each JSON line. Raises ValueError for URLs that are
        none.
        """
        self._file, self._voice_url, self._voice, self._journal = file or PeopleFile(), voice_url, voice, journal
        first = voice_url or next((row.voice_url for row in self._file.numbers.values()), "")
        self._bridge = BridgeAddress.of(first, public_url) if first else BridgeAddress()
        self.carrier = TwilioCarrier(
            auth_token=auth_token,
            account_sid=account_sid,
            bridge=self._bridge,
            voice=voice,
            options=options or CarrierOptions(people=self._file.people, settle_s=0.0, **self._file.carrier),
        )

    def __repr__(self) -> str:
        return f"<MockTwilio {self.carrier!r}>"

    @contextlib.asynccontextmanager
    async def serving(self, listener: socket.socket) -> AsyncIterator[str]:
        """Serve on `listener` while the block runs. Yields the base URL for a client."""
        host, port = listener.getsockname()[:2]
        async with self.carrier:
            self.carrier.office.keep = LEGS_KEPT
            self.carrier.office.watch = self._write
            app = Starlette(routes=[*self._routes(), Mount("/", self.carrier.switchboard.app())])
            # Nothing asks for a password on /mock: no page of the web may ask there either.
            app.add_middleware(LocalOnly, every_host=not is_loopback(host))
            async with serving(app, listener):
                yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            for leg in self.carrier.legs:
                leg.end()

    def _routes(self) -> list[Route]:
        return [
            Route("/mock/calls", self._calls, methods=["GET", "POST"]),
            Route("/mock/calls/{call}", self._call, methods=["GET", "DELETE"]),
            Route("/mock/calls/{call}/press", self._press, methods=["POST"]),
        ]

    async def _calls(self, request: Request) -> Response:
        """List the legs of calls, or place a call."""
        if request.method == "GET":
            return JSONResponse({"calls": [told(leg) for leg in reversed(self.carrier.legs)]})
        try:
            form = await _form(request)
            leg, at = await self._placed(form)
        except (ValueError, ScenarioError, RuntimeError) as problem:
            return JSONResponse({"error": str(problem)}, status_code=400)
        self.carrier.office.spawn(leg.run_inbound(at))
        return JSONResponse({"call_sid": leg.call_sid}, status_code=201)

    async def _placed(self, form: dict[str, Any]) -> tuple[Leg, Follow]:
        """Return the leg that a developer asks for. Raises ValueError."""
        unknown = set(form) - {"to", "from", "steps", "caller"}
        if unknown:
            raise ValueError(f"unknown field {sorted(unknown)[0]!r}: the fields are to, from, steps, caller")
        # A form's `+` is a blank unless it is written as %2B.
        called, caller = (
            str(form.get(name, usual)).replace(" ", "+") for name, usual in (("to", ""), ("from", CALLER))
        )
        row = self._file.numbers.get(called) or (NumberRow(self._voice_url) if self._voice_url else None)
        if row is None:
            raise ValueError(f"{called or 'no number'}: no voice_url is known for it")
        steps = form.get("steps", ["wait"])
        if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
            raise ValueError("steps must be a list of texts, such as 'say Where is my parcel?'")
        party = form.get("caller", {})
        if not isinstance(party, dict):
            raise ValueError("caller must be a table of what the caller does outside the stream")
        script = await script_of(from_words(steps), self._voice)
        leg = self.carrier.inbound(
            caller=caller,
            called=called,
            script=script,
            party=party_of(party, "caller"),
            reports=StatusReports(row.status_callback, CALL_EVENTS),
        )
        return leg, Follow(self._bridge.public_url(row.voice_url), method=row.method, fallback=row.fallback_url)

    async def _call(self, request: Request) -> Response:
        """Tell of a call, or hang it up."""
        leg = self._leg(request)
        if leg is None:
            return JSONResponse({"error": "there is no such call"}, status_code=404)
        if request.method == "DELETE":
            leg.leave()
            return Response(status_code=204)
        return JSONResponse(told(leg))

    async def _press(self, request: Request) -> Response:
        """Press keys on a call."""
        leg = self._leg(request)
        if leg is None:
            return JSONResponse({"error": "there is no such call"}, status_code=404)
        digits = str((await _form(request)).get("digits", ""))
        if not digits or not set(digits) <= set(DTMF_KEYS) or len(digits) > 32:
            return JSONResponse({"error": "digits must be 1 to 32 of 0-9, *, # and A-D"}, status_code=400)
        leg.press(digits)
        return Response(status_code=204)

    def _leg(self, request: Request) -> Leg | None:
        sid = request.path_params["call"]
        return next((leg for leg in self.carrier.legs if leg.call_sid == sid), None)

    def _write(self, leg: Leg, entry: RecordEntry) -> None:
        """Write a line of the journal."""
        line = {"t": round(entry.t, 3), "call": leg.call_sid, "to": leg.to, "kind": entry.kind, "detail": entry.detail}
        self._journal(json.dumps(line, ensure_ascii=False))


async def serve_twilio(
    served: MockTwilio, listener: socket.socket, account: str, token: str, show: Callable[[str], None]
) -> None:
    """Serve until cancelled; `show` gets what a client and the bridge have to be told."""
    async with served.serving(listener) as base_url:
        show(f"TWILIO_ACCOUNT_SID={account}")
        show(f"TWILIO_AUTH_TOKEN={token}")
        show(f"IVR_TWILIO_REST_URL={base_url}")
        show(f'client = Client(sid, token); client.api.base_url = "{base_url}"')
        show(f"curl {base_url}/mock/calls -d to=%2B966110000000 -d 'steps=say Hello' -d 'steps=wait'")
        await asyncio.Event().wait()


def told(leg: Leg) -> dict[str, Any]:
    """Return what a developer wants to know about a leg."""
    return {
        "call_sid": leg.call_sid,
        "status": leg.status,
        **leg.fields(),
        "heard": [[round(e.t, 3), e.kind, e.detail] for e in leg.record.entries if e.kind in HEARD_KINDS],
        "verbs": leg.record.verbs,
        "warnings": {str(code): reason for code, reason in leg.record.warnings.items()},
    }


async def _form(request: Request) -> dict[str, Any]:
    """Return the fields of a request, JSON or a form. Raises ValueError."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_MOST:
            raise ValueError(f"more than {BODY_MOST} bytes")
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            given = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"not JSON: {error}") from error
        if not isinstance(given, dict):
            raise ValueError("not a JSON object")
        return given
    form = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    fields: dict[str, Any] = {name: value for name, value in form if name != "steps"}
    steps = [value for name, value in form if name == "steps"]
    return fields | ({"steps": steps} if steps else {})
