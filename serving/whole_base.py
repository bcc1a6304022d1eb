"""A whole export scored at one moment: every open lead with its five strongest reasons, block by block.

A block's rows are built and answered at once, its leads are read from the tables in one pass each, so
memory stays that of the export and one block.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from features.attributes import values_at
from features.clock import NEVER
from features.lead import Event, Lead
from features.request import NOTHING_KNOWN
from features.rows import build_rows
from features.sensitive import Sensitive
from features.tables import Export, Pairs
from models.explain import Reason, explain
from serving.evidence_words import evidence_sentence
from serving.language import Language
from serving.lifecycle import Scored, decide
from serving.predict import Predictor
from serving.stage_words import QUESTIONS, action_sentence, because_sentence
from serving.wording import About, sentence

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
        pa.field(
            "reasons",
            pa.list_(
                pa.struct(
                    [
                        pa.field("field", pa.string(), nullable=False),
                        pa.field("text", pa.string(), nullable=False),
                        pa.field("contribution", pa.float64(), nullable=False),
                        pa.field("evidence", pa.string()),
                    ]
                )
            ),
            nullable=False,
        ),
    ]
)

Progress = Callable[[int, int], None]  #: leads scored so far, of how many


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
    export = Sensitive(predictor.settings.fairness).without(export)
    chosen = open_leads(export, as_of)
    done = 0
    for start in range(0, len(export.leads), block):
        inside = chosen[(chosen >= start) & (chosen < start + block)]
        if not len(inside):
            continue
        part = part_of(export, start, min(start + block, len(export.leads)))
        yield _Block(predictor=predictor, export=part, lead=inside - start, as_of=as_of, language=language).batch()
        done += len(inside)
        progress(done, len(chosen))


def open_leads(export: Export, as_of: int) -> npt.NDArray[np.int64]:
    """Positions of the leads that were created and neither won nor lost by `as_of`; all of a flat export."""
    if export.flat:
        return np.arange(len(export.leads))
    there = export.leads["created_at"].to_numpy() <= as_of  # NEVER, an unknown creation, counts as before
    ended = export.outcomes["kind"].isin(("closed_won", "closed_lost")) & (export.outcomes["happened_at"] <= as_of)
    there[export.outcomes.loc[ended, "lead"].to_numpy(dtype=np.int64)] = False
    return np.flatnonzero(there)


def part_of(export: Export, start: int, stop: int) -> Export:
    """The leads from `start` to `stop` (excluded) with their events and changes, as an export of its own."""

    def own(table: pd.DataFrame) -> pd.DataFrame:
        lead = table["lead"].to_numpy()
        rows = table[(lead >= start) & (lead < stop)]
        return rows.assign(lead=rows["lead"].to_numpy() - start)

    leads = export.leads.iloc[start:stop].reset_index(drop=True)
    return replace(export, leads=leads, events=own(export.events), changes=own(export.changes))


@dataclass(frozen=True, kw_only=True)
class _Block:
    """Some leads of an export, scored together."""

    predictor: Predictor
    export: Export
    lead: npt.NDArray[np.int64]  #: positions in `export`
    as_of: int
    language: Language

    def batch(self) -> pa.RecordBatch:
        """One row of `SCHEMA` for each lead."""
        bundle = self.predictor.bundle
        rows = build_rows(bundle.view, self.export, self._pairs)
        answers = bundle.answer(rows)
        probabilities = answers.probability.tolist()
        found = []
        for i, lead in enumerate(self._leads()):
            explained, about = explain(bundle, rows[i], answers, i), self._about(lead)
            score = round(bundle.policy.score(explained.log_odds))
            fit = bundle.policy.fit_grade(explained.fit)
            found.append(
                {
                    "lead_id": lead.lead_id,
                    "probability": probabilities[i],
                    "score": score,
                    "lift": bundle.policy.lift(probabilities[i]),
                    "fit_grade": fit,
                    "engagement_grade": bundle.policy.engagement_grade(explained.engagement),
                    **self._stage(lead, Scored(score=score, fit=fit)),
                    "reasons": [self._reason(reason, about) for reason in explained.reasons[:REASONS]],
                }
            )
        return pa.RecordBatch.from_pylist(found, schema=SCHEMA)

    @cached_property
    def _pairs(self) -> Pairs:
        return Pairs(lead=self.lead, as_of=np.full(len(self.lead), self.as_of, dtype=np.int64))

    def _leads(self) -> list[Lead]:
        """The leads as a request would have brought them at `as_of`."""
        events = self._events()
        fields = {field: values_at(self.export, field, self._pairs) for field in self._fields}
        ids, created = (self.export.leads[name].to_numpy()[self.lead] for name in ("lead_id", "created_at"))
        return [
            Lead(
                lead_id=str(ids[i]),
                created_at=None if created[i] == NEVER else int(created[i]),
                attributes={f: v.distinct[v.code[i]] for f, v in fields.items() if v.code[i] >= 0},
                events=events.get(position, ()),
            )
            for i, position in enumerate(self.lead.tolist())
        ]

    def _events(self) -> dict[int, list[Event]]:
        """The visible events of each lead."""
        table = self.export.events
        moments = [table["happened_at"].to_numpy(), table["known_at"].to_numpy()]
        visible = table[(moments[0] <= self.as_of) & (moments[1] <= self.as_of) & (moments[0] != NEVER)]
        found: dict[int, list[Event]] = {}
        columns = (visible[name].tolist() for name in ("lead", "kind", "happened_at", "known_at", "topic"))
        for lead, kind, happened_at, known_at, topic in zip(*columns, strict=True):
            named = topic if isinstance(topic, str) else None
            found.setdefault(lead, []).append(Event(kind, happened_at, known_at, None, named))
        return found

    @cached_property
    def _fields(self) -> list[str]:
        return sorted(self.predictor.bundle.view.fields)

    def _stage(self, lead: Lead, scored: Scored) -> dict[str, object]:
        """Of a lead whose stage and consent an export doesn't tell."""
        reader, view = self.predictor.facts, self.predictor.bundle.view
        facts = reader.read(lead.events, self.as_of, NOTHING_KNOWN, created_at=lead.created_at)
        decision = decide(NOTHING_KNOWN.stage, facts, scored, reader.policy)
        return {
            "stage_recommended": decision.recommended.value,
            "because": [because_sentence(ground, view, self.language) for ground in decision.because],
            "next_action": action_sentence(decision, tuple(QUESTIONS), self.language),
        }

    def _reason(self, reason: Reason, about: About) -> dict[str, object]:
        definition = self.predictor.definitions[reason.column]
        counted = reason.evidence
        return {
            "field": reason.group,
            "text": sentence(definition, reason.value, about, raises=reason.contribution > 0),
            "contribution": reason.contribution,
            "evidence": None if counted is None else evidence_sentence(definition, counted, self.language),
        }

    def _about(self, lead: Lead) -> About:
        view = self.predictor.bundle.view
        return About(view=view, lead=lead, language=self.language, as_of=self.as_of, visible=lead.events)
