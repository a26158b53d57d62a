"""The ledger's tree is the one of RFC 6962, and its proofs prove what they say and nothing else."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import VerificationError
from linkage.register.ledger_tree import (
    EMPTY_ROOT,
    Nodes,
    consistency_proof,
    grown,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from tests.oracles import ledger_oracle as oracle

VECTORS = json.loads((Path(__file__).parent / "vectors" / "ledger-rfc6962.json").read_text())
LEAVES = [bytes.fromhex(one) for one in VECTORS["leaves"]]


def tree(leaves: list[bytes]) -> Nodes:
    held: dict[tuple[int, int], bytes] = {}
    for size, leaf in enumerate(leaves):
        held.update({(level, at): digest for level, at, digest in grown(size, leaf_hash(leaf), _get(held))})
    return _get(held)


def _get(held: dict[tuple[int, int], bytes]) -> Nodes:
    return lambda level, index: held[level, index]


def test_roots_are_those_of_certificate_transparency() -> None:
    nodes = tree(LEAVES)
    assert [root(size, nodes).hex() for size in range(9)] == VECTORS["roots"]
    assert root(0, nodes) == EMPTY_ROOT


def test_inclusion_proofs_are_those_of_certificate_transparency() -> None:
    nodes = tree(LEAVES)
    for one in VECTORS["inclusion"]:
        found = inclusion_proof(one["index"], one["size"], nodes)
        assert [digest.hex() for digest in found] == one["proof"]


SIZES = st.integers(1, 70)


def leaves_of(size: int) -> list[bytes]:
    return [f"leaf {number}".encode() for number in range(size)]


@given(size=SIZES, data=st.data())
def test_proofs_agree_with_the_text_of_the_rfc_and_verify(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    nodes, index, old = tree(leaves), data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    head = root(size, nodes)
    assert head == oracle.tree_hash(leaves)
    inclusion = inclusion_proof(index, size, nodes)
    assert inclusion == oracle.path(index, leaves)
    verify_inclusion(leaf_hash(leaves[index]), index, size, inclusion, head)
    consistency = consistency_proof(old, size, nodes)
    if old:
        assert consistency == oracle.proof(old, leaves)
    verify_consistency(old, size, root(old, nodes), head, consistency)


@given(size=SIZES, data=st.data())
def test_a_proof_that_was_changed_anywhere_proves_nothing(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    nodes, index = tree(leaves), data.draw(st.integers(0, size - 1))
    head, leaf = root(size, nodes), leaf_hash(leaves[index])
    proof = inclusion_proof(index, size, nodes)
    wrong = data.draw(st.sampled_from(("leaf", "index", "size", "root", "proof", "longer", "shorter")))
    at = data.draw(st.integers(0, max(len(proof) - 1, 0)))
    other = bytes(32)
    if wrong == "leaf":
        leaf = other
    elif wrong == "root":
        head = other
    elif wrong == "index":
        index = data.draw(st.integers(0, 2 * size).filter(lambda one: one != index))
    elif wrong == "size":
        size = size + 1 if not proof else 2 * size + 1
    elif wrong == "longer" or not proof:
        proof = [*proof, other]
    elif wrong == "shorter":
        proof = proof[:-1]
    else:
        proof[at] = other
    with pytest.raises(VerificationError):
        verify_inclusion(leaf, index, size, proof, head)


@given(size=st.integers(2, 70), data=st.data())
def test_a_history_that_was_changed_is_not_consistent(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    old = data.draw(st.integers(1, size))
    changed = data.draw(st.integers(0, old - 1))
    forged = [*leaves[:changed], b"forged", *leaves[changed + 1 :]]
    true, false = tree(leaves), tree(forged)
    for proof in (consistency_proof(old, size, true), consistency_proof(old, size, false)):
        with pytest.raises(VerificationError):
            verify_consistency(old, size, root(old, true), root(size, false), proof)


def test_a_shorter_ledger_is_refused() -> None:
    nodes = tree(LEAVES)
    with pytest.raises(VerificationError, match="shorter"):
        verify_consistency(8, 5, root(8, nodes), root(5, nodes), [])
    with pytest.raises(ValueError, match="larger"):
        consistency_proof(8, 5, nodes)
    with pytest.raises(ValueError, match="not in"):
        inclusion_proof(5, 5, nodes)
