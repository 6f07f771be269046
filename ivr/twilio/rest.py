"""End a call, or give it other TwiML, over Twilio's REST API. Nothing here raises to a call.

One pooled client serves the process. `twilio`'s client makes the requests and reads the errors. The transport below
uses httpx, because the client's own transport ignores its timeout. Spec:
https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource.
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
"""Twilio's error codes for a call that is unknown or over."""

RestOutcome: TypeAlias = Literal["done", "gone", "refused", "unreachable", "timeout"]
"""`gone`: the call is over; for a hang-up that is success. `refused`: Twilio answered with an error."""


class Transport(AsyncHttpClient):  # type: ignore[misc]
    """Send the requests of `twilio` through httpx."""

    def __init__(self, timeout: float, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Take `timeout`, in seconds for each of connect, write and read. A failed connection is tried once more."""
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
        """Send one request, as `twilio` asks for it."""
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
    """End and redirect the calls of one account."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        base_url: str = "",
        timeout: float = 5.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Take `base_url`, another server than Twilio's, and `timeout`, in seconds for a whole request."""
        self._timeout = timeout
        self._transport = Transport(timeout, transport)
        # TWILIO_REGION and TWILIO_EDGE of the process belong to Twilio's hosts; they would mangle another base URL.
        environment = {"TWILIO_REGION": ""} if base_url else None
        self._client = Client(account_sid, auth_token, http_client=self._transport, environment=environment)
        self._client.api.base_url = base_url.rstrip("/") or self._client.api.base_url

    async def hang_up(self, call_sid: str) -> RestOutcome:
        """End the call."""
        return await self._update(call_sid, status="completed")

    async def redirect(self, call_sid: str, *, twiml: str = "", url: str = "") -> RestOutcome:
        """Give the call other TwiML, as text of at most 4000 characters or by URL. This ends its stream at once."""
        if bool(twiml) == bool(url) or len(twiml) > LONGEST_TWIML:
            raise ValueError("give TwiML of at most 4000 characters, or a URL")
        return await (self._update(call_sid, twiml=twiml) if twiml else self._update(call_sid, url=url))

    async def aclose(self) -> None:
        """Close the pool."""
        await self._transport.aclose()

    async def _update(self, call_sid: str, **change: str) -> RestOutcome:
        """Change a call. Never raises for a fault of Twilio or of the network."""
        try:
            async with asyncio.timeout(self._timeout):
                await self._client.calls(call_sid).update_async(**change)
        except (TimeoutError, httpx.TimeoutException):
            return "timeout"
        # OSError: the process has no file descriptor left.
        except (httpx.HTTPError, OSError):
            return "unreachable"
        except TwilioRestException as error:
            return "gone" if error.code in _GONE or error.status == 404 else "refused"
        # The last three: an answer that is not Twilio's.
        except (TwilioException, ValueError, TypeError, AttributeError):
            return "refused"
        return "done"
