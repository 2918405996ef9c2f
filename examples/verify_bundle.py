"""Verify an audit bundle offline, with nothing but Python (3.9 or newer) and this file.

    python verify_bundle.py BUNDLE.zip --key VKEY [--against OLD_CHECKPOINT.txt]

A line per check; each damage with its class and position. Exit code 1 when anything is damaged.
What is checked: the log's checkpoint is signed (Ed25519, C2SP signed note) by the key you name;
every event of the bundle is in the log that the checkpoint commits to (RFC 6962); the report is
the one that was frozen there; its counts are those of its patients; each value that a count rests
on was recorded before, by an event of the log, on that page and in that box. With --against, a
checkpoint that you kept, also that nothing of the log was rewritten since.
"""

import argparse
import base64
import hashlib
import json
import struct
import sys
import zipfile
from datetime import datetime, timedelta, timezone
from uuid import UUID

SCHEMA = "attestor.bundle/1"
EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)
PLACE = ("value", "pdf_page", "highlight", "document_id")
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


class Damage(ValueError):
    """Something is not as it should be."""


def ed25519_verify(public, signature, message):
    """Whether `public` (32 bytes) signed the message (RFC 8032, section 5.1.7)."""
    try:
        minus_a, base = _point(public, -1), _point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    except Damage:
        return False
    s = int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or s >= L:
        return False
    hashed = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(hashed, "little") % L
    x, y, z, _ = _add(_times(s, base), _times(k, minus_a))
    x, y = x * pow(z, -1, P) % P, y * pow(z, -1, P) % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def _point(data, factor=1):
    """A point of the curve, or its negative, in extended coordinates."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or y >= P or (sign and not x):
        raise Damage("not a point of the curve")
    x = factor * (P - x if x & 1 != sign else x) % P
    return x, y, 1, x * y % P


def _add(one, other):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = one, other
    a, b = (y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2)
    c, d = 2 * t1 * t2 * D, 2 * z1 * z2
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(factor, point):
    product = (0, 1, 1, 0)
    for bit in bin(factor)[2:]:
        product = _add(product, product)
        product = _add(product, point) if bit == "1" else product
    return product


def verify_inclusion(leaf, index, size, path, root):
    """Whether the path leads from leaf hash number `index` to the root of `size` leaves."""

    def climb(index, size, height):
        if size == 1:
            return leaf
        left = 1 << (size - 1).bit_length() - 1
        sibling = path[height]
        if index < left:
            return _node(climb(index, left, height - 1), sibling)
        return _node(sibling, climb(index - left, size - left, height - 1))

    if not 0 <= index < size or len(path) != _depth(index, size) or not _are_hashes(path, leaf):
        return False
    return climb(index, size, len(path) - 1) == root


def verify_consistency(first, second, path, first_root, second_root):
    """Whether the tree of `first` leaves is the beginning of the one of `second` leaves."""
    rest = list(path)

    def climb(first, second, is_whole):
        if first == second:
            found = first_root if is_whole else rest.pop()
            return found, found
        left = 1 << (second - 1).bit_length() - 1
        sibling = rest.pop()
        if first <= left:
            old, new = climb(first, left, is_whole)
            return old, _node(new, sibling)
        old, new = climb(first - left, second - left, False)
        return _node(sibling, old), _node(sibling, new)

    if not 0 < first <= second or not _are_hashes(path, first_root, second_root):
        return False
    try:
        return climb(first, second, True) == (first_root, second_root) and not rest
    except IndexError:
        return False


def _node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def _depth(index, size):
    depth = 0
    while size > 1:
        left = 1 << (size - 1).bit_length() - 1
        index, size, depth = (index, left, depth + 1) if index < left else (
            index - left, size - left, depth + 1)  # fmt: skip
    return depth


def _are_hashes(path, *others):
    return all(len(each) == 32 for each in (*path, *others))


def open_checkpoint(note, keys):
    """Origin, size and root of a checkpoint that one of the keys signed under its own name."""
    text, blank, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        _, name, encoded = (*line.split(" "), "", "")[:3]
        signed = base64.b64decode(encoded, validate=True)
        for key_name, key_id, public in map(_key, keys):
            if (name, signed[:4]) == (key_name, key_id):
                if not blank or not ed25519_verify(public, signed[4:], text.encode()):
                    raise Damage("forged: the signature is not the key's")
                origin, size, root = text.splitlines()[:3]
                if origin != name:
                    raise Damage("forged: the checkpoint is another log's")
                return origin, int(size), base64.b64decode(root, validate=True)
    raise Damage("forged: none of the keys signed it")


def _key(vkey):
    name, key_id, encoded = vkey.strip().split("+", 2)
    kind_and_key = base64.b64decode(encoded, validate=True)
    expected = hashlib.sha256(name.encode() + b"\n" + kind_and_key).digest()[:4]
    if kind_and_key[:1] != b"\x01" or bytes.fromhex(key_id) != expected:
        raise Damage(f"{vkey} is no key of a log")
    return name, expected, kind_and_key[1:]


def entry_of(event, state):
    """What the log commits to: the hash of the state as stored, and all other columns."""
    moment = datetime.fromisoformat(event["recorded_at"].replace("Z", "+00:00"))
    fields = (
        struct.pack(">q", event["position"]),
        UUID(event["originator_id"]).bytes,
        struct.pack(">q", event["originator_version"]),
        event["topic"].encode(),
        struct.pack(">q", (moment - EPOCH) // timedelta(microseconds=1)),
        None if event["account_id"] is None else struct.pack(">q", event["account_id"]),
        None if event["actor"] is None else event["actor"].encode(),
        None if event["request_id"] is None else event["request_id"].encode(),
    )
    packed = (struct.pack(">i", -1 if f is None else len(f)) + (f or b"") for f in fields)
    return hashlib.sha256(state).digest() + b"".join(packed)


class Bundle:
    """The files of a bundle; each `check_` yields a text per damage that it finds."""

    def __init__(self, path):
        self.archive = zipfile.ZipFile(path)
        self.manifest = self.load("manifest.json")
        self.report_id = self.manifest["report_id"]
        if self.manifest["schema"] != SCHEMA:
            raise Damage(f"not a bundle that this script knows: {self.manifest['schema']}")
        self.events = {}

    def load(self, name):
        """The content of a JSON file."""
        return json.loads(self.archive.read(name))

    def checkpoint(self, keys):
        """Origin, size and root of the bundle's checkpoint."""
        return open_checkpoint(self.archive.read("checkpoint.txt").decode(), keys)

    def check_files(self):
        there = sorted(self.archive.namelist())
        for name in sorted({*there} - {*self.manifest["files"], "manifest.json"}):
            yield f"{name}: inserted: the manifest does not list it"
        for name, sha256 in self.manifest["files"].items():
            if there.count(name) != 1:
                yield f"{name}: {'twice' if name in there else 'missing'}"
            elif hashlib.sha256(self.archive.read(name)).hexdigest() != sha256:
                yield f"{name}: changed: not the SHA-256 of the manifest"

    def check_events(self, size, root):
        proofs = self.load("proofs.json")
        hashes = [base64.b64decode(each) for each in proofs["hashes"]]
        if proofs["size"] != size:
            yield f"proofs.json: forged: made for {proofs['size']} events, not {size}"
        for line in self.archive.open("events.ndjson"):
            event = json.loads(line)
            position = event["position"]
            if position in self.events:
                yield f"position {position}: inserted: the position is there twice"
            self.events[position] = event
            state, entry = (base64.b64decode(event[name]) for name in ("state", "entry"))
            if entry_of(event, state) != entry:
                yield f"position {position}: changed: its columns are not those of its entry"
            if state[:1] == b"{" and json.loads(state) != event["payload"]:
                yield f"position {position}: changed: its payload is not its state"
            path = [hashes[number] for number in proofs["paths"].get(str(position), [])]
            leaf = hashlib.sha256(b"\x00" + entry).digest()
            if not verify_inclusion(leaf, position - 1, size, path, root):
                yield f"position {position}: changed: the log has another event at this position"
        for position in self.manifest["positions"]:
            if position not in self.events:
                yield f"position {position}: missing: the bundle lacks an event that it names"

    def check_report(self):
        self.report = self.load("report.json")
        sha256 = hashlib.sha256(self.archive.read("report.json")).hexdigest()
        event = self.event(self.manifest["frozen_position"])
        if event is None or event["topic"] != "report.frozen" or number(event) != self.report_id:
            yield f"report {self.report_id}: missing: no event of the log froze it"
        elif event["payload"]["sha256"] != sha256:
            yield f"report {self.report_id}: changed: not the SHA-256 that was frozen"
        elif int(self.report["position"]) >= event["position"]:
            yield f"report {self.report_id}: reordered: it was frozen before what it tells of"
        else:
            yield from self.metric_damages(event["payload"]["metric_versions"])

    def metric_damages(self, versions):
        metrics = {each["metric_id"]: each for each in self.load("metrics.json")}
        for metric_id, version in versions:
            metric = metrics.get(metric_id, {"position": 0})
            event = self.event(metric["position"])
            if event is None or (number(event), event["originator_version"]) != (
                metric_id, version,
            ):  # fmt: skip
                yield f"metric {metric_id}: missing: no event of the log made version {version}"
            elif event["payload"]["definition"] != metric["definition"]:
                yield f"metric {metric_id}: changed: not the definition of its event"

    def check_counts(self):
        results = {each["metric_id"]: each for each in self.patients()["metrics"]}
        for entry in self.report["reports"]:
            if entry["metric_id"] not in results:
                yield f"metric {entry['metric_id']}: missing: it has no results of patients"
                continue
            sums = recount(results[entry["metric_id"]]["patients"])
            for place, part in parts_of(entry, results[entry["metric_id"]]["method"], sums):
                for field, counted in part.items():
                    if counted is not None and counted[0] != counted[1]:
                        yield (f"metric {entry['metric_id']}: changed: {place}{field} is"
                               f" {counted[0]}, its patients make {counted[1]}")  # fmt: skip

    def check_evidence(self):
        patients, limit = self.patients(), int(self.report["position"])
        observations = {each["id"]: each for each in patients["observations"]}
        for each in observations.values():
            event = self.event(each["position"])
            if event is None or event["position"] > limit or number(event) != each["patient_id"]:
                yield f"observation {each['id']}: missing: no event of its patient has recorded it"
            elif event["payload"] is not None and not is_recorded(each, event["payload"]):
                yield f"observation {each['id']}: changed: its event {each['position']} differs"
        for result in (row for each in patients["metrics"] for row in each["patients"]):
            event = self.event(result["position"])
            if event is None or event["position"] > limit or number(event) != result["patient_id"]:
                yield f"patient {result['patient_id']}: missing: no event has registered it"
            for number_ in {n for ids in result["evidence"].values() for n in ids}:
                if number_ not in observations:
                    yield f"observation {number_}: missing: a count rests on it"

    def check_consistency(self, old, size, root):
        _, old_size, old_root = old
        path = self.load("proofs.json")["consistency"].get(str(old_size), [])
        path = [base64.b64decode(each) for each in path]
        if old_size > size:
            yield f"size {size}: missing: you kept a checkpoint of {old_size} events"
        elif old_size < size and not path:
            yield f"unproven: fetch the bundle with ?since={old_size}"
        elif not verify_consistency(old_size, size, path, old_root, root):
            yield f"size {old_size}: rewritten: the log does not begin as you know it"

    def patients(self):
        """patients.json, read once."""
        if not hasattr(self, "_patients"):
            self._patients = self.load("patients.json")
        return self._patients

    def event(self, position):
        """The event at a position, if the bundle has it."""
        return self.events.get(position)


def number(event):
    """The public number in the id of the aggregate that an event is about."""
    return UUID(event["originator_id"]).int & (1 << 62) - 1


def recount(patients):
    """The sums of all patients' counts by name; what is no whole number is no count."""
    sums = {}
    for patient in patients:
        for name, count in patient["counts"].items():
            if isinstance(count, int):
                sums[name] = sums.get(name, 0) + count
    return sums


def parts_of(entry, method, sums):
    """Of a report's entry, its groups and strata: what it says and what was counted, by field."""
    if method is not None:
        whole, met = ("applies", "met") if method == "opportunity" else ("patients", "all compo")
        names = {"denominator": whole, "numerator": met}
        yield "", {
            field: (entry[field], sum(n for name, n in sums.items()
                                      if name.split(": ")[-1].startswith(start)))
            for field, start in names.items()
        }  # fmt: skip
        return
    for at, group in enumerate(entry["groups"] or [entry]):
        prefix = f"group {at + 1}: " if at else ""
        yield prefix, compared(group, prefix, sums)
        for stratum in group.get("strata", []):
            inner = f"{prefix}stratum {stratum['title']}: "
            yield inner, compared(stratum, inner, sums)


def compared(part, prefix, sums):
    """What a part of a report says of each population, beside the sum of its patients."""
    fields = (
        "initial-population", "denominator", "denominator-exclusion", "denominator-exception",
        "numerator", "numerator-exclusion", "measure-population", "measure-population-exclusion",
        "measure-observation",
    )  # fmt: skip
    plural = ("exclusion", "exception", "observation")
    names = {f: f.replace("-", "_") + ("s" if f.endswith(plural) else "") for f in fields}
    return {
        name: None if part[name] is None else (part[name], sums.get(prefix + field, 0))
        for field, name in names.items()
    }


def is_recorded(observation, payload):
    """Whether an event's payload holds the observation, with its value and its place."""
    answers = [each["observation"] for each in payload.get("answers", []) if each["observation"]]
    single = [payload["observation"]] if "observation" in payload else []
    for held in (*single, *payload.get("observations", []), *answers):
        if held["id"] == observation["id"]:
            place = {"value": held["value"], **held["evidence"]}
            return all(observation[name] in (None, place.get(name)) for name in PLACE)
    return False


def run(bundle, keys, against):
    """Print a line per check; how many damages there are."""
    try:
        _, size, root = bundle.checkpoint(keys)
    except (Damage, ValueError) as error:
        print(f"BAD  checkpoint: {error}")
        return 1
    print(f"ok   checkpoint: {size} events, signed")
    checks = [
        ("files", bundle.check_files()),
        ("events", bundle.check_events(size, root)),
        ("report", bundle.check_report()),
        ("counts", bundle.check_counts()),
        ("evidence", bundle.check_evidence()),
    ]
    if against is not None:
        checks.append(("consistency", bundle.check_consistency(against, size, root)))
    return sum(told(name, list(damages)) for name, damages in checks)


def told(name, damages):
    """Print what a check found; how many damages that are."""
    for damage in damages:
        print(f"BAD  {name}: {damage}")
    if not damages:
        print(f"ok   {name}")
    return len(damages)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle")
    parser.add_argument("--key", action="append", help="verifier key of the log, as you know it")
    parser.add_argument("--against", metavar="FILE", help="a checkpoint that you kept")
    chosen = parser.parse_args(arguments)
    try:
        bundle = Bundle(chosen.bundle)
        if not chosen.key:
            print("WARNING: no --key: a forger's bundle would bring the forger's key along")
        keys = chosen.key or bundle.manifest["vkeys"]
        against = None
        if chosen.against:
            with open(chosen.against, encoding="utf-8", newline="") as file:
                against = open_checkpoint(file.read(), keys)
        found = run(bundle, keys, against)
    except (Damage, ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile) as error:
        print(f"BAD  bundle: changed: it cannot be read ({type(error).__name__}: {error})")
        found = 1
    print(f"{found} damages" if found else "verified: nothing was changed, removed or reordered")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
