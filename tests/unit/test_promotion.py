"""Promotion asks the card and the gate, writes down what was decided, and can be undone at once."""

import json
import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from commands.alone import alone
from features.errors import BadBundle, BadSettings, NoModel, NotComparable, NotPromoted, RegistryRefused
from features.settings import Gate
from models import registry
from models.files import load, save
from models.registered import Run
from ripeness import app
from support.quick_models import quick, quick_company, quick_settings
from training.promotion import Candidate, carry_out, decide, enough_won, require_promotable, told

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def won(bundle, leads: int) -> dict:
    """The bundle's card, as if it had learned from so many won leads."""
    parts = bundle.card["parts"]
    return {**bundle.card, "parts": {"train": {**parts["train"], "won": leads}}}


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    """A registry with the quick models as versions 1 (weak), 2 (better), 3 (no skill), 4 (few won leads)."""
    home = tmp_path_factory.mktemp("registered")
    uri = f"sqlite:///{home / 'mlflow.db'}"
    q = quick()
    weak, better = (replace(b, card=won(b, 150)) for b in (q.champion, q.challenger))
    better = replace(better, card={**better.card, "against_best": {"sentence": "Naive Bayes is ahead by 0.01."}})
    no_skill = {**better.card, "has_skill": False, "verdict": "No skill is shown: ROC AUC 0.510."}
    few = {**won(better, 60), "has_skill": False}
    bundles = (weak, better, replace(better, card=no_skill), replace(better, card=few))
    for i, bundle in enumerate(bundles):
        save(bundle, home / str(i), q.rows[:200, : len(bundle.view.names)])
        registry.register(home / str(i), Run(name=f"train {i + 1}"), tracking_uri=uri)
    return home


@pytest.fixture
def uri(registered, tmp_path):
    """A copy of the registry, in which nothing was promoted yet; the bundles lie where they were."""
    return f"sqlite:///{shutil.copy(registered / 'mlflow.db', tmp_path / 'mlflow.db')}"


def fetched(name, uri) -> Candidate:
    return Candidate.fetch(name, tracking_uri=uri)


def export():
    return quick().export, quick().settings


def never():
    raise AssertionError("the export was read although nothing had to be compared")


def aliases(uri) -> dict[str, str | None]:
    found = {alias: registry.find(alias, tracking_uri=uri) for alias in registry.ALIASES}
    return {alias: version.number if version else None for alias, version in found.items()}


def test_the_first_champion_needs_no_gate_but_skill_and_won_leads(uri):
    decision = decide(fetched("1", uri), None, never, Gate())
    assert decision.promote
    assert decision.word == "promoted"
    assert not decide(fetched("3", uri), None, never, Gate()).promote
    refused = decide(fetched("4", uri), None, never, Gate())
    assert not refused.promote
    assert "60 won leads; at least 100 are needed, or --experimental" in refused.failed[0].says


def test_a_better_model_takes_the_place_and_the_one_before_is_kept(uri):
    carry_out(fetched("1", uri), decide(fetched("1", uri), None, never, Gate()), at=AT, tracking_uri=uri)
    registry.set_alias("challenger", "2", tracking_uri=uri)
    decision = decide(fetched("challenger", uri), fetched("champion", uri), export, quick().settings.gate)
    carry_out(fetched("2", uri), decision, at=AT, tracking_uri=uri)
    assert aliases(uri) == {"champion": "2", "previous": "1", "challenger": None}
    assert told(fetched("2", uri).version) == "version 2 was promoted at 2026-03-01T09:00:00+00:00 against version 1"


def test_a_worse_model_stays_out_and_the_reason_is_written_down(uri):
    registry.promote("2", tracking_uri=uri)
    decision = decide(fetched("1", uri), fetched("2", uri), export, quick().settings.gate)
    carry_out(fetched("1", uri), decision, at=AT, tracking_uri=uri)
    assert aliases(uri)["champion"] == "2"
    assert "version 1 was refused" in told(fetched("1", uri).version)
    assert "log loss no worse" in told(fetched("1", uri).version)


def test_an_override_is_kept_with_its_reason_and_what_it_overrode(uri):
    registry.promote("2", tracking_uri=uri)
    decision = decide(
        fetched("1", uri), fetched("2", uri), export, quick().settings.gate, reason="the CRM lost web data"
    )
    carry_out(fetched("1", uri), decision, at=AT, tracking_uri=uri)
    assert aliases(uri) == {"champion": "1", "previous": "2", "challenger": None}
    said = told(fetched("1", uri).version)
    assert "promoted by override" in said
    assert "reason given: the CRM lost web data" in said
    assert "failed: log loss no worse" in said


def test_few_won_leads_are_lifted_by_experimental_alone(uri):
    assert not decide(fetched("4", uri), None, never, Gate(), reason="I insist").promote
    decision = decide(fetched("4", uri), None, never, Gate(), experimental=True)
    assert decision.promote
    assert decision.experimental
    assert decision.tags(AT)["decision_experimental"] == "yes"
    assert not decide(fetched("1", uri), None, never, Gate(), experimental=True).experimental


def test_no_skill_is_overridden_with_a_reason_only(uri):
    assert decide(fetched("3", uri), None, never, Gate(), reason="to try the pages").word == "promoted by override"


def test_a_card_that_counts_nothing_is_refused():
    with pytest.raises(BadBundle, match="how many won leads"):
        enough_won({"parts": {}}, Gate())


def test_the_champion_can_not_be_promoted_again(uri):
    with pytest.raises(NotPromoted, match="version 1 is the champion already"):
        require_promotable(fetched("1", uri), fetched("1", uri))


def test_rollback_is_quick_and_the_scores_are_those_from_before(uri, tmp_path):
    q = quick()
    rows = q.rows[:500, : len(q.champion.view.names)]
    registry.promote("1", tracking_uri=uri)
    before = load(registry.download("champion", tracking_uri=uri, into=tmp_path).folder).log_odds(rows)
    registry.promote("2", tracking_uri=uri)
    started = time.perf_counter()
    now, then = registry.rollback(tracking_uri=uri)
    assert time.perf_counter() - started < 5, "loose: a busy machine; alone it takes a few hundredths of a second"
    assert (now.number, then.number) == ("1", "2")
    assert aliases(uri) == {"champion": "1", "previous": "2", "challenger": None}
    after = load(registry.download("champion", tracking_uri=uri, into=tmp_path).folder).log_odds(rows)
    assert np.array_equal(before, after)
    assert registry.rollback(tracking_uri=uri)[0].number == "2"


@pytest.mark.parametrize("promoted", [(), ("1",)])
def test_with_nothing_before_there_is_no_rollback(uri, promoted):
    for number in promoted:
        registry.promote(number, tracking_uri=uri)
    kept = aliases(uri)
    with pytest.raises(NotPromoted, match="nothing to go back to"):
        registry.rollback(tracking_uri=uri)
    assert aliases(uri) == kept


def test_a_version_goes_by_alias_number_or_run(uri):
    registry.promote("2", tracking_uri=uri)
    two = registry.named("2", tracking_uri=uri)
    assert two.aliases == ("champion",)
    assert registry.named("champion", tracking_uri=uri) == two
    assert registry.named(two.run_id, tracking_uri=uri) == two


@pytest.mark.parametrize("name", ["17", "no such run", "0123456789abcdef", "' OR 1=1"])
def test_what_is_not_registered_is_said_with_what_is(uri, name):
    with pytest.raises(NoModel, match="is not registered as a version of 'ripeness': it has 1, 2, 3, 4"):
        registry.named(name, tracking_uri=uri)


@pytest.mark.parametrize("status", ["RUNNING", "FAILED"])
def test_a_run_that_has_not_finished_is_refused(uri, status):
    import mlflow

    mlflow.MlflowClient(uri).set_terminated(registry.named("2", tracking_uri=uri).run_id, status=status)
    with pytest.raises(NotPromoted, match=f"which is {status}, not FINISHED"):
        registry.named("2", tracking_uri=uri)


def command(*arguments, uri, home):
    return CliRunner().invoke(app, [*map(str, arguments), "--home", str(home), "--tracking-uri", uri])


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (("promote", "2"), BadSettings, "name the folder of the export"),
        (("promote", "2", "--override"), BadSettings, "--override needs a reason"),
        (("promote", "2", "--reason", "why not"), BadSettings, "a reason needs --override"),
        (("promote", "99"), NoModel, "is not registered"),
        (("promote", "1"), NotPromoted, "the champion already"),
        (("promote", "challenger"), NoModel, "no version of 'ripeness' is the challenger"),
        (("rollback",), NotPromoted, "nothing to go back to"),
        (("compare", "1", "2", "3", "nowhere"), BadSettings, "two models and a folder"),
        (("compare", "2", "2", "nowhere"), NotComparable, "2 and 2 are both version 2: there is nothing to compare"),
        (("compare", "champion", "1", "nowhere"), NotComparable, "champion and 1 are both version 1"),
        (("compare", "1", "2", "nowhere", "--out", "swaps.xlsx"), BadSettings, "neither .parquet nor .csv"),
    ],
)
def test_what_can_not_be_done_is_one_error_and_changes_nothing(uri, tmp_path, arguments, error, says):
    registry.promote("1", tracking_uri=uri)
    kept = aliases(uri)
    result = command(*arguments, uri=uri, home=tmp_path)
    assert isinstance(result.exception, error)
    assert says in str(result.exception)
    assert aliases(uri) == kept
    assert registry.named("2", tracking_uri=uri).tags.keys() == {registry.BUNDLE_TAG}


def test_rollback_from_the_command_line_says_what_is_where(uri, tmp_path):
    registry.promote("1", tracking_uri=uri)
    registry.promote("2", tracking_uri=uri)
    result = command("rollback", uri=uri, home=tmp_path)
    assert "version 1 is the champion again; version 2 is kept as `previous`" in result.output
    assert "rolled_back_at" in registry.named("2", tracking_uri=uri).tags


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """The company's export as files, with the settings that its models were made with."""
    from features.guess import Guess
    from features.settings import load_settings
    from features.write_settings import settings_text

    folder = tmp_path_factory.mktemp("company")
    written = quick_company()
    written.write(folder)
    settings = quick_settings(load_settings(folder / "ripeness.toml"), gate={"rounds": 100})
    (folder / "ripeness.toml").write_text(settings_text(Guess(settings=settings, notes=(), questions=())))
    return folder


def test_compare_and_promote_from_the_command_line(uri, company, tmp_path):
    registry.promote("1", tracking_uri=uri)
    registry.set_alias("challenger", "2", tracking_uri=uri)
    out = tmp_path / "swaps.csv"
    compared = command("compare", company, "--out", out, uri=uri, home=tmp_path)
    assert compared.exit_code == 0, compared.output
    assert "The challenger may be promoted" in compared.output
    assert "recent leads, whose result is known" in compared.output
    swaps = pd.read_csv(out)
    changes = swaps.filter(like="change by ").sum(axis=1)
    assert np.abs(changes - (swaps["challenger_log_odds"] - swaps["champion_log_odds"])).max() < 1e-9
    assert set(swaps["leads"]) == {"recent", "open"}
    backwards = command("promote", "1", company, "--override", "--reason", "why", uri=uri, home=tmp_path)
    assert isinstance(backwards.exception, NotPromoted)
    promoted = command("promote", "challenger", company, uri=uri, home=tmp_path)
    assert "version 2 is the champion, promoted; version 1 is kept as `previous`" in promoted.output
    assert "Naive Bayes is ahead by 0.01." in promoted.output
    refused = command("promote", "previous", company, uri=uri, home=tmp_path)
    assert isinstance(refused.exception, NotPromoted)
    assert refused.exception.exit_code == 9
    assert "version 1 is refused" in str(refused.exception)
    assert aliases(uri) == {"champion": "2", "previous": "1", "challenger": None}
    again = command("compare", "2", "1", company, uri=uri, home=tmp_path)
    assert "version 1 was refused" in again.output
    assert "The champion stays" in again.output
    looks = [json.loads(line) for line in (tmp_path / "openings.jsonl").read_text().splitlines()]
    assert [look["purpose"] for look in looks] == ["compare", "promote", "promote", "compare"]
    assert len({look["bundle"] for look in looks}) == 2


def test_train_asks_the_gate_before_it_takes_the_place_of_a_champion(uri, company, tmp_path):
    registry.promote("2", tracking_uri=uri)
    result = command("train", company, "--promote", uri=uri, home=tmp_path)
    assert isinstance(result.exception, NotPromoted), result.output
    assert "registered as version 5, the challenger" in result.output
    assert "recent wins" in str(result.exception) or "log loss" in str(result.exception)
    assert aliases(uri) == {"champion": "2", "previous": None, "challenger": "5"}
    assert "version 5 was refused" in told(fetched("5", uri).version)


def test_few_won_leads_are_refused_without_advice_that_does_not_help(uri, tmp_path):
    said = str(command("promote", "4", uri=uri, home=tmp_path).exception)
    assert "60 won leads; at least 100 are needed, or --experimental" in said
    assert "--override" not in said
    assert "--override --reason" in str(command("promote", "3", uri=uri, home=tmp_path).exception)


@pytest.mark.parametrize("verb", [("promote", "2"), ("rollback",)])
def test_while_a_training_registers_nobody_else_moves_an_alias(uri, tmp_path, verb):
    registry.promote("1", tracking_uri=uri)
    with alone(tmp_path, "retrain"):
        result = command(*verb, uri=uri, home=tmp_path)
    assert isinstance(result.exception, RegistryRefused)
    assert "another `ripeness retrain` is running since" in str(result.exception)
    assert aliases(uri)["champion"] == "1"
