"""Scores put into the ledger of a test, as the engine would."""

from serving.language import catalog
from serving.live.case import living_at
from serving.live.measure import measure
from serving.store.ledger import Entry, inputs_digest, record_scores
from serving.store.writer import last_seq
from support.stores import act, at


def scored(store, predictor, lead_id="a", *, day):
    """Score a lead of the store as of this day; the id of its row."""
    moment = at(day)

    def job(write):
        seen = last_seq(write.connection) - 1
        living = living_at(write.connection, lead_id, moment)
        return record_scores(write, [entry_of(predictor, living.case, moment, seen)])[0]

    return store.write(job, act(day, "score", lead_id))


def entry_of(predictor, case, moment, seen):
    answer = predictor.answer(case, catalog("en"))
    measured = measure(predictor, case.lead, moment)
    sums = {}
    for group, value in measured.groups.items():
        sums[group.name] = sums.get(group.name, 0.0) + value
    return Entry(
        lead_id=case.lead.lead_id,
        as_of=moment,
        scored_at=moment,
        seen_seq=seen,
        log_odds=answer["explanation"]["log_odds"],
        base_value=answer["explanation"]["base_value"],
        probability=answer["probability"],
        score=answer["score"],
        fit=answer["fit"]["grade"],
        engagement=answer["engagement"]["grade"],
        contributions=sums,
        inputs=inputs_digest(case.lead, moment),
        bundle=predictor.bundle.digest,
        version=predictor.version,
        view=predictor.bundle.view.fingerprint,
        stage=answer["stage"]["current"],
    )
