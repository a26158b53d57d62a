"""The key hierarchy a second time, from the text of docs/spec/keys-v1.md and the standard library alone.

Works on the bytes of files: nothing here knows our types.
"""

import hashlib
import hmac
import json


def lp(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def labelled(label: str, content: bytes) -> bytes:
    return hashlib.sha256(lp(label.encode()) + content).digest()


def derive(key: bytes, label: str, length: int) -> bytes:
    info = b"clew/derive/1\x00" + label.encode()
    out, block, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.new(key, block + info + bytes([counter]), hashlib.sha256).digest()
        out += block
        counter += 1
    return out[:length]


def check_value(key: bytes) -> str:
    return derive(key, "kcv", 16).hex()


def ceremony_id(ceremony_file: bytes) -> bytes:
    return labelled("clew/ceremony/1", ceremony_file)


def commitment(ceremony_file: bytes, custodian: str, contribution: bytes) -> str:
    content = ceremony_id(ceremony_file) + bytes.fromhex(custodian) + contribution
    return labelled("clew/commitment/1", content).hex()


def commitments_hash(ceremony_file: bytes, commitment_files: dict[str, bytes]) -> bytes:
    digests = [labelled("clew/message/1", commitment_files[key]) for key in sorted(commitment_files)]
    return labelled("clew/commitments/1", ceremony_id(ceremony_file) + b"".join(digests))


def transcript(
    ceremony_file: bytes, commitment_files: dict[str, bytes], contribution_files: dict[str, bytes]
) -> bytes:
    messages = [
        {
            "commitment": labelled("clew/message/1", commitment_files[key]).hex(),
            "contribution": labelled("clew/message/1", contribution_files[key]).hex(),
            "custodian": key,
        }
        for key in sorted(commitment_files)
    ]
    content = {
        "ceremony": ceremony_id(ceremony_file).hex(),
        "epoch": json.loads(ceremony_file)["epoch"],
        "format": "clew-transcript",
        "messages": messages,
        "version": 1,
    }
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()


def share_digest(ceremony_file: bytes, custodian: str, words: str) -> str:
    content = ceremony_id(ceremony_file) + bytes.fromhex(custodian) + hashlib.sha256(words.encode()).digest()
    return labelled("clew/share/1", content).hex()


def epoch_key(
    ceremony_file: bytes, commitment_files: dict[str, bytes], contributions: dict[str, bytes]
) -> bytes:
    salt = commitments_hash(ceremony_file, commitment_files)
    material = b"".join(lp(contributions[key]) for key in sorted(contributions))
    return hmac.new(salt, material, hashlib.sha256).digest()
