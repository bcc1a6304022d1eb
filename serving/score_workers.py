"""Processes that score parts of an export, one on each core; each loads the bundle for itself."""

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from features.cut import part_folder, read_part
from features.cut_whole import Whole
from features.tables import Export, Refusal
from features.threads import use_at_most
from models.files import load
from serving.kept_blocks import KeptBlocks
from serving.language import catalog
from serving.predict import Predictor
from serving.processes import result_of, started
from serving.whole_base import SCHEMA, BlockScorer, scored_blocks


@dataclass(frozen=True, kw_only=True)
class Work:
    """What every worker has to know."""

    bundle: Path
    version: str
    whole: Whole
    as_of: int
    language: str
    parts: Path
    blocks: Path


@dataclass(frozen=True, kw_only=True)
class Done:
    """One part, scored and kept."""

    part: int
    rows: int
    refusals: tuple[Refusal, ...]


def score_parts(work: Work, parts: Sequence[int], cores: int) -> Iterator[Done]:
    """Score parts on as many processes, each as it gets done.

    Raises:
        WorkerEnded: a process was ended from outside.
    """
    if not parts:
        return
    processes = min(cores, len(parts))
    with started(processes, _start, work, max(1, cores // processes)) as pool:
        for done in as_completed([pool.submit(_score, part) for part in parts]):
            yield result_of(done)


class _Worker:
    """The scorer of this process, made once."""

    work: Work
    scorer: BlockScorer


def _start(work: Work, threads: int) -> None:
    use_at_most(threads)
    pa.set_cpu_count(threads)
    settings = work.whole.settings
    predictor = Predictor(bundle=load(work.bundle), version=work.version, settings=settings)
    _Worker.work, _Worker.scorer = work, BlockScorer.of(predictor, catalog(work.language))


def _score(part: int) -> Done:
    work = _Worker.work
    export: Export = read_part(part_folder(work.parts, part), work.whole)
    batches = list(scored_blocks(_Worker.scorer, export, work.as_of))
    rows = KeptBlocks(work.blocks).finish(part, batches, SCHEMA)
    return Done(part=part, rows=rows, refusals=export.refusals)
