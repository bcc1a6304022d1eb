"""Score all leads of the store again: `rescore`."""

import os
from typing import TYPE_CHECKING

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
    from collections.abc import Callable

    from serving.live.rounds import Rounds
    from serving.live.walk import Walk

BLOCK = 500  #: leads read, scored and written at a time
TELL = 20  #: times that progress is told


def rescore(
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
) -> None:
    """Score all open leads again; what was stopped goes on where it was."""
    from serving.live.rounds import Rounds
    from serving.model_source import ModelSource
    from serving.store.store import Store

    quiet_logs()
    chosen = service_settings(settings, home)
    models = ModelSource.from_registry(tracking(home, tracking_uri), chosen)
    models.refresh()
    predictor = models.current()
    store = Store.of_settings(chosen.service, home=home, named=os.environ.get("RIPENESS_DATABASE_URL") or None)
    try:
        with progress() as step:
            walk = walk_all(Rounds(store=store, predictor=predictor), step)
    finally:
        store.close()
    say(
        f"scored {walk.scored:,} open leads again: {walk.moved:,} changed their stage, "
        f"{walk.banded:,} their band, {walk.offered:,} were offered to sales"
    )


def walk_all(rounds: "Rounds", step: "Callable[[str], None]") -> "Walk":
    """A whole walk, or the rest of one that was left."""
    from features.clock import to_micros
    from serving.live.walk import Walker, how_many

    walker = Walker(rounds=rounds, by="cli")
    with rounds.store.reading() as connection:
        total = how_many(connection)
    walk = walker.begin(to_micros(now()))
    if walk.after:
        step(f"going on behind {walk.leads:,} leads")
    told = walk.leads
    while walk.finished_at is None:
        walk = walker.step(walk, to_micros(now()), most=BLOCK)
        if walk.leads - told >= max(BLOCK, total // TELL):
            told = walk.leads
            step(f"{walk.leads:,} of {total:,} leads")
    return walk
