"""What the code's types look like as JSON Schema, in the dialect that OpenAPI 3.1 asks for."""

import json
import re
from typing import Any

import msgspec

from linkage.wire.answers import QueryAnswer
from linkage.wire.checkpoints import CheckpointAnswer
from linkage.wire.moments import Moment
from linkage.wire.record_requests import ErasureStatus, RecordAnswer, RecordRequest
from linkage.wire.reidentification import RequestAnswer, Requests
from linkage.wire.results import Results
from linkage.wire.submission import (
    AgencyStatus,
    LedgerReceipt,
    Problem,
    Receipt,
    Registration,
    SubmissionStatus,
)
from linkage.wire.urgent import UrgentConflicts

TYPES: list[type] = [
    AgencyStatus,
    CheckpointAnswer,
    ErasureStatus,
    LedgerReceipt,
    Problem,
    QueryAnswer,
    Receipt,
    RecordAnswer,
    RecordRequest,
    Registration,
    RequestAnswer,
    Requests,
    Results,
    SubmissionStatus,
    UrgentConflicts,
]
"""Every type that an address takes or answers with; those that they are made of come along."""

MOMENT = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}Z)?$"}


def schemas_of_types(types: list[type] = TYPES) -> dict[str, Any]:
    _, components = msgspec.json.schema_components(
        types, schema_hook=_moment, ref_template="#/components/schemas/{name}"
    )
    versions = {one.__name__: one.VERSION for one in types if hasattr(one, "VERSION")}
    plain = json.loads(json.dumps(components))  # msgspec gives tuples where JSON has lists
    return {name: _described(schema, versions.get(name)) for name, schema in plain.items()}


def _moment(kind: type) -> dict[str, Any]:
    if kind is Moment:
        return MOMENT
    raise NotImplementedError(kind)


def _described(schema: dict[str, Any], version: int | None) -> dict[str, Any]:
    """As msgspec says it, with what our reader adds: a version that must be there, patterns of ECMA-262."""
    schema = _portable(schema)
    schema["description"] = " ".join(schema["description"].replace("``", "`").split())
    if version is not None:
        schema["properties"]["version"] = {"const": version}
        schema["required"] = ["version", *schema["required"]]
    return schema


def _portable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _portable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_portable(inner) for inner in value]
    return re.sub(r"\\Z$", "$", value) if isinstance(value, str) else value
