"""The unattended cycle: news or none, the gate's word kept with the version, one at a time, one line for machines."""

import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from typer.testing import CliRunner

from commands.alone import alone
from features.clock import days, iso
from features.errors import NotComparable, NotEnoughData, RegistryRefused
from features.guess import Guess
from features.settings import FILE_NAME
from features.write_settings import settings_text
from models import registry
from models.files import save
from models.registered import Run
from ripeness import app
from support.quick_models import quick, quick_company
from training.outcomes import closed_at
from training.promotion import Candidate, settle, told
from training.retrain import Retrained, Survey, leaks_of, news, survey

AT = datetime(2027, 1, 3, 9, tzinfo=UTC)


def with_card(bundle, **facts):
    return replace(bundle, card={**bundle.card, **facts})


def learned_from(bundle, won: int):
    parts = {**bundle.card["parts"], "train": {**bundle.card["parts"]["train"], "won": won}}
    return with_card(bundle, parts=parts, data_end=iso(quick().export.data_end))


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    """A registry with a weak champion (version 1) and a better version 2."""
    folder = tmp_path_factory.mktemp("registered")
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    for name, bundle in (("1", quick().champion), ("2", quick().challenger)):
        save(learned_from(bundle, 150), folder / name, quick().rows[:200, : len(bundle.view.names)])
        registry.register(folder / name, Run(name=f"train {name}"), tracking_uri=uri)
    registry.promote("1", tracking_uri=uri)
    return folder


@pytest.fixture
def home(registered, tmp_path):
    """A home with a copy of that registry; the bundles lie where they were."""
    shutil.copy(registered / "mlflow.db", tmp_path / "mlflow.db")
    return tmp_path


def fetched(home, name) -> Candidate:
    return Candidate.fetch(name, tracking_uri=f"sqlite:///{home / 'mlflow.db'}")


def write_export(home, **sections):
    quick_company().write(home / "export")
    settings = quick().settings.model_copy(update=sections)
    text = settings_text(Guess(settings=settings, notes=(), questions=()))
    (home / "export" / FILE_NAME).write_text(text, encoding="utf-8")


def command(home):
    return CliRunner().invoke(app, ["retrain", str(home / "export"), "--home", str(home)])


def test_news_are_outcomes_since_that_have_matured():
    q = quick()
    before = q.export.data_end - days(30)
    found = news(q.export, q.settings, {"data_end": iso(before)})
    created, closed = q.export.leads["created_at"].to_numpy(), closed_at(q.export)
    mature = q.export.data_end - days(60)
    expected = sum(before < c <= q.export.data_end and born <= mature for born, c in zip(created, closed, strict=True))
    assert found.outcomes == expected > 0
    assert news(q.export, q.settings, {"data_end": iso(q.export.data_end)}).outcomes == 0


def test_of_a_flat_export_later_rows_with_a_result_are_news():
    q = quick()
    leads = q.export.leads.assign(order=np.arange(len(q.export.leads), dtype=float), label=0.0)
    leads.loc[len(leads) - 3 :, "label"] = [1.0, 0.0, np.nan]
    flat = replace(q.export, leads=leads, flat=True)
    card = {"parts": {"test": {"until": f"row {len(leads) - 3}"}}}
    assert news(flat, q.settings, card).outcomes == 2
    assert news(flat, q.settings, {"parts": {"test": {"until": f"row {len(leads)}"}}}).outcomes == 0


def settled(new, champion, uri):
    q = quick()
    return settle(new, champion, lambda: (q.export, q.settings), q.settings.gate, at=AT, tracking_uri=uri)


def test_a_better_model_is_promoted_and_a_worse_one_is_not(home):
    uri = f"sqlite:///{home / 'mlflow.db'}"
    weak, better = fetched(home, "1"), fetched(home, "2")
    found = settled(better, weak, uri)
    assert found.promote
    assert "may be promoted" in found.why
    assert registry.find("champion", tracking_uri=uri).number == "2"
    found = settled(weak, better, uri)
    assert not found.promote
    assert "log loss" in found.why
    assert "was refused" in told(fetched(home, "1").version)
    assert registry.find("champion", tracking_uri=uri).number == "2"


def test_a_model_that_the_gate_can_not_judge_is_kept_with_the_reason(home):
    uri, q = f"sqlite:///{home / 'mlflow.db'}", quick()
    late = {"train": {"won": 150, "until": iso(q.export.data_end)}}
    better = fetched(home, "2")
    better = replace(better, bundle=with_card(better.bundle, parts=late))
    found = settled(better, fetched(home, "1"), uri)
    assert not found.promote
    assert found.why.startswith("gate: it can't judge")
    assert "gate: it can't judge" in told(fetched(home, "2").version)


def test_without_news_nothing_is_trained_and_a_run_says_why(home):
    import mlflow

    write_export(home)
    result = command(home)
    assert result.exit_code == 0, result.output
    line = json.loads(result.output.splitlines()[-1])
    assert line["outcome"] == "no_op"
    assert line["champion"] == "1"
    assert line["new_outcomes"] == 0
    assert line["leaks"] is None
    assert "no new outcome has matured" in line["why"]
    assert "of an earlier release" in line["drift_sentence"]
    client = mlflow.MlflowClient(f"sqlite:///{home / 'mlflow.db'}")
    ids = [e.experiment_id for e in client.search_experiments()]
    runs = client.search_runs(ids, "tags.retrain = 'no_op'")
    assert [run.data.tags["retrain_reason"] for run in runs] == [line["why"]]
    assert runs[0].info.status == "FINISHED"


@pytest.mark.parametrize("running", ["train", "retrain", "promote", "rollback"])
def test_two_at_once_are_one(home, running):
    with alone(home, running):
        result = command(home)
    assert isinstance(result.exception, RegistryRefused)
    said = str(result.exception)
    assert re.search(rf"another `ripeness {running}` is running since \d{{4}}-.* UTC \(process \d+\)", said)


def test_another_question_is_refused_before_any_work(home):
    q = quick()
    asked = q.settings.model_copy(update={"outcome": q.settings.outcome.model_copy(update={"horizon_days": 30})})
    with pytest.raises(NotComparable, match="horizon_days"):
        survey(fetched(home, "1"), q.export, asked)


def test_an_export_without_a_win_is_refused_before_any_work():
    q = quick()
    lost = replace(q.export, outcomes=q.export.outcomes[q.export.outcomes["kind"] != "closed_won"])
    with pytest.raises(NotEnoughData):
        survey(None, lost, q.settings)


def test_leaks_that_the_champion_still_reads_are_named():
    before = {"leaks": {"refused": ["closed_by"], "refused_kinds": []}}
    found = leaks_of({"leaks": {"refused": ["closed_by", "stage"], "suspicious": ["page_view"]}}, before)
    assert found == {"refused": ["closed_by", "stage"], "suspicious": ["page_view"], "newly_refused": ["stage"]}
    assert leaks_of({"leaks": {"refused": ["stage"]}}, None)["newly_refused"] == []


def test_the_line_is_plain_data():
    done = Retrained(word="kept", why="no skill", version="3", before=Survey(warnings=("2 rows",)))
    line = json.loads(json.dumps(done.to_dict()))
    assert line["outcome"] == "kept"
    assert line["champion"] is None
    assert list(done.lines()) == ["  check: 2 rows", "version 3 is registered, there is no champion: no skill"]
    assert not done.needs_a_look
