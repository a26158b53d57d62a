"""The OpenAPI document as tests look at it."""

import json
from dataclasses import dataclass
from typing import Any

from api.agency_app.routes import OPENAPI

DOCUMENT: dict[str, Any] = json.loads(OPENAPI.read_bytes())


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    raw: dict[str, Any]

    @property
    def endpoint(self) -> str:
        return str(self.raw["operationId"])

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return [resolved(one) for one in self.raw.get("parameters", ())]

    def problems(self) -> dict[int, set[str]]:
        """Names of problems by status."""
        return {
            int(status): set(response["x-clew-problems"])
            for status, response in self.raw["responses"].items()
            if "x-clew-problems" in response
        }


def operations() -> list[Operation]:
    return [
        Operation(method.upper(), path, raw)
        for path, methods in DOCUMENT["paths"].items()
        for method, raw in methods.items()
    ]


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference."""
    if "$ref" not in value:
        return value
    found: Any = DOCUMENT
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    assert isinstance(found, dict)
    return found
