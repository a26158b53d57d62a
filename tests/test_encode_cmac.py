"""Many codes at a time are what the standard and the library say of each."""

import pytest
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from linkage.encode.cmac import BLOCK_BYTES, Cmac

# NIST SP 800-38B, examples for AES-256: https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines
KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
MESSAGE = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
EXAMPLES = {
    0: "028962f61b7bf89efc6b551f4667d983",
    16: "28a7023f452e8f82bd4bf28d8c37c35c",
    40: "aaf3d8f1de5640c232f5b169b9c911e6",
    64: "e1992190549f6ed5696a2c056c315410",
}


@pytest.mark.parametrize(("length", "code"), EXAMPLES.items())
def test_the_standards_examples(length: int, code: str) -> None:
    assert Cmac(KEY)([MESSAGE[:length]]).hex() == code


def test_the_standards_examples_all_at_once() -> None:
    messages = [MESSAGE[:length] for length in EXAMPLES]
    assert Cmac(KEY)(messages).hex() == "".join(EXAMPLES.values())


@given(st.binary(min_size=32, max_size=32), st.lists(st.binary(max_size=70), max_size=12))
def test_each_is_what_the_library_gives(key: bytes, messages: list[bytes]) -> None:
    expected = b""
    for message in messages:
        one = CMAC(algorithms.AES(key))
        one.update(message)
        expected += one.finalize()
    assert Cmac(key)(messages) == expected
    assert len(expected) == BLOCK_BYTES * len(messages)
