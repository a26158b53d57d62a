"""The OpenAPI document and the code say the same: addresses, types, problems and limits, both ways."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from schemathesis import openapi

from api.agency_app.answers import _KEY, MUTATING, REPEATABLE
from api.agency_app.app import _UNSIGNED, create_app
from api.agency_app.problems import PROBLEMS
from api.agency_app.routes import BODY_LIMITS, OPENAPI, QUERIES
from api.agency_app.service import open_service
from linkage.wire.http import COVERED_COMPONENTS, KEY_COMPONENT, SIGNATURE_LABEL, SIGNATURE_TAG
from tests.support.documented import DOCUMENT, Operation, operations, resolved
from tests.support.schemas_of_types import schemas_of_types
from tests.support.served import Served, served_unit
from tests.support.unit import make_unit

_HINT = "put it into api/agency_app/openapi.json as docs/spec/openapi.md says"
_HEADERS = {401: {"WWW-Authenticate"}, 405: {"Allow"}, 429: {"Retry-After"}, 503: {"Retry-After"}}
_ANYWHERE = {"not-found", "method-not-allowed"}
_BEFORE_AUTHENTICATION = {
    name for name, (status, _) in PROBLEMS.items() if status in {413, 431, 500, 501, 503}
} - {"not-well"} | {"malformed"}
_ALWAYS = _BEFORE_AUTHENTICATION | {
    "card-revoked",
    "length-required",
    "limit-reached",
    "too-many-at-once",
    "unauthenticated",
}
_KEYED = {"idempotency-key", "idempotency-key-in-use", "idempotency-key-reused"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    unit = make_unit(tmp_path_factory.mktemp("unit") / "data")
    service = open_service(unit.folder.root)
    yield create_app(service)
    service.close()


def test_the_document_is_openapi_and_every_reference_leads_somewhere() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    openapi.from_dict(DOCUMENT).validate()
    references = list(_references(DOCUMENT))
    assert len(references) > 50
    for one in references:
        resolved({"$ref": one})
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        for inner in value.values():
            yield from _references(inner)
    if isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def test_every_component_is_used() -> None:
    used = set(_references(DOCUMENT))
    for kind in ("parameters", "headers", "schemas"):
        for name in DOCUMENT["components"][kind]:
            assert f"#/components/{kind}/{name}" in used, name


def test_the_document_has_the_addresses_of_the_code_and_no_others(app: Flask) -> None:
    coded = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD"}
    }
    documented = {(one.method, one.path, one.endpoint) for one in operations()}
    assert coded - documented == set(), _HINT
    assert documented - coded == set()


def test_the_document_has_the_types_of_the_code_and_no_others() -> None:
    expected = schemas_of_types()
    documented = {name: one for name, one in DOCUMENT["components"]["schemas"].items() if name != "Digest"}
    assert set(documented) == set(expected), _HINT
    for name, schema in expected.items():
        assert documented[name] == schema, f"{name}: {_HINT}; it should be {json.dumps(schema)}"


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.endpoint)
def test_an_operation_says_what_the_code_does(operation: Operation) -> None:
    unsigned = operation.endpoint in _UNSIGNED
    assert (operation.raw.get("security") == []) == unsigned
    limit = BODY_LIMITS.get(operation.endpoint)
    body = operation.raw.get("requestBody")
    assert (body and body["x-clew-max-bytes"]) == limit
    assert bool(operation.raw.get("x-clew-query")) == (operation.endpoint in QUERIES)
    headers = {one["name"]: one for one in operation.parameters if one["in"] == "header"}
    changes = operation.method in MUTATING
    assert set(headers) == ({"Content-Digest"} if not unsigned else set()) | (
        {"Idempotency-Key"} if changes else set()
    )
    if changes:
        assert headers["Idempotency-Key"]["required"] == (operation.endpoint not in REPEATABLE)


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.endpoint)
def test_an_operation_lists_the_problems_that_any_request_can_meet(operation: Operation) -> None:
    listed = {name for names in operation.problems().values() for name in names}
    always = _BEFORE_AUTHENTICATION if operation.endpoint in _UNSIGNED else _ALWAYS
    assert always - listed == set()
    assert (listed >= _KEYED) == (operation.method in MUTATING)
    assert (not _KEYED & listed) == (operation.method not in MUTATING)
    assert [status for status in operation.raw["responses"] if status.startswith("2")]


def test_problems_are_those_of_the_code_each_under_its_status() -> None:
    found: dict[str, set[int]] = {}
    for responses in [*(one.raw["responses"] for one in operations()), DOCUMENT["x-clew-anywhere"]]:
        for status, response in responses.items():
            for name in response.get("x-clew-problems", ()):
                found.setdefault(name, set()).add(int(status))
    assert found == {name: {status} for name, (status, _) in PROBLEMS.items()}
    anywhere = {name for one in DOCUMENT["x-clew-anywhere"].values() for name in one["x-clew-problems"]}
    assert anywhere >= _ANYWHERE


def test_problems_have_their_media_type_and_headers() -> None:
    for responses in [*(one.raw["responses"] for one in operations()), DOCUMENT["x-clew-anywhere"]]:
        for status, response in responses.items():
            if int(status) >= 400:
                assert set(response["content"]) == {"application/problem+json"}
                busy = "idempotency-key-in-use" in response["x-clew-problems"]
                expected = {"Retry-After"} if busy else _HEADERS.get(int(status), set())
                assert set(response.get("headers", {})) == expected


def test_the_signature_and_the_key_are_described_as_they_are() -> None:
    words = DOCUMENT["components"]["securitySchemes"]["signature"]["description"]
    for one in (*COVERED_COMPONENTS, KEY_COMPONENT):
        assert f'"{one}"' in words
    assert f"`{SIGNATURE_LABEL}`" in words
    assert f"`{SIGNATURE_TAG}`" in words
    pattern = DOCUMENT["components"]["parameters"]["IdempotencyKey"]["schema"]["pattern"]
    assert pattern == f"^{_KEY.pattern.replace('(', '').replace(')', '')}$"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def test_an_agency_gets_the_document_and_a_stranger_does_not(served: Served) -> None:
    client = served.client(served.council)
    answer = client.call("GET", "/v1/openapi.json")
    assert (answer.status_code, answer.content) == (200, OPENAPI.read_bytes())
    request = client.signed("GET", "/v1/openapi.json")
    del request.headers["signature"]
    assert client.send(request).status_code == 401
