"""How long queue and funnel take with many leads, on both databases.

usage: python tests/benchmarks/funnel.py [--leads 100000] [--events 20] [--rounds 5] [--only sqlite|postgresql]

Of each lead there are events, a source, an owner, ledger rows every few weeks and a standing; of some, moves,
hand-offs and results. Each figure is the median of the rounds, read on a connection of its own as a route does.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from sqlalchemy import insert, text

sys.path.insert(0, str(Path(__file__).parents[1]))

from features.clock import DAY, HOUR
from features.settings import Lifecycle
from serving.live.funnel import Period, funnel
from serving.live.handed import Span, handed
from serving.live.idle import leaks
from serving.live.kept import kept, source_wins
from serving.live.queue import queue
from serving.store.live_schema import hand_offs
from serving.store.schema import attribute_changes, events, leads, ledger, stage_moves, standings
from serving.store.store import Store
from serving.store.writer import Write
from support.stores import DATABASES, act, at, open_store

DAYS = 365
BLOCK = 5_000
KINDS = np.array(["page_view", "email_click", "pricing_page_view", "email_sent"], dtype=object)
REASONS = np.array(["no_intent", "bad_timing", "competitor"], dtype=object)


def fill(store: Store, *, count: int, per_lead: int) -> None:
    """Put so many leads into the store, in blocks."""
    luck = np.random.default_rng(1)
    for start in range(0, count, BLOCK):
        ids = [f"L-{i:07}" for i in range(start, min(start + BLOCK, count))]
        store.write(lambda write, ids=ids: _block(write, luck, ids, per_lead), act(DAYS))
    with store.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _block(write: Write, luck: np.random.Generator, ids: list[str], per_lead: int) -> None:
    created = at(0) + luck.integers(0, DAYS * 24, len(ids)) * HOUR
    for table, rows in (
        (leads, _leads(luck, ids, created)),
        (attribute_changes, _sources(luck, ids, created)),
        (events, _events(luck, ids, created, per_lead)),
        (stage_moves, _moves(luck, ids, created)),
        (hand_offs, _offers(luck, ids, created)),
        (ledger, _scores(luck, ids, created)),
        (standings, _standings(luck, ids)),
    ):
        found = [{"seq": write.seq} | row if table is not standings else row for row in rows]
        for i in range(0, len(found), BLOCK):
            write.connection.execute(insert(table), found[i : i + BLOCK])


def _leads(luck, ids, created) -> Iterator[dict]:
    owners = luck.choice(["giulia", "marco", "anna", None], len(ids))
    for lead_id, moment, owner in zip(ids, created.tolist(), owners, strict=True):
        yield {"lead_id": lead_id, "created_at": moment, "owner": owner}


def _sources(luck, ids, created) -> Iterator[dict]:
    for lead_id, moment, source in zip(
        ids, created.tolist(), luck.choice(["web", "fair", "ads"], len(ids)), strict=True
    ):
        for field, value in (("source", source), ("industry", "retail"), ("employees", "40"), ("job_title", "CEO")):
            yield {"lead_id": lead_id, "own": False, "field": field, "value": f'"{value}"', "known_at": moment}


def _events(luck, ids, created, per_lead) -> Iterator[dict]:
    for lead_id, moment in zip(ids, created.tolist(), strict=True):
        after = np.minimum(at(DAYS), moment + luck.integers(0, 120 * 24, per_lead) * HOUR).tolist()
        kinds = KINDS[luck.integers(0, len(KINDS), per_lead)].tolist()
        if luck.random() < 0.2:
            after.append(min(at(DAYS), moment + int(luck.integers(10, 150)) * DAY))
            kinds.append("closed_won" if luck.random() < 0.3 else "closed_lost")
        for nth, (happened, kind) in enumerate(zip(after, kinds, strict=True)):
            row = {"lead_id": lead_id, "kind": kind, "happened_at": happened, "known_at": happened}
            yield row | {"source": "api", "event_id": f"{lead_id}-{nth}", "digest": ""}


def _moves(luck, ids, created) -> Iterator[dict]:
    way = ("lead", "marketing_qualified", "sales_qualified", "opportunity")
    for lead_id, moment in zip(ids, created.tolist(), strict=True):
        now = moment
        for previous, stage in pairwise(way):
            now += int(luck.integers(1, 40)) * DAY
            if luck.random() > 0.4 or now > at(DAYS):
                break
            row = {"lead_id": lead_id, "previous": previous, "stage": stage, "happened_at": now, "known_at": now}
            yield row | {"by": "policy", "because": '{"grounds":[]}'}


def _offers(luck, ids, created) -> Iterator[dict]:
    for lead_id, moment in zip(ids, created.tolist(), strict=True):
        offered = moment + int(luck.integers(1, 60)) * DAY
        if luck.random() > 0.15 or offered > at(DAYS):
            continue
        row = {"lead_id": lead_id, "offered_at": offered, "band": "hot", "due_at": offered + DAY, "by": "policy"}
        ended = {"ended_at": None, "ending": None, "reason": None}
        if luck.random() < 0.9:
            ending = "accepted" if luck.random() < 0.4 else "rejected"
            reason = str(luck.choice(REASONS)) if ending == "rejected" else None
            ended = {"ended_at": offered + int(luck.integers(1, 60)) * HOUR, "ending": ending, "reason": reason}
        yield row | ended


def _scores(luck, ids, created) -> Iterator[dict]:
    fixed = {"seen_seq": 1, "log_odds": 0.0, "base_value": 0.0, "contributions": "{}", "inputs": "", "bundle": "b"}
    fixed |= {"engagement": "2", "version": "7", "view": "", "stage": "lead"}
    for lead_id, moment in zip(ids, created.tolist(), strict=True):
        for as_of in range(moment, at(DAYS), 60 * DAY):
            score = int(luck.integers(0, 101))
            row = {"lead_id": lead_id, "as_of": as_of, "scored_at": as_of, "probability": score / 500, "score": score}
            yield row | {"fit": "ABCD"[score % 4]} | fixed


def _standings(luck, ids) -> Iterator[dict]:
    for i, lead_id in enumerate(ids):
        row = {"lead_id": lead_id, "ledger_id": i, "as_of": at(DAYS), "probability": float(luck.random()), "score": 50}
        yield row | {"fit": "B", "engagement": "2", "stage": "lead", "reasons": "[]", "action_text": "{}"}


def questions() -> dict[str, Callable[..., object]]:
    """What the routes ask."""
    year, now, horizon = Period(since=at(0), until=at(DAYS), step=30 * DAY), at(DAYS), 90 * DAY
    kinds = KINDS[:3].tolist()
    return {
        "GET /v1/queue": lambda c: queue(c, now=now),
        "GET /v1/handoffs": lambda c: handed(c, Span(since=at(0), until=now)),
        "GET /v1/funnel": lambda c: funnel(c, year),
        "GET /v1/funnel/leaks": lambda c: leaks(c, until=now, idle_days=45, activities=kinds),
        "GET /v1/funnel/sources": lambda c: source_wins(c, year, horizon=horizon),
        "GET /v1/funnel/bands": lambda c: kept(c, year, horizon=horizon, policy=Lifecycle()),
    }


def measure(kind: str, *, count: int, per_lead: int, rounds: int) -> tuple[dict[str, float], str]:
    """Median milliseconds of each question, and what the store holds."""
    with tempfile.TemporaryDirectory() as home, open_store(kind, Path(home)) as store:
        fill(store, count=count, per_lead=per_lead)
        took: dict[str, list[float]] = {}
        for name, ask in list(questions().items()) * rounds:
            started = time.perf_counter()
            with store.reading() as connection:
                ask(connection)
            took.setdefault(name, []).append(1000 * (time.perf_counter() - started))
        with store.reading() as connection:
            rows = {t.name: connection.execute(text(f"SELECT COUNT(*) FROM {t.name}")).scalar_one()  # noqa: S608
                    for t in (leads, events, stage_moves, hand_offs, ledger)}  # fmt: skip
    return {name: statistics.median(ms) for name, ms in took.items()}, ", ".join(f"{n:,} {t}" for t, n in rows.items())


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=20, help="of each lead")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=DATABASES)
    asked = parser.parse_args()
    chosen = [asked.only] if asked.only else list(DATABASES)
    found = {k: measure(k, count=asked.leads, per_lead=asked.events, rounds=asked.rounds) for k in chosen}
    table = Table("milliseconds", *chosen)
    for name in questions():
        table.add_row(name, *(f"{found[kind][0][name]:,.0f}" for kind in chosen))
    console = Console(highlight=False)
    console.print(table)
    console.print(found[chosen[0]][1])


if __name__ == "__main__":
    main()
