"""A small client that signs as docs/spec/submission-1.md says, and can be told to do it wrong."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from types import TracebackType

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from linkage.wire.canonical import canonical
from linkage.wire.http import COVERED_COMPONENTS, KEY_COMPONENT, SIGNATURE_LABEL, SIGNATURE_TAG
from linkage.wire.signing import public_text
from tests.support.unit import Sent


class _Key(HTTPSignatureKeyResolver):
    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        return self._key


class SigningClient:
    def __init__(self, url: str, key: Ed25519PrivateKey) -> None:
        self.url = url
        self.key = key
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def __enter__(self) -> "SigningClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def signed(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        created: dt.datetime | None = None,
        nonce: str | None = "",
        key_id: str | None = None,
        tag: str = SIGNATURE_TAG,
        label: str = SIGNATURE_LABEL,
        covered: Sequence[str] = COVERED_COMPONENTS,
        host: str | None = None,
        idempotency: str | None = None,
        raw_key: str | None = None,
    ) -> httpx.Request:
        headers = {"host": host} if host else {}
        if idempotency is not None or raw_key is not None:
            headers["idempotency-key"] = raw_key or f'"{idempotency}"'
            covered = (*covered, KEY_COMPONENT)
        request = self._http.build_request(method, path, content=body, headers=headers)
        message = request if host is None else _Readdressed(request, host)
        signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Key(self.key))
        signer.sign(
            message,
            key_id=key_id or public_text(self.key.public_key()),
            created=created or dt.datetime.now(dt.UTC),
            nonce=secrets.token_urlsafe(18) if nonce == "" else nonce,
            tag=tag,
            label=label,
            covered_component_ids=covered,
            body=body,
        )
        return request

    def send(self, request: httpx.Request) -> httpx.Response:
        return self._http.send(request)

    def call(
        self, method: str, path: str, body: bytes = b"", *, idempotency: str | None = ""
    ) -> httpx.Response:
        """Send a request, with a new idempotency key where it changes something, with none for None."""
        if idempotency == "":
            idempotency = None if method in {"GET", "HEAD"} else secrets.token_urlsafe(18)
        return self.send(self.signed(method, path, body, idempotency=idempotency))

    def register(self, sent: Sent) -> httpx.Response:
        return self.call("POST", "/v1/submissions", canonical(sent.registration()))

    def put(self, sent: Sent, piece: bytes, *, name: str | None = None) -> httpx.Response:
        digest = name or hashlib.sha256(piece).hexdigest()
        return self.call("PUT", f"/v1/submissions/{sent.id}/chunks/{digest}", piece)

    def put_all(self, sent: Sent) -> None:
        for pieces in sent.chunks().values():
            for piece in pieces:
                assert self.put(sent, piece).status_code == 204

    def commit(self, sent: Sent) -> httpx.Response:
        return self.call("POST", f"/v1/submissions/{sent.id}/commit")

    def submit(self, sent: Sent) -> httpx.Response:
        assert self.register(sent).status_code == 201
        self.put_all(sent)
        answer = self.commit(sent)
        assert answer.status_code == 200
        return answer


class _Readdressed:
    """A request whose signature is made for another host than the one it goes to."""

    def __init__(self, request: httpx.Request, host: str) -> None:
        self.method = request.method
        self.url = str(request.url.copy_with(host=host.partition(":")[0], port=None))
        self.headers = request.headers


def problem(answer: httpx.Response) -> str:
    """The name of the problem that was answered with, after checking that it is a whole one."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    assert set(document) <= {"type", "title", "status", "detail", "hint"}
    return str(document["type"]).removeprefix("urn:clew:problem:")
