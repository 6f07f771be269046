"""A call to a bridge that runs elsewhere, on real sockets."""

from __future__ import annotations

import io
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from rich.console import Console

from ivr.replay.recording import PhoneRecord
from ivr.replay.ring import ring
from ivr.replay.scenario import from_words
from tests import live


@pytest.mark.live
def test_calling_where_nobody_answers(tmp_path: Path) -> None:
    text = io.StringIO()
    script = from_words(["at 0 press 1", "hang up"])
    console = Console(file=text, width=200)
    record = live.run(ring("http://127.0.0.1:9/voice", script, console, out=tmp_path))
    assert record.ended == "refused"
    assert "refused: nobody there: POST http://127.0.0.1:9/voice: no connection" in text.getvalue()
    assert "check: that the bridge runs" in text.getvalue()
    assert "underruns" not in text.getvalue()
    assert (tmp_path / "call.html").exists()


@pytest.mark.live
def test_a_bridge_that_is_called_may_ask_the_carrier_s_rest_api(tmp_path: Path) -> None:
    """The voice request is answered by a bridge that asks for the call over REST first."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from ivr.replay.loopback import bound, serving
    from ivr.twilio.rest import Rest

    async def main() -> PhoneRecord:
        spare, listener = bound(), bound()
        port = spare.getsockname()[1]
        spare.close()
        outcomes = []

        async def voice(request: Request) -> Response:
            form = parse_qs((await request.body()).decode())
            rest = Rest(f"AC{0:032x}", "none", base_url=f"http://127.0.0.1:{port}")
            outcomes.append(await rest.hang_up(form["CallSid"][0]))
            await rest.aclose()
            return Response("<Response><Dial>+1</Dial></Response>", media_type="text/xml")

        async with serving(Starlette(routes=[Route("/voice", voice, methods=["POST"])]), listener):
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/voice"
            console = Console(file=io.StringIO())
            record = await ring(url, from_words(["wait"]), console, rest=port)
        assert outcomes == ["gone"]  # 21220: the call is not in progress yet
        return record

    assert live.run(main()).dialled == ["+1"]
