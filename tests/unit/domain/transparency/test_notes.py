"""Signed notes and checkpoints: published ones are read, written alike, and nothing else is."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from domain.transparency import checkpoint, note
from domain.transparency.checkpoint import Checkpoint
from domain.transparency.note import BadNote, VerifierKey, join, open_note, parse_key

# The example of golang.org/x/mod/sumdb/note, with its private key.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
NOTE = (
    TEXT + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfq"
    "dngotpRZb6KE6RyyBwJnAM=\n"
)
# A checkpoint of the Go checksum database and its key; the example of C2SP tlog-checkpoint is this
# under another name.
GO = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
GO_CHECKPOINT = (
    "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— sum.golang.org Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo"
    "+zyWE+xeMcTOAYQ8=\n"
)
KEY = Ed25519PrivateKey.from_private_bytes(PETERS_SEED)
OURS = VerifierKey("attestor.example/log", KEY.public_key().public_bytes_raw())


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def test_a_published_note_opens_with_its_key() -> None:
    assert open_note(NOTE, [parse_key(PETER)], verify) == (TEXT, [parse_key(PETER)])


def test_a_note_is_signed_as_the_published_one_is() -> None:
    line = note.signature_line(parse_key(PETER), TEXT, KEY.sign)
    assert join(TEXT, [line]) == NOTE


def test_a_published_checkpoint_is_read_with_its_key() -> None:
    read = checkpoint.verify(GO_CHECKPOINT, "go.sum database tree", [parse_key(GO)], verify)
    assert (read.size, read.root.hex()[:8], read.signed_at) == (20852163, "0ac5186a", None)
    assert read.text == GO_CHECKPOINT.partition("\n\n")[0] + "\n"


@pytest.mark.parametrize("text", [PETER, GO])
def test_a_published_key_is_written_as_it_was_read(text: str) -> None:
    assert parse_key(text).text == text


def test_a_key_that_is_cut_or_changed_anywhere_is_refused() -> None:
    cut = [PETER[:at] for at in range(len(PETER))] + [PETER[at:] for at in range(1, len(PETER))]
    changed = [PETER[:at] + chr(ord(PETER[at]) + 1) + PETER[at + 1 :] for at in range(len(PETER))]
    for text in (*cut, *changed):
        with pytest.raises(BadNote):
            parse_key(text)


# From golang.org/x/mod/sumdb/note: right key hash, wrong length; right key hash, other algorithm.
@pytest.mark.parametrize(
    "text",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_a_key_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        parse_key(text)


@given(st.integers(0, len(NOTE.encode()) * 8 - 1))
def test_no_bit_of_a_note_can_change(bit: int) -> None:
    damaged = bytearray(NOTE.encode())
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadNote):
        open_note(damaged.decode("utf-8", "replace"), [parse_key(PETER)], verify)


@given(st.integers(0, len(NOTE) - 1))
def test_a_note_that_is_cut_is_refused(length: int) -> None:
    with pytest.raises(BadNote):
        open_note(NOTE[:length], [parse_key(PETER)], verify)


@pytest.mark.parametrize(
    "damaged",
    [
        NOTE + "\n",
        NOTE + "more\n",
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("— ", "- "),
        NOTE.replace("PeterNeumann", "Peter Neumann"),
        NOTE.replace("JnAM=", "JnAN="),
        NOTE.replace("\n", "\r\n"),
        "\x00" + NOTE,
    ],
)
def test_a_note_in_another_form_is_refused(damaged: str) -> None:
    with pytest.raises(BadNote):
        open_note(damaged, [parse_key(PETER)], verify)


def test_signatures_of_strangers_neither_help_nor_harm() -> None:
    stranger = "— stranger.example AAAAAAAAAAAA\n"
    assert open_note(NOTE + stranger, [parse_key(PETER)], verify)[0] == TEXT
    with pytest.raises(BadNote, match="no known key"):
        open_note(join(TEXT, [stranger]), [parse_key(PETER)], verify)
    with pytest.raises(BadNote, match="no known key"):
        open_note(NOTE, [parse_key(GO)], verify)


def test_one_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    forged = note.signature_line(parse_key(GO), TEXT, lambda text: bytes(64))
    with pytest.raises(BadNote, match=r"signature of sum\.golang\.org is wrong"):
        open_note(NOTE + forged, [parse_key(PETER), parse_key(GO)], verify)


ROOTS = st.binary(min_size=32, max_size=32)
TIMES = st.datetimes(timezones=st.just(UTC)).filter(lambda time: time.year >= 1000)


@given(
    st.builds(
        Checkpoint,
        st.just("attestor.example/log"),
        st.integers(0, 2**62),
        ROOTS,
        st.none() | TIMES.map(lambda time: time.replace(microsecond=0)),
    )
)
def test_a_checkpoint_comes_back_out_of_its_note(made: Checkpoint) -> None:
    signed = checkpoint.sign(made, OURS, KEY.sign)
    assert checkpoint.verify(signed, made.origin, [OURS], verify) == made


def test_the_time_is_the_line_after_the_root() -> None:
    made = Checkpoint("attestor.example/log", 7, bytes(32), datetime(2026, 3, 1, 9, 5, tzinfo=UTC))
    assert made.text == (
        "attestor.example/log\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
        "2026-03-01T09:05:00Z\n"
    )


def test_a_checkpoint_of_another_log_is_refused() -> None:
    signed = checkpoint.sign(Checkpoint("other.example/log", 1, bytes(32)), OURS, KEY.sign)
    with pytest.raises(BadNote, match="another log"):
        checkpoint.verify(signed, "attestor.example/log", [OURS], verify)


_ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"log\n1\n{_ROOT}",
        "log\n1\n",
        f"\n1\n{_ROOT}\n",
        f"log\n01\n{_ROOT}\n",
        f"log\n-1\n{_ROOT}\n",
        f"log\n1.0\n{_ROOT}\n",
        f"log\n\N{ARABIC-INDIC DIGIT ONE}\n{_ROOT}\n",
        f"log\n1\n{_ROOT[:-1]}\n",
        f"log\n1\n{_ROOT}=\n",
        f"log\n1\n{_ROOT[:-2]}B=\n",
        "log\n1\nAAAA\n",
        f"log\n1\n{_ROOT}\n\nmore\n",
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        checkpoint.parse(text)
