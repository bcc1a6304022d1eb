"""A visit to the pages of the demo, as a browser would make it, and the life that goes on while it runs."""

import random
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from html import unescape

import httpx

from features.tables import Export

TOKEN = re.compile(r'name="form_token" value="(\w+)"')
NAMES = re.compile(r'<a class="open"[^>]*>([^<]+)</a>')
SECONDS = 30
LATEST = 3_000  #: activities of the simulated past that are lived again


def names_in_queue(address: str, token: str) -> list[str]:
    """Sign in with the token, and give the names that the queue shows, the first one first; none if it doesn't."""
    with httpx.Client(base_url=address, timeout=SECONDS, follow_redirects=True, trust_env=False) as browser:
        form = TOKEN.search(browser.get("/sign-in").text)
        sent = {"form_token": form[1] if form else "", "key": token, "to": "/queue"}
        return [unescape(name) for name in NAMES.findall(browser.post("/sign-in", data=sent).text)]


def live_on(
    export: Export, address: str, token: str, *, seed: int, now: Callable[[], datetime], wait: Callable[[], None]
) -> None:
    """Let leads go on doing what they did of late, one activity at a time, until `wait` is interrupted."""
    chosen = random.Random(seed)  # noqa: S311  # reproducible, not secret
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=address, timeout=SECONDS, headers=headers, trust_env=False) as crm:
        for activity in _activities(export, chosen):
            wait()
            try:
                crm.post("/v1/events", json=activity | {"happened_at": now().isoformat(), "source": "simulation"})
            except httpx.TransportError:
                continue


def _activities(export: Export, chosen: random.Random) -> Iterator[dict[str, str]]:
    ids, latest = export.leads["lead_id"].to_numpy(), export.events.nlargest(LATEST, "happened_at")
    while True:
        row = latest.iloc[chosen.randrange(len(latest))]
        topic = {"topic": row["topic"]} if isinstance(row["topic"], str) else {}
        yield {"lead_id": str(ids[row["lead"]]), "kind": str(row["kind"])} | topic
