"""A process that tells facts, scores them, and is killed in the middle of writing what it found."""

import os
import signal
from pathlib import Path

from features.settings import Settings
from serving.live.rounds import Rounds
from serving.predict import Predictor
from serving.store.engine import database_url
from serving.store.store import Store
from support.killed import FORKED
from support.small_bundle import small_bundle
from support.stores import at, event, send, told


def die_while_writing(home: Path, url: str | None) -> None:
    """What the child does: its facts are committed, its scores are not."""
    store = Store.open(database_url(home, url))
    for lead_id in "ab":
        told(store, lead_id, day=1, created=1, industry="software")
        send(store, event(lead_id, 2, "pricing_page_view"), event(lead_id, 3, "demo_request"), day=3)
    predictor = Predictor(bundle=small_bundle(), version="7", settings=Settings())
    rounds = Rounds(store=store, predictor=predictor)
    rounds.make(["a", "b"], at(3), also=lambda *_: os.kill(os.getpid(), signal.SIGKILL))


def exit_code_of_child(home: Path, url: str | None) -> int | None:
    """How the child ended."""
    child = FORKED.Process(target=die_while_writing, args=(home, url))
    child.start()
    child.join(60)
    return child.exitcode
