"""A bundle as a folder of text files: saved with the same bytes for equal input, loaded whole or refused.

docs/bundle.md describes each file.
"""

from pathlib import Path

from features.errors import BadBundle
from models.arrays import Floats
from models.bundle import Bundle
from models.manifest import NAME, digest_of, read_sealed, seal
from models.parts import from_parts, to_parts


def save(bundle: Bundle, folder: Path, golden_rows: Floats) -> str:
    """Write the bundle into a new or empty folder; the digest of its manifest.

    Of `golden_rows` up to 200, evenly spread, are stored with their answers; whoever loads the
    bundle compares. The manifest is written last, so a save that was cut off is refused.

    Raises:
        BadBundle: the folder holds something already, or can't be written to.
    """
    parts = to_parts(bundle, golden_rows)
    manifest = seal(parts, horizon_days=bundle.horizon_days, view=bundle.view.fingerprint)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BadBundle(f"{folder} is not empty; name a new folder for the bundle")
        for name, part in (parts | {NAME: manifest}).items():
            (folder / name).write_bytes(part)
    except OSError as error:
        raise BadBundle(f"{folder} can't be written to ({error.strerror}); name another folder") from error
    return digest_of(manifest)


def load(folder: Path) -> Bundle:
    """Read a bundle, checking its seal, its structure and its golden answers.

    A text of trees that got past all checks of structure may still kill the process: load a bundle
    from elsewhere through `models.probe` first.

    Raises:
        BadBundle: anything is missing, too much, altered, or answers otherwise than it did.
    """
    return from_parts(read_sealed(folder))
