"""Put the board and the API of one process together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ivr.config.settings import Settings
from ivr.fleet.directory import Directory
from ivr.server.admin.routes import Admin
from ivr.server.board.feed import Feed
from ivr.server.board.routes import BoardRoutes
from ivr.server.listening.route import ListenRoute
from ivr.server.outbound.outbound import Outbound
from ivr.server.outbound.routes import PlacingRoutes
from ivr.server.roles import Roles

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Mounted:
    """Hold what operators are served with."""

    roles: Roles
    feed: Feed
    routes: list[BaseRoute]


def mount(
    settings: Callable[[], Settings],
    directory: Directory,
    elsewhere: Handler,
    *,
    local: Handler | None = None,
    refused: Callable[[str, str], None] = lambda _route, _reason: None,
    leaving: Callable[[], bool] = lambda: False,
    exiting: Callable[[], bool] = lambda: False,
    outbound: Outbound | None = None,
) -> Mounted:
    """Return the routes for operators, and what they stand on.

    `elsewhere` answers where no operator is named. `local`: see `Admin.routes`. `refused` is told route and reason of
    what was refused. `leaving` and `exiting`: see `Feed`. `outbound` places calls; None: nothing does.
    """
    roles = Roles(settings, refused)
    feed = Feed(directory, leaving=leaving, exiting=exiting)
    admin = Admin(roles, directory, settings, PlacingRoutes(outbound, settings))
    pages = BoardRoutes(roles, feed, admin).routes(elsewhere)
    return Mounted(roles, feed, [*pages, ListenRoute(directory).route(), *admin.routes(elsewhere, local)])
