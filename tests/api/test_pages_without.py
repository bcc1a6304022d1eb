"""The pages of managers where there is little to show: no lead, no model, an old card, no database."""

import html
import re
from contextlib import contextmanager, suppress
from dataclasses import replace

import httpx
import pytest

from features.settings import Service as ServiceSettings
from features.settings import Settings
from serving.predict import Predictor
from serving.store.store import Store
from support.service import service, source_of
from support.small_bundle import small_bundle
from support.stoppable import Stoppable
from support.stores import open_store

TOKEN = re.compile(r'name="form_token" value="(\w+)"')
OLD_CARD = {
    "verdict": "It ranks later leads better than chance.",
    "contest": {"trees alone": {"ROC AUC": {"value": 0.7, "low": None, "high": None}}},
    "parts": {"train": {"leads": 10, "won": 2, "from": "row 1", "until": "2026-02-03T00:00:00Z"}},
    "leaks": {
        "suspicious": ["score"],
        "findings": [{"name": "score", "verdict": "suspicious", "evidence": [{"sentence": "Its name speaks."}]}],
    },
}


@contextmanager
def manager(running, language="en"):
    """A browser that has signed in as the admin."""
    headers = {"accept-language": language}
    with httpx.Client(base_url=running.url, timeout=30, trust_env=False, headers=headers) as browser:
        token = TOKEN.search(browser.get("/sign-in").text)[1]
        sent = {"form_token": token, "key": running.admin_token, "to": "/"}
        assert browser.post("/sign-in", data=sent).status_code == 303
        yield browser


def seen(answer):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


@pytest.fixture
def empty(tmp_path):
    with open_store("sqlite", tmp_path) as store:
        yield store


def test_where_no_lead_came_each_part_says_so(empty):
    with service(store=empty) as running, manager(running) as browser:
        funnel, model = browser.get("/funnel?days=9&calls=many"), browser.get("/model")

    assert (funnel.status_code, model.status_code) == (200, 200)
    for sentence in ("No lead came in this period.", "Nothing was handed to sales", "No lead has a score yet."):
        assert sentence in seen(funnel)
    assert "No lead has a score yet." in seen(model)
    assert "This model does not keep how its leads looked." in seen(model)
    assert "stands out" not in seen(model), "nobody looked for leaks"


@pytest.mark.parametrize(("language", "sentence"), [("en", "There is no model yet"), ("it", "ancora un modello")])
def test_without_a_model_the_funnel_is_shown_and_the_model_page_says_so(empty, language, sentence):
    with service(store=empty, model=False) as running, manager(running, language) as browser:
        funnel, model = browser.get("/funnel"), browser.get("/model")

    assert (funnel.status_code, model.status_code) == (200, 503)
    assert sentence in seen(model)


def test_a_card_of_an_earlier_release_is_shown_in_its_words_and_marked_as_english(empty):
    settings = Settings()
    bundle = replace(small_bundle(), card=OLD_CARD)
    source = source_of(Predictor(bundle=bundle, version="1", settings=settings), settings)
    with service(store=empty, source=source) as running, manager(running, "it") as browser:
        page = browser.get("/model")

    assert page.status_code == 200
    assert '<p lang="en">It ranks later leads better than chance.</p>' in page.text
    assert '<p class="quiet" lang="en">Its name speaks.</p>' in page.text
    assert "i soli alberi 0,7" in seen(page)
    assert "riga 1 3 feb 2026" in seen(page)


@pytest.fixture
def postgres():
    """A server that the test itself kills."""
    server = Stoppable.started()
    yield server
    with suppress(AssertionError):  # it is away already
        server.kill()


def test_a_database_that_is_gone_is_a_sentence(postgres, tmp_path):
    store = Store.of_settings(ServiceSettings(database_timeout_seconds=1), home=tmp_path, named=postgres.url())
    try:
        with service(store=store) as running, manager(running, "it") as browser:
            assert browser.get("/funnel").status_code == 200
            postgres.kill()
            for path in ("/funnel", "/model"):
                gone = browser.get(path)
                assert gone.status_code == 503
                assert "La base di dati non risponde" in seen(gone)
    finally:
        store.close()
