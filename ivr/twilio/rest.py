"""End a call, or give it other TwiML, over Twilio's REST API. Nothing here raises to a call.

One pooled client serves the process. `twilio`'s client makes the requests and reads the errors. The transport below
uses httpx, because the client's own transport ignores its timeout. Spec:
https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import httpx
from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

LONGEST_TWIML: Final = 4000
"""Characters of TwiML that an update takes."""
_NOT_IN_PROGRESS: Final = 21220
"""Twilio's error code for a call that is over."""

RestOutcome: TypeAlias = Literal["done", "gone", "not_found", "refused", "unreachable", "timeout"]
"""`gone`: the call is over; for a hang-up that is success. `not_found`: Twilio does not know the call there; it is of
another account or region, and goes on. `refused`: Twilio answered with another error."""


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
    """End and redirect the calls of an account and of its subaccounts."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        api_key: str = "",
        subaccounts: Mapping[str, str] | None = None,
        region: str = "",
        edge: str = "",
        base_url: str = "",
        timeout: float = 5.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Take whose calls these are, and where Twilio is asked.

        `auth_token`: the account's, or the secret of `api_key` (`SK...`) where there is one. `subaccounts`: their auth
        tokens by id. `region` and `edge`: Twilio's names, such as `ie1` and `dublin`. `base_url`: another server than
        Twilio's. `timeout`: seconds for a whole request.
        """
        self._timeout = timeout
        self._transport = Transport(timeout, transport)
        self._account = account_sid
        self._api_key = api_key
        self._base_url = base_url.rstrip("/")
        # A region belongs to Twilio's hosts: it would mangle another base URL.
        self._place = ("", "") if base_url else (region, edge)
        self._clients: dict[str, Client] = {}
        self.log_in(auth_token, subaccounts or {})

    def log_in(self, auth_token: str, subaccounts: Mapping[str, str]) -> None:
        """Ask with these secrets from now on."""
        account_sid, api_key, place = self._account, self._api_key, self._place
        # A subaccount's own token opens its calls whatever the key of the main account may do.
        logins = {sid: (sid, token) for sid, token in subaccounts.items()}
        logins[account_sid] = (api_key or account_sid, auth_token)
        self._clients = {
            sid: Client(
                *login,
                account_sid=sid,
                region=place[0],
                edge=place[1],
                http_client=self._transport,
                # The client reads the process's environment itself where it is given none.
                environment={"TWILIO_REGION": ""},
            )
            for sid, login in logins.items()
        }
        for client in self._clients.values():
            client.api.base_url = self._base_url or client.api.base_url

    async def hang_up(self, call_sid: str, account_sid: str = "") -> RestOutcome:
        """End a call of an account; by default of the main one."""
        return await self._update(call_sid, account_sid, status="completed")

    async def redirect(self, call_sid: str, account_sid: str = "", *, twiml: str = "", url: str = "") -> RestOutcome:
        """Give the call other TwiML, as text of at most 4000 characters or by URL. This ends its stream at once."""
        if bool(twiml) == bool(url) or len(twiml) > LONGEST_TWIML:
            raise ValueError("give TwiML of at most 4000 characters, or a URL")
        change = {"twiml": twiml} if twiml else {"url": url}
        return await self._update(call_sid, account_sid, **change)

    async def aclose(self) -> None:
        """Close the pool."""
        await self._transport.aclose()

    async def _update(self, call_sid: str, account_sid: str, **change: str) -> RestOutcome:
        """Change a call. Never raises for a fault of Twilio or of the network."""
        client = self._clients.get(account_sid) or self._clients[self._account]
        try:
            async with asyncio.timeout(self._timeout):
                await client.calls(call_sid).update_async(**change)
        except (TimeoutError, httpx.TimeoutException):
            return "timeout"
        # OSError: the process has no file descriptor left.
        except (httpx.HTTPError, OSError):
            return "unreachable"
        except TwilioRestException as error:
            if error.code == _NOT_IN_PROGRESS:
                return "gone"
            # Twilio keeps calls that are over: one that it does not know is not there at all.
            return "not_found" if error.status == 404 else "refused"
        # The last three: an answer that is not Twilio's.
        except (TwilioException, ValueError, TypeError, AttributeError):
            return "refused"
        return "done"
