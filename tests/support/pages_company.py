"""A small simulated company behind the pages: a store with a life in it, the service, and a key for each role."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import select

from commands.living import Company, bring_to_life
from features.clock import from_micros, to_micros
from features.settings import Lifecycle
from serving.app import create_app
from serving.keys import KeyRing
from serving.lifecycle.handoff import Band
from serving.live.engine import Engine
from serving.live.hand_offs import offer
from serving.predict import Predictor
from serving.store.engine import Limits, database_url
from serving.store.leads import LeadTold, tell
from serving.store.live_schema import hand_offs
from serving.store.schema import standings
from serving.store.store import Store
from serving.store.writer import Act, Write
from support.quick_models import measured, quick
from support.service import listening, source_of

LEADS, LIVING, WEEKS, OFFERED = 1_200, 250, 2, 12
SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://x.example","click")'


@dataclass(frozen=True, kw_only=True)
class Site:
    """The pages at an address."""

    url: str
    app: FastAPI
    store: Store
    engine: Engine
    now: datetime
    admin: str  #: tokens, by what they may do
    rep: str
    crm: str

    def offered(self) -> list[str]:
        """Leads that wait for sales, the likeliest first."""
        with self.store.reading() as connection:
            waits = select(standings.c.lead_id).join(hand_offs, hand_offs.c.lead_id == standings.c.lead_id)
            waits = waits.where(hand_offs.c.ended_at.is_(None))
            return list(connection.execute(waits.order_by(standings.c.probability.desc())).scalars())

    def rename(self, lead_id: str, name: str, company: str = "Nordwerk") -> None:
        """Give a lead another name, and let its score see it."""
        told = LeadTold(lead_id=lead_id, attributes={"name": name, "company": company})
        act = Act(now=to_micros(self.now), key_id="test", action="lead", lead_id=lead_id)
        self.store.write(lambda write: tell(write, told), act)
        self.engine.drain(to_micros(self.now))


@contextmanager
def site(home: Path) -> Iterator[Site]:
    """The pages over a company that was just brought to life."""
    made = quick(leads=LEADS)
    now = from_micros(made.export.data_end) + timedelta(minutes=5)
    bundle = replace(measured(made), digest="sha256:" + "1" * 64, card=CARD | dict(made.challenger.card))
    models = source_of(Predictor(bundle=bundle, version="7", settings=made.settings), made.settings)
    store = Store.open(database_url(home, None), limits=Limits(timeout_seconds=5))
    ring, admin = KeyRing(keys=()).issue(["admin"], name="Admin")
    ring, rep = ring.issue(["rep"], name="Anna")
    ring, crm = ring.issue(["crm"], name="Marketing")
    app = create_app(models=models, settings=made.settings, keys=ring, now=lambda: now, store=store)
    engine: Engine = app.state.service.engine
    bring_to_life(Company(store=store, engine=engine, export=made.export, seed=1), weeks=WEEKS, most=LIVING)
    _offer(store, made.settings.lifecycle, to_micros(now))
    try:
        with listening(app) as url:
            yield Site(url=url, app=app, store=store, engine=engine, now=now, admin=admin, rep=rep, crm=crm)
    finally:
        store.close()


def _offer(store: Store, policy: Lifecycle, now: int) -> None:
    """Hand the likeliest leads to sales, so that there are enough to say something about."""

    def job(write: Write) -> None:
        best = select(standings.c.lead_id).where(standings.c.stage.in_(("lead", "marketing_qualified")))
        for lead_id in write.connection.execute(best.order_by(standings.c.probability.desc()).limit(OFFERED)).scalars():
            offer(write, lead_id, at=now, band=Band.HOT, policy=policy, by="policy")

    store.write(job, Act(now=now, key_id="test", action="offer"))


def _interval(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": value, "low": low, "high": high}


def _bin(expected: float, observed: float, *, kept: bool = True) -> dict[str, object]:
    ends = {"low": expected * 0.6, "high": expected * 1.5}
    return {"expected": expected, "observed": observed, "pairs": 100.0, "cases": 80, "kept": kept, **ends}


#: what a long training would write, in short
CARD = {
    "contest": {
        "both experts": {
            "ROC AUC": _interval(0.85, 0.81, 0.89),
            "lift at 10 %": _interval(5.4, 4.4, 6.4),
            "recall at capacity": _interval(0.75, 0.65, 0.84),
            "expected / observed": _interval(1.1, 0.9, 1.4),
        },
        "fit only": {"ROC AUC": _interval(0.7, 0.66, 0.74)},
    },
    "reliability": {
        "verdict": "All promises were kept.",
        "wins": 40,
        "bins": [_bin(0.02, 0.01), _bin(0.1, 0.12), _bin(0.3, 0.6, kept=False)],
    },
    "leaks": {
        "refused": ["contract_contact"],
        "kept": [],
        "suspicious": [],
        "findings": [
            {
                "name": "contract_contact",
                "what": "column",
                "verdict": "refuse",
                "evidence": [
                    {
                        "test": "filled_after_closing",
                        "weight": 5,
                        "numbers": {"changes": 187.0, "after_closing": 1.0, "held": 0.0, "held_later": 0.036},
                        "sentence": "It is written when the result is known.",
                    }
                ],
            }
        ],
    },
}
