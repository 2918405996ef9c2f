"""Verify an audit bundle offline, with Python 3.11 and this file alone.

    python verify_bundle.py BUNDLE.zip --key VKEY [--against OLD_CHECKPOINT.txt]

A line per check, and one per damage with its class and place; exit code 1 when there is any.
The checkpoint must be signed by the key you name (C2SP signed note, Ed25519), and each event be in
the log that it commits to (RFC 6962). The report must be the one that was frozen there, its counts
be those of its patients, and each value they rest on stand in an earlier event of that patient,
with this page and box. With --against, a checkpoint that you kept must be of the same log.
"""

import argparse
import base64
import hashlib
import json
import struct
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

SCHEMA, ERASED = "attestor.bundle/1", "patient.erased"
PLACE = ("value", "pdf_page", "highlight", "document_id")
NOTHING: dict[str, Any] = dict.fromkeys(("topic", "number", "originator_version", "payload"))
POPULATIONS = (
    "initial_population", "denominator", "denominator_exclusions", "denominator_exceptions",
    "numerator", "numerator_exclusions", "measure_population", "measure_population_exclusions",
    "measure_observations",
)  # fmt: skip
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
Json = dict[str, Any]
Hashes = Sequence[bytes]
Point = tuple[int, int]
D, BASE_Y = -121665 * pow(121666, -1, P) % P, 4 * pow(5, -1, P) % P


def ed25519_verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `public` (32 bytes) made `signature` (64 bytes) of the message: RFC 8032, 5.1.7."""
    s = int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or s >= L:
        return False
    hashed = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(hashed, "little") % L
    key, base = _point(public), _point(BASE_Y.to_bytes(32, "little"))
    if key is None or base is None:
        return False
    x, y = _add(_times(s, base), _times(L - k, key))
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def _point(data: bytes) -> Point | None:
    """The point of the curve that 32 bytes name, if they name one."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or y >= P or (sign and not x):
        return None
    return P - x if x & 1 != sign else x, y


def _add(one: Point, other: Point) -> Point:
    (x1, y1), (x2, y2) = one, other
    k = D * x1 * x2 * y1 * y2
    x, y = (x1 * y2 + x2 * y1) * pow(1 + k, -1, P), (y1 * y2 + x1 * x2) * pow(1 - k, -1, P)
    return x % P, y % P


def _times(factor: int, point: Point) -> Point:
    product: Point = (0, 1)
    for bit in f"{factor:b}":
        product = _add(product, product)
        product = _add(product, point) if bit == "1" else product
    return product


def verify_inclusion(leaf: bytes, index: int, size: int, path: Hashes, root: bytes) -> bool:
    """Whether the path leads from leaf hash number `index` to the root of `size` leaves."""
    rest = list(path)

    def climb(index: int, size: int) -> bytes:
        if size == 1:
            return leaf
        left, sibling = 1 << (size - 1).bit_length() - 1, rest.pop() if rest else b""
        if index < left:
            return _node(climb(index, left), sibling)
        return _node(sibling, climb(index - left, size - left))

    is_sound = 0 <= index < size and all(len(each) == 32 for each in (leaf, *path))
    return is_sound and climb(index, size) == root and not rest


def verify_consistency(
    first: int, second: int, path: Hashes, first_root: bytes, second_root: bytes
) -> bool:
    """Whether the tree of `first` leaves is the beginning of the one of `second` leaves."""
    rest = list(path)

    def climb(first: int, second: int, is_whole: bool) -> tuple[bytes, bytes]:
        if first == second:
            found = first_root if is_whole else rest.pop() if rest else b""
            return found, found
        left, sibling = 1 << (second - 1).bit_length() - 1, rest.pop() if rest else b""
        if first <= left:
            old, new = climb(first, left, is_whole)
            return old, _node(new, sibling)
        old, new = climb(first - left, second - left, False)
        return _node(sibling, old), _node(sibling, new)

    roots = first_root, second_root
    is_sound = 0 < first <= second and all(len(each) == 32 for each in (*roots, *path))
    return is_sound and climb(first, second, True) == roots and not rest


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def open_checkpoint(note: str, keys: Sequence[str]) -> tuple[int, bytes]:
    """Size and root of a checkpoint that one of the keys (name+id+base64) signed."""
    text, _, signatures = note.rpartition("\n\n")
    known = {signer[:2]: signer[2] for signer in map(_signer, keys)}
    for line in signatures.splitlines():
        _, name, encoded = line.split(" ")
        signed = base64.b64decode(encoded, validate=True)
        if (public := known.get((name, signed[:4]))) is not None:
            if not ed25519_verify(public, signed[4:], f"{text}\n".encode()):
                raise ValueError("forged: the signature is not the key's")
            origin, size, root = text.split("\n")[:3]
            if origin != name:
                raise ValueError("forged: it is of another log")
            return int(size), base64.b64decode(root, validate=True)
    raise ValueError("forged: none of the keys signed it")


def _signer(vkey: str) -> tuple[str, bytes, bytes]:
    name, _, encoded = vkey.strip().split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    key_id = hashlib.sha256(f"{name}\n".encode() + key).digest()[:4]
    if key[:1] != b"\x01" or vkey.strip() != f"{name}+{key_id.hex()}+{encoded}":
        raise ValueError(f"{vkey} is no key of a log")
    return name, key_id, key[1:]


def entry_of(event: Json, state: bytes) -> bytes:
    """What the log commits to: the hash of the state as stored, and all other columns."""
    since_2000 = datetime.fromisoformat(event["recorded_at"]) - datetime(2000, 1, 1, tzinfo=UTC)
    names = ("position", "originator_version", "topic", "account_id", "actor", "request_id")
    position, version, topic, *who = (_packed(event[name]) for name in names)
    id_ = UUID(event["originator_id"]).bytes
    fields = (position, id_, version, topic, _packed(since_2000 // timedelta(microseconds=1)), *who)
    sized = (struct.pack(">i", -1) if f is None else struct.pack(">i", len(f)) + f for f in fields)
    return hashlib.sha256(state).digest() + b"".join(sized)


def _packed(field: int | str | None) -> bytes | None:
    if isinstance(field, int):
        return struct.pack(">q", field)
    return None if field is None else field.encode()


class Bundle:
    """An opened bundle; each check yields a text per damage that it finds."""

    def __init__(self, path: str) -> None:
        self.archive = zipfile.ZipFile(path)
        self.manifest = self.load("manifest.json")
        if self.manifest["schema"] != SCHEMA:
            raise ValueError(f"{self.manifest['schema']} is no kind of bundle that I know")
        self.report, self.patients = self.load("report.json"), self.load("patients.json")
        self.proofs = self.load("proofs.json")
        self.events: dict[int, Json] = {}

    def load(self, name: str) -> Any:
        """The content of a JSON file."""
        return json.loads(self.archive.read(name))

    def sha256(self, name: str) -> str:
        """The hash of a file, in hexadecimal digits."""
        return hashlib.sha256(self.archive.read(name)).hexdigest()

    def files(self) -> Iterator[str]:
        """Every file is there once, as the manifest says, and no other."""
        there, listed = Counter(self.archive.namelist()), self.manifest["files"]
        for name in sorted({*there, *listed} - {"manifest.json"}):
            if name not in listed or there[name] > 1:
                yield f"{name}: inserted: the manifest does not list it"
            elif not there[name]:
                yield f"{name}: missing"
            elif self.sha256(name) != listed[name]:
                yield f"{name}: changed: its SHA-256 is not the manifest's"

    def log(self, size: int, root: bytes) -> Iterator[str]:
        """Every event is in the log, at its position, with all its columns and its state."""
        hashes = [base64.b64decode(each) for each in self.proofs["hashes"]]
        for line in self.archive.open("events.ndjson"):
            event = json.loads(line)
            place = f"position {event['position']}"
            state, entry = base64.b64decode(event["state"]), base64.b64decode(event["entry"])
            path = self.proofs["paths"].get(str(event["position"]), [])
            leaf, index = hashlib.sha256(b"\x00" + entry).digest(), event["position"] - 1
            if not verify_inclusion(leaf, index, size, [hashes[n] for n in path], root):
                yield f"{place}: changed: the signed log has another event here"
            if entry_of(event, state) != entry:
                yield f"{place}: changed: its entry is not that of its state and columns"
            is_sealed = event["topic"].startswith("patient.") and event["topic"] != ERASED
            if not is_sealed and json.loads(state) != event["payload"]:
                yield f"{place}: changed: its payload is not its state"
            event["number"] = UUID(event["originator_id"]).int & (1 << 62) - 1
            if self.events.setdefault(event["position"], event) is not event:
                yield f"{place}: inserted: it is there twice"

    def frozen(self) -> Iterator[str]:
        """The report and its metrics' definitions are those that an event of the log froze."""
        name = self.manifest["report_id"]
        event = self.events.get(self.manifest["frozen_position"], NOTHING)
        if (event["topic"], event["number"]) != ("report.frozen", name):
            yield f"report {name}: missing: no event of the log froze it"
            return
        if event["payload"]["sha256"] != self.sha256("report.json"):
            yield f"report {name}: changed: its SHA-256 is not the frozen one"
        if int(self.report["position"]) >= event["position"]:
            yield f"report {name}: reordered: it was frozen before what it tells of"
        metrics = {each["metric_id"]: each for each in self.load("metrics.json")}
        for metric_id, version in event["payload"]["metric_versions"]:
            metric = metrics.get(metric_id, {"position": 0})
            made = self.events.get(metric["position"], NOTHING)
            if (made["number"], made["originator_version"]) != (metric_id, version):
                yield f"metric {metric_id}: missing: no event of the log made version {version}"
            elif made["payload"]["definition"] != metric["definition"]:
                yield f"metric {metric_id}: changed: its definition is not that of its event"

    def counts(self) -> Iterator[str]:
        """Every count of the report is the sum of its patients', but for those erased since."""
        erased = sum(event["topic"] == ERASED for event in self.events.values())
        results = {each["metric_id"]: each for each in self.patients["metrics"]}
        for entry in self.report["reports"]:
            name, result = f"metric {entry['metric_id']}", results.get(entry["metric_id"])
            if result is None:
                yield f"{name}: missing: it has no patients"
                continue
            for place, said, made in recounted(entry, result):
                if said is not None and not made <= said <= made + erased:
                    yield f"{name}: changed: {place} is {said}, its patients make {made}"

    def evidence(self) -> Iterator[str]:
        """Every value that a count rests on was recorded of its patient, before, in its place."""
        held = {each["id"]: each for each in self.patients["observations"]}
        for each in held.values():
            event = self.events.get(each["position"], NOTHING)
            if not self.is_known_of(each["patient_id"], each["position"]):
                yield f"observation {each['id']}: missing: no earlier event of its patient has it"
            elif event["payload"] is None or not has(event["payload"], each):
                yield f"observation {each['id']}: changed: position {each['position']} differs"
            brought = self.events.get(each["document_position"], NOTHING)["payload"] or {}
            if each["document_sha256"] not in (None, brought.get("sha256")):
                yield f"observation {each['id']}: changed: its document is another"
        for row in (row for each in self.patients["metrics"] for row in each["patients"]):
            if not self.is_known_of(row["patient_id"], row["position"]):
                yield f"patient {row['patient_id']}: missing: no earlier event registered it"
            for absent in {each for ids in row["evidence"].values() for each in ids} - held.keys():
                yield f"observation {absent}: missing: a count rests on it"

    def consistency(self, old_size: int, old_root: bytes, size: int, root: bytes) -> Iterator[str]:
        """The checkpoint that you kept is of this very log, which only grew since."""
        proof = self.proofs["consistency"].get(str(old_size), [])
        path = [base64.b64decode(each) for each in proof]
        if old_size > size:
            yield f"size {size}: missing: you kept a checkpoint of {old_size} events"
        elif old_size < size and not path:
            yield f"size {old_size}: missing: get the bundle with ?since={old_size} for its proof"
        elif not verify_consistency(old_size, size, path, old_root, root):
            yield f"size {old_size}: rewritten: the log does not begin with what you know"

    def is_known_of(self, patient_id: int, position: int) -> bool:
        """Whether the report could know an event of this patient at this position."""
        is_before = position <= int(self.report["position"])
        return is_before and self.events.get(position, NOTHING)["number"] == patient_id


def recounted(entry: Json, result: Json) -> Iterator[tuple[str, int | None, int]]:
    """Where a report's entry has a count, what it says there and what its patients make."""
    sums: Counter[str] = Counter()
    for patient in result["patients"]:
        sums.update({name: n for name, n in patient["counts"].items() if isinstance(n, int)})
    if result["method"] is not None:
        is_by_case = result["method"] == "opportunity"
        cells = ("applies", "met") if is_by_case else ("patients", "all components met")
        for field, cell in zip(("denominator", "numerator"), cells, strict=True):
            names = [name for name in sums if name.split(": ")[-1].split(" with ")[0] == cell]
            yield field, entry[field], sum(sums[name] for name in names)
        return
    for at, group in enumerate(entry["groups"] or [entry]):
        prefix = f"group {at + 1}: " if at else ""
        strata = [(f"{prefix}stratum {each['title']}: ", each) for each in group.get("strata", [])]
        for start, part in [(prefix, group), *strata]:
            for name in POPULATIONS:
                cell = start + name.removesuffix("s").replace("_", "-")
                yield start + name, part[name], sums[cell]


def has(payload: Json, observation: Json) -> bool:
    """Whether an event's payload holds the observation with its value, page, box and document."""
    answers = [answer["observation"] for answer in payload.get("answers", [])]
    for each in (payload.get("observation"), *payload.get("observations", []), *answers):
        if each is not None and each["id"] == observation["id"]:
            there = {"value": each["value"], **each["evidence"]}
            return all(observation[name] in (None, there.get(name)) for name in PLACE)
    return False


def run(bundle: Bundle, keys: Sequence[str], against: str | None) -> int:
    """Print a line per check and one per damage; how many damages there are."""
    size, root = open_checkpoint(bundle.archive.read("checkpoint.txt").decode(), keys)
    print(f"ok   checkpoint: of {size} events, signed")
    checks = {"files": bundle.files(), "events": bundle.log(size, root), "report": bundle.frozen(),
              "counts": bundle.counts(), "evidence": bundle.evidence()}  # fmt: skip
    if against is not None:
        old = open_checkpoint(Path(against).read_bytes().decode(), keys)
        checks["consistency"] = bundle.consistency(*old, size, root)
    found = 0
    for name, damages in checks.items():
        lines = [f"BAD  {name}: {damage}" for damage in damages]
        print(*(lines or [f"ok   {name}"]), sep="\n")
        found += len(lines)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a bundle; the exit code."""
    parser = argparse.ArgumentParser(description="Verify an audit bundle offline.")
    parser.add_argument("bundle")
    parser.add_argument("--key", action="append", help="the log's verifier key, as you know it")
    parser.add_argument("--against", metavar="FILE", help="a checkpoint that you kept")
    chosen = parser.parse_args(arguments)
    try:
        bundle = Bundle(chosen.bundle)
        if not chosen.key:
            print("WARNING: no --key given, so its own is used; a forger would bring his along")
        found = run(bundle, chosen.key or bundle.manifest["vkeys"], chosen.against)
    except (AttributeError, LookupError, OSError, TypeError, ValueError,
            zipfile.BadZipFile) as error:  # fmt: skip
        print(f"BAD  bundle: {type(error).__name__}: {error}")
        found = 1
    print(f"damaged: {found}" if found else "verified")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
