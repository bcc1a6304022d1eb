"""Copies of bundles that were tried and served: the service starts from them when the registry is away.

`HEX/` holds a bundle's files and goes by the digest of its manifest, so that a damaged copy shows;
`HEX.version` says which version it was, and its time when it was last used; `last` names the one that
served last. Every step leaves whole copies behind, however the process ends.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from features.errors import BadBundle
from models.manifest import read_sealed

log = structlog.get_logger()

LAST = "last"
VERSION = ".version"
SCRATCH = ".making-"  #: how the name of a copy under way begins
HEX_LENGTH = 64


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A copy, as yet unread since it was made."""

    folder: Path
    version: str
    digest: str


class BundleCopies:
    """The last `most` bundles that served, in a folder; those unused for longest go first."""

    def __init__(self, folder: Path, *, most: int) -> None:
        self.folder = folder
        self.most = most

    def keep(self, bundle: Path, *, digest: str, version: str) -> None:
        """Copy a bundle that was tried and serves from now on; without room the log says so and serving goes on."""
        name = _hex(digest)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not self._is_sound(self.folder / name, digest):
                self._copy(bundle, name, digest)
            self._write(name + VERSION, version)
            self._write(LAST, name)
            self._forget_oldest(keep=name)
        except (OSError, BadBundle) as error:
            log.error("bundle_not_kept", digest=digest, why=str(error))

    def find(self, digest: str) -> Kept | None:
        """The copy of this bundle, which counts as used now."""
        name = _hex(digest)
        try:
            version = (self.folder / (name + VERSION)).read_text(encoding="utf-8")
            os.utime(self.folder / (name + VERSION))
        except (OSError, UnicodeDecodeError):
            return None
        return Kept(folder=self.folder / name, version=version, digest=digest)

    def by_age(self) -> Iterator[Kept]:
        """Copies, the one that served last first, then from the one used last on."""
        try:
            last = (self.folder / LAST).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            last = ""
        names = self._names()
        for name in sorted(names, key=lambda n: n == last, reverse=True):
            kept = self.find(f"sha256:{name}")
            if kept is not None:
                yield kept

    def _names(self) -> list[str]:
        """Copies from the one used last on; what another process has just removed is left out."""
        found = []
        for path in self.folder.glob("?" * HEX_LENGTH + VERSION):
            try:
                found.append((path.stat().st_mtime_ns, path.name.removesuffix(VERSION)))
            except OSError:
                continue
        return [name for _, name in sorted(found, reverse=True)]

    def _is_sound(self, folder: Path, digest: str) -> bool:
        try:
            return folder.is_dir() and read_sealed(folder).digest == digest
        except BadBundle:
            return False

    def _copy(self, bundle: Path, name: str, digest: str) -> None:
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=SCRATCH) as scratch:
            made = shutil.copytree(bundle, Path(scratch) / name)
            for path in (*made.iterdir(), made):
                _sync(path)
            if not self._is_sound(made, digest):
                raise BadBundle(f"the copy of {digest} is not what was tried; look at the disk of {self.folder}")
            shutil.rmtree(self.folder / name, ignore_errors=True)  # damaged
            made.replace(self.folder / name)
        _sync(self.folder)

    def _write(self, name: str, text: str) -> None:
        """Replace a small file at once or not at all."""
        handle, beside = tempfile.mkstemp(dir=self.folder, prefix=SCRATCH)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        Path(beside).replace(self.folder / name)

    def _forget_oldest(self, *, keep: str) -> None:
        others = [name for name in self._names() if name != keep]
        for name in others[max(0, self.most - 1) :]:
            (self.folder / (name + VERSION)).unlink(missing_ok=True)
            shutil.rmtree(self.folder / name, ignore_errors=True)


def _hex(digest: str) -> str:
    """The digest as a name of a folder; one that is none names nothing that there is."""
    name = digest.removeprefix("sha256:")
    return name if len(name) == HEX_LENGTH and name.isalnum() else "no-digest"


def _sync(path: Path) -> None:
    """Have the disk hold a file or a folder's listing before anything names it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
