"""Cuts an export into parts of whole leads, so that each part can be read, and scored, by itself.

What a part can't know is found out once about the whole: where its data ends, whether its dates have the day or the
month first, which fields have a history. With that, the rows of a lead are the same from its part as from the whole.
One thing differs: an `event_id` is looked for again in the part of its lead only.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.columns import text_of
from features.cut_files import CutFile, cut_files
from features.cut_whole import Whole, whole_of
from features.read_results import is_flat
from features.settings import Settings
from features.sources import read_export
from features.tables import Export, Refusal

Ints = npt.NDArray[np.int64]

MOST_PARTS = 256  #: whose files are open at once
THREADS = 2

Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Cut:
    """How an export falls into parts: its leads in the order of their ids, `a_part` of them in each."""

    files: tuple[CutFile, ...]
    ids: pa.StringArray  #: ascending
    a_part: int
    whole: Whole

    @property
    def parts(self) -> int:
        """How many there are."""
        return max(1, -(-len(self.ids) // self.a_part))

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """What is no row of a file, found before it was cut."""
        return tuple(r for file in self.files if not file.is_parquet for r in file.raw.refusals)

    def part_of(self, ids: pa.ChunkedArray) -> Ints:
        """The part of each row by its lead; rows about nobody are in the first one, which refuses them."""
        found = np.full(len(ids), -1, dtype=np.int64)
        if pa.types.is_string(ids.type):
            found = _places(ids, self.ids)
        lost = np.flatnonzero(found < 0)
        if len(lost):
            text = text_of(ids.take(pa.array(lost)))
            found[lost] = np.append(_places(pa.array(text.words, pa.string()), self.ids), -1)[text.codes]
        return np.asarray(np.maximum(found, 0) // self.a_part)


def _places(ids: pa.Array | pa.ChunkedArray, among: pa.StringArray) -> Ints:
    """The position of each id; -1 for strangers."""
    return np.array(pc.index_in(ids, among).fill_null(-1), dtype=np.int64)


def survey(folder: Path, settings: Settings, *, a_part: int, now: int | None = None) -> Cut | None:
    """How to cut an export into equal parts of about `a_part` leads; of more where it were too many files.

    None where it is to be read whole: it is no larger than a part, has no ids or no times, or a file or a column
    isn't there, which reading it will say.
    """
    if is_flat(settings) or settings.data.leads.lead_id is None:
        return None
    files = cut_files(folder, settings)
    if not all(_is_whole(file) for file in files) or files[0].rows <= a_part:
        return None
    ids = pa.array([], pa.string())
    for batch in files[0].batches((files[0].lead_id,)):
        some = pa.array(text_of(batch.column(0)).words, pa.string())
        ids = pc.unique(pa.concat_arrays([ids, some]))
    ids = ids.take(pc.sort_indices(ids))
    whole = whole_of(files, settings, now)
    parts = min(MOST_PARTS, -(-len(ids) // a_part))
    return None if whole is None else Cut(files=files, ids=ids, a_part=-(-len(ids) // parts), whole=whole)


def _is_whole(file: CutFile) -> bool:
    """Whether it is there with all columns that the settings name, each of its own name, and read batch by batch."""
    if not file.path.is_file():
        return False
    wanted = {file.lead_id, *file.times.values(), *(file.columns or ())}
    try:
        return wanted <= set(file.names) and len(set(file.names)) == len(file.names) and not file.holds_keys
    except (pa.ArrowException, OSError):  # reading it whole will say so
        return False


def write_parts(cut: Cut, into: Path, progress: Progress = lambda _: None) -> None:
    """Write every part as a folder of its own: files of the same names, Parquet inside."""
    for part in range(cut.parts):
        folder = part_folder(into, part)
        folder.mkdir(parents=True, exist_ok=True)
        for join in cut.whole.settings.data.leads.joins:
            link = folder / join.file
            link.unlink(missing_ok=True)
            link.symlink_to((cut.files[0].folder / join.file).resolve())
    for file in cut.files:
        progress(f"cutting {file.name} into {cut.parts} parts")
        _write_file(cut, file, into)


def part_folder(into: Path, part: int) -> Path:
    """Where a part lies."""
    return into / f"{part:05d}"


def read_part(folder: Path, whole: Whole) -> Export:
    """The leads of a part, as the whole export would have told them."""
    export = read_export(folder, whole.settings, end=whole.end)
    return replace(export, tracked=whole.tracked & frozenset(export.attributes))


def _write_file(cut: Cut, file: CutFile, into: Path) -> None:
    """The rows of each part keep the file's order. Batches are sorted on threads and written one after the other."""
    writers: list[pq.ParquetWriter] = []
    with ExitStack() as opened, ThreadPoolExecutor(THREADS) as pool:
        for pieces in _ahead(pool, lambda batch: _in_parts(cut, file, batch), file.as_they_are()):
            if not writers:
                paths = [part_folder(into, part) / file.name for part in range(cut.parts)]
                coded = file.repeating if file.is_parquet else True
                schema = pieces[0].schema
                made = (pq.ParquetWriter(path, schema, compression="none", use_dictionary=coded) for path in paths)
                writers = [opened.enter_context(writer) for writer in made]
            for writer, piece in zip(writers, pieces, strict=True):
                if len(piece):
                    writer.write_table(piece)


def _in_parts(cut: Cut, file: CutFile, batch: pa.Table) -> list[pa.Table]:
    """A batch's rows by their parts."""
    part = cut.part_of(file.plain(batch.column(file.lead_id)))
    order = np.argsort(part.astype(np.uint16), kind="stable")
    ends = np.cumsum(np.bincount(part, minlength=cut.parts)).tolist()
    table = batch.take(pa.array(order))
    return [table.slice(start, stop - start) for start, stop in pairwise([0, *ends])]


def _ahead(
    pool: Executor, work: Callable[[pa.Table], list[pa.Table]], batches: Iterable[pa.Table]
) -> Iterator[list[pa.Table]]:
    """The work on each batch in order, a few batches ahead."""
    waiting: deque[Future[list[pa.Table]]] = deque()
    for batch in batches:
        waiting.append(pool.submit(work, batch))
        if len(waiting) > THREADS:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
