"""Drift: no alarm where nothing moved, the right name where something did, one clear error where it can't be told."""

import importlib.util
import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from features.clock import days, from_micros
from features.errors import BadBundle, BadSettings, NoModel, NotComparable, NotEnoughData, UnreadableFile
from features.guess import Guess
from features.rows import build_rows
from features.settings import FILE_NAME
from features.write_settings import settings_text
from models import registry
from models.files import load, save
from models.registered import Run
from ripeness import app
from support.quick_models import quick, quick_company
from training.cohort import cohort
from training.dataset import Dataset
from training.drift import drift
from training.make_reference import make_reference
from training.scored_leads import independent, scored_leads, unlisted

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "drift.py"


@pytest.fixture(scope="module")
def figures():
    spec = importlib.util.spec_from_file_location("drift_figures", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bundle():
    """The challenger of the quick models, with the leads of a test period half a year before the end."""
    q = quick()
    chosen = cohort(q.export, q.settings)
    as_of = chosen.pairs.as_of
    until = q.export.data_end - days(120)
    pairs = chosen.pairs.take((as_of > until - days(150)) & (as_of <= until))
    nothing = np.zeros(len(pairs))
    test = Dataset(
        rows=nothing[:, None], label=nothing, weight=nothing, group=nothing, lead=pairs.lead, as_of=pairs.as_of
    )
    return replace(q.challenger, reference=make_reference(q.challenger, q.export, q.settings, test))


def moved(bundle, export, *, as_of=None, settings=None):
    return drift(bundle, export, settings or quick().settings, as_of=as_of or export.data_end)


def with_field(export, field, values):
    """The export with other values of a field, from the first moment on."""
    others = export.changes[export.changes["field"] != field].reset_index(drop=True)
    return replace(
        export, leads=export.leads.assign(**{field: values}), changes=others, tracked=export.tracked - {field}
    )


def test_alarms_where_nothing_moved_are_as_rare_as_promised(figures):
    assert figures.false_share(120, columns=14, first_seed=77) <= 3 / 120


def test_half_a_standard_deviation_is_found(figures):
    assert {law for law, share in figures.found_shares(20, columns=14, first_seed=77) if share < 0.9} == set()


def test_a_company_that_stays_as_it_was_does_not_alarm(bundle):
    end = quick().export.data_end
    for back in (0, 21, 42, 63):
        found = moved(bundle, quick().export, as_of=end - days(back))
        assert [c.name for c in found.moved_columns] == []
        assert not found.score.moved


def test_each_lead_is_counted_once_at_one_of_several_moments(bundle):
    q, reference = quick(), bundle.reference
    open_then = scored_leads(q.export, q.settings, q.export.data_end - days(120))
    assert 0.7 * len(open_then) < reference.leads < 1.3 * len(open_then)
    assert all(sum(column.leads) == reference.leads for column in (*reference.columns, reference.log_odds))
    assert independent(q.export, open_then) < len(open_then)
    assert reference.independent < reference.leads


def test_a_rhythm_is_no_drift_but_kept_with_the_reference(bundle):
    by_name = dict(zip(bundle.view.names, bundle.reference.columns, strict=True))
    assert by_name["email_open_recency_days"].usual > 10 * by_name["industry"].usual


def test_unseen_categories_are_named_with_the_leads_that_have_them(bundle):
    q = quick()
    sources = q.export.leads["source"].to_numpy(dtype=object).copy()
    changed = np.arange(len(sources)) % 4 == 0
    sources[changed] = "Atlantis"
    found = moved(bundle, with_field(q.export, "source", sources))
    column = next(c for c in found.columns if c.name == "source")
    assert column.moved
    assert column.new_values == ("Atlantis",)
    assert column.unlisted[1] == pytest.approx(0.25, abs=0.05)
    assert column.fuller == "not seen in training"
    ids = q.export.leads["lead_id"].to_numpy()
    assert set(column.examples) <= set(ids[changed])
    assert "'Atlantis'" in column.line()
    assert "source" in found.sentence()


def test_a_field_that_is_not_filled_in_any_more_is_found_as_missing(bundle):
    q = quick()
    sources = q.export.leads["source"].to_numpy(dtype=object).copy()
    sources[np.arange(len(sources)) % 3 == 0] = None
    column = next(c for c in moved(bundle, with_field(q.export, "source", sources)).columns if c.name == "source")
    assert column.moved
    assert column.fuller == "missing"
    assert column.missing[1] - column.missing[0] == pytest.approx(1 / 3, abs=0.07)
    assert column.affected == pytest.approx(column.missing[1] - column.missing[0], abs=0.05)


def test_values_in_no_list_are_told_from_missing_ones():
    q = quick()
    sources = np.array(["Atlantis", None] * len(q.export.leads), dtype=object)[: len(q.export.leads)]
    export = with_field(q.export, "source", sources)
    pairs = scored_leads(export, q.settings, export.data_end)
    mask, values = unlisted(q.challenger.view, export, pairs)
    at = q.challenger.view.names.index("source")
    assert mask[:, at].tolist() == [lead % 2 == 0 for lead in pairs.lead]
    assert values["source"] == Counter({"Atlantis": int(mask[:, at].sum())})
    assert not mask[:, [d.encoding == "number" for d in q.challenger.view.definitions]].any()


def test_promises_that_were_not_kept_are_drift(bundle):
    q = quick()
    lost = replace(q.export, outcomes=q.export.outcomes[q.export.outcomes["kind"] != "closed_won"])
    found = moved(bundle, lost)
    assert found.calibration.moved
    assert found.calibration.realised == 0
    assert found.calibration.low > 0
    assert "calibration" in found.sentence()
    assert moved(bundle, q.export).calibration.realised > 0
    assert "in 99.7% of such cases" in found.calibration.sentence()
    assert f"of {found.calibration.leads:,} leads" in found.calibration.sentence()
    assert "its card" not in found.calibration.sentence()


@pytest.mark.parametrize(
    ("low", "value", "high", "word"),
    [(0.6, 0.8, 0.95, "too little"), (0.8, 1.0, 1.2, "neither too much nor too little")],
)
def test_calibration_is_told_beside_what_the_card_says(bundle, low, value, high, word):
    told = replace(bundle, card={**bundle.card, "promise": {"low": low, "value": value, "high": high}})
    said = moved(told, quick().export).calibration.sentence()
    assert f"its card, of its test period: {value:.2f} wins expected for each that came" in said
    assert f"{word} is shown" in said
    assert "calibration holds" not in said


def test_promises_are_judged_after_they_matured_only(bundle):
    fresh = {**bundle.card, "parts": {"train": {"until": from_micros(quick().export.data_end).isoformat()}}}
    found = moved(replace(bundle, card=fresh), quick().export)
    assert found.calibration is None
    assert "no promise has matured" in " ".join(found.lines())


def test_an_empty_window_is_an_error(bundle):
    q = quick()
    with pytest.raises(NotEnoughData, match="0 leads were scored at"):
        moved(bundle, q.export, as_of=int(q.export.leads["created_at"].min()) - 1)


def test_a_bundle_of_an_earlier_release_says_so(bundle):
    with pytest.raises(BadBundle, match="train it anew"):
        moved(replace(bundle, reference=None), quick().export)


def test_the_reference_is_kept_in_the_bundle(bundle, tmp_path):
    rows = quick().rows
    first, again = save(bundle, tmp_path / "a", rows), save(bundle, tmp_path / "b", rows)
    assert first == again
    assert load(tmp_path / "a").reference == bundle.reference
    save(replace(bundle, reference=None), tmp_path / "old", rows)
    assert load(tmp_path / "old").reference is None


@pytest.fixture(scope="module")
def home(bundle, tmp_path_factory):
    """A home with the export as files, and the bundle as champion."""
    home = tmp_path_factory.mktemp("home")
    quick_company().write(home / "export")
    text = settings_text(Guess(settings=quick().settings, notes=(), questions=()))
    (home / "export" / FILE_NAME).write_text(text, encoding="utf-8")
    uri = f"sqlite:///{home / 'mlflow.db'}"
    save(bundle, home / "bundle", quick().rows)
    registry.register(home / "bundle", Run(name="train"), tracking_uri=uri)
    registry.promote("1", tracking_uri=uri)
    return home


def command(home, *arguments):
    return CliRunner().invoke(app, ["drift", str(home / "export"), "--home", str(home), *map(str, arguments)])


def test_the_command_exits_10_where_the_world_moved_and_writes_the_report(home, tmp_path):
    early = from_micros(quick().export.data_end - days(640)).date()
    result = command(home, "--as-of", early, "--out", tmp_path / "report.json")
    assert result.exit_code == 10, result.output
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert told["drift"] is True
    assert "age_days" in {c["name"] for c in told["columns"] if c["moved"]}
    assert told["sentence"] in result.output


def test_a_moment_after_the_end_of_the_data_is_no_drift_but_an_error(home):
    result = command(home, "--as-of", from_micros(quick().export.data_end + days(40)).date())
    assert isinstance(result.exception, BadSettings)
    assert "lies after the end of the data" in str(result.exception)


def scores(home, path):
    from serving.predict import Predictor
    from serving.score_files import write_scores

    predictor = Predictor(bundle=load(home / "bundle"), settings=quick().settings, version="1")
    at = quick().export.data_end - days(70)
    write_scores(predictor, quick().export, as_of=at, out=path, language="en", progress=lambda _: None)
    return path


def test_scores_are_looked_at_and_their_promises_held_against_what_came(home, tmp_path):
    result = command(home, "--scores", scores(home, tmp_path / "scores.parquet"), "--out", tmp_path / "report.json")
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert result.exit_code == (10 if told["drift"] else 0), result.output
    assert told["scores"] == "scores.parquet"
    q = quick()
    pairs = scored_leads(q.export, q.settings, q.export.data_end - days(70))
    assert told["leads"] == told["calibration"]["leads"] == len(pairs)
    rows = build_rows(q.challenger.view, q.export, pairs)
    expected = (1 / (1 + np.exp(-q.challenger.log_odds(rows)))).sum()
    assert told["calibration"]["expected"] == pytest.approx(expected, rel=1e-6)


def test_scores_of_another_model_are_refused(home, tmp_path):
    import pyarrow.parquet as pq

    path = scores(home, tmp_path / "scores.parquet")
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({**table.schema.metadata, b"bundle": b"sha256:other"}), path)
    result = command(home, "--scores", path)
    assert isinstance(result.exception, NotComparable)
    assert "scores of version 1" in str(result.exception)


def test_an_empty_file_of_scores_is_refused(home, tmp_path):
    import pyarrow.parquet as pq

    path = scores(home, tmp_path / "scores.parquet")
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    result = command(home, "--scores", path)
    assert isinstance(result.exception, NotEnoughData)
    assert "0 leads were scored in scores.parquet" in str(result.exception)


def test_without_a_champion_nothing_can_be_compared(home, tmp_path):
    result = CliRunner().invoke(app, ["drift", str(home / "export"), "--home", str(tmp_path)])
    assert isinstance(result.exception, NoModel)


def test_a_report_that_can_not_be_written_is_known_before_the_work(home, tmp_path):
    result = command(home, "--out", tmp_path / "nowhere" / "report.json")
    assert isinstance(result.exception, UnreadableFile)
