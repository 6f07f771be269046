"""Run a bridge for the softphone on this machine: the operator's own settings, or the demo's mocks."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from ivr.call.options import Language
from ivr.config.environment import gather
from ivr.config.load import load
from ivr.config.settings import Settings
from ivr.server.app import create_app
from ivr.server.serve import config_for
from ivr.server.talk.routes import TalkRoutes
from ivr.testbench import demo
from ivr.testbench.loopback import bound, serving
from ivr.testbench.mock import Mock

HOST: Final = "127.0.0.1"
DEMO_PERSON: Final = "+966110000001"
"""The person to whom the demo's agent would transfer a caller."""
OF_A_SERVER: Final = frozenset({"IVR_HOST", "IVR_PORT", "IVR_PUBLIC_URL", "IVR_WORKERS", "IVR_REDIS_URL"})
"""Settings that are a server's, among them the fleet's: a bridge on a laptop is none of it."""


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with bound(HOST) as listener:
        port: int = listener.getsockname()[1]
    return port


def own_settings(port: int, given: Mapping[str, str] | None = None) -> Settings:
    """Return the operator's settings, for a bridge on a port of loopback.

    `given` replaces the environment and `.env`. Raises SettingsError.
    """
    found = {name: value for name, value in gather(given).items() if name not in OF_A_SERVER}
    return load({**found, "IVR_PORT": str(port)}, dev=True)


@asynccontextmanager
async def demo_bridge(language: Language, port: int = 0) -> AsyncIterator[str]:
    """Serve a bridge, a mock Hamsa and the demo agent while the block runs: no account, no key. Yields its URL.

    Raises RuntimeError when this machine has no voice, OSError when the port is taken.
    """
    mock = Mock(language)
    listener = bound(HOST, port)
    async with AsyncExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="ivr-talk-"))
        peer = await stack.enter_async_context(mock.serving())
        more = {"IVR_LANGUAGE": language, "IVR_DEV": "true", "IVR_TWILIO_REST_URL": "", "IVR_TRANSFER_TO": DEMO_PERSON}
        settings = demo.loopback(peer, listener.getsockname()[1], Path(home), "", "", more)
        app = create_app(settings)
        talk: TalkRoutes = app.state.talk
        talk.hints, talk.scripted = tuple(mock.lines if mock.scripted else mock.phrases), mock.scripted
        with mock.hurrying():
            await stack.enter_async_context(serving(app, listener, lambda served: config_for(served, settings)))
            await demo.ready(settings.public_url)
        yield settings.public_url
