"""Documents and their words on disk, encrypted with the key of their patient."""

import os
import re
import tempfile
from pathlib import Path
from typing import Protocol

KIND = re.compile(r"pdf|words|page-[1-9][0-9]{0,3}\.png")
SHA256 = re.compile(r"[0-9a-f]{64}")
UNFINISHED = ".unfinished-"


class BlobMissing(LookupError):
    """There is no such blob, or it is not this patient's."""


class Cipher(Protocol):
    """Encrypts with the key of a patient; `associated` must be the same to decrypt."""

    def encrypt(self, patient_id: int, plaintext: bytes, associated: bytes) -> bytes: ...

    def decrypt(self, patient_id: int, ciphertext: bytes, associated: bytes) -> bytes: ...


class BlobStore(Protocol):
    """Blobs addressed by patient, SHA-256 (hex) of the document, and kind: "pdf", "words", or
    "page-3.png" for the picture of a page."""

    def put(self, patient_id: int, sha256: str, kind: str, data: bytes) -> None: ...

    def get(self, patient_id: int, sha256: str, kind: str) -> bytes: ...

    def has(self, patient_id: int, sha256: str, kind: str) -> bool: ...

    def purge(self, patient_id: int) -> int: ...

    def sweep(self) -> int: ...


class FileBlobStore:
    """A BlobStore of files below `root`, one directory per patient, nothing shared between them.

    What `put` returned from survives a power cut. Directories are 0700 and files 0600.
    """

    def __init__(self, root: Path, cipher: Cipher) -> None:
        self._root = root
        self._cipher = cipher
        _make_directory(root)

    def put(self, patient_id: int, sha256: str, kind: str, data: bytes) -> None:
        """Stores `data`, whole or not at all; replaces what was there."""
        path = self._path(patient_id, sha256, kind)
        sealed = self._cipher.encrypt(patient_id, data, _associated(patient_id, sha256, kind))
        _make_directory(path.parent)
        descriptor, unfinished = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
        with open(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
        _sync_directory(path.parent)

    def get(self, patient_id: int, sha256: str, kind: str) -> bytes:
        """The stored bytes. Raises BlobMissing, and what the cipher raises for altered files."""
        try:
            sealed = self._path(patient_id, sha256, kind).read_bytes()
        except FileNotFoundError:
            raise BlobMissing(f"no {kind} blob {sha256} of patient {patient_id}") from None
        return self._cipher.decrypt(patient_id, sealed, _associated(patient_id, sha256, kind))

    def has(self, patient_id: int, sha256: str, kind: str) -> bool:
        return self._path(patient_id, sha256, kind).is_file()

    def purge(self, patient_id: int) -> int:
        """Removes everything of the patient; returns how many blobs that were."""
        directory = self._directory(patient_id)
        if not directory.is_dir():
            return 0
        removed = 0
        for path in directory.iterdir():
            removed += not path.name.startswith(UNFINISHED)
            path.unlink()
        directory.rmdir()
        _sync_directory(self._root)
        return removed

    def sweep(self) -> int:
        """Removes what a crash left half written, before anything else writes; returns a count."""
        leftovers = list(self._root.glob(f"*/{UNFINISHED}*"))
        for path in leftovers:
            path.unlink()
        return len(leftovers)

    def _directory(self, patient_id: int) -> Path:
        return self._root / str(int(patient_id))

    def _path(self, patient_id: int, sha256: str, kind: str) -> Path:
        if not KIND.fullmatch(kind) or not SHA256.fullmatch(sha256):
            raise ValueError("a blob is addressed by a SHA-256 in hex and a kind")
        return self._directory(patient_id) / f"{sha256}.{kind}"


def _associated(patient_id: int, sha256: str, kind: str) -> bytes:
    return f"{patient_id}/{sha256}/{kind}".encode()


def _make_directory(path: Path) -> None:
    if not path.is_dir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
