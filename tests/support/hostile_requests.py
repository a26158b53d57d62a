"""Requests that nobody may be served: named attacks, and random changes of what a signature covers."""

import base64
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import http_sf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from linkage.wire.signing import public_text
from tests.support.signed_wire import Wire, digest_of, signed_wire

__all__ = ["ATTACKS", "Ordinary", "World", "changed_at_random", "means_the_same"]

_ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of the group of Ed25519: a signature's second half plus this is another writing of the same number."""


@dataclass(frozen=True)
class Ordinary:
    """What an agency asks; ``reads``: that it may be asked any number of times."""

    method: str
    target: str
    body: bytes = b""
    reads: bool = True
    keyed: bool = False


@dataclass
class World:
    url: str
    key: Ed25519PrivateKey
    other: Ed25519PrivateKey
    unit_key: str
    custodian_key: str
    ordinary: tuple[Ordinary, ...]
    rng: random.Random
    served: list[Wire]

    def signed(self, one: Ordinary | None = None, **changes: Any) -> Wire:
        one = one or self.rng.choice(self.ordinary)
        if one.keyed:
            token = base64.urlsafe_b64encode(self.rng.randbytes(15)).decode()
            changes = {"idempotency": f'"{token}"', **changes}
        key = changes.pop("key", self.key)
        return signed_wire(key, self.url, one.method, one.target, one.body, rng=self.rng, **changes)

    def keyed(self, **changes: Any) -> Wire:
        return self.signed(self.rng.choice([one for one in self.ordinary if one.keyed]), **changes)

    def with_body(self, **changes: Any) -> Wire:
        return self.signed(self.rng.choice([one for one in self.ordinary if one.body]), **changes)


Attack = Callable[[World], Wire]


def _parameters(edit: Callable[[World, str], str]) -> Attack:
    """An attack that rewrites the signature's parameters after it was made."""

    def attack(world: World) -> Wire:
        wire = world.signed()
        return wire.with_field("Signature-Input", edit(world, wire.field("Signature-Input")))

    return attack


def _signature(edit: Callable[[World, bytes], bytes]) -> Attack:
    def attack(world: World) -> Wire:
        wire = world.signed()
        made = base64.b64decode(wire.field("Signature").removeprefix("clew=:").rstrip(":"))
        return wire.with_field("Signature", f"clew=:{base64.b64encode(edit(world, made)).decode()}:")

    return attack


def _replayed(edit: Callable[[World, Wire], Wire]) -> Attack:
    return lambda world: edit(world, world.rng.choice(world.served))


def _moved(edit: Callable[[World, Wire], Wire]) -> Attack:
    return lambda world: edit(world, world.signed())


def _shifted(text: str, name: str, by: int) -> str:
    head, _, rest = text.partition(f"{name}=")
    number, mark, tail = rest.partition(";")
    return f"{head}{name}={int(number) + by}{mark}{tail}"


def _dropped(text: str, name: str) -> str:
    head, _, rest = text.partition(f";{name}=")
    return head + (";" + rest.partition(";")[2] if ";" in rest else "")


def _flipped(world: World, made: bytes) -> bytes:
    place = world.rng.randrange(64)
    return made[:place] + bytes([made[place] ^ 1 << world.rng.randrange(8)]) + made[place + 1 :]


def _two_signatures(world: World) -> Wire:
    first, second = world.signed(), world.signed()
    for name in ("Signature-Input", "Signature"):
        first = first.with_field(name, f"{first.field(name)}, {second.field(name)}")
    return first


def _malleable(_: World, made: bytes) -> bytes:
    number = int.from_bytes(made[32:], "little") + _ORDER
    return made[:32] + number.to_bytes(32, "little")


def _another_path(world: World, wire: Wire) -> Wire:
    others = [one for one in world.ordinary if one.target != wire.target]
    return replace(wire, target=world.rng.choice(others).target)


def _swapped_signatures(world: World) -> Wire:
    first, second = world.signed(), world.signed()
    return first.with_field("Signature", second.field("Signature"))


def _another_body(world: World) -> Wire:
    wire = world.with_body()
    return replace(wire, body=world.rng.randbytes(len(wire.body)))


def _another_body_and_digest(world: World) -> Wire:
    wire = _another_body(world)
    return wire.with_field("Content-Digest", digest_of(wire.body))


def _digest_of_another(digest: Callable[[bytes], str]) -> Attack:
    """Signed as it should be, over a digest that is not this body's."""

    def attack(world: World) -> Wire:
        body = world.rng.randbytes(40)
        return world.with_body(digest=digest(body))

    return attack


def _tricked_host(world: World) -> Wire:
    """Signed for another unit; its name in front of the path would be read as the authority."""
    wire = world.signed(host="unit.example.org", sent_host=urlsplit(world.url).netloc)
    return replace(wire, target=f"@unit.example.org{wire.target}")


def _key_of(name: str) -> Attack:
    return lambda world: world.signed(keyid=getattr(world, name))


ATTACKS: dict[str, Attack] = {
    # what the signature covers, changed
    "another method": _moved(lambda _, w: replace(w, method="DELETE" if w.method != "DELETE" else "PUT")),
    "HEAD for GET": _moved(lambda _, w: replace(w, method="HEAD")),
    "another host": _moved(lambda _, w: w.with_field("Host", "localhost:1")),
    "the same host by another name": _moved(
        lambda _, w: w.with_field("Host", w.field("Host").replace("127.0.0.1", "localhost"))
    ),
    "a host of others": _moved(lambda _, w: w.with_field("Host", "unit.example.org")),
    "two hosts": _moved(lambda _, w: w.adding("Host", w.field("Host"))),
    "no host": _moved(lambda _, w: w.without("Host")),
    "another path": _moved(_another_path),
    "a path written otherwise": _moved(lambda _, w: replace(w, target=w.target.replace("/v1", "/%761", 1))),
    "a path with a slash more": _moved(lambda _, w: replace(w, target="/" + w.target)),
    "a slash at the end": _moved(lambda _, w: replace(w, target=w.target + "/")),
    "a path with steps": _moved(lambda _, w: replace(w, target="/v1/.." + w.target)),
    "a fragment": _moved(lambda _, w: replace(w, target=w.target + "#part")),
    "an absolute target": _moved(lambda x, w: replace(w, target=x.url + w.target)),
    "a query more": _moved(lambda _, w: replace(w, target=w.target + "?all=1")),
    "another body": _another_body,
    "another body and its digest": _another_body_and_digest,
    "a body cut short": lambda x: (lambda w: replace(w, body=w.body[:-1]))(x.with_body()),
    "no body": lambda x: replace(x.with_body(), body=b""),
    "a body more": _moved(lambda _, w: replace(w, body=w.body + b"x")),
    "no digest": _moved(lambda _, w: w.without("Content-Digest")),
    "two digests": _moved(lambda _, w: w.adding("Content-Digest", w.field("Content-Digest"))),
    "a digest more": _moved(lambda _, w: w.adding("Content-Digest", digest_of(b"", "sha-512"))),
    "another digest, signed": _digest_of_another(digest_of),
    "a weak digest, signed": _digest_of_another(lambda _: "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:"),
    "a right digest beside a wrong one, signed": _digest_of_another(
        lambda body: f"{digest_of(body)}, {digest_of(b'other', 'sha-512')}"
    ),
    "another idempotency key": lambda x: x.keyed().with_field("Idempotency-Key", '"another-key-of-mine"'),
    "no idempotency key": lambda x: x.keyed().without("Idempotency-Key"),
    "two idempotency keys": lambda x: x.keyed().adding("Idempotency-Key", '"another-key-of-mine"'),
    "an idempotency key that is not signed": lambda x: x.keyed(left_out=["idempotency-key"]),
    # the parameters
    "made younger": _parameters(lambda _, t: _shifted(t, "created", 1)),
    "made older": _parameters(lambda _, t: _shifted(t, "created", -1)),
    "no time": _parameters(lambda _, t: _dropped(t, "created")),
    "no key id": _parameters(lambda _, t: _dropped(t, "keyid")),
    "no nonce": _parameters(lambda _, t: _dropped(t, "nonce")),
    "no tag": _parameters(lambda _, t: _dropped(t, "tag")),
    "another nonce": _parameters(lambda _, t: t.replace('nonce="', 'nonce="x')),
    "another tag": lambda x: x.signed(tag="clew-submission-2"),
    "another label": lambda x: x.signed(label="other"),
    "another algorithm": _parameters(lambda _, t: t + ';alg="hmac-sha256"'),
    "an algorithm, signed": lambda x: x.signed(extra=';alg="rsa-pss-sha512"'),
    "an unknown parameter, signed": lambda x: x.signed(extra=";canary=1"),
    "an end that is over, signed": lambda x: x.signed(extra=f";expires={int(time.time()) - 100}"),
    "an end put off": lambda x: (
        lambda w: w.with_field("Signature-Input", _shifted(w.field("Signature-Input"), "expires", 9999))
    )(x.signed(extra=f";expires={int(time.time()) + 100}")),
    "a nonce too short, signed": lambda x: x.signed(nonce="short"),
    "a nonce too long, signed": lambda x: x.signed(nonce="n" * 129),
    "a nonce with spaces, signed": lambda x: x.signed(nonce="sixteen and more of them"),
    # the components
    **{
        f"{name} not covered": lambda x, name=name: x.signed(left_out=[name])  # type: ignore[misc]
        for name in ("@method", "@authority", "@path", "@query", "content-digest")
    },
    "nothing covered": lambda x: x.signed(
        left_out=["@method", "@authority", "@path", "@query", "content-digest", "idempotency-key"]
    ),
    "components in another order": _parameters(
        lambda _, t: t.replace('"@method" "@authority"', '"@authority" "@method"')
    ),
    "a component twice": _parameters(lambda _, t: t.replace('"@method"', '"@method" "@method"')),
    "a component of another request": _parameters(lambda _, t: t.replace('"@method"', '"@method";req')),
    "a component as bytes": _parameters(lambda _, t: t.replace('"content-digest"', '"content-digest";bs')),
    "a trailer": _parameters(lambda _, t: t.replace('"content-digest"', '"content-digest";tr')),
    "a member of the digest": _parameters(
        lambda _, t: t.replace('"content-digest"', '"content-digest";key="sha-256"')
    ),
    "an answer's component": _parameters(lambda _, t: t.replace('"@method"', '"@status"')),
    # the signature
    "a bit of the signature": _signature(_flipped),
    "a signature of zeros": _signature(lambda _, s: bytes(64)),
    "a signature too short": _signature(lambda _, s: s[:63]),
    "a signature too long": _signature(lambda _, s: s + b"\0"),
    "no signature bytes": _signature(lambda _, s: b""),
    "the same signature written otherwise": _signature(_malleable),
    "the signature of another request": _swapped_signatures,
    "no signature": lambda x: x.signed().without("Signature"),
    "no parameters": lambda x: x.signed().without("Signature-Input"),
    "the signature twice": _moved(lambda _, w: w.adding("Signature", w.field("Signature"))),
    "the parameters twice": _moved(lambda _, w: w.adding("Signature-Input", w.field("Signature-Input"))),
    "two signatures of one label": _two_signatures,
    # whose key
    "a stranger": lambda x: x.signed(key=Ed25519PrivateKey.generate()),
    "another agency's key id": lambda x: x.signed(keyid=public_text(x.other.public_key())),
    "signed by another agency": lambda x: x.signed(key=x.other, keyid=public_text(x.key.public_key())),
    "the unit's own key id": _key_of("unit_key"),
    "a custodian's key id": _key_of("custodian_key"),
    "a key of small order": lambda x: x.signed(keyid="01" + "00" * 31),
    "a key of nothing": lambda x: x.signed(keyid="00" * 32),
    "a key id in capitals": lambda x: x.signed(keyid=public_text(x.key.public_key()).upper()),
    "a key id that is a name": lambda x: x.signed(keyid="E09"),
    "a key id with a space": lambda x: x.signed(keyid=public_text(x.key.public_key()) + " "),
    # when
    "late": lambda x: x.signed(age=302 + x.rng.random() * 10 ** x.rng.randrange(7)),
    "early": lambda x: x.signed(age=-65 - x.rng.random() * 10 ** x.rng.randrange(7)),
    "of no possible time": lambda x: x.signed(age=-(10**14)),
    # again
    "replayed": _replayed(lambda _, w: w),
    "replayed with another media type": _replayed(lambda _, w: w.adding("Content-Type", "text/plain")),
    "replayed with a header more": _replayed(lambda x, w: w.adding("X-Forwarded-For", str(x.rng.random()))),
    "replayed under another label": _replayed(
        lambda _, w: w.with_field("Signature", w.field("Signature").replace("clew=", "other=")).with_field(
            "Signature-Input", w.field("Signature-Input").replace("clew=", "other=")
        )
    ),
    "replayed to another address": _replayed(_another_path),
    "replayed with another method": _replayed(lambda _, w: replace(w, method="PATCH")),
    # for somebody else
    "signed for another unit": lambda x: x.signed(host="unit.example.org", sent_host=urlsplit(x.url).netloc),
    "signed for another port": lambda x: x.signed(host="127.0.0.1:1", sent_host=urlsplit(x.url).netloc),
    "signed for another port and sent as it": lambda x: x.signed(host="127.0.0.1:1"),
    "signed for another unit, named in the target": _tricked_host,
}


_CHANGED = ("Host", "Content-Digest", "Signature-Input", "Signature", "Idempotency-Key")
_LETTERS = [chr(one) for one in range(33, 127)] + [" ", "\t", "\x80", "\xff"]


def changed_at_random(rng: random.Random, wire: Wire) -> Wire:
    """One to three edits of one thing that the signature covers, or of the signature."""
    names = {name for name, _ in wire.fields}
    possible = ["method", "target", *(one for one in _CHANGED if one in names)]
    possible += ["body"] if wire.body else []
    what = rng.choice(possible)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if what == "body":
            wire = replace(wire, body=_edited(rng, wire.body.decode("latin-1")).encode("latin-1"))
        elif what == "method":
            wire = replace(wire, method=_edited(rng, wire.method).replace(" ", "") or "X")
        elif what == "target":
            wire = replace(wire, target=_edited(rng, wire.target).replace(" ", "") or "/")
        else:
            wire = wire.with_field(what, _edited(rng, wire.field(what)))
    return wire


def _edited(rng: random.Random, text: str) -> str:
    place = rng.randrange(len(text)) if text else 0
    kind = rng.randrange(7)
    letter = rng.choice(_LETTERS)
    if kind == 0:
        return text[:place] + letter + text[place:]
    if kind == 1:
        return text[:place] + text[place + 1 :]
    if kind == 2:
        return text[:place]
    if kind == 3:
        other = rng.randrange(len(text)) if text else 0
        low, high = sorted((place, other))
        return text[:low] + text[high:]
    if kind == 4:
        return text[:place] + text[place : place + 9] + text[place:]
    if kind == 5:
        return text[:place] + "".join(one.swapcase() if one.isascii() else one for one in text[place:])
    return text[:place] + letter + text[place + 1 :]


def means_the_same(first: Wire, second: Wire) -> bool:
    """Whether two requests say the same to everybody who reads them as the standards say.

    Spaces around a value, an empty query and other writings of one structured field change nothing.
    """
    return _meaning(first) == _meaning(second)


def _meaning(wire: Wire) -> object:
    fields = dict(wire.fields)
    signed = ("Content-Digest", "Signature-Input", "Signature")
    structured = [_parsed(fields.get(name, "")) for name in signed]
    target = wire.target.removesuffix("?") if wire.target.count("?") == 1 else wire.target
    plain = [fields.get(name, "").strip(" \t") for name in ("Host", "Idempotency-Key")]
    return (wire.method, target, plain[0].lower(), plain[1], *structured, wire.body)


def _parsed(text: str) -> object:
    try:
        return repr(http_sf.parse(text.strip(" \t").encode("latin-1"), tltype="dictionary"))
    except ValueError:
        return text.strip(" \t")
