"""The stand-alone verifier's own Ed25519, Merkle proofs and notes, against what others published.

It shares no code with the service's: each must refuse what the other refuses.
"""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.transparency import merkle
from domain.transparency.checkpoint import Checkpoint, sign
from domain.transparency.note import VerifierKey
from examples.verify_bundle import (
    ed25519_verify,
    open_checkpoint,
    verify_consistency,
    verify_inclusion,
)
from tests.unit.domain.transparency import reference
from tests.unit.domain.transparency.reference import leaf_hash, tree_root

# RFC 8032, section 7.1: public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
        "f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
        "4dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
ORDER = 2**252 + 27742317777372353535851937790883648493
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = SIGNER.public_key().public_bytes_raw()
KEY = VerifierKey("example.org/log", PUBLIC)


@pytest.mark.parametrize("vector", RFC_8032)
def test_the_signatures_of_rfc_8032_are_accepted_and_no_flipped_byte_of_them(
    vector: tuple[str, str, str],
) -> None:
    public, message, signature = map(bytes.fromhex, vector)
    assert ed25519_verify(public, signature, message)
    for at in range(0, 64, 9):
        flipped = bytearray(signature)
        flipped[at] ^= 1
        assert not ed25519_verify(public, bytes(flipped), message)
    assert not ed25519_verify(public, signature, message + b"\0")


def test_a_signature_that_was_shifted_by_the_order_of_the_group_is_refused() -> None:
    signature = SIGNER.sign(b"text")
    shifted = int.from_bytes(signature[32:], "little") + ORDER
    malleable = signature[:32] + shifted.to_bytes(32, "little")
    assert ed25519_verify(PUBLIC, signature, b"text")
    assert not ed25519_verify(PUBLIC, malleable, b"text")


@pytest.mark.parametrize("size", [0, 31, 33, 63, 65])
def test_keys_and_signatures_of_another_length_are_refused(size: int) -> None:
    assert not ed25519_verify(bytes(size), SIGNER.sign(b""), b"")
    assert not ed25519_verify(PUBLIC, bytes(size), b"")


@given(st.binary(max_size=64), st.integers(0, 95), st.integers(0, 255))
@settings(max_examples=25)
def test_signatures_are_judged_as_openssl_judges_them(message: bytes, at: int, flip: int) -> None:
    damaged = bytearray(PUBLIC + SIGNER.sign(message))
    damaged[at] ^= flip
    public, signature = bytes(damaged[:32]), bytes(damaged[32:])
    assert ed25519_verify(public, signature, message) == openssl(public, signature, message)


def openssl(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def test_the_published_proofs_are_accepted() -> None:
    assert all(verify_inclusion(*each) for each in reference.good_inclusions())
    assert all(verify_consistency(*each) for each in reference.good_consistencies())


def test_no_damaged_proof_is_accepted() -> None:
    inclusions, consistencies = reference.bad_inclusions(), reference.bad_consistencies()
    accepted = [what for what, bad in inclusions if verify_inclusion(*bad)]
    accepted += [what for what, bad in consistencies if verify_consistency(*bad)]
    assert accepted == []


@given(st.integers(1, 40), st.data())
def test_both_verifiers_judge_proofs_of_any_tree_alike(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path = [tree_root(leaves[a:b]) for a, b in merkle.inclusion_path(index, size)]
    index, path = data.draw(st.sampled_from([(index, path), (index ^ 1, path), (index, path[1:])]))
    asked = leaves[min(index, size - 1)], index, size, path, tree_root(leaves)
    assert verify_inclusion(*asked) == merkle.verify_inclusion(*asked)

    first = data.draw(st.integers(1, size))
    path = [tree_root(leaves[a:b]) for a, b in merkle.consistency_path(first, size)]
    claimed = data.draw(st.sampled_from([first, max(1, first - 1), first + 1]))
    roots = tree_root(leaves[:first]), tree_root(leaves)
    assert verify_consistency(claimed, size, path, *roots) == merkle.verify_consistency(
        claimed, size, path, *roots
    )


def checkpoint_of(origin: str = KEY.name) -> str:
    return sign(Checkpoint(origin, 7, bytes(32)), KEY, SIGNER.sign)


def test_a_checkpoint_that_the_service_signs_is_read() -> None:
    assert open_checkpoint(checkpoint_of(), [KEY.text]) == (7, bytes(32))


@pytest.mark.parametrize(
    ("note", "key", "reason"),
    [
        (checkpoint_of().replace("\n7\n", "\n8\n"), KEY, "not the key's"),
        (checkpoint_of("example.org/other"), KEY, "another log"),
        (checkpoint_of(), VerifierKey(KEY.name, bytes(31) + b"\1"), "none of the keys"),
        (checkpoint_of(), VerifierKey("example.org/other", PUBLIC), "none of the keys"),
        (checkpoint_of().split("\n\n")[0], KEY, "values to unpack"),
    ],
)
def test_a_checkpoint_of_another_key_log_or_size_is_refused(
    note: str, key: VerifierKey, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        open_checkpoint(note, [key.text])


def test_a_key_whose_id_is_another_keys_is_refused() -> None:
    name, _, encoded = KEY.text.split("+", 2)
    with pytest.raises(ValueError, match="no key of a log"):
        open_checkpoint(checkpoint_of(), [f"{name}+00000000+{encoded}"])
