"""`ripeness card` prints what the registered bundle says of itself."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from features.errors import BadSettings, NoModel
from models import registry
from models.files import save
from models.registered import Run
from ripeness import app
from support.small_bundle import small
from training.won_share import WonShare

RUNNER = CliRunner()
PROFILE = {
    "leads": 500,
    "won": 50,
    "fields": [
        {
            "topic": "industry",
            "column": "industry",
            "average": 0.1,
            "values": [
                {"value": "food_and_drink"} | WonShare(leads=100, won=30, average=0.1).to_dict(),
                {"value": "a | b"} | WonShare(leads=400, won=20, average=0.1).to_dict(),
            ],
            "not_known": WonShare(leads=0, won=0, average=0.1).to_dict(),
        }
    ],
    "behaviour": None,
}
CARD = {"company": "Acme", "horizon_days": 90.0, "profile": PROFILE, "source_quality": None}
TEXT = "# Scheda di Società\n\nAll of it.\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    made = small()
    save(replace(made.bundle, card=CARD, card_text=TEXT), home / "bundle", made.rows)
    registry.register(home / "bundle", Run(name="train"), tracking_uri=uri_of(home))
    registry.promote("1", tracking_uri=uri_of(home))
    return home


def uri_of(home) -> str:
    return f"sqlite:///{home / 'mlflow.db'}"


def card(home, *words):
    return RUNNER.invoke(app, ["card", *words, "--home", str(home)])


def test_it_prints_the_card_of_the_champion_byte_for_byte(home):
    assert card(home).output == TEXT


def test_it_prints_the_page_for_marketing_and_sales(home):
    page = card(home, "1", "--profile-only").output
    assert page.startswith("# Customer profile of Acme\n")
    assert "- **Industry**: more often food and drink (30.0 %); less often a \\| b (5.0 %); 10.0 % on average." in page
    assert "| food and drink | 100 | 30 | 30.0 % | 21.7 to 39.5 % | more often |" in page
    assert "| a \\| b | 400 | 20 |" in page
    assert "All of it" not in page


def test_it_writes_a_file(home, tmp_path):
    assert card(home, "champion", "--out", str(tmp_path / "card.md")).output == f"wrote {tmp_path / 'card.md'}\n"
    assert (tmp_path / "card.md").read_text(encoding="utf-8") == TEXT


def test_a_model_that_is_not_there_and_a_place_that_cannot_be_written_are_one_sentence(home, tmp_path):
    assert isinstance(card(home, "challenger").exception, NoModel)
    assert isinstance(card(home, "--out", str(tmp_path / "no" / "card.md")).exception, BadSettings)
