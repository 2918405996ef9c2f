import os
import stat
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.pdf.store import BlobMissing, FileBlobStore

ONE, TWO = "a" * 64, "b" * 64


class KeyPerPatient:
    """A cipher of the test's own: AES-GCM with a fresh key for every patient."""

    def __init__(self) -> None:
        self.keys: dict[int, AESGCM] = {}

    def _key(self, patient_id: int) -> AESGCM:
        return self.keys.setdefault(patient_id, AESGCM(AESGCM.generate_key(256)))

    def encrypt(self, patient_id: int, plaintext: bytes, associated: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._key(patient_id).encrypt(nonce, plaintext, associated)

    def decrypt(self, patient_id: int, ciphertext: bytes, associated: bytes) -> bytes:
        return self._key(patient_id).decrypt(ciphertext[:12], ciphertext[12:], associated)


@pytest.fixture
def store(tmp_path: Path) -> FileBlobStore:
    return FileBlobStore(tmp_path / "blobs", KeyPerPatient())


def _files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_what_was_put_is_what_is_got(store: FileBlobStore) -> None:
    store.put(1, ONE, "pdf", b"%PDF-1.7 bytes")
    store.put(1, ONE, "words", b"{}")
    assert store.get(1, ONE, "pdf") == b"%PDF-1.7 bytes"
    assert store.get(1, ONE, "words") == b"{}"
    store.put(1, ONE, "words", b"{1}")
    assert store.get(1, ONE, "words") == b"{1}"


def test_the_same_document_of_two_patients_shares_nothing(
    store: FileBlobStore, tmp_path: Path
) -> None:
    store.put(1, ONE, "pdf", b"the same bytes")
    assert not store.has(2, ONE, "pdf")
    with pytest.raises(BlobMissing):
        store.get(2, ONE, "pdf")
    store.put(2, ONE, "pdf", b"the same bytes")
    first, second = _files(tmp_path)
    assert first.read_bytes() != second.read_bytes()
    assert first.parent != second.parent


def test_nothing_on_disk_shows_the_text(store: FileBlobStore, tmp_path: Path) -> None:
    store.put(1, ONE, "words", b"Elena Marchetti")
    assert all(b"Marchetti" not in path.read_bytes() for path in _files(tmp_path))


def test_a_blob_moved_to_another_name_does_not_open(store: FileBlobStore, tmp_path: Path) -> None:
    store.put(1, ONE, "pdf", b"first")
    store.put(1, TWO, "pdf", b"second")
    first, second = _files(tmp_path)
    os.replace(second, first)
    with pytest.raises(InvalidTag):
        store.get(1, ONE, "pdf")


def test_only_the_owner_may_read_files_and_directories(
    store: FileBlobStore, tmp_path: Path
) -> None:
    store.put(1, ONE, "pdf", b"bytes")
    modes = {
        stat.S_IMODE(path.stat().st_mode)
        for path in (tmp_path / "blobs").rglob("*")
        if path.is_dir()
    }
    assert modes == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in _files(tmp_path)} == {0o600}


def test_purging_a_patient_leaves_the_others(store: FileBlobStore, tmp_path: Path) -> None:
    store.put(1, ONE, "pdf", b"bytes")
    store.put(1, ONE, "words", b"{}")
    store.put(2, ONE, "pdf", b"bytes")
    assert store.purge(1) == 2
    assert store.purge(1) == 0
    assert not store.has(1, ONE, "pdf")
    assert store.get(2, ONE, "pdf") == b"bytes"
    assert not (tmp_path / "blobs" / "1").exists()


def test_a_sweep_removes_what_a_crash_left_and_nothing_else(
    store: FileBlobStore, tmp_path: Path
) -> None:
    store.put(1, ONE, "pdf", b"bytes")
    (tmp_path / "blobs" / "1" / ".unfinished-x1").write_bytes(b"half")
    assert store.sweep() == 1
    assert store.sweep() == 0
    assert store.get(1, ONE, "pdf") == b"bytes"


@pytest.mark.parametrize(
    ("sha256", "kind"), [("../" + "a" * 61, "pdf"), ("A" * 64, "pdf"), (ONE, "png"), ("", "pdf")]
)
def test_an_address_that_is_none_is_refused(store: FileBlobStore, sha256: str, kind: str) -> None:
    with pytest.raises(ValueError, match="addressed by"):
        store.put(1, sha256, kind, b"")


def test_a_failed_write_keeps_what_was_there(store: FileBlobStore) -> None:
    store.put(1, ONE, "pdf", b"first")
    with pytest.raises(TypeError):
        store.put(1, ONE, "pdf", None)  # type: ignore[arg-type]
    assert store.get(1, ONE, "pdf") == b"first"
