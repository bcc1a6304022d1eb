"""Score all leads of the store again: `rescore`."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from commands.live import available_cores
from commands.terminal import (
    DEFAULT_HOME,
    Home,
    SettingsFile,
    Tracking,
    now,
    progress,
    quiet_logs,
    say,
    service_settings,
    tracking,
)

if TYPE_CHECKING:
    from datetime import datetime

    from serving.live.rounds import Rounds
    from serving.live.walk import Walk, Walker

BLOCK = 500  #: leads read, scored and written at a time
TELL = 20  #: times that progress is told
WORTH_A_PROCESS = 8_000  #: leads: as many as are scored in the time that a process takes to load its parts

#: the folder of the model's bundle, for as long as processes read it
Bundle = Callable[[], AbstractContextManager[Path]]


def rescore(
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
    cores: Annotated[
        int | None, typer.Option(min=1, help="processes to use; as many as the machine unless given")
    ] = None,
) -> None:
    """Score all open leads again, on all cores; what was stopped goes on where it was."""
    from serving.garbage import spare_what_is_loaded
    from serving.live.rounds import Rounds
    from serving.model_source import ModelSource
    from serving.store.store import Store

    quiet_logs()
    chosen, place = service_settings(settings, home), tracking(home, tracking_uri)
    models = ModelSource.from_registry(place, chosen)
    models.refresh()
    predictor = models.current()
    store = Store.of_settings(chosen.service, home=home, named=os.environ.get("RIPENESS_DATABASE_URL") or None)
    spare_what_is_loaded()
    try:
        with progress() as step:
            bundle = partial(_bundle, predictor.version, place)
            rounds = Rounds(store=store, predictor=predictor)
            walk = walk_all(rounds, step, bundle=bundle, cores=cores or available_cores())
    finally:
        store.close()
    say(
        f"scored {walk.scored:,} open leads again: {walk.moved:,} changed their stage, "
        f"{walk.banded:,} their band, {walk.offered:,} were offered to sales"
    )


@contextmanager
def _bundle(version: str, place: str) -> Iterator[Path]:
    """The model's files, for processes to load."""
    from models.registry import download

    with TemporaryDirectory(prefix="ripeness-") as into:
        yield download(version, tracking_uri=place, into=Path(into)).folder


def walk_all(
    rounds: "Rounds",
    step: Callable[[str], None],
    *,
    bundle: Bundle,
    cores: int,
    clock: Callable[[], "datetime"] = now,
    block: int = BLOCK,
) -> "Walk":
    """A whole walk, or the rest of one that was left."""
    from features.clock import to_micros
    from serving.live.walk import Walker, how_many

    walker = Walker(rounds=rounds, by="cli")
    with rounds.store.reading() as connection:
        total = how_many(connection)
    walk = walker.begin(to_micros(clock()))
    if walk.after:
        step(f"going on behind {walk.leads:,} leads")
    told, last = walk.leads, walk
    processes = min(cores, (total - walk.leads) // WORTH_A_PROCESS)
    for last in _steps(walker, walk, lambda: to_micros(clock()), block, bundle, processes):
        if last.leads - told >= max(block, total // TELL):
            told = last.leads
            step(f"{told:,} of {total:,} leads")
    return last


def _steps(
    walker: "Walker", walk: "Walk", clock: Callable[[], int], block: int, bundle: Bundle, processes: int
) -> "Iterator[Walk]":
    """The walk after each of its blocks, to its end."""
    from serving.live.walk_cores import Work, steps_on_cores

    if processes > 1:
        predictor, url = walker.rounds.predictor, walker.rounds.store.engine.url
        with bundle() as folder:
            work = Work(bundle=folder, version=predictor.version, settings=predictor.settings, url=url)
            yield from steps_on_cores(walker, walk, clock, most=block, work=work, processes=processes)
        return
    while walk.finished_at is None:
        walk = walker.step(walk, clock(), most=block)
        yield walk
