"""A whole export scored at one moment: every open lead with its five strongest reasons, block by block.

A block is arrays from the tables to the batch: rows, answers, reasons and stages are found for all of its leads
at once, and what is put into words is put so once for all leads of whom the same is said.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from features.attributes import values_at
from features.rows import build_rows
from features.sensitive import Sensitive
from features.tables import Export, Pairs
from models.answers import Answers
from models.explain_block import Reasons, find_reasons
from models.policy import ENGAGEMENT_GRADES, FIT_GRADES
from serving.block_events import BlockEvents
from serving.block_stages import Advice, StageBlock, StageTeller
from serving.block_words import REASON, ReasonTeller, WordBlock
from serving.language import Language
from serving.predict import Predictor

BLOCK = 20_000  #: leads scored at a time
REASONS = 5

SCHEMA = pa.schema(
    [
        pa.field("lead_id", pa.string(), nullable=False),
        pa.field("probability", pa.float64(), nullable=False),
        pa.field("score", pa.int32(), nullable=False),
        pa.field("lift", pa.float64(), nullable=False),
        pa.field("fit_grade", pa.string(), nullable=False),
        pa.field("engagement_grade", pa.string(), nullable=False),
        pa.field("stage_recommended", pa.string(), nullable=False),
        pa.field("because", pa.list_(pa.field("item", pa.string(), nullable=False)), nullable=False),
        pa.field("next_action", pa.string(), nullable=False),
        pa.field("reasons", pa.list_(pa.field("item", pa.struct(REASON))), nullable=False),
    ]
)

Progress = Callable[[int, int], None]  #: leads scored so far, of how many
Ints = npt.NDArray[np.int64]


def score_export(
    predictor: Predictor,
    export: Export,
    *,
    as_of: int,
    language: Language,
    block: int = BLOCK,
    progress: Progress = lambda done, total: None,
) -> Iterator[pa.RecordBatch]:
    """Batches of `SCHEMA` in the order of the export: every lead that was there and open at `as_of`."""
    return scored_blocks(BlockScorer.of(predictor, language), export, as_of, block=block, progress=progress)


def scored_blocks(
    scorer: "BlockScorer",
    export: Export,
    as_of: int,
    *,
    block: int = BLOCK,
    progress: Progress = lambda done, total: None,
) -> Iterator[pa.RecordBatch]:
    """The same by a scorer that has scored others before, and remembers their sentences."""
    export = scorer.readable(export)
    chosen = open_leads(export, as_of)
    done = 0
    for start in range(0, len(export.leads), block):
        inside = chosen[(chosen >= start) & (chosen < start + block)]
        if not len(inside):
            continue
        yield scorer.batch(part_of(export, start, min(start + block, len(export.leads))), inside - start, as_of)
        done += len(inside)
        progress(done, len(chosen))


def open_leads(export: Export, as_of: int) -> Ints:
    """Positions of the leads that were created and neither won nor lost by `as_of`; all of a flat export."""
    if export.flat:
        return np.arange(len(export.leads))
    there = export.leads["created_at"].to_numpy() <= as_of  # NEVER, an unknown creation, counts as before
    ended = export.outcomes["kind"].isin(("closed_won", "closed_lost")) & (export.outcomes["happened_at"] <= as_of)
    there[export.outcomes.loc[ended, "lead"].to_numpy(dtype=np.int64)] = False
    return np.flatnonzero(there)


def part_of(export: Export, start: int, stop: int) -> Export:
    """The leads from `start` to `stop` (excluded) with their events and changes, as an export of its own."""
    if start == 0 and stop >= len(export.leads):
        return export

    def own(table: pd.DataFrame) -> pd.DataFrame:
        lead = table["lead"].to_numpy()
        rows = table[(lead >= start) & (lead < stop)]
        return rows.assign(lead=rows["lead"].to_numpy() - start)

    leads = export.leads.iloc[start:stop].reset_index(drop=True)
    return replace(export, leads=leads, events=own(export.events), changes=own(export.changes))


@dataclass(frozen=True, kw_only=True)
class BlockScorer:
    """Scores blocks by one model in one language."""

    predictor: Predictor
    language: Language
    reasons: ReasonTeller
    stages: StageTeller

    @classmethod
    def of(cls, predictor: Predictor, language: Language) -> "BlockScorer":
        """The scorer of a model; it remembers sentences, so one serves for all blocks."""
        bundle = predictor.bundle
        return cls(
            predictor=predictor,
            language=language,
            reasons=ReasonTeller(bundle=bundle, language=language),
            stages=StageTeller(view=bundle.view, reader=predictor.facts, language=language),
        )

    def readable(self, export: Export) -> Export:
        """The export without what no model may read."""
        return Sensitive(self.predictor.settings.fairness).without(export)

    def batch(self, export: Export, lead: Ints, as_of: int) -> pa.RecordBatch:
        """One row of `SCHEMA` for each of these positions in the export."""
        bundle = self.predictor.bundle
        pairs = Pairs(lead=lead, as_of=np.full(len(lead), as_of, dtype=np.int64))
        rows = build_rows(bundle.view, export, pairs)
        answers = bundle.answer(rows)
        found = find_reasons(bundle, rows, answers, REASONS)
        events = BlockEvents.of(export, as_of)
        fields = {name: values_at(export, name, pairs) for name in sorted(bundle.view.fields)}
        words = WordBlock(rows=rows, reasons=found, events=events, lead=lead, fields=fields, as_of=as_of)
        ids = pa.array(export.leads["lead_id"].to_numpy(dtype=object)[lead], pa.string())
        created = export.leads["created_at"].to_numpy()[lead]
        columns = [ids, *self._columns(events, lead, created, as_of, answers, found), self.reasons.tell(words)]
        return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)

    def _columns(
        self, events: BlockEvents, lead: Ints, created: Ints, as_of: int, answers: Answers, found: Reasons
    ) -> list[pa.Array]:
        """From the probability to the next action."""
        policy = self.predictor.bundle.policy
        score = np.rint(policy.scores(answers.log_odds)).astype(np.int64)
        fit, engagement = policy.fit_ranks(found.fit), policy.engagement_ranks(found.engagement)
        leads = StageBlock(
            events=events, lead=lead, created_at=created, score=score, fit=fit, grades=FIT_GRADES, as_of=as_of
        )
        probability = answers.probability
        numbers = [pa.array(probability), pa.array(score.astype(np.int32)), pa.array(policy.lift_of_all(probability))]
        grades = [_chosen(FIT_GRADES, fit), _chosen(ENGAGEMENT_GRADES, engagement)]
        return [*numbers, *grades, *_advised(*self.stages.advise(leads))]


def _chosen(names: tuple[str, ...], which: Ints) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(which))


def _advised(which: Ints, advice: list[Advice]) -> list[pa.Array]:
    """The recommended stage, why, and the next action of each lead."""
    types = (SCHEMA.field(name).type for name in ("stage_recommended", "because", "next_action"))
    place = pa.array(which)
    return [pa.array(said, kind).take(place) for said, kind in zip(zip(*advice, strict=True), types, strict=True)]
