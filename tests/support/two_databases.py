"""One seeded script of told facts and questions, run on a service with a store: its answers, to be compared.

A step is one request. It tells (leads, fields, activities, batches, outcomes, verdicts, consent, stages),
merges, deletes, or asks (prediction by id, lists, timeline, scores, queue, funnel). Time goes on between steps,
and the engine works off what is due, so that two databases see the same at the same moment.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from features.clock import to_micros
from features.verdicts import Rejection
from support.service import NOW, Running, service
from support.stores import open_store

KINDS = ("pricing_page_view", "webinar_attended", "demo_request", "email_open", "unsubscribe", "never_heard_of")
STAGES = ("lead", "marketing_qualified", "sales_qualified", "opportunity", "customer")
ASKED = ("/v1/ranked", "/v1/queue", "/v1/handoffs", "/v1/funnel", "/v1/funnel/leaks", "/v1/funnel/sources")
ABOUT_ONE = ("/v1/leads", "/v1/timeline", "/v1/scores", "/v1/changes", "/v1/outlook")
LEADS = 40


@dataclass
class Clock:
    """The time of a service in a script."""

    now: datetime = NOW

    def go_on(self, minutes: float) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)


@dataclass(frozen=True)
class Step:
    """One request, and which key sends it."""

    method: str
    path: str
    body: object = None
    query: dict[str, str] = field(default_factory=dict)
    key: str = "admin"


def script(seed: int, steps: int) -> Iterator[tuple[Step, float]]:
    """Each request with the minutes that pass before it."""
    chance = random.Random(seed)  # noqa: S311  # reproducible, not secret
    makers: list[tuple[Callable[[random.Random, datetime], Step], int]] = [
        *((_tell_lead, 14), (_tell_event, 16), (_tell_events, 12), (_tell_outcome, 4), (_tell_verdict, 7)),
        *((_tell_consent, 4), (_set_stage, 5), (_undo, 2), (_merge, 2), (_delete, 1), (_predict, 10)),
        *((_ask_list, 10), (_ask_one, 13)),
    ]
    kinds, weights = zip(*makers, strict=True)
    now = NOW
    for _ in range(steps):
        minutes = chance.choice((0, 1, 30, 600, 1_500))
        now += timedelta(minutes=minutes)
        (make,) = chance.choices(kinds, weights)
        yield make(chance, now), minutes


def _lead(chance: random.Random) -> str:
    return f"L-{chance.randrange(LEADS)}/ü"


def _ago(chance: random.Random, now: datetime) -> str:
    return (now - timedelta(minutes=chance.choice((0, 1, 1_440, 90_000)), seconds=chance.randrange(60))).isoformat()


def _tell_lead(chance: random.Random, now: datetime) -> Step:
    told = {"lead_id": _lead(chance), "attributes": {"industry": chance.choice(("finance", "retail", None))}}
    told["attributes"] |= {"employees": chance.randrange(1, 900), "source": chance.choice(("web", "fair", "Ärzte"))}
    told |= {"owner": chance.choice(("giulia", "marco", "Élodie", None))} if chance.random() < 0.5 else {}
    told |= {"created_at": _ago(chance, now)} if chance.random() < 0.6 else {}
    told |= {"known_at": _ago(chance, now)} if chance.random() < 0.4 else {}
    return Step("POST", "/v1/leads", told)


def _event(chance: random.Random, now: datetime) -> dict[str, object]:
    told = {"lead_id": _lead(chance), "kind": chance.choice(KINDS), "happened_at": _ago(chance, now)}
    told |= {"topic": chance.choice(("pricing", "planning"))} if chance.random() < 0.5 else {}
    return told | ({"event_id": f"e{chance.randrange(400)}"} if chance.random() < 0.5 else {})


def _tell_event(chance: random.Random, now: datetime) -> Step:
    return Step("POST", "/v1/events", _event(chance, now))


def _tell_events(chance: random.Random, now: datetime) -> Step:
    events = [_event(chance, now) for _ in range(chance.randrange(1, 12))]
    return Step(
        "POST", "/v1/events/batch", {"events": [*events, *events[:1], {"lead_id": 3}][: chance.randrange(2, 14)]}
    )


def _tell_outcome(chance: random.Random, now: datetime) -> Step:
    kind = chance.choice(("closed_won", "closed_lost"))
    return Step("POST", "/v1/outcomes", {"lead_id": _lead(chance), "kind": kind, "happened_at": _ago(chance, now)})


def _tell_verdict(chance: random.Random, _now: datetime) -> Step:
    told = {"lead_id": _lead(chance), "verdict": chance.choice(("accepted", "rejected"))}
    if told["verdict"] == "rejected":
        told |= {"reason": chance.choice(list(Rejection)).value, "note": "nö"}
    if chance.random() < 0.5:
        told["handed_over"] = True
    return Step("POST", "/v1/feedback", told)


def _tell_consent(chance: random.Random, now: datetime) -> Step:
    told = {"lead_id": _lead(chance), "happened_at": _ago(chance, now)}
    if chance.random() < 0.8:
        return Step("POST", "/v1/consent", told | {"given": chance.random() < 0.8})
    return Step("POST", "/v1/objection", told | {"objects": chance.random() < 0.5})


def _set_stage(chance: random.Random, _now: datetime) -> Step:
    return Step("POST", "/v1/stage", {"lead_id": _lead(chance), "stage": chance.choice(STAGES)})


def _undo(chance: random.Random, _now: datetime) -> Step:
    return Step("POST", "/v1/stage/undo", {"lead_id": _lead(chance)})


def _merge(chance: random.Random, _now: datetime) -> Step:
    return Step("POST", "/v1/merge", {"lead_id": _lead(chance), "other": _lead(chance)})


def _delete(chance: random.Random, _now: datetime) -> Step:
    return Step("DELETE", "/v1/leads/" + _lead(chance).replace("/", "%2F").replace("ü", "%C3%BC"))


def _predict(chance: random.Random, _now: datetime) -> Step:
    return Step("POST", "/v1/predict", {"lead_id": _lead(chance)})


def _ask_list(chance: random.Random, _now: datetime) -> Step:
    path = chance.choice((*ASKED, "/v1/funnel/bands", "/v1/kinds"))
    query = {"limit": "7"} if path in ASKED[:3] else {}
    return Step("GET", path, query=query | ({"owner": "giulia"} if query and chance.random() < 0.3 else {}))


def _ask_one(chance: random.Random, _now: datetime) -> Step:
    return Step("GET", chance.choice(ABOUT_ONE), query={"lead_id": _lead(chance)})


@dataclass(frozen=True)
class Answered:
    """What one step came to."""

    step: Step
    status: int
    body: object


def play(kind: str, home: Path, *, seed: int, steps: int) -> list[Answered]:
    """Run the script on a fresh database of this kind."""
    clock, found = Clock(), []
    with open_store(kind, home) as store, service(store=store, now=lambda: clock.now) as running:
        for step, minutes in script(seed, steps):
            clock.go_on(minutes)
            found.append(_answer(running, step))
            engine = running.app.state.service.engine
            engine.drain(to_micros(clock.now))
    return found


def _answer(running: Running, step: Step) -> Answered:
    headers = {"authorization": f"Bearer {running.admin_token}"}
    answer = running.client.request(step.method, step.path, json=step.body, params=step.query or None, headers=headers)
    key = next(k.key_id for k in running.app.state.service.keys.keys if k.allows("admin"))
    return Answered(step, answer.status_code, without(answer.json(), key))


def without(answer: object, key_id: str) -> object:
    """The answer with the id of the key, which is random, replaced; keys in no order."""
    if isinstance(answer, dict):
        return {name: without(value, key_id) for name, value in sorted(answer.items())}
    if isinstance(answer, list):
        return [without(one, key_id) for one in answer]
    return answer.replace(key_id, "KEY") if isinstance(answer, str) else answer


def difference(ours: object, theirs: object, where: str = "") -> str | None:
    """Where two answers differ first; sums of floating point numbers may differ in their last digits."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        parts = ((f"{where}/{name}", ours[name], theirs[name]) for name in ours)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        parts = ((f"{where}/{i}", *both) for i, both in enumerate(zip(ours, theirs, strict=True)))
    elif isinstance(ours, float) and isinstance(theirs, float) and abs(ours - theirs) <= 1e-12 * max(1.0, abs(ours)):
        return None
    else:
        return None if ours == theirs else f"{where}: {ours!r} is not {theirs!r}"
    return next((found for at, a, b in parts if (found := difference(a, b, at)) is not None), None)
