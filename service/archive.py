"""The zip file of an audit bundle, whose manifest has the SHA-256 of every other file."""

import hashlib
import zipfile
from collections.abc import Iterable
from importlib import resources
from types import TracebackType
from typing import Any, BinaryIO, Self

import orjson

README = """\
This is an audit bundle: a frozen quality report with all that it rests on.

To verify it, without the service and without a network (Python 3.11 is enough):

    python verify_bundle.py BUNDLE.zip --key VKEY

VKEY is the public key of the transparency log. Have it from whoever runs the service, by another
way than this file; GET /transparency/keys shows it. Take the script from where you trust it, too.
With --against FILE a checkpoint that you kept earlier is compared; fetch the bundle with
?since=SIZE then, where SIZE is the second line of that checkpoint.

checkpoint.txt  the size and the root of the log, signed (C2SP tlog-checkpoint)
report.json     the report, byte for byte as it was frozen
metrics.json    the definitions it was computed with
patients.json   the result of every patient, and the values it rests on with page and box
events.ndjson   the events behind: as stored (base64), and what they say in clear
proofs.json     for each event, the hashes from it up to the root
manifest.json   the SHA-256 of each file

A patient's event is stored encrypted; `payload` is what it says. That the one is the other can be
checked by the service alone (attestor verify), which has the keys. An event of a patient who was
erased since has no payload any more; its proof still holds.

The bundle holds patient data: keep it as you keep charts.
"""


class Archive:
    """A zip file that is written from front to end."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._hashes: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def add(self, name: str, content: Iterable[bytes]) -> None:
        """Add a file, part by part."""
        sha256 = hashlib.sha256()
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        with self._zip.open(info, "w", force_zip64=True) as file:
            for part in content:
                sha256.update(part)
                file.write(part)
        self._hashes[name] = sha256.hexdigest()

    def add_texts(self) -> None:
        """Add the verifier and what there is to read."""
        script = resources.files("service.verification").joinpath("verify_bundle.py")
        self.add("verify_bundle.py", [script.read_bytes()])
        self.add("README.txt", [README.encode()])

    def finish(self, manifest: dict[str, Any]) -> None:
        """Add the manifest, with the hashes of all files that were added."""
        files = {"files": self._hashes}
        self.add("manifest.json", [orjson.dumps(manifest | files, option=orjson.OPT_INDENT_2)])
