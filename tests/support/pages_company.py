"""A small simulated company in a store, with people's names, scores over some weeks and leads offered to sales."""

from collections.abc import Sequence
from dataclasses import replace

import orjson
from sqlalchemy import select, update

from features.clock import DAY, from_micros
from features.tables import Export
from serving.language import LANGUAGES, catalog
from serving.lifecycle.handoff import Band
from serving.live.case import living_at
from serving.live.hand_offs import offer
from serving.predict import Predictor
from serving.store.leads import LeadTold, tell
from serving.store.ledger import Entry, inputs_digest, record_scores
from serving.store.load import load
from serving.store.schema import leads, standings
from serving.store.store import Store
from serving.store.writer import Act, Write
from support.quick_models import Quick, quick

SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("x","click")'
FIRST = ("Giulia", "Marco", "Chiara", "Luca", "Anna", "Davide", "Sara", "Paolo", "Elena", "Tom", "Ruth", "Hans")
LAST = ("Rinaldi", "Conti", "Moretti", "Ferri", "Weber", "Clarke", "Martin", "Greco", "Santi", "Keller", "Riva")
FIRMS = ("Fonderie Alpine", "Nordwerk", "Caldera Foods", "Officine Po", "Brightwell", "Tessitura Lario", "Hexa Labs")


def company(*, leads: int = 2500) -> Quick:
    """The simulated company with its model."""
    return quick(leads=leads)


def predictor_of(made: Quick) -> Predictor:
    """The model that reads everything, as the service would hold it."""
    bundle = replace(made.challenger, digest="sha256:" + "1" * 64)
    return Predictor(bundle=bundle, version="7", settings=made.settings)


def fill(store: Store, export: Export, predictor: Predictor, *, weeks: Sequence[int] = (3, 2, 1, 0), most: int = 400):
    """Load the export, name its open leads, and score them as of each week before its end."""
    end = export.data_end
    load(store, export, now=end)
    with store.reading() as connection:
        everybody = list(connection.execute(select(leads.c.lead_id).order_by(leads.c.lead_id)).scalars())
    still = [lead_id for lead_id in everybody if _open(store, lead_id, end)][-most:]
    store.write(lambda write: _name(write, still), Act(now=end, key_id="test", action="names"))
    for week in weeks:
        _score(store, predictor, still, end - week * 7 * DAY)


def _open(store: Store, lead_id: str, now: int) -> bool:
    with store.reading() as connection:
        living = living_at(connection, lead_id, now)
    return living.place.closed is None


def _name(write: Write, lead_ids: Sequence[str]) -> None:
    for i, lead_id in enumerate(lead_ids):
        name = f"{FIRST[i % len(FIRST)]} {LAST[(i * 7) % len(LAST)]}"
        told = {"name": name, "company": FIRMS[(i * 5) % len(FIRMS)]}
        own = {"owner": ("Anna", "Marco", "Sofia")[i % 3]}
        tell(write, LeadTold(lead_id=lead_id, own=own, attributes=told))


def _score(store: Store, predictor: Predictor, lead_ids: Sequence[str], at: int) -> None:
    with store.reading() as connection:
        living = [living_at(connection, lead_id, at) for lead_id in lead_ids]
    living = [one for one in living if one.case.lead.created_at is not None and one.place.closed is None]
    answers = {code: predictor.answers([one.case for one in living], catalog(code)) for code in LANGUAGES}

    def job(write: Write) -> None:
        before = dict(write.connection.execute(select(standings.c.lead_id, standings.c.score)).all())
        for i, one in enumerate(living):
            answer, italian = answers["en"][i], answers["it"][i]
            (ledger_id,) = record_scores(write, [_entry(write, predictor, one.case.lead, answer, at)])
            _show(write, one, answer, italian, before.get(answer["lead_id"]))
            if answer["stage"]["next_action"]["kind"] == "hand_off":
                band = Band.ASKED if answer["score"] >= 99 else Band.HOT
                policy = predictor.settings.lifecycle
                waits = at - (i % 30) * DAY // 24
                offer(write, answer["lead_id"], at=waits, band=band, policy=policy, by="policy", ledger_id=ledger_id)

    store.write(job, Act(now=at, key_id="test", action="score"))


def _entry(write, predictor, lead, answer, at):
    explained = answer["explanation"]
    return Entry(
        lead_id=lead.lead_id,
        as_of=at,
        scored_at=at,
        seen_seq=write.seq,
        log_odds=explained["log_odds"],
        base_value=explained["base_value"],
        probability=answer["probability"],
        score=answer["score"],
        fit=answer["fit"]["grade"],
        engagement=answer["engagement"]["grade"],
        contributions={reason["field"]: reason["contribution"] for reason in explained["reasons"]},
        inputs=inputs_digest(lead, at),
        bundle=predictor.bundle.digest,
        version=predictor.version,
        view=predictor.bundle.view.fingerprint,
        stage=answer["stage"]["recommended"],
    )


def _show(write, one, answer, italian, before):
    reasons = [
        {
            **{k: r[k] for k in ("field", "family", "direction", "contribution")},
            "text": {"en": r["text"], "it": i["text"]},
        }
        for r, i in zip(answer["explanation"]["reasons"], italian["explanation"]["reasons"], strict=True)
    ][:3]
    told = one.case.lead.attributes
    action = answer["stage"]["next_action"]
    texts = {"en": action["text"], "it": italian["stage"]["next_action"]["text"]}
    changed = update(standings).where(standings.c.lead_id == answer["lead_id"])
    write.connection.execute(
        changed.values(
            lift=answer["lift"],
            log_odds=answer["explanation"]["log_odds"],
            band="hot" if answer["score"] >= 92 else "warm" if answer["score"] >= 75 else "cold",
            trend=None if before is None else answer["score"] - before,
            action=action["kind"],
            action_text=orjson.dumps(texts).decode(),
            reasons=orjson.dumps(reasons).decode(),
            name=told.get("name"),
            company=told.get("company"),
            role=told.get("job_title"),
            source=told.get("source"),
            owner=one.place.owner,
        )
    )


def moment_of(export: Export):
    """The end of the data as a time."""
    return from_micros(export.data_end)
