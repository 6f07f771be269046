"""The OpenAPI document: whole, valid, and of the same endpoints as the routes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from jsonschema import Draft202012Validator

from ivr.server.admin.endpoints import ENDPOINTS, PROBLEM_STATUSES
from ivr.server.admin.openapi import document
from tests.server.board.fleet import Fleet, operators_app
from tests.server.board.operators import TOKENS
from tests.support.front import settings


def whole() -> dict[str, Any]:
    written: dict[str, Any] = json.loads(msgspec.json.encode(document(ENDPOINTS, "https://bridge.example", "1.2.3")))
    return written


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in whole()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from ([node["$ref"]] if "$ref" in node else [])
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_schema_is_one_and_every_reference_leads_to_it() -> None:
    written = whole()
    schemas = written["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    assert set(references(written)) == {f"#/components/schemas/{name}" for name in schemas}


def test_every_parameter_and_answer_is_described() -> None:
    for path, method, operation in operations():
        names = [one["name"] for one in operation.get("parameters", [])]
        assert names == re.findall(r"\{(\w+)\}", path)
        assert {"401", "403", "429"} < operation["responses"].keys()
        assert operation["summary"]
        assert method in ("get", "post", "delete")
    assert len({operation["operationId"] for _, _, operation in operations()}) == len(ENDPOINTS)
    assert {status for one in ENDPOINTS for status in one.problems} <= PROBLEM_STATUSES.keys()


def test_every_route_of_the_api_is_in_it(tmp_path: Path) -> None:
    _, mounted = operators_app(settings(tmp_path, IVR_BOARD_TOKENS=TOKENS), Fleet())
    routed = {route.path for route in mounted.routes if hasattr(route, "path")}
    assert {path for path in routed if not path.startswith("/board")} == whole()["paths"].keys()


def test_it_says_where_and_of_which_version() -> None:
    written = whole()
    assert written["openapi"].startswith("3.1")
    assert written["servers"] == [{"url": "https://bridge.example"}]
    assert written["info"]["version"] == "1.2.3"
