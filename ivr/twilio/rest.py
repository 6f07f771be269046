"""Place a call, look at it, give it other TwiML or end it, over Twilio's REST API. Nothing here raises to a call.

One pooled client serves the process. It is one resource, so the requests are made here: `twilio`'s own client loads
the code of all of Twilio's products (docs/dependencies.md). Spec:
https://www.twilio.com/docs/voice/api/call-resource, hosts:
https://www.twilio.com/docs/global-infrastructure/understanding-edge-locations.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import quote

import httpx

LONGEST_TWIML: Final = 4000
"""Characters of TwiML that an update takes."""
_NOT_IN_PROGRESS: Final = 21220
"""Twilio's error code for a call that is over."""
_REGION_OF_AN_EDGE: Final = "us1"
"""Where an edge leads to that is set without a region."""

RestOutcome: TypeAlias = Literal["done", "gone", "not_found", "refused", "unreachable", "timeout"]
"""`gone`: the call is over; for a hang-up that is success. `not_found`: Twilio does not know the call there; it is of
another account or region, and goes on. `refused`: Twilio answered with another error."""


@dataclass(frozen=True, slots=True)
class RestAnswer:
    """Hold what came of one request."""

    outcome: RestOutcome
    fields: Mapping[str, Any] = field(default_factory=dict)
    """The answer's JSON; empty without one."""
    status: int = 0
    """HTTP's; 0: there was no answer."""
    sent: bool = True
    """The request may have reached Twilio. False: it has certainly not."""


class TwilioRest:
    """Place, redirect and end the calls of an account and of its subaccounts."""

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
        self._client = httpx.AsyncClient(
            headers={"Accept": "application/json", "User-Agent": "ivr-bridge"},
            timeout=timeout,
            trust_env=False,
            # A failed connection is tried once more.
            transport=transport or httpx.AsyncHTTPTransport(retries=1),
        )
        self._account = account_sid
        self._api_key = api_key
        place = [edge, region or (edge and _REGION_OF_AN_EDGE)]
        self._base_url = base_url.rstrip("/") or f"https://{'.'.join(filter(None, ['api', *place, 'twilio.com']))}"
        self._logins: dict[str, httpx.BasicAuth] = {}
        self.log_in(auth_token, subaccounts or {})

    def log_in(self, auth_token: str, subaccounts: Mapping[str, str]) -> None:
        """Ask with these secrets from now on."""
        # A subaccount's own token opens its calls whatever the key of the main account may do.
        self._logins = {sid: httpx.BasicAuth(sid, token) for sid, token in subaccounts.items()}
        self._logins[self._account] = httpx.BasicAuth(self._api_key or self._account, auth_token)

    async def hang_up(self, call_sid: str, account_sid: str = "") -> RestOutcome:
        """End a call of an account; by default of the main one."""
        return await self._update(call_sid, account_sid, Status="completed")

    async def redirect(
        self, call_sid: str, account_sid: str = "", *, twiml: str = "", url: str = "", method: str = ""
    ) -> RestOutcome:
        """Give the call other TwiML, as text of at most 4000 characters or by URL. This ends its stream at once.

        `method`: how the URL is asked for; empty: with POST.
        """
        if bool(twiml) == bool(url) or len(twiml) > LONGEST_TWIML:
            raise ValueError("give TwiML of at most 4000 characters, or a URL")
        change = {"Twiml": twiml} if twiml else {"Url": url}
        if method:
            change["Method"] = method
        return await self._update(call_sid, account_sid, **change)

    async def create(self, account_sid: str = "", **fields: str | Sequence[str]) -> tuple[RestOutcome, str]:
        """Place a call. Return what came of it, and the call's id; empty where there is none, or it is not known.

        `fields`: Twilio's own parameters by their names, such as `To`, `From` and `Url`; a list is repeated.
        """
        answer = await self.place(account_sid, **fields)
        sid = answer.fields.get("sid")
        return answer.outcome, sid if answer.outcome == "done" and isinstance(sid, str) else ""

    async def place(self, account_sid: str = "", /, **fields: str | Sequence[str]) -> RestAnswer:
        """Place a call as `create` does. Return all that Twilio says of it, and whether it was asked at all."""
        return await self._ask("POST", account_sid, "Calls.json", fields)

    async def status(self, call_sid: str, account_sid: str = "") -> str:
        """Return the status of a call, such as `in-progress`. Empty: Twilio does not tell."""
        answer = await self._ask("GET", account_sid, f"Calls/{quote(call_sid, '')}.json", {})
        status = answer.fields.get("status")
        return status if answer.outcome == "done" and isinstance(status, str) else ""

    async def aclose(self) -> None:
        """Close the pool."""
        await self._client.aclose()

    async def _update(self, call_sid: str, account_sid: str, **change: str) -> RestOutcome:
        """Change a call."""
        return (await self._ask("POST", account_sid, f"Calls/{quote(call_sid, '')}.json", change)).outcome

    async def _ask(
        self, method: str, account_sid: str, what: str, form: Mapping[str, str | Sequence[str]]
    ) -> RestAnswer:
        """Ask for a resource of an account. Never raises for a fault of Twilio or of the network."""
        account = account_sid if account_sid in self._logins else self._account
        url = f"{self._base_url}/2010-04-01/Accounts/{quote(account, '')}/{what}"
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._client.request(method, url, data=form or None, auth=self._logins[account])
        except httpx.ConnectTimeout:
            return RestAnswer("timeout", sent=False)
        except (TimeoutError, httpx.TimeoutException):
            return RestAnswer("timeout")
        # OSError: the process has no file descriptor left.
        except (httpx.ConnectError, OSError):
            return RestAnswer("unreachable", sent=False)
        except httpx.HTTPError:
            return RestAnswer("unreachable")
        try:
            said = answer.json()
        except ValueError:
            said = None
        fields = said if isinstance(said, dict) else {}
        return RestAnswer(_outcome(answer, fields), fields, answer.status_code)


def _outcome(answer: httpx.Response, fields: Mapping[str, Any]) -> RestOutcome:
    """Return what an answer says, whose body holds `fields`."""
    if answer.is_success:
        # What is not the record of a call is no answer of Twilio's.
        return "done" if fields else "refused"
    if fields.get("code") == _NOT_IN_PROGRESS:
        return "gone"
    # Twilio keeps calls that are over: one that it does not know is not there at all.
    return "not_found" if answer.status_code == httpx.codes.NOT_FOUND else "refused"
