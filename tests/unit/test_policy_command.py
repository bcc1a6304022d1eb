"""`ripeness policy try`: the price of a threshold on the company's own past, and what can't be tried."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from commands.policy import time_of
from features.clock import from_micros
from features.errors import BadSettings, NotEnoughData
from features.guess import Guess
from features.write_settings import settings_text
from models import registry
from models.files import save
from models.registered import Run
from ripeness import app
from support.quick_models import HORIZON_DAYS, quick
from training.recent import learned_until
from training.simulation.files import write
from training.simulation.world import WORLD

LEADS = 500


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A company's folder, and a registry whose champion is its quick model."""
    q, home = quick(leads=LEADS), tmp_path_factory.mktemp("home")
    write(q.export, WORLD, home / "company")
    text = settings_text(Guess(settings=q.settings, notes=(), questions=()))
    (home / "company" / "ripeness.toml").write_text(text, encoding="utf-8")
    uri = f"sqlite:///{home / 'mlflow.db'}"
    save(q.challenger, home / "bundle", q.rows[:200])
    registry.promote(registry.register(home / "bundle", Run(name="quick"), tracking_uri=uri).number, tracking_uri=uri)
    return home


def try_(home, *options, folder="company"):
    """What the command prints; errors come up as the command line turns them into a sentence."""
    arguments = ["policy", "try", str(home / folder), "--home", str(home), *options]
    return CliRunner().invoke(app, arguments, catch_exceptions=False, env={"COLUMNS": "120"}).output


@pytest.fixture(scope="module")
def printed(home):
    return try_(home, "--reps", "1", "--calls-per-day", "1")


def test_it_says_from_when_out_of_sample_what_is_found_missed_and_the_load(printed):
    start = from_micros(learned_until(quick(leads=LEADS).challenger.card)) + timedelta(days=HORIZON_DAYS)

    assert f"Replayed {start:%Y-%m-%d} to" in printed
    assert "out of sample" in printed
    assert re.search(r"It hands over \d+ of \d+ leads: \d+ were won, \d+ lost, \d+ are still open", printed)
    assert re.search(r"It misses \d+ of \d+ wins", printed)
    assert "Capacity 5 first calls a week" in printed


def test_the_price_list_marks_the_policy_that_was_tried(printed):
    rows = re.findall(r"│\s+(> )?(\d+) │\s+([A-D]) │", printed)

    assert [(score, fit) for mark, score, fit in rows if mark] == [("92", "B")]
    assert {score for _, score, _ in rows} == {"75", "80", "85", "90", "92", "95", "98"}


def test_an_option_changes_the_policy_for_this_trial_alone(home, printed):
    lower = try_(home, "--sql-min-score", "80", "--reps", "1", "--calls-per-day", "1")

    assert re.search(r"│\s+> 80 │", lower)
    chosen = re.search(r"It hands over (\d+)", lower)[1]
    assert re.search(rf"│\s+80 │\s+B │\s+{chosen} │", printed), "as the price list had said"


def test_looking_at_what_the_model_learned_from_is_called_in_sample():
    q = quick(leads=LEADS)

    time, note = time_of(q.export, q.settings, q.challenger, "2025-06-01")

    assert note.startswith("Replayed 2025-06-01 to 20")
    assert "IN SAMPLE: the model knew how leads ended until 20" in note
    assert f"{from_micros(time.start):%Y-%m-%d}" == "2025-06-01"


REFUSED = [
    (("--sql-min-score", "70"), BadSettings, "--sql-min-score 70.0 can't be tried: .*sql_min_score is below mql"),
    (("--mql-min-fit", "A"), BadSettings, "asks for less than mql_min_fit A"),
    (("--since", "2099-01-01"), NotEnoughData, "the data end 20.*bring later data"),
    (("--since", "soon"), BadSettings, "is no date"),
]


@pytest.mark.parametrize(("options", "error", "says"), REFUSED, ids=lambda v: str(v)[:30])
def test_what_can_not_be_tried_is_refused_in_a_sentence(home, options, error, says):
    with pytest.raises(error, match=says):
        try_(home, *options)


def test_a_policy_in_the_file_that_no_lead_can_reach_is_refused(home, tmp_path):
    q = quick(leads=LEADS)
    strange = q.settings.lifecycle.model_copy(update={"fast_track": ("call_logged",)})
    settings = q.settings.model_copy(update={"lifecycle": strange})
    file = tmp_path / "strange.toml"
    file.write_text(settings_text(Guess(settings=settings, notes=(), questions=())), encoding="utf-8")

    with pytest.raises(BadSettings, match="fast_track names 'call_logged', which the seller does"):
        try_(home, "--settings", str(file))


def test_a_flat_export_has_no_time_to_replay():
    q = quick(leads=LEADS)
    with pytest.raises(NotEnoughData, match="tells no times"):
        time_of(replace(q.export, flat=True), q.settings, q.challenger, None)
