"""Calls through real proxies, between a stranger's requests; *live*. Skipped where a proxy is not installed."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from ivr.server.app import create_app
from ivr.server.serve import config_for
from ivr.testbench.loopback import bound, serving
from ivr.testbench.phone import messages as wire
from ivr.testbench.twilio.signing import Signer
from ivr.testbench.twilio.socket import open_socket
from tests.support.front import ACCOUNT, AUTH, PUBLIC, STREAM, a_bridge, settings, token, voice_form

pytestmark = pytest.mark.live

CALLS = 40
START_SECONDS = 30.0
CADDY: Final = """{{
    admin off
    auto_https off
}}
http://127.0.0.1:{proxy} {{
    reverse_proxy 127.0.0.1:{bridge}
}}
"""
NGINX: Final = """daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    client_body_buffer_size 256k;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    map $http_upgrade $to_bridge {{ default upgrade; '' ''; }}
    upstream bridge {{ server 127.0.0.1:{bridge}; keepalive 16; }}
    server {{
        listen 127.0.0.1:{proxy};
        location / {{
            proxy_pass http://bridge;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $to_bridge;
            proxy_buffering off;
        }}
    }}
}}
"""
HAPROXY: Final = """defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout tunnel 1h
    http-reuse always
frontend outside
    bind 127.0.0.1:{proxy}
    default_backend bridge
backend bridge
    server one 127.0.0.1:{bridge}
"""
PROXIES: Final = {
    "caddy": (CADDY, "run --adapter caddyfile --config {file}"),
    "nginx": (NGINX, "-p {folder} -c {file}"),
    "haproxy": (HAPROXY, "-db -f {file}"),
}
JUNK: Final = [
    ("POST", "/nothing", 300, {}),
    ("POST", "/healthz", 5000, {}),
    ("PUT", "/voice", 100_000, {}),
    ("POST", "/voice", 70_000, {}),
    ("POST", "/media", 300, {"connection": "upgrade", "upgrade": "h2c"}),
    ("POST", "/nothing", 20_000, {"expect": "100-continue"}),
    ("POST", "/voice", 1000, {}),
]


@contextlib.asynccontextmanager
async def running(name: str, folder: Path, bridge: int) -> AsyncIterator[int]:
    """Run a proxy in front of the bridge. Return its port."""
    text, arguments = PROXIES[name]
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    with contextlib.closing(bound()) as free:
        port: int = free.getsockname()[1]
    file = folder / f"{name}.conf"
    file.write_text(text.format(folder=folder, bridge=bridge, proxy=port))
    with (folder / "output").open("wb") as output:
        words = [word.format(folder=folder, file=file) for word in arguments.split()]
        proxy = await asyncio.create_subprocess_exec(
            program, *words, stdout=output, stderr=output, env={"HOME": str(folder)}
        )
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                assert proxy.returncode is None, (folder / "output").read_text()
                await asyncio.sleep(0.02)
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            proxy.terminate()
        await proxy.wait()


@pytest.mark.parametrize("name", PROXIES)
def test_a_stranger_s_requests_cost_no_call_behind_a_proxy(tmp_path: Path, name: str) -> None:
    async def main() -> None:
        chosen = settings(tmp_path, IVR_MAX_CALLS=str(CALLS))
        app = create_app(chosen, bridge=a_bridge(chosen))
        listener = bound()
        signer, listens = Signer(AUTH), listener.getsockname()[1]
        async with (
            serving(app, listener, lambda app: config_for(app, chosen)),
            running(name, tmp_path, listens) as port,
        ):
            # A stranger and the carrier have connections of their own; those of the proxy to the bridge are shared.
            alone = httpx.Limits(max_keepalive_connections=0)
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", limits=alone, timeout=30) as client:
                for number in range(CALLS):
                    method, path, length, headers = JUNK[number % len(JUNK)]
                    with contextlib.suppress(httpx.HTTPError):
                        await client.request(method, path, content=b"j" * length, headers=headers)
                    form = voice_form(CallSid=f"CA{number}")
                    answer = await client.post("/voice", data=form, headers=signer.headers(f"{PUBLIC}/voice", form))
                    given = token(answer)
                    if number % 10 == 0:
                        signed = signer.headers(f"wss{PUBLIC.removeprefix('https')}/media")
                        socket = await open_socket(f"ws://127.0.0.1:{port}/media", signed, 30)
                        await socket.send(wire.CONNECTED)
                        await socket.send(wire.start(wire.Ids(ACCOUNT, f"CA{number}", STREAM), 1, {"token": given}))
                        await socket.close(1000)

    asyncio.run(main())
