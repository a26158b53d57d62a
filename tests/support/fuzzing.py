"""Cases that schemathesis makes from the OpenAPI document, signed as an agency signs, and what they come to.

Left to itself it would never guess the SHA-256 of a submission: some cases are therefore given what is valid,
by operation.  A new operation needs an entry in :data:`VALID`.
"""

import copy
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    MappingKeyResolver,
    algorithms,
)
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)

from linkage.wire.answers import QueryAnswer
from linkage.wire.canonical import canonical, to_builtins
from linkage.wire.http import COVERED_COMPONENTS, KEY_COMPONENT, SIGNATURE_LABEL, SIGNATURE_TAG
from linkage.wire.record_requests import RecordRequest
from linkage.wire.reidentification import RequestAnswer
from linkage.wire.signing import public_text
from tests.support.asked import ask
from tests.support.documented import DOCUMENT, Operation, operations
from tests.support.served import Served
from tests.support.unit import Sent, make_sent

__all__ = ["VALID", "Fuzzing"]

_CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass(frozen=True)
class Valid:
    """What an operation answers with success."""

    path_parameters: dict[str, str] = field(default_factory=dict)
    body: Any = None


def _put(fuzzing: "Fuzzing", number: int) -> Valid:
    pieces = [piece for part in fuzzing.lacking.chunks().values() for piece in part]
    piece = pieces[number % len(pieces)]
    digest = hashlib.sha256(piece).hexdigest()
    return Valid({"submission": fuzzing.lacking.id, "sha256": digest}, piece)


def _records(number: int) -> Valid:
    return Valid(body=to_builtins(RecordRequest(handles=(f"{number:032x}",))))


VALID: dict[str, Callable[["Fuzzing", int], Valid]] = {
    "register": lambda f, n: Valid(body=to_builtins(f.sent[n % len(f.sent)].registration())),
    "show": lambda f, n: Valid({"submission": f.sent[n % len(f.sent)].id}),
    "put_chunk": _put,
    "commit": lambda f, _: Valid({"submission": f.ready.id}),
    "status": lambda _f, _n: Valid(),
    "results": lambda _f, _n: Valid(),
    "urgent": lambda _f, _n: Valid(),
    "openapi": lambda _f, _n: Valid(),
    "withdraw_records": lambda _f, n: _records(n),
    "erase_records": lambda _f, n: _records(n),
    "shield_records": lambda _f, n: _records(n),
    "unshield_records": lambda _f, n: _records(n),
    "put_answer": lambda f, _: Valid(
        {"query": f.query}, to_builtins(QueryAnswer(query=f.query, answer="cannot-tell"))
    ),
    "requests": lambda _f, _n: Valid(),
    "put_request": lambda f, _: Valid(
        {"number": f.request}, to_builtins(RequestAnswer(number=f.request, answer="refused"))
    ),
    "show_erasure": lambda f, _: Valid({"erasure": f.erasure}),
    "checkpoint": lambda _f, _n: Valid(),
    "consistency": lambda _f, n: Valid({"size": str(n % 3)}),
    "healthz": lambda _f, _n: Valid(),
    "readyz": lambda _f, _n: Valid(),
}


class _Signing(requests.auth.AuthBase):
    """The hook: signs what goes out as it stands; ``digest`` False leaves the one that was made up."""

    def __init__(self, key: Ed25519PrivateKey, nonce: str, *, digest: bool) -> None:
        name = public_text(key.public_key())
        resolver = MappingKeyResolver(public_keys={}, private_keys={name: key})
        self._signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=resolver)
        self._name, self._nonce, self._digest = name, nonce, digest

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        if self._digest:
            request.headers.pop("Content-Digest", None)
        keyed = "Idempotency-Key" in request.headers
        with suppress(HTTPMessageSignaturesException, ValueError):  # what cannot be signed goes out unsigned
            self._signer.sign(
                request,
                key_id=self._name,
                nonce=self._nonce,
                tag=SIGNATURE_TAG,
                label=SIGNATURE_LABEL,
                covered_component_ids=(*COVERED_COMPONENTS, KEY_COMPONENT) if keyed else COVERED_COMPONENTS,
                body=(body.encode() if isinstance(body, str) else bytes(body)) if self._digest else None,
                use_existing_digest=not self._digest,
            )
        return request


def _quick() -> dict[str, Any]:
    """The document with hex as a format, and without the digest that the hook makes: drawn much faster."""
    text = re.sub(_HEX, r'"format": "hex-\1"', json.dumps(DOCUMENT))
    document: dict[str, Any] = json.loads(text)
    for methods in document["paths"].values():
        for one in methods.values():
            given = one.get("parameters", ())
            one["parameters"] = [each for each in given if not each.get("$ref", "").endswith("Digest")]
    return document


_HEX = r'"pattern": "\^\[0-9a-f\]\{(\d+)\}\$"'
for _half in (16, 32, 64):
    _drawn = st.binary(min_size=_half, max_size=_half).map(bytes.hex)
    schemathesis.openapi.format(f"hex-{2 * _half}", _drawn)


def _validate(one: Operation, status: int, response: Any) -> None:
    """Hold an answer against the document as it stands."""
    for content in one.raw["responses"][str(status)].get("content", {}).values():
        schema = {**content["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(response.json())


@dataclass
class Fuzzing:
    served: Served
    ready: Sent
    lacking: Sent
    sent: list[Sent]
    erasure: str
    query: str
    request: str
    session: requests.Session = field(default_factory=requests.Session)
    wanted: int = 0
    cases: int = 0
    authenticated: int = 0
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def begin(cls, served: Served) -> "Fuzzing":
        """An agency with results, a submission to commit, one that lacks chunks, and some to register."""
        client = served.client(served.council)
        client.submit(make_sent(served.unit, served.council))
        served.workers.settle()
        served.workers.cycle()
        ready, lacking, *others = (
            make_sent(served.unit, served.council, sequence=number) for number in range(2, 6)
        )
        for sent in (ready, lacking):
            client.register(sent)
        client.put_all(ready)
        asked = canonical(RecordRequest(handles=("0" * 32,)))
        erasure = client.call("POST", "/v1/records/erase", asked).json()["erasure"]
        return cls(
            served, ready, lacking, [ready, lacking, *others], erasure, *ask(served, served.council, 1)
        )

    def run(self, wanted: int) -> None:
        """Make cases of every operation in turn until there are as many as wanted."""
        whole, quick = (schemathesis.openapi.from_dict(one) for one in (copy.deepcopy(DOCUMENT), _quick()))
        self.wanted = wanted
        share = max(2, wanted // (48 * len(operations())))
        turn = 0
        while self.cases < wanted:
            turn += 1
            schema = quick if turn % 4 else whole
            for one in operations():
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    if mode is GenerationMode.POSITIVE or schema[one.path][one.method].headers:
                        self._round(schema, one, mode, share, turn)

    def _round(self, schema: Any, one: Operation, mode: GenerationMode, share: int, turn: int) -> None:
        cases = schema[one.path][one.method].as_strategy(generation_mode=mode)

        @seed(turn)
        @settings(
            max_examples=share,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases, number=st.integers(0, 1000), nonce=st.uuids())
        def examine(case: Any, number: int, nonce: object) -> None:
            if self.cases < self.wanted:
                self._examine(one, case, VALID[one.endpoint](self, number), str(nonce))

        examine()

    def _examine(self, one: Operation, case: Any, valid: Valid, nonce: str) -> None:
        """Send what was made up: unsigned, with its own digest, signed; then with more that is valid."""
        self._send(one, case, None)
        self._send(one, case, self._signing(nonce, digest=False))
        self._send(one, case, self._signing(nonce))
        case.path_parameters.update(valid.path_parameters)
        self._send(one, case, self._signing(nonce))
        if valid.body is not None:
            case.body = valid.body
        self._send(one, case, self._signing(nonce))
        if case.headers and "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = f'"{nonce}-{self.cases}"'
        self._send(one, case, self._signing(nonce))

    def _signing(self, nonce: str, *, digest: bool = True) -> _Signing:
        return _Signing(self.served.council.key, f"{nonce}-{self.cases}", digest=digest)

    def _send(self, one: Operation, case: Any, auth: _Signing | None) -> None:
        try:
            response = case.call(base_url=self.served.url, auth=auth, session=self.session)
        except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError):
            return  # no client can send it
        self._check(one, case, response)

    def _check(self, one: Operation, case: Any, response: Any) -> None:
        status, media_type = response.status_code, response.headers["content-type"][0]
        self.cases += 1
        name = ""
        if status >= 400:
            assert media_type == "application/problem+json", (one.endpoint, status, media_type)
            name = str(response.json()["type"]).removeprefix("urn:clew:problem:")
            anywhere = DOCUMENT["x-clew-anywhere"].get(str(status), {}).get("x-clew-problems", [])
            assert name in one.problems().get(status, set()) | set(anywhere), (one.endpoint, status, name)
        if str(status) in one.raw["responses"]:
            case.validate_response(response, checks=_CHECKS)
            _validate(one, status, response)
        assert status < 500, (one.endpoint, status, name)
        self.authenticated += name not in {"unauthenticated", "malformed"} and one.raw.get("security") != []
        self.answers[one.endpoint, name or str(status)] += 1

    def succeeded(self) -> set[str]:
        return {endpoint for endpoint, answer in self.answers if answer.startswith("2")}
