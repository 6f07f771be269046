"""The phone company's REST API: end a call, or give it other TwiML.

One pooled client per process. `twilio`'s client makes the requests and reads the errors; the transport below is ours,
over httpx, because the one that comes with it ignores its timeout. Nothing here raises to a call: an operator sees the
outcome, the caller has left or will.
Spec: https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final, Literal, TypeAlias

import httpx
from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

LONGEST_TWIML: Final = 4000
"""Characters of TwiML that an update takes."""
_GONE: Final = frozenset({20404, 21220})
"""Twilio's codes for a call that is unknown or over."""

Outcome: TypeAlias = Literal["done", "gone", "refused", "unreachable", "timeout"]
"""`gone`: there is no such call any more, which for a hang-up is success. `refused`: Twilio said no."""


class Transport(AsyncHttpClient):  # type: ignore[misc]
    """What `twilio` sends its requests through."""

    def __init__(self, timeout: float, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """`timeout`: seconds for each of connect, write and read. One more try if the connection fails."""
        super().__init__(logging.getLogger("ivr.twilio.rest"), True, timeout)
        self._client = httpx.AsyncClient(
            timeout=timeout, trust_env=False, transport=transport or httpx.AsyncHTTPTransport(retries=1)
        )

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request, as `twilio` asks for it."""
        fields: Any = data
        query: Any = params
        answer = await self._client.request(
            method, uri, params=query, data=fields, headers=headers, auth=auth, follow_redirects=allow_redirects
        )
        return Response(answer.status_code, answer.text, answer.headers)

    async def aclose(self) -> None:
        """Close the pool."""
        await self._client.aclose()


class TwilioRest:
    """Ends and redirects calls of one account."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        base_url: str = "",
        timeout: float = 5.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`base_url`: another server than Twilio's, such as the mock. `timeout`: seconds for the whole request."""
        self._timeout = timeout
        self._transport = Transport(timeout, transport)
        # TWILIO_REGION and TWILIO_EDGE of the process belong to Twilio's hosts; they would mangle another base URL.
        environment = {"TWILIO_REGION": ""} if base_url else None
        self._client = Client(account_sid, auth_token, http_client=self._transport, environment=environment)
        self._client.api.base_url = base_url.rstrip("/") or self._client.api.base_url

    async def hang_up(self, call_sid: str) -> Outcome:
        """End the call."""
        return await self._update(call_sid, status="completed")

    async def redirect(self, call_sid: str, *, twiml: str = "", url: str = "") -> Outcome:
        """Give the call other TwiML, as text (at most 4000 characters) or by its URL. Ends its stream at once."""
        if bool(twiml) == bool(url) or len(twiml) > LONGEST_TWIML:
            raise ValueError("give TwiML of at most 4000 characters, or a URL")
        return await (self._update(call_sid, twiml=twiml) if twiml else self._update(call_sid, url=url))

    async def aclose(self) -> None:
        """Close the pool."""
        await self._transport.aclose()

    async def _update(self, call_sid: str, **change: str) -> Outcome:
        try:
            async with asyncio.timeout(self._timeout):
                await self._client.calls(call_sid).update_async(**change)
        except (TimeoutError, httpx.TimeoutException):
            return "timeout"
        except (httpx.HTTPError, OSError):  # the latter: no file descriptor is left
            return "unreachable"
        except TwilioRestException as error:
            return "gone" if error.code in _GONE or error.status == 404 else "refused"
        except (
            TwilioException,
            ValueError,
            TypeError,
            AttributeError,
        ):  # the last three: an answer that is not Twilio's
            return "refused"
        return "done"
