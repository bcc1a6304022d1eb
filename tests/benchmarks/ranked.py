"""Milliseconds for pages of the ranked list, and for the answers about one lead, on both databases.

usage: python tests/benchmarks/ranked.py [--standings N] [--rounds N] [--only sqlite|postgresql] [--out FILE.json]

A store on this machine's disk holds N made-up standings with their reasons, and open hand-offs for a part of them.
Each question is asked in turn in one process, without HTTP; PostgreSQL has gathered its statistics, as its
autovacuum does by itself. The median and the 99th percentile of the rounds are printed.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import orjson
from rich.console import Console
from rich.table import Table
from sqlalchemy import insert, text

sys.path.insert(0, str(Path(__file__).parents[1]))

from features.clock import DAY
from serving.live.ranked import ALL, Filters, ranked
from serving.store.engine import Limits, database_url
from serving.store.live_schema import hand_offs
from serving.store.schema import standings
from serving.store.searched import searched
from serving.store.store import Store
from support.postgres import start
from support.stores import DATABASES, START, act

BLOCK = 5_000
PAGE = 50
BAR_MS = 20
STAGES = ["subscriber"] * 2 + ["lead"] * 14 + ["marketing_qualified"] * 3 + ["sales_qualified"]
REASONS = [
    {
        "field": "pricing_page_view",
        "family": "engagement",
        "direction": "raises",
        "contribution": 0.8123,
        "text": {
            "en": "Viewed the pricing page 3 times in the last 14 days",
            "it": "Ha visitato la pagina dei prezzi 3 volte negli ultimi 14 giorni",
        },
    }
] * 3


def standing(i: int, rng: random.Random) -> dict[str, object]:
    """A made-up standing; its shares are those of a company with a few hundred owners' leads."""
    score = rng.randrange(101)
    who = {"name": f"Person {i}", "company": f"Company {i % 20_000}"}
    return {
        **who,
        "lead_id": f"L-{i:07d}",
        "searched": searched(f"L-{i:07d}", **who),
        "ledger_id": i + 1,
        "as_of": START,
        "probability": rng.random() ** 3,
        "score": score,
        "log_odds": -1.0,
        "lift": 1.0,
        "fit": rng.choice("ABCD"),
        "engagement": rng.choice("1234"),
        "stage": rng.choice(STAGES),
        "stage_since": START,
        "band": "hot" if score >= 95 else "warm" if score >= 80 else "cold",
        "trend": round(rng.gauss(0, 3)),
        "action": "nurture",
        "action_text": orjson.dumps(
            {"en": "Send what helps to decide", "it": "Mandare ciò che aiuta a decidere"}
        ).decode(),
        "reasons": orjson.dumps(REASONS).decode(),
        "source": rng.choice(["web", "trade fair", "partner", "list"]) if i % 1_000 else "rare source",
        "owner": f"owner {min(int(rng.paretovariate(0.7)), 400)}",
    }


def fill(store: Store, count: int) -> None:
    """Put the standings in, and an open hand-off for each fiftieth."""
    rng = random.Random(7)  # noqa: S311  # no secret
    for first in range(0, count, BLOCK):
        rows = [standing(i, rng) for i in range(first, min(first + BLOCK, count))]
        offered = [
            {"seq": 1, "lead_id": row["lead_id"], "offered_at": START, "band": "hot", "by": "policy"}
            | {"due_at": START + rng.randrange(5 * DAY)}
            for row in rows[::50]
        ]
        store.write(lambda w, r=rows: w.connection.execute(insert(standings), r) and None, act())
        store.write(lambda w, o=offered: w.connection.execute(insert(hand_offs), o) and None, act())
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


QUESTIONS = {
    "all": ALL,
    "stage sales_qualified": Filters(stage="sales_qualified"),
    "band hot": Filters(band="hot"),
    "band cold": Filters(band="cold"),
    "fit A, engagement 1": Filters(fit="A", engagement="1"),
    "owner of many": Filters(owner="owner 1"),
    "owner of few": Filters(owner="owner 150"),
    "owner of none": Filters(owner="nobody"),
    "source of few": Filters(source="rare source"),
    "rising": Filters(trend="rising"),
    "falling, cold, of one owner": Filters(trend="falling", band="cold", owner="owner 3"),
    "hot but fit D (none, or few)": Filters(band="hot", fit="D", engagement="4", stage="subscriber"),
    "name of many": Filters(q="person 12"),
    "name of one": Filters(q="person 54321"),
    "name of few, of one owner": Filters(q="company 77", owner="owner 2"),
    "name of none": Filters(q="nobody at all"),
    "by due": Filters(sort="due"),
    "by due, of one owner": Filters(sort="due", owner="owner 150"),
}


def measure(store: Store, rounds: int) -> dict[str, dict[str, float]]:
    """By question: how many leads came, the median and the 99th percentile of a first page, of the page behind it."""
    found = {}
    for name, filters in QUESTIONS.items():
        first, second, count = [], [], 0
        for _ in range(rounds):
            started = time.perf_counter()
            with store.reading() as connection:
                page = ranked(connection, filters, None, PAGE)
            first.append(1e3 * (time.perf_counter() - started))
            count = len(page.leads)
            if page.next is not None:
                started = time.perf_counter()
                with store.reading() as connection:
                    ranked(connection, filters, page.next, PAGE)
                second.append(1e3 * (time.perf_counter() - started))
        found[name] = {
            "leads": count,
            "p50_ms": float(np.median(first)),
            "p99_ms": float(np.quantile(first, 0.99)),
            "next_p50_ms": float(np.median(second)) if second else 0.0,
        }
    return found


def main() -> int:
    """Fill, measure, print; 1 where a median misses the bar. Names have none: a rare one is looked for in all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--standings", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--only", choices=DATABASES)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    results = {}
    for kind in [chosen.only] if chosen.only else DATABASES:
        database = start(fsync=True).url("postgres") if kind == "postgresql" else None
        with tempfile.TemporaryDirectory() as home:
            store = Store.open(database_url(Path(home), database), limits=Limits(timeout_seconds=60))
            fill(store, chosen.standings)
            results[kind] = measure(store, chosen.rounds)
            store.close()
        show(kind, chosen.standings, results[kind])
    if chosen.out:
        chosen.out.write_text(json.dumps(results, indent=2), encoding="utf-8")
    barred = [name for name, filters in QUESTIONS.items() if filters.q is None]
    return int(any(found[name]["p50_ms"] > BAR_MS for found in results.values() for name in barred))


def show(kind: str, count: int, found: dict[str, dict[str, float]]) -> None:
    """Print one database's table."""
    table = Table(title=f"{kind}: the first {PAGE} of {count:,} standings, milliseconds")
    for column in ("question", "leads", "p50", "p99", "next page p50"):
        table.add_column(column, justify="left" if column == "question" else "right")
    for name, one in found.items():
        table.add_row(name, f"{one['leads']:.0f}", *(f"{one[k]:.1f}" for k in ("p50_ms", "p99_ms", "next_p50_ms")))
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
