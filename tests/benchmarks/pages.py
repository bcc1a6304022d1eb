"""How soon each page begins, and how much it weighs, over a store with many leads: `python tests/benchmarks/pages.py`.

Standings, hand-offs and scores are written straight into the tables, a few of them for leads that the engine
scored; the pages are asked over HTTP of this machine by one client, after a warm-up. Times are those to the
first byte of the answer; processor time is that of service and client together.
"""

import argparse
import re
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import numpy as np
from sqlalchemy import insert, select

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from features.clock import DAY, to_micros
from serving.store.live_schema import hand_offs
from serving.store.schema import leads, ledger, standings
from serving.store.searched import searched
from serving.store.writer import Act
from support.pages_company import Site, site

ROUNDS = 30
LIMIT_MS, LIMIT_BYTES = 100.0, 200_000


def main() -> None:
    """Print a row for each page; exits with 1 if the queue begins too late or a page is too heavy."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--leads", type=int, default=100_000)
    reader.add_argument("--offered", type=int, default=400)
    chosen = reader.parse_args()
    with TemporaryDirectory() as home, site(Path(home)) as running:
        _fill(running, chosen.leads, chosen.offered)
        rows = list(_measured(running))
    print(f"{chosen.leads:,} leads, {chosen.offered:,} of them offered to sales; {ROUNDS} requests each")  # noqa: T201
    print(f"{'page':<28}{'median ms':>10}{'p95 ms':>10}{'processor ms':>14}{'kB':>8}{'kB with files':>15}")  # noqa: T201
    for name, times, worked, weight, whole in rows:
        median, slow = np.median(times), np.quantile(times, 0.95)
        print(f"{name:<28}{median:>10.1f}{slow:>10.1f}{worked:>14.1f}{weight / 1000:>8.1f}{whole / 1000:>15.1f}")  # noqa: T201
    late = [name for name, times, *_ in rows if name.startswith("queue") and np.median(times) > LIMIT_MS]
    heavy = [name for name, *_, whole in rows if whole > LIMIT_BYTES]
    sys.exit(1 if late or heavy else 0)


def _fill(running: Site, count: int, offered: int) -> None:
    """More leads like those that there are, with a score and a line of scores each."""
    with running.store.reading() as connection:
        like = [dict(row) for row in connection.execute(select(standings).limit(200)).mappings()]
    now, random = to_micros(running.now), np.random.default_rng(1)
    scores = random.random(count)

    def job(write) -> None:  # type: ignore[no-untyped-def]
        for at in range(0, count, 5_000):
            part = range(at, min(count, at + 5_000))
            write.connection.execute(insert(leads), [{"lead_id": f"B{i:07}", "seq": write.seq} for i in part])
            write.connection.execute(insert(standings), [_standing(like, i, scores[i]) for i in part])
        line = [
            _ledger(like[0], f"B{i:07}", now - week * 7 * DAY, write.seq) for i in range(2_000) for week in range(8)
        ]
        write.connection.execute(insert(ledger), list(line))
        best = np.argsort(-scores)[:offered]
        write.connection.execute(insert(hand_offs), [_offer(f"B{i:07}", now, write.seq) for i in best])

    running.store.write(job, Act(now=now, key_id="benchmark", action="fill", rows=count))


def _standing(like: list[dict], i: int, probability: float) -> dict:  # type: ignore[type-arg]
    own = {"lead_id": f"B{i:07}", "probability": float(probability), "score": int(99 * probability)}
    row = like[i % len(like)] | own | {"name": f"Person {i}", "company": f"Firm {i % 500}"}
    return row | {"searched": searched(**{name: row[name] for name in ("lead_id", "name", "company", "role")})}


def _ledger(like: dict, lead_id: str, at: int, seq: int) -> dict:  # type: ignore[type-arg]
    told = {"lead_id": lead_id, "seq": seq, "seen_seq": seq, "as_of": at, "scored_at": at, "log_odds": 0.0}
    told |= {"base_value": 0.0, "probability": 0.5, "score": 50 + at // DAY % 20, "fit": "A", "engagement": "1"}
    return told | {"contributions": "{}", "inputs": "", "bundle": "", "version": "", "view": "", "stage": "lead"}


def _offer(lead_id: str, now: int, seq: int) -> dict:  # type: ignore[type-arg]
    told = {"seq": seq, "lead_id": lead_id, "offered_at": now - DAY, "band": "hot", "due_at": now + DAY}
    return told | {"by": "policy", "breach_told": False}


def _measured(running: Site):  # type: ignore[no-untyped-def]
    lead = running.offered()[-1]
    pages = {
        "queue": "/queue",
        "queue, all leads": "/queue?view=all",
        "queue, mine": "/queue?view=mine&person=Anna",
        "queue, found by name": "/queue?view=all&text=person+999",
        "queue, mine, found by name": "/queue?view=mine&person=Anna&text=person+999",
        "queue, found by none": "/queue?view=all&text=nobody+%C3%A9lan",
        "lead": f"/lead?lead_id={lead}",
        "similar won leads": f"/lead/similar?lead_id={lead}",
        "funnel, counted anew": "/funnel",
        "funnel": "/funnel",
        "model": "/model",
    }
    with httpx.Client(base_url=running.url, timeout=600, trust_env=False) as browser:
        form = re.search(r'form_token" value="(\w+)', browser.get("/sign-in").text)
        browser.post("/sign-in", data={"form_token": form[1] if form else "", "key": running.admin, "to": "/queue"})
        for name, path in pages.items():
            rounds = 1 if name.endswith("anew") else ROUNDS
            if rounds > 1:
                browser.get(path)
            began = time.process_time()
            times = [_first_byte(browser, path) for _ in range(rounds)]
            worked = 1_000 * (time.process_time() - began) / rounds
            text = browser.get(path).text
            files = set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', text))
            weight = len(text.encode())
            yield name, times, worked, weight, weight + sum(len(browser.get(file).content) for file in files)


def _first_byte(browser: httpx.Client, path: str) -> float:
    started = time.perf_counter()
    with browser.stream("GET", path) as answer:
        next(answer.iter_raw())
        return 1_000 * (time.perf_counter() - started)


if __name__ == "__main__":
    main()
