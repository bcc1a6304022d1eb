"""Any order, repetition and delay of what is told gives the same lead, the same features and the same score.

`STREAMS=1000 pytest tests/property/test_streams.py` tries a thousand random streams.
"""

import os
import random
from dataclasses import replace

import numpy as np
import pytest

from features.clock import DAY
from features.rows import lead_row
from serving.store.events import NewEvent, take_in
from serving.store.facts import lead_at
from serving.store.leads import LeadTold, tell
from support.small_bundle import small_bundle
from support.stores import act, at, open_store

CASES = int(os.environ.get("STREAMS", "50"))
KINDS = ("pricing_page_view", "pricing", "webinar_attended", "demo_request", "unknown")
FIELDS = {"industry": ("software", "retail", None), "employees": (5, 240, "1,200"), "job_title": ("CEO", "Manager")}
END = at(60)  #: by then everything came in


def stream(rng: random.Random) -> list[NewEvent | LeadTold]:
    """What happened to one lead, told with its own times; many things at one moment."""
    days = [rng.choice([1, 2, 2.5, rng.random() * 40]) for _ in range(rng.randint(1, 14))]
    events: list[NewEvent | LeadTold] = [
        NewEvent(
            lead_id="a",
            kind=rng.choice(KINDS),
            happened_at=at(day),
            event_id=str(i),
            value=rng.choice([None, 0.1, 0.2, 0.7]),
            topic=rng.choice([None, "pricing", "docs"]),
            channel=rng.choice([None, "email", "paid_search", "trade_show"]),
        )
        for i, day in enumerate(days)
    ]
    moments = rng.sample(range(1, 50), rng.randint(0, 6))  # no two at once: those have no order but that of arrival
    told: list[NewEvent | LeadTold] = [
        LeadTold(lead_id="a", attributes={name: rng.choice(values)}, known_at=at(moment))
        for moment in moments
        for name, values in [rng.choice(list(FIELDS.items()))]
    ]
    return [*events, *told, LeadTold(lead_id="a", own={"created_at": at(0)}, known_at=at(0))]


def disturbed(told: list[NewEvent | LeadTold], rng: random.Random) -> list[NewEvent | LeadTold]:
    """The same, shuffled, and some of it several times."""
    again = [rng.choice(told) for _ in range(rng.randint(0, 6))]
    return rng.sample([*told, *again], len(told) + len(again))


def as_lead(name: str, what: NewEvent | LeadTold) -> NewEvent | LeadTold:
    if isinstance(what, NewEvent):
        return replace(what, lead_id=name, source=name)
    return replace(what, lead_id=name)


def send(store, name: str, told: list[NewEvent | LeadTold], received: list[float]) -> None:
    """Send one by one, each received at its own moment."""
    futures = []
    for what, day in zip(told, received, strict=True):
        mine = as_lead(name, what)
        if isinstance(mine, NewEvent):
            futures.append(store.submit(lambda write, mine=mine: take_in(write, [mine]), act(day)))
        else:
            futures.append(store.submit(lambda write, mine=mine: tell(write, mine), act(day)))
    for future in futures:
        future.result()


@pytest.mark.parametrize("kind", ["sqlite"] if CASES > 50 else ["sqlite", "postgresql"])
def test_any_permutation_repetition_and_delay_gives_the_same_features_and_score(kind, tmp_path):
    bundle = small_bundle()
    with open_store(kind, tmp_path) as store:
        for case in range(CASES if kind == "sqlite" else CASES // 5):
            rng = random.Random(case)  # noqa: S311  # no secret
            told = stream(rng)
            send(store, f"clean-{case}", told, [50.0] * len(told))
            other = disturbed(told, rng)
            send(store, f"other-{case}", other, [50 + rng.random() * 10 for _ in other])

            with store.reading() as connection:
                clean, disturbed_one = (lead_at(connection, f"{name}-{case}", END) for name in ("clean", "other"))
            assert len(clean.events) == len([what for what in told if isinstance(what, NewEvent)])
            assert clean.attributes == disturbed_one.attributes
            rows = [
                lead_row(bundle.view, found, as_of)
                for as_of in (END, END + 30 * DAY)
                for found in (clean, disturbed_one)
            ]
            np.testing.assert_array_equal(rows[0], rows[1])
            np.testing.assert_array_equal(rows[2], rows[3])
            answers = bundle.answer(np.array(rows)).log_odds
            assert answers[0] == answers[1]
            assert answers[2] == answers[3]
