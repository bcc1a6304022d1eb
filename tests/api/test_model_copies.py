"""Verified copies of bundles: the service starts from them, asks older models, and never from a damaged one."""

import shutil
import time
from threading import Event

import pytest

from features.errors import RegistryRefused
from features.settings import Settings
from models.files import load, save
from serving.bundle_copies import BundleCopies
from serving.model_source import Fetched, ModelSource
from support.service import service
from support.small_bundle import small

SETTINGS = Settings()


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Three sound bundles in folders; the digest of each by name."""
    root = tmp_path_factory.mktemp("bundles")
    digests = {}
    for seed in (7, 8, 9):
        made = small(seed=seed)
        digests[str(seed)] = save(made.bundle, root / str(seed), made.rows[:50])
    return root, digests


class Registry:
    """Where a test puts the champion, and which it can take away."""

    def __init__(self, root, champion):
        self.root, self.champion = root, champion
        self.reachable = Event()
        self.reachable.set()

    def look(self):
        if not self.reachable.is_set():
            raise ConnectionError("nobody answers")
        return self.champion

    def fetch(self, into):
        shutil.copytree(self.root / self.champion, into / "bundle")
        return Fetched(folder=into / "bundle", version=f"v{self.champion}")

    def source(self, home, most=5):
        return ModelSource(self.fetch, self.look, SETTINGS, BundleCopies(home / "bundles", most=most))


@pytest.fixture
def registry(saved):
    return Registry(saved[0], "7")


def serve_each(source, registry, *champions):
    for champion in champions:
        registry.champion = champion
        assert source.refresh().trouble is None


def test_a_start_without_the_registry_serves_the_last_verified_copy_and_says_so(registry, saved, tmp_path):
    serve_each(registry.source(tmp_path), registry, "8", "7")
    registry.reachable.clear()

    source = registry.source(tmp_path)
    status = source.start(patience_seconds=60)

    assert (source.current().version, source.current().bundle.digest) == ("v7", saved[1]["7"])
    assert "nobody answers" in status.trouble
    assert "version v7 serves from its last verified copy" in status.trouble
    with service() as running:
        running.models.status = status
        assert "verified copy" in running.client.get("/health/ready").json()["trouble"]
    registry.reachable.set()
    registry.champion = "9"
    assert source.refresh().trouble is None
    assert source.current().version == "v9", "as soon as the registry is back its champion serves"


def test_trouble_ends_with_the_registry_being_back_even_without_another_champion(registry, tmp_path):
    source = registry.source(tmp_path)
    serve_each(source, registry, "7")
    registry.reachable.clear()
    assert "nobody answers" in source.refresh().trouble
    registry.reachable.set()

    assert source.refresh().trouble is None


def test_a_registry_that_hangs_holds_the_start_up_no_longer_than_its_patience(registry, tmp_path):
    serve_each(registry.source(tmp_path), registry, "7")

    def hang():
        registry.reachable.wait(60)
        raise RegistryRefused("timed out")

    registry.reachable.clear()
    source = ModelSource(registry.fetch, hang, SETTINGS, BundleCopies(tmp_path / "bundles", most=5))
    started = time.monotonic()
    source.start(patience_seconds=0.2)
    took = time.monotonic() - started
    registry.reachable.set()

    assert source.current().version == "v7"
    assert took < 30


def test_a_damaged_copy_never_serves_the_one_before_it_does(registry, saved, tmp_path):
    serve_each(registry.source(tmp_path), registry, "8", "7")
    part = tmp_path / "bundles" / saved[1]["7"].removeprefix("sha256:") / "calibration.json"
    part.write_bytes(part.read_bytes().replace(b"1", b"2", 1))
    registry.reachable.clear()

    source = registry.source(tmp_path)
    source.start(patience_seconds=60)

    assert source.current().version == "v8"
    assert source.of(saved[1]["7"]) is None


def test_a_refused_champion_at_the_start_leaves_the_last_one_serving(registry, saved, tmp_path):
    serve_each(registry.source(tmp_path), registry, "8")
    shutil.copytree(saved[0] / "7", tmp_path / "bad")
    (tmp_path / "bad" / "golden.json").unlink()
    bad = Registry(tmp_path, "bad").source(tmp_path)

    status = bad.start(patience_seconds=60)

    assert (bad.current().version, status.refused) == ("v8", 1)
    assert "golden.json" in status.trouble
    assert bad.refresh() is bad.status, "the same bad bundle is not tried twice"


def test_without_any_copy_there_is_no_model(registry, tmp_path):
    registry.reachable.clear()

    assert registry.source(tmp_path).start(patience_seconds=60).predictor is None


def test_older_models_answer_as_they_did_and_the_unused_are_forgotten(registry, saved, tmp_path):
    source = registry.source(tmp_path, most=2)
    serve_each(source, registry, "7", "8", "9")
    rows = small(seed=8).rows[:20]

    assert source.of(saved[1]["9"]) is source.current()
    fresh = registry.source(tmp_path, most=2)
    older = fresh.of(saved[1]["8"])
    assert older.version == "v8"
    assert older.bundle.log_odds(rows).tolist() == load(saved[0] / "8").log_odds(rows).tolist()
    assert fresh.of(saved[1]["8"]) is older, "loaded once"
    assert fresh.of(saved[1]["7"]) is None, "the third last"
    assert fresh.of("sha256:" + "0" * 64) is None
    assert fresh.of("../../etc") is None
    assert len([path for path in (tmp_path / "bundles").iterdir() if path.is_dir()]) == 2


def test_the_one_just_replaced_needs_no_copy(registry, saved):
    source = ModelSource(registry.fetch, registry.look, SETTINGS)
    serve_each(source, registry, "7")
    seven = source.current()
    serve_each(source, registry, "8")

    assert source.of(saved[1]["7"]) is seven


def test_copies_that_cannot_be_written_change_nothing_for_callers(registry, tmp_path):
    (tmp_path / "bundles").write_text("a file where the folder would be")
    source = registry.source(tmp_path)

    assert source.refresh().trouble is None
    assert source.current().version == "v7"
