"""Try a bundle in a child process, for a corrupt text of trees may take its process along.

`python -m models.probe FOLDER` prints the digest and exits 0, or says what is wrong and exits 5.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from features.errors import BadBundle
from models.manifest import REPAIR, read_sealed

TIMEOUT_SECONDS = 120.0
#: what LightGBM imports where it is there, and a trial doesn't need: without them it takes half of the time
SPARED = ("sklearn", "pandas", "dask")


def probe(folder: Path, *, timeout_seconds: float = TIMEOUT_SECONDS) -> str:
    """Load the bundle in a child process; its digest. What its manifest refuses needs no child.

    Raises:
        BadBundle: the child refused it, died, or took too long.
    """
    read_sealed(folder)
    command = [sys.executable, "-m", "models.probe", str(folder.resolve())]
    return outcome(command, timeout_seconds=timeout_seconds)


def outcome(command: Sequence[str], *, timeout_seconds: float) -> str:
    """The last word that a child process printed.

    Raises:
        BadBundle: the child refused the bundle, died, or took too long.
    """
    try:
        child = subprocess.run(  # noqa: S603  # our own interpreter and module, the folder as one argument
            command, capture_output=True, text=True, timeout=timeout_seconds, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        raise BadBundle(f"the bundle could not be tried within {timeout_seconds:g} seconds; {REPAIR}") from error
    if child.returncode == BadBundle.exit_code:
        raise BadBundle(child.stderr.strip().splitlines()[-1])
    if child.returncode:
        raise BadBundle(f"the process that tried the bundle died (exit code {child.returncode}); {REPAIR}")
    return child.stdout.split()[-1]


def main(folder: str) -> int:
    """Try the folder; the exit code."""
    from models.files import load  # noqa: PLC0415  # after the caller has said what is spared

    try:
        digest = load(Path(folder)).digest
    except BadBundle as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{digest}\n")
    return 0


if __name__ == "__main__":
    sys.modules.update(dict.fromkeys(SPARED))  # type: ignore[arg-type]  # None has an import fail, says Python's manual
    sys.exit(main(sys.argv[1]))
