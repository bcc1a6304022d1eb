"""Scoring a whole export answers what the service would have answered for each lead at that moment."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.request import FactsIn
from features.rows import lead_at
from features.settings import Settings
from serving.language import catalog
from serving.predict import Case, Predictor
from serving.score_files import write_scores
from serving.whole_base import SCHEMA, score_export
from support.exports import export_of, moment
from support.random_leads import random_request
from support.small_bundle import small_bundle

AS_OF = moment("2026-02-25T09:00:00Z")
COUNT = 300


def invented():
    """An export of invented leads; some closed, some created later, some fields with a history."""
    leads, events, changes, outcomes = [], [], [], []
    for i in range(COUNT):
        sent = random_request(i)
        lead_id = sent["lead"]["lead_id"]
        attributes = sent["lead"]["attributes"] | {"employees": (i % 7) * 100.0}
        leads.append({"lead_id": lead_id, "created_at": sent["lead"].get("created_at")} | attributes)
        events += [{"lead_id": lead_id} | event for event in sent["events"]]
        if i % 10 == 0:
            when = "2026-02-20T00:00:00Z" if i % 20 else "2026-03-20T00:00:00Z"
            outcomes.append({"lead_id": lead_id, "kind": "closed_won", "happened_at": when})
        if i % 6 == 0:
            when = "2026-02-20T00:00:00Z" if i % 12 else "2026-03-20T00:00:00Z"
            change = {"field": "industry", "value": "software", "old_value": "retail", "known_at": when}
            changes.append({"lead_id": lead_id} | change)
    return export_of(leads=leads, events=events, changes=changes, outcomes=outcomes)


EXPORT = invented()


@pytest.fixture(scope="module")
def predictor():
    return Predictor(bundle=small_bundle(), version="7", settings=Settings())


def rows_of_batches(predictor, language="en", **options):
    found = score_export(predictor, EXPORT, as_of=AS_OF, language=catalog(language), **options)
    return pa.Table.from_batches(list(found), schema=SCHEMA).to_pylist()


@pytest.mark.parametrize("language", ["en", "it"])
def test_every_row_equals_the_answer_to_a_request(predictor, language):
    rows = rows_of_batches(predictor, language, block=70)
    position = {lead_id: i for i, lead_id in enumerate(EXPORT.leads["lead_id"])}

    for row in rows:
        lead = lead_at(EXPORT, position[row["lead_id"]], AS_OF)
        answer = predictor.answer(Case(lead=lead, as_of=AS_OF, facts=FactsIn()), catalog(language))
        assert row["probability"] == pytest.approx(answer["probability"], abs=1e-9)
        assert row["lift"] == pytest.approx(answer["lift"], abs=1e-9)
        graded = (row["score"], row["fit_grade"], row["engagement_grade"], row["stage_recommended"])
        stage = answer["stage"]["recommended"]
        assert graded == (answer["score"], answer["fit"]["grade"], answer["engagement"]["grade"], stage)
        reasons = answer["explanation"]["reasons"][:5]
        told = [(r["field"], r["text"], r["evidence"] and r["evidence"]["text"]) for r in reasons]
        assert [(r["field"], r["text"], r["evidence"]) for r in row["reasons"]] == told
        assert row["because"] == answer["stage"]["because"]
        assert row["next_action"] == answer["stage"]["next_action"]["text"]


def test_leads_that_were_closed_or_not_there_yet_are_left_out(predictor):
    scored = {row["lead_id"] for row in rows_of_batches(predictor)}
    created, ended = EXPORT.leads["created_at"], EXPORT.outcomes
    left_out = {f"L-{i}" for i in ended.loc[ended["happened_at"] <= AS_OF, "lead"]}
    left_out |= {f"L-{i}" for i in range(COUNT) if created[i] > AS_OF}

    assert scored == {f"L-{i}" for i in range(COUNT)} - left_out
    assert 0 < len(left_out) < COUNT


@pytest.mark.parametrize("block", [1, 7, 10_000])
def test_the_size_of_a_block_changes_nothing(predictor, block):
    steps = []
    rows = rows_of_batches(predictor, block=block, progress=lambda done, total: steps.append((done, total)))

    assert rows == rows_of_batches(predictor)
    assert steps[-1] == (len(rows), len(rows))
    assert steps == sorted(steps)


def test_of_a_flat_export_every_row_is_scored(predictor):
    flat = replace(EXPORT, flat=True)
    found = score_export(predictor, flat, as_of=AS_OF, language=catalog("en"))

    assert sum(batch.num_rows for batch in found) == COUNT


def test_the_file_names_its_model_and_is_there_complete_or_not_at_all(predictor, tmp_path):
    out, said = tmp_path / "scores.parquet", []
    count = write_scores(predictor, EXPORT, as_of=AS_OF, out=out, language="it", progress=said.append)
    table = pq.read_table(out)

    assert table.to_pylist() == rows_of_batches(predictor, "it")
    assert table.schema.metadata[b"bundle"] == predictor.bundle.digest.encode()
    assert table.schema.metadata[b"as_of"] == b"2026-02-25T09:00:00Z"
    assert said[-1] == f"scored {count} of {count} leads"
    out.unlink()
    broken = replace(predictor, bundle=replace(predictor.bundle, evidence=None))
    with pytest.raises(AttributeError):
        write_scores(broken, EXPORT, as_of=AS_OF, out=out, language="en", progress=said.append)
    assert list(tmp_path.iterdir()) == []
