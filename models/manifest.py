"""The seal of a bundle's folder: which files it holds, of which size and SHA-256.

Files are read once, whole, up to a cap, and never through a symbolic link.
"""

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from features.errors import BadBundle
from models.plain import count, fields, from_text, number, to_text

FORMAT = 1
NAME = "manifest.json"
REQUIRED = frozenset(
    {
        "linear.json",
        "calibration.json",
        "view.json",
        "policy.json",
        "evidence.json",
        "card.json",
        "card.md",
        "golden.json",
    }
)
#: absent where the linear expert answers alone; absent where nobody counted the reference leads
OPTIONAL = frozenset({"trees.txt", "reference.json"})
ALLOWED = REQUIRED | OPTIONAL
MANIFEST_BYTES = 100_000  #: at most
PART_BYTES = 256_000_000  #: at most, per file

REPAIR = "fetch it again from the registry, or train anew"


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """The files of a folder whose manifest was checked."""

    parts: Mapping[str, bytes]
    horizon_days: float
    view: str  #: fingerprint of the view
    digest: str  #: "sha256:..." of the manifest


def seal(parts: Mapping[str, bytes], *, horizon_days: float, view: str) -> bytes:
    """The manifest of these files."""
    files = {name: {"bytes": len(part), "sha256": _sha256(part)} for name, part in parts.items()}
    return to_text({"format": FORMAT, "horizon_days": horizon_days, "view": view, "files": files})


def digest_of(manifest: bytes) -> str:
    """The name by which a bundle is known: it changes with every byte of every file."""
    return f"sha256:{_sha256(manifest)}"


def read_sealed(folder: Path) -> Sealed:
    """All files of a folder, each as its manifest says.

    Raises:
        BadBundle: a file is missing, too many, altered, cut off, too large, or not a regular file.
    """
    text = read_file(folder / NAME, at_most=MANIFEST_BYTES)
    try:
        stored = fields(from_text(text), "format", "horizon_days", "view", "files")
        sizes = _sizes(stored["format"], stored["files"])
        horizon_days = number(stored["horizon_days"])
    except (ValueError, RecursionError) as error:
        raise BadBundle(f"{folder / NAME}: {error}; {REPAIR}") from error
    _check_listing(folder, {NAME, *sizes})
    parts = {name: _read_part(folder / name, size, sha256) for name, (size, sha256) in sizes.items()}
    return Sealed(parts=parts, horizon_days=horizon_days, view=str(stored["view"]), digest=digest_of(text))


def read_file(path: Path, *, at_most: int) -> bytes:
    """A regular file of at most so many bytes.

    Raises:
        BadBundle: it is missing, larger, a link, or not a regular file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            regular = stat.S_ISREG(os.fstat(handle).st_mode)
            text = file.read(at_most + 1) if regular else b""
    except OSError as error:
        raise BadBundle(f"{path} can't be read ({error.strerror}); {REPAIR}") from error
    if not regular or len(text) > at_most:
        raise BadBundle(f"{path} is no regular file of at most {at_most:,} bytes; {REPAIR}")
    return text


def _sizes(version: object, files: object) -> dict[str, tuple[int, str]]:
    """Size and SHA-256 by file name."""
    if type(version) is not int or version != FORMAT:
        raise ValueError(f"the format is {version!r:.80}, this release reads {FORMAT}")
    if not isinstance(files, dict) or not REQUIRED <= set(files) <= ALLOWED:
        raise ValueError(f"it should name {sorted(REQUIRED)} and, at most, {sorted(OPTIONAL)}")
    entries = {name: fields(entry, "bytes", "sha256") for name, entry in files.items()}
    return {name: (count(entry["bytes"]), str(entry["sha256"])) for name, entry in entries.items()}


def _check_listing(folder: Path, expected: set[str]) -> None:
    found = {path.name for path in folder.iterdir()}
    for what, names in (("lacks", expected - found), ("also holds", found - expected)):
        if names:
            raise BadBundle(f"{folder} {what} {', '.join(sorted(names))[:200]!r}; {REPAIR}")


def _read_part(path: Path, size: int, sha256: str) -> bytes:
    if size > PART_BYTES:
        raise BadBundle(f"{path} would have {size:,} bytes, more than {PART_BYTES:,}; {REPAIR}")
    part = read_file(path, at_most=PART_BYTES)
    if len(part) != size or _sha256(part) != sha256:
        raise BadBundle(f"{path} is not what the manifest says (size or SHA-256 differs); {REPAIR}")
    return part


def _sha256(part: bytes) -> str:
    return hashlib.sha256(part).hexdigest()
