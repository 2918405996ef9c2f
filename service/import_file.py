"""An uploaded import on disk: encrypted piece by piece, and read back line by line."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from domain.errors import Invalid, TooLarge
from service.vault import Vault

_PIECE = 1 << 20
LINE_MAX = 1 << 20


class ImportFile:
    """The bytes of one job, sealed with the account's key and to their place in the file."""

    def __init__(self, folder: Path, vault: Vault, account_id: int, job_id: int) -> None:
        self._path = folder / f"{job_id}.import"
        self._vault = vault
        self._account_id = account_id
        self._job_id = job_id

    def write(self, stream: BinaryIO, bytes_max: int) -> int:
        """Store the whole stream, fsynced; the number of bytes. Raises Invalid or TooLarge."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        size = number = 0
        try:
            with self._path.open("xb") as file:
                while piece := _read_whole(stream):
                    size += len(piece)
                    if size > bytes_max:
                        raise TooLarge(f"An import may have up to {bytes_max} bytes.")
                    sealed = self._vault.encrypt_for_account(
                        self._account_id, piece, self._place(number)
                    )
                    file.write(len(sealed).to_bytes(4) + sealed)
                    number += 1
                if size == 0:
                    raise Invalid("The import is empty.")
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            self._path.unlink(missing_ok=True)
            raise
        _sync_folder(self._path.parent)
        return size

    def lines(self) -> Iterator[bytes]:
        """The lines of the file without their ends; one of more than LINE_MAX bytes has lost some
        of them, and still has more than LINE_MAX."""
        rest = b""
        for piece in self._pieces():
            *whole, rest = (rest + piece).split(b"\n")
            yield from (line.removesuffix(b"\r") for line in whole)
            rest = rest[: LINE_MAX + 1]
        if rest:
            yield rest.removesuffix(b"\r")

    def remove(self) -> None:
        """The job is over; the file goes."""
        self._path.unlink(missing_ok=True)

    def _pieces(self) -> Iterator[bytes]:
        number = 0
        with self._path.open("rb") as file:
            while head := file.read(4):
                sealed = file.read(int.from_bytes(head))
                yield self._vault.decrypt_for_account(self._account_id, sealed, self._place(number))
                number += 1

    def _place(self, number: int) -> bytes:
        return b"import %d piece %d" % (self._job_id, number)


def _read_whole(stream: BinaryIO) -> bytes:
    """A full piece, even where the stream answers in small parts."""
    piece = bytearray()
    while len(piece) < _PIECE and (part := stream.read(_PIECE - len(piece))):
        piece += part
    return bytes(piece)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
