"""A store with a life in it, seeded: leads of several sources and owners, moves and undone moves, hand-offs, results.

Rows go straight into the tables, so that a test of a list or a sum knows each of them.
"""

import json
import random

from sqlalchemy import insert

from features.clock import DAY, HOUR
from features.stages import Stage
from features.verdicts import Rejection
from serving.store.live_schema import hand_offs
from serving.store.schema import attribute_changes, events, leads, ledger, merges, stage_moves, standings
from serving.store.searched import searched
from serving.store.store import Store
from serving.store.writer import Write
from support.stores import act, at

DAYS = 200  #: of the life
SOURCES = ("web", "fair", "partner", None)
OWNERS = ("giulia", "marco", None)
SLA = {"asked": 4, "hot": 24, "warm": 72, "cold": 120}
KINDS = ("visit", "pricing_page_view", "email_sent")


def enliven(store: Store, seed: int, *, count: int = 80) -> None:
    """Fill an empty store."""
    chance = random.Random(seed)  # noqa: S311  # reproducible, not secret
    for i in range(count):
        created = chance.randrange(0, DAYS * 24) * HOUR
        store.write(lambda write, i=i, created=created: _live(write, chance, f"L-{i:04}", at(0) + created), act(DAYS))
    for i in range(0, count, 11):
        store.write(lambda write, i=i: _merge(write, f"L-{i:04}", f"L-{i + 1:04}"), act(DAYS))


def _live(write: Write, chance: random.Random, lead_id: str, created: int) -> None:
    put = write.connection.execute
    owner, source = chance.choice(OWNERS), chance.choice(SOURCES)
    told = None if chance.random() < 0.1 else created
    put(insert(leads), {"lead_id": lead_id, "seq": write.seq, "created_at": told, "owner": owner})
    row = {"seq": write.seq, "lead_id": lead_id}
    for nth, field in enumerate(("source", "Lead Source")):
        if source is not None and chance.random() < 0.8:
            told = {"own": False, "field": field, "value": json.dumps(source), "known_at": created + nth}
            put(insert(attribute_changes), row | told)
    now, end = created, at(DAYS)
    _events(put, row, chance, created, end)
    stage = _moves(put, row, chance, now, end)
    _hand_offs(put, row, chance, created, end, owner)
    _ledger(put, row, chance, created, end, stage, owner, source)
    if chance.random() < 0.4:
        kind = chance.choice(("closed_won", "closed_lost"))
        closed = created + chance.randrange(1, 90 * 24) * HOUR
        put(insert(events), _event(row, kind, min(closed, end), f"{lead_id} end"))


def _event(row: dict, kind: str, moment: int, event_id: str) -> dict:
    fixed = {"source": "api", "digest": "", "value": None, "topic": None}
    return row | fixed | {"event_id": event_id, "kind": kind, "happened_at": moment, "known_at": moment}


def _events(put, row, chance, created, end) -> None:
    for nth in range(chance.choice((0, 1, 3, 8))):
        moment = min(end, created + chance.randrange(0, 120 * 24) * HOUR)
        put(insert(events), _event(row, chance.choice(KINDS), moment, f"{row['lead_id']} {nth}"))


def _moves(put, row, chance, now, end) -> str:
    stage, last = "lead" if chance.random() < 0.8 else "subscriber", None
    for _ in range(chance.choice((0, 1, 2, 4))):
        now += chance.randrange(0, 40 * 24) * HOUR
        if now > end:
            break
        undone = last is not None and chance.random() < 0.2
        wanted = chance.choice([s.value for s in Stage if s.value != stage])
        because = {"code": "reopened"} if chance.random() < 0.1 else {"code": "set"}
        move = {"previous": stage, "stage": wanted, "happened_at": now, "known_at": now, "by": "crm"}
        move |= {"because": json.dumps(because, separators=(",", ":")), "undoes": last if undone else None}
        last = put(insert(stage_moves).returning(stage_moves.c.id), row | move).scalar_one()
        last = None if undone else last
        stage = wanted
    return stage


def _hand_offs(put, row, chance, now, end, owner) -> None:
    for _ in range(chance.choice((0, 0, 1, 2))):
        now += chance.randrange(0, 50 * 24) * HOUR
        if now > end:
            return
        band = chance.choice(list(SLA))
        offer = {"offered_at": now, "band": band, "due_at": now + SLA[band] * HOUR, "by": "policy", "owner": owner}
        ending = chance.choice(("accepted", "rejected", "rejected", "withdrawn", None))
        took = chance.randrange(0, 8 * 24) * HOUR
        if ending is not None and now + took <= end:
            reason = chance.choice(list(Rejection)).value if ending == "rejected" else None
            offer |= {"ended_at": now + took, "ending": ending, "reason": reason, "ended_by": "k1"}
        put(insert(hand_offs), row | {"ended_at": None, "ending": None, "reason": None} | offer)
        if "ended_at" not in offer:
            return
        now += took


def _ledger(put, row, chance, now, end, stage, owner, source) -> None:
    scored = None
    while now <= end:
        p = chance.random() ** 3
        scored = {"as_of": now, "scored_at": now, "probability": p, "score": chance.randrange(0, 101)}
        scored |= {"fit": chance.choice("ABCD"), "engagement": chance.choice("1234"), "stage": stage}
        rest = {"seen_seq": row["seq"], "log_odds": 0.0, "base_value": 0.0, "contributions": "{}", "inputs": ""}
        rest |= {"bundle": chance.choice(("b1", "b2")), "version": "7", "view": ""}
        entry = put(insert(ledger).returning(ledger.c.id), row | scored | rest).scalar_one()
        now += chance.randrange(1, 60 * 24) * HOUR
    if scored is not None:
        shown = {name: scored[name] for name in ("as_of", "probability", "score", "fit", "engagement", "stage")}
        more = {"lead_id": row["lead_id"], "ledger_id": entry, "owner": owner, "source": source, "name": "Ada"}
        more["searched"] = searched(row["lead_id"], name="Ada")
        texts = {"reasons": '[{"field":"visit","text":{"en":"Visited","it":"Visita"}}]', "action_text": '{"en":"Call"}'}
        put(insert(standings), shown | more | texts)


def _merge(write: Write, root: str, other: str) -> None:
    put = write.connection.execute
    put(insert(merges), {"seq": write.seq, "lead_id": other, "into_id": root, "at": write.now})
    put(leads.update().where(leads.c.lead_id == other).values(merged_into=root))
    put(standings.delete().where(standings.c.lead_id == other))


def rows_of(connection, table) -> list:
    """All rows of a table, for loops."""
    return list(connection.execute(table.select()).all())


def age_in_days(moment: int) -> float:
    """Days since the start of the life."""
    return (moment - at(0)) / DAY
