"""Write the OpenAPI document of the API from the table of its endpoints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ivr.server.admin.answers import Problem
from ivr.server.admin.endpoints import BODY_PROBLEMS, COMMON_PROBLEMS, PROBLEM_STATUSES, Endpoint

OPENAPI: Final = "3.1.0"
_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_REFERENCE: Final = "#/components/schemas/{name}"


def document(endpoints: Sequence[Endpoint], url: str, version: str) -> dict[str, Any]:
    """Return the document. `url`: where the bridge is reached."""
    types = [Problem, *(kind for one in endpoints for kind in (one.answer, one.body) if kind is not None)]
    _, components = msgspec.json.schema_components(dict.fromkeys(types), ref_template=_REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "IVR bridge",
            "version": version,
            "description": "See and steer the live calls of the fleet. docs/board.md says who may do what.",
        },
        "servers": [{"url": url}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token of IVR_BOARD_TOKENS"}
            },
            "schemas": components,
        },
    }


def _operation(one: Endpoint) -> dict[str, Any]:
    problems = {*COMMON_PROBLEMS, *one.problems, *(BODY_PROBLEMS if one.body is not None else ())}
    answer = {"type": "object"} if one.answer is None else _reference(one.answer)
    operation: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"Needs the role `{one.role}`.",
        "responses": {
            str(one.status): {"description": "Done" if one.status == 200 else "Asked for", **_json(answer)},
            **{
                str(status): {"description": PROBLEM_STATUSES[status], **_json(_reference(Problem))}
                for status in sorted(problems)
            },
        },
    }
    if names := _PARAMETER.findall(one.path):
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ]
    if one.body is not None:
        operation["requestBody"] = {"required": True, **_json(_reference(one.body))}
    return operation


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _reference(kind: type[Any]) -> dict[str, Any]:
    return {"$ref": _REFERENCE.format(name=kind.__name__)}
