"""A service whose model is swapped again and again, while clients compare each answer with its bundle's own."""

import shutil
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import orjson

from features.request import read_request
from features.settings import Settings
from models.files import load, save
from serving.examples import LEAD
from serving.language import catalog
from serving.model_source import Fetched, ModelSource
from serving.predict import Predictor, case_of
from support.mutations import mutated
from support.service import Running, service
from support.small_bundle import small

SETTINGS = Settings()
Json = dict[str, Any]
PAUSE_SECONDS = 0.02  #: of a client between two rounds, or trying a bundle would take the whole day


class Folders:
    """A registry that is a choice among folders."""

    def __init__(self) -> None:
        self.champion: Path | None = None

    def promote(self, folder: Path) -> None:
        """Have the next look find this bundle."""
        self.champion = folder

    def source(self) -> ModelSource:
        """Models from here."""
        return ModelSource(self._fetch, lambda: str(self.champion), SETTINGS)

    def _fetch(self, into: Path) -> Fetched:
        assert self.champion is not None
        shutil.copytree(self.champion, into / "bundle")
        return Fetched(folder=into / "bundle", version=self.champion.name)


def sound_bundles(root: Path, *, count: int) -> list[Path]:
    """Bundles trained on different rows."""
    folders = [root / f"sound-{i}" for i in range(count)]
    for i, folder in enumerate(folders):
        made = small(seed=7 + i)
        save(made.bundle, folder, made.rows)
    return folders


def requests() -> list[Json]:
    """Leads that differ in what bundles say of them."""
    events = LEAD["events"]
    kinds = ["pricing_page_view", "webinar_attended", "demo_request"]
    leads = [LEAD, LEAD | {"events": []}]
    for i, kind in enumerate(kinds):
        more = [{"kind": kind, "happened_at": f"2026-02-{10 + j}T10:00:00Z"} for j in range(i + 2)]
        leads.append(LEAD | {"lead": LEAD["lead"] | {"lead_id": f"L-{i}"}, "events": events + more})
    return leads


def own_answers(folder: Path, version: str) -> list[Json]:
    """What a bundle by itself says to all requests."""
    predictor = Predictor(bundle=load(folder), version=version, settings=SETTINGS)
    cases = [case_of(read_request(request), now=read_request(request).as_of or 0) for request in requests()]
    answers = [predictor.answer(case, catalog("en")) for case in cases]
    found: list[Json] = orjson.loads(orjson.dumps(answers, default=dict))
    return found


@dataclass(kw_only=True)
class Heard:
    """What clients got."""

    answers: int = 0
    failed: int = 0  #: no answer, or another than 200
    mixed: int = 0  #: answers that aren't those of the one bundle that they name
    by_version: Counter[str] = field(default_factory=Counter)


@contextmanager
def asking(running: Running, expected: dict[tuple[str, str], list[Json]], *, clients: int) -> Iterator[Heard]:
    """Ask one by one and in batches, all the time; `expected` are answers by version and digest."""
    ended, lock, heard = threading.Event(), threading.Lock(), Heard()
    threads = [threading.Thread(target=_ask, args=(running, expected, heard, lock, ended)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield heard
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _ask(
    running: Running,
    expected: dict[tuple[str, str], list[Json]],
    heard: Heard,
    lock: threading.Lock,
    ended: threading.Event,
) -> None:
    bodies = requests()
    headers = {"authorization": f"Bearer {running.token}", "accept-language": "en"}
    with httpx.Client(base_url=running.url, headers=headers, timeout=60, trust_env=False) as client:
        while not ended.wait(PAUSE_SECONDS):
            for i, body in enumerate(bodies):
                _note(client, "/v1/predict", body, [i], expected, heard, lock)
            _note(client, "/v1/predict/batch", {"requests": bodies}, range(len(bodies)), expected, heard, lock)


def _note(
    client: httpx.Client,
    path: str,
    body: Json,
    positions: Sequence[int],
    expected: dict[tuple[str, str], list[Json]],
    heard: Heard,
    lock: threading.Lock,
) -> None:
    try:
        response = client.post(path, json=body)
        good = response.status_code == 200
        answers = response.json().get("answers", [response.json()]) if good else []
    except httpx.TransportError:
        good, answers = False, []
    named = {(answer["model"]["version"], answer["model"]["bundle"]) for answer in answers}
    own = [expected.get(next(iter(named)), [])[i : i + 1] for i in positions] if len(named) == 1 else []
    with lock:
        heard.answers += 1
        heard.failed += not good
        heard.mixed += good and own != [[answer] for answer in answers]
        heard.by_version.update({version for version, _ in named})


@dataclass(frozen=True, kw_only=True)
class Swaps:
    """What became of promotions under load."""

    promotions: int
    swapped: int
    bad: int
    kept: int  #: times that the old model went on after a bad bundle
    answers: int
    failed: int
    mixed: int
    bundles_heard: int  #: that answered at least one request


def swap_under_load(root: Path, *, promotions: int, bad: int, seed: int, clients: int = 3) -> Swaps:
    """Promote sound bundles in turn and bad ones in between, each promotion a new version."""
    sound = sound_bundles(root, count=3)
    registry = Folders()
    source = registry.source()
    folders = [shutil.copytree(sound[i % 3], root / f"v{i}") for i in range(promotions)]
    answers = {folder: own_answers(folder, "") for folder in sound}
    digests = {folder: load(folder).digest for folder in sound}
    expected = {
        (f"v{i}", digests[sound[i % 3]]): [
            answer | {"model": answer["model"] | {"version": f"v{i}"}} for answer in answers[sound[i % 3]]
        ]
        for i in range(promotions)
    }
    registry.promote(folders[0])
    assert source.refresh().trouble is None
    swapped, kept = 1, 0
    with service(source=source) as running, asking(running, expected, clients=clients) as heard:
        for i in range(1, promotions):
            for j in range(bad * (i - 1) // (promotions - 1), bad * i // (promotions - 1)):
                kept += _kept(source, registry, sound[j % 3], root / f"bad-{j}", seed=seed + j)
            registry.promote(folders[i])
            swapped += source.refresh().predictor.version == folders[i].name
        _await_answer(heard, folders[-1].name)
    return Swaps(
        promotions=promotions,
        swapped=swapped,
        bad=bad,
        kept=kept,
        answers=heard.answers,
        failed=heard.failed,
        mixed=heard.mixed,
        bundles_heard=len(heard.by_version),
    )


def _await_answer(heard: Heard, version: str) -> None:
    """Until a client has heard this version, or a minute is over."""
    until = monotonic() + 60
    while version not in heard.by_version and monotonic() < until:
        sleep(PAUSE_SECONDS)


def _kept(source: ModelSource, registry: Folders, sound: Path, into: Path, *, seed: int) -> bool:
    """Whether the old model stays when a damaged bundle is promoted."""
    before = source.current()
    mutated(sound, into, seed=seed, resealed=seed % 2 == 0)
    registry.promote(into)
    status = source.refresh()
    return status.predictor is before and status.trouble is not None
