"""Send httpx's requests to addresses that the process's own resolver has found."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from ivr.upstream.resolver import SHARED, Resolver, is_address


class ResolvingTransport(httpx.AsyncBaseTransport):
    """Look up the host of each request, and let another transport send it to the address."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        resolver: Resolver = SHARED,
        check: Callable[[str, str], None] = lambda _host, _address: None,
    ) -> None:
        """Take what sends. `check` gets a host and the address that is about to be asked, and raises where it may not.

        The request goes to the address that was checked, even if the name changes its address meanwhile.
        """
        self._inner = inner
        self._resolver = resolver
        self._check = check

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises what the check and the inner transport raise; ConnectError: there is no address."""
        host = request.url.host
        if is_address(host):
            self._check(host, host)
            return await self._inner.handle_async_request(request)

        async def send(address: str) -> httpx.Response:
            self._check(host, address)
            # The certificate must be the host's, and the header `Host` names it already.
            known = {**request.extensions, "sni_hostname": host}
            url = request.url.copy_with(host=address)
            return await self._inner.handle_async_request(
                httpx.Request(request.method, url, headers=request.headers, stream=request.stream, extensions=known)
            )

        try:
            return await self._resolver.connect(host, send, (httpx.ConnectError, httpx.ConnectTimeout))
        except TimeoutError as late:
            raise httpx.ConnectTimeout("no address in time", request=request) from late
        except OSError as error:
            raise httpx.ConnectError("no address", request=request) from error

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()
