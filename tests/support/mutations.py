"""Bundles damaged in seeded ways, with the manifest as it was or made anew as by whoever damaged them."""

import hashlib
import json
import random
import re
import shutil
from pathlib import Path

KINDS = ("truncate", "flip", "zero", "index", "extra", "swap")
MANIFEST = "manifest.json"
WHOLE_NUMBER = re.compile(rb"(?<![\w.])\d{1,4}(?![\w.])")


def mutated(sound: Path, into: Path, *, seed: int, resealed: bool) -> str:
    """A damaged copy of a sound bundle in the new folder `into`; what was done, to which file."""
    chosen = random.Random(seed)  # noqa: S311  # no secret
    shutil.copytree(sound, into)
    names = sorted(path.name for path in into.iterdir() if path.name != MANIFEST and path.stat().st_size)
    name, other = chosen.sample(names, 2)
    kind = KINDS[seed % len(KINDS)]
    if kind == "extra":
        (into / f"extra-{seed}").write_bytes(b"{}")
    elif kind == "swap":
        first, second = (into / name).read_bytes(), (into / other).read_bytes()
        (into / name).write_bytes(second)
        (into / other).write_bytes(first)
    else:
        (into / name).write_bytes(_damaged((into / name).read_bytes(), kind, chosen))
    if resealed:
        reseal(into)
    return f"{kind} {name}"


def _damaged(text: bytes, kind: str, chosen: random.Random) -> bytes:
    at = chosen.randrange(len(text))
    if kind == "truncate":
        return text[:at]
    if kind == "flip":
        return text[:at] + bytes([text[at] ^ (1 << chosen.randrange(8))]) + text[at + 1 :]
    if kind == "zero":
        length = min(chosen.randint(1, 64), len(text) - at)
        return text[:at] + b"\0" * length + text[at + length :]
    return _misnumbered(text, chosen)


def _misnumbered(text: bytes, chosen: random.Random) -> bytes:
    """One whole number, an index as likely as not, is another one."""
    found = list(WHOLE_NUMBER.finditer(text))
    if not found:
        return text[:-1]
    number = chosen.choice(found)
    other = str(int(number[0]) + chosen.choice([-1, 1, 7, 1000])).encode()
    return text[: number.start()] + other + text[number.end() :]


def reseal(folder: Path) -> None:
    """Make the manifest say what the files now are."""
    manifest = json.loads((folder / MANIFEST).read_text())
    for name, entry in manifest["files"].items():
        part = (folder / name).read_bytes()
        entry |= {"bytes": len(part), "sha256": hashlib.sha256(part).hexdigest()}
    (folder / MANIFEST).write_text(json.dumps(manifest))
