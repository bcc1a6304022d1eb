"""A new model is tried before it serves; one that fails is refused, and the old one goes on."""

import shutil
import time

import pytest

from features.errors import NoModel
from features.settings import Settings
from models.files import save
from serving.examples import LEAD
from serving.model_source import Fetched, ModelSource, Status
from support.service import service
from support.small_bundle import small

SETTINGS = Settings()


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Two sound bundles in folders, one after the other trained on other rows."""
    root = tmp_path_factory.mktemp("bundles")
    for name, seed in {"first": 7, "second": 8}.items():
        made = small(seed=seed)
        save(made.bundle, root / name, made.rows[:50])
    return root


class Registry:
    """Where a test puts bundles for the source to find."""

    def __init__(self, folder):
        self.folder = folder
        self.fetched = 0

    def look(self):
        if not self.folder.is_dir():
            raise NoModel("no version is the champion; train one with `ripeness train`")
        return str(self.folder)

    def fetch(self, into):
        self.fetched += 1
        shutil.copytree(self.folder, into / "bundle")
        return Fetched(folder=into / "bundle", version=self.folder.name)


@pytest.fixture
def registry(saved):
    return Registry(saved / "first")


def test_a_sound_bundle_is_loaded_and_a_new_champion_replaces_it(registry, saved):
    source = ModelSource(registry.fetch, registry.look, SETTINGS)
    with pytest.raises(NoModel, match="no model was loaded"):
        source.current()

    first = source.refresh()
    assert (source.current().version, first.trouble) == ("first", None)
    assert source.refresh() is first
    assert registry.fetched == 1, "nothing is fetched when nothing changed"
    registry.folder = saved / "second"
    assert source.refresh().predictor.bundle.digest != first.predictor.bundle.digest
    assert source.current().version == "second"


def test_a_spoilt_bundle_is_refused_and_the_old_one_serves_on(registry, saved, tmp_path):
    source = ModelSource(registry.fetch, registry.look, SETTINGS)
    old = source.refresh().predictor
    shutil.copytree(saved / "second", tmp_path / "bad")
    trees = tmp_path / "bad" / "trees.txt"
    trees.write_bytes(trees.read_bytes().replace(b"1", b"2", 3))
    registry.folder = tmp_path / "bad"

    status = source.refresh()

    assert source.current() is old
    assert status.trouble
    assert source.refresh() == status, "the same bad bundle is not tried twice"
    assert registry.fetched == 2
    registry.folder = saved / "second"
    assert (source.refresh().trouble, source.current().version) == (None, "second")


def test_trouble_with_the_registry_never_ends_the_service():
    def unreachable():
        raise ConnectionError("the registry is down")

    source = ModelSource(lambda _: None, unreachable, SETTINGS)
    source.status = Status(predictor="the model in service")

    assert source.refresh().predictor == "the model in service"
    assert "the registry is down" in source.status.trouble


def test_health_tells_of_a_refused_model_while_the_old_one_answers():
    with service() as running:
        running.models.status = Status(predictor=running.predictor, trouble="golden answer 3 differs")
        ready = running.client.get("/health/ready")
        answer = running.ask(LEAD)

    assert (ready.status_code, ready.json()["trouble"]) == (200, "golden answer 3 differs")
    assert answer.status_code == 200


def test_a_missing_folder_says_what_to_do(tmp_path):
    status = ModelSource.from_folder(tmp_path / "nowhere", SETTINGS).refresh()

    assert status.predictor is None
    assert "ripeness train" in status.trouble


def test_watching_finds_a_new_model_by_itself(saved):
    source = ModelSource.from_folder(saved / "first", SETTINGS)
    stop = source.watch(every_seconds=0.01)
    until = time.monotonic() + 60
    while source.status.predictor is None and time.monotonic() < until:
        time.sleep(0.01)
    stop()

    assert source.current().version == "first"
