"""Finished blocks of a long piece of work, kept on disk so that the same command goes on where it was cut off.

A block counts as finished when its receipt is there and says what the block's file holds; the receipt is
written last. Work of another kind, or on other data, has another key, and starts anew.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

KEY = "key.json"
CHUNK = 2**20


@dataclass(frozen=True)
class KeptBlocks:
    """The folder of one piece of work."""

    folder: Path

    def open(self, key: Mapping[str, object]) -> bool:
        """Make the folder ready for this work; whether some of it was done before."""
        said = json.dumps(key, sort_keys=True, default=str)
        file = self.folder / KEY
        if file.exists() and file.read_text(encoding="utf-8") == said:
            return True
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        write_durably(file, said.encode())
        return False

    def finish(self, number: int, batches: list[pa.RecordBatch], schema: pa.Schema) -> int:
        """Keep a block; its rows."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
            for batch in batches:
                writer.write_batch(batch)
        held = sink.getvalue()
        write_durably(self._block(number), held)
        receipt = {"sha256": hashlib.sha256(held).hexdigest(), "rows": sum(batch.num_rows for batch in batches)}
        write_durably(self._receipt(number), json.dumps(receipt).encode())
        return int(receipt["rows"])

    def rows_of(self, number: int) -> int | None:
        """How many rows a finished block has; None where it is not finished, or not what its receipt says."""
        try:
            receipt = json.loads(self._receipt(number).read_bytes())
            with self._block(number).open("rb") as file:
                held = hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, ValueError):
            return None
        return int(receipt["rows"]) if held == receipt.get("sha256") else None

    def read(self, number: int) -> Iterator[pa.RecordBatch]:
        """The batches of a finished block."""
        with pa.memory_map(str(self._block(number))) as source, pa.ipc.open_file(source) as reader:
            yield from (reader.get_batch(i) for i in range(reader.num_record_batches))

    def drop(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _block(self, number: int) -> Path:
        return self.folder / f"{number:05d}.arrow"

    def _receipt(self, number: int) -> Path:
        return self.folder / f"{number:05d}.json"


def write_durably(path: Path, held: bytes | pa.Buffer) -> None:
    """Write a file that appears complete, and is on the disk, or isn't there."""
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        file.write(held)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
