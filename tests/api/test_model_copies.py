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


def keep(home, saved, *champions, most=5):
    """Copies of champions that served here one after the other."""
    for champion in champions:
        copies = BundleCopies(home / "bundles", most=most)
        copies.keep(saved[0] / champion, digest=saved[1][champion], version=f"v{champion}")


def test_a_start_without_the_registry_serves_the_last_verified_copy_and_says_so(registry, saved, tmp_path):
    keep(tmp_path, saved, "8", "7")
    registry.reachable.clear()

    source = registry.source(tmp_path)
    status = source.start(patience_seconds=60)

    assert (source.current().version, source.current().bundle.digest) == ("v7", saved[1]["7"])
    assert "nobody answers" in status.trouble
    assert "version v7 serves from its last verified copy" in status.trouble
    with service() as running:
        running.models.status = status
        assert "verified copy" in running.client.get("/health/ready").json()["trouble"]


def test_a_swapped_in_model_is_kept_trouble_ends_with_it_and_the_one_before_needs_no_copy(registry, saved, tmp_path):
    source = registry.source(tmp_path, most=1)
    assert source.refresh().trouble is None
    seven = source.current()
    registry.reachable.clear()
    assert "nobody answers" in source.refresh().trouble
    registry.reachable.set()
    assert source.refresh().trouble is None, "though the champion is the same"
    registry.champion = "8"
    source.refresh()

    assert source.of(saved[1]["7"]) is seven
    assert registry.source(tmp_path).of(saved[1]["7"]) is None, "one copy alone is kept"
    assert registry.source(tmp_path).of(saved[1]["8"]).version == "v8"


def test_a_registry_that_hangs_holds_the_start_up_no_longer_than_its_patience(registry, saved, tmp_path):
    keep(tmp_path, saved, "7")

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
    keep(tmp_path, saved, "8", "7")
    part = tmp_path / "bundles" / saved[1]["7"].removeprefix("sha256:") / "calibration.json"
    part.write_bytes(part.read_bytes().replace(b"1", b"2", 1))
    registry.reachable.clear()

    source = registry.source(tmp_path)
    source.start(patience_seconds=60)

    assert source.current().version == "v8"
    assert source.of(saved[1]["7"]) is None


def test_a_refused_champion_at_the_start_leaves_the_last_one_serving(registry, saved, tmp_path):
    keep(tmp_path, saved, "8")
    shutil.copytree(saved[0] / "7", tmp_path / "bad")
    (tmp_path / "bad" / "golden.json").unlink()
    bad = Registry(tmp_path, "bad").source(tmp_path)

    status = bad.start(patience_seconds=60)

    assert (bad.current().version, status.refused) == ("v8", 1)
    assert "golden.json" in status.trouble


def test_without_any_copy_there_is_no_model(registry, tmp_path):
    registry.reachable.clear()

    assert registry.source(tmp_path).start(patience_seconds=60).predictor is None


def test_older_models_answer_as_they_did_and_the_unused_are_forgotten(registry, saved, tmp_path):
    keep(tmp_path, saved, "7", "8", "9", most=2)
    source, rows = registry.source(tmp_path), small(seed=8).rows[:20]

    older = source.of(saved[1]["8"])

    assert older.version == "v8"
    assert older.bundle.log_odds(rows).tolist() == load(saved[0] / "8").log_odds(rows).tolist()
    assert source.of(saved[1]["8"]) is older, "loaded once"
    assert source.of(saved[1]["7"]) is None, "the third last"
    assert source.of("sha256:" + "0" * 64) is None
    assert source.of("../../etc") is None
    assert len([path for path in (tmp_path / "bundles").iterdir() if path.is_dir()]) == 2


def test_the_copy_that_is_used_outlives_the_one_that_is_not(registry, saved, tmp_path):
    keep(tmp_path, saved, "7", "8", most=2)
    time.sleep(0.02)  # the file system's clock has steps
    registry.source(tmp_path).of(saved[1]["7"])
    keep(tmp_path, saved, "9", most=2)

    assert registry.source(tmp_path).of(saved[1]["7"]) is not None
    assert registry.source(tmp_path).of(saved[1]["8"]) is None


def test_copies_that_cannot_be_written_change_nothing_for_callers(registry, saved, tmp_path):
    (tmp_path / "bundles").write_text("a file where the folder would be")
    keep(tmp_path, saved, "7")

    assert registry.source(tmp_path).of(saved[1]["7"]) is None
