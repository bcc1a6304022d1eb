"""A store with an engine and a small model for tests: tell it things, let it work, look at what became of it."""

from dataclasses import dataclass

import orjson
from sqlalchemy import select

from features.clock import from_micros
from features.settings import Settings
from serving.live.engine import Engine
from serving.model_source import ModelSource
from serving.predict import Predictor
from serving.store.live_schema import due, hand_offs, notices
from serving.store.schema import ledger, stage_moves, standings
from serving.store.store import Store
from support.service import source_of
from support.small_bundle import small_bundle
from support.stores import act, at


@dataclass(kw_only=True)
class World:
    """A store, its engine, and the day it is."""

    store: Store
    engine: Engine
    models: ModelSource
    settings: Settings
    day: float = 0

    def score(self, day: float) -> int:
        """Let the engine work on this day."""
        self.day = day
        return self.engine.drain(at(day))

    def do(self, job, *, day: float):
        """One write on this day."""
        return self.store.write(job, act(day))

    def rows(self, table, **where):
        with self.store.reading() as connection:
            asked = select(table).order_by(*table.primary_key.columns)
            for name, value in where.items():
                asked = asked.where(table.c[name] == value)
            return connection.execute(asked).all()

    def standing(self, lead_id: str = "a"):
        found = self.rows(standings, lead_id=lead_id)
        return found[0] if found else None

    def ledger(self, lead_id: str = "a"):
        return self.rows(ledger, lead_id=lead_id)

    def moves(self, lead_id: str = "a"):
        return self.rows(stage_moves, lead_id=lead_id)

    def hand_offs(self, lead_id: str = "a"):
        return self.rows(hand_offs, lead_id=lead_id)

    def due(self):
        return [row.lead_id for row in self.rows(due)]

    def notices(self, *kinds: str):
        """(kind, lead, data) of what was told, in its order."""
        told = [(row.kind, row.lead_id, orjson.loads(row.data)) for row in self.rows(notices)]
        return [one for one in told if not kinds or one[0] in kinds]


def world_on(store: Store, settings: Settings | None = None, *, model: bool = True) -> World:
    """A world on an empty store, with the small bundle."""
    settings = settings or Settings()
    predictor = Predictor(bundle=small_bundle(), version="7", settings=settings)
    models = source_of(predictor if model else None, settings)
    found = World(store=store, engine=None, models=models, settings=settings)  # type: ignore[arg-type]  # made next
    found.engine = Engine(store=store, models=models, settings=settings, now=lambda: from_micros(at(found.day)))
    return found
