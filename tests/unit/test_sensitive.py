"""Which names are sensitive, and what a training does with such a column."""

from dataclasses import replace

import numpy as np
import pytest

from features.errors import BadSettings
from features.guess import Guess
from features.sensitive import Sensitive
from features.settings import Fairness, parse_settings
from features.write_settings import settings_text
from support.planted_leaks import with_columns
from training.simulate import simulate
from training.train import Trained, train

BY_DEFAULT = Sensitive(Fairness())


@pytest.mark.parametrize(
    "name",
    [
        *(
            "gender",
            "Gender",
            "customerAge",
            "age",
            "age_band",
            "Marital Status",
            "marital",
            "Date of Birth",
            "birth-date",
        ),
        *("religion", "ethnic_group", "disability", "nationality", "trade_union", "Sesso", "Età", "data_di_nascita"),
        *("stato civile", "sexual_orientation", "political_party", "health_status"),
    ],
)
def test_names_that_speak_of_what_a_person_is_are_denied(name: str):
    assert BY_DEFAULT.denies(name)


@pytest.mark.parametrize(
    "name",
    [
        *("page", "age_of_company", "company_age", "account_health", "lead_age_days", "package", "image", "message"),
        *("country", "job_title", "stage", "industry", "union_square_store", "Essex", "status", "agent", "language"),
    ],
)
def test_names_that_only_look_like_it_are_not(name: str):
    assert not BY_DEFAULT.denies(name)


def test_a_column_may_be_allowed_by_its_name_alone():
    allowing = Sensitive(Fairness(allow=("age",)))
    assert not allowing.denies("age")
    assert allowing.allowed(["age", "gender"]) == ("age",)
    assert allowing.denies("customer_age")


def test_an_own_list_replaces_the_default():
    own = Sensitive(Fairness(deny=("shoe size",)))
    assert own.names(["gender", "Shoe-Size", "shoe"]) == ("Shoe-Size",)


def test_the_settings_file_tells_points_and_lists_and_reads_back():
    text = '[model.prior.points]\n"pricing_page_view" = 12\n"country = Italy" = 5\n[fairness]\naudit_group = "team"\n'
    settings = parse_settings(text)
    again = parse_settings(settings_text(Guess(settings=settings, notes=(), questions=())))
    assert again == settings
    assert again.model.prior.points == {"pricing_page_view": 12, "country = Italy": 5}


@pytest.fixture(scope="module")
def trained() -> Trained:
    company = simulate(seed=7, leads=1500, months=18, planted_leak=False)
    luck = np.random.default_rng(1)
    women = luck.random(1500) < 0.4
    columns = {
        "gender": np.where(women, "f", "m").tolist(),
        "salutation": np.where(women, "Ms", "Mr").tolist(),
        "age": luck.integers(20, 65, 1500).astype(float).tolist(),
    }
    settings = company.settings.model_copy(
        update={
            "fairness": Fairness(audit_group="gender"),
            "model": company.settings.model.model_copy(update={"bootstrap_rounds": 20, "linear_strengths": (0.1,)}),
        }
    )
    return train(with_columns(company.export, columns), settings)


def test_a_sensitive_column_is_not_in_the_view(trained: Trained):
    assert not {"gender", "age"} & trained.bundle.view.fields
    assert "salutation" in trained.bundle.view.fields
    assert trained.bundle.card["fairness"]["refused"] == ["age", "gender"]
    assert any("Refused 'gender'" in note for note in trained.notes)


def test_its_proxy_is_named_and_nothing_else(trained: Trained):
    assert [(p["column"], p["of"]) for p in trained.bundle.card["fairness"]["proxies"]] == [("salutation", "gender")]


def test_groups_are_compared_on_the_test_period(trained: Trained):
    audit = trained.bundle.card["fairness"]["audit"]
    assert [g["group"] for g in audit["groups"]] == ["f", "m"]
    assert sum(g["leads"] for g in audit["groups"]) == len(np.unique(trained.test.lead))
    assert sum(g["won"] for g in audit["groups"]) == trained.test.wins
    shares = [g["selected"]["value"] for g in audit["groups"]]
    assert min(shares) <= trained.evaluation.capacity_share <= max(shares)
    assert "| f |" in trained.bundle.card_text
    assert "`salutation` tells gender" in trained.bundle.card_text


def test_an_audit_of_a_column_that_is_not_there_is_refused(trained: Trained):
    ready = trained.prepared
    wrong = ready.settings.model_copy(update={"fairness": Fairness(audit_group="team")})
    with pytest.raises(BadSettings, match="'team', which is no column"):
        train(replace(ready.export), wrong)
