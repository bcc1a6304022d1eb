"""What was known of a lead at a moment: by both clocks, by the record, after merges; and nothing after its deletion."""

import pytest
from sqlalchemy import func, select

from features.rows import lead_at as lead_of_export
from features.settings import Settings
from features.stages import Stage
from serving.store.audit import audit
from serving.store.engine import FILE_NAME
from serving.store.erase import erase
from serving.store.errors import LeadDeleted, MergeConflict, UnknownLead
from serving.store.export import export_blocks, export_of
from serving.store.facts import lead_at, place_at
from serving.store.ledger import Entry, entry_of, history, inputs_digest, record_scores
from serving.store.merge import merge
from serving.store.moves import Move, moves_of, record_move
from serving.store.schema import attribute_changes, metadata, standings
from serving.store.writer import last_seq
from support.stores import act, allow, at, event, open_store, send, told


def lead(store, lead_id="a", day=10.0, seq=None):
    with store.reading() as connection:
        return lead_at(connection, lead_id, at(day), seq=seq)


def place(store, lead_id="a", day=10.0):
    with store.reading() as connection:
        return place_at(connection, lead_id, at(day))


def merged(store, lead_id, other, day):
    return store.write(lambda write: merge(write, lead_id, other), act(day, "merge", lead_id))


def erased(store, lead_id, day=9):
    return store.write(lambda write: erase(write, lead_id), act(day, "delete", lead_id))


def rows_of(store, table):
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_field_has_the_value_last_known(store):
    told(store, day=5, known=3, industry="tech")
    told(store, day=6, known=1, industry="retail")
    told(store, day=7, known=4, industry=None, employees=12)

    assert [lead(store, day=day).attributes for day in (0, 1, 3, 4)] == [
        {},
        {"industry": "retail"},
        {"industry": "tech"},
        {"employees": 12},
    ]


def test_a_value_that_repeats_the_last_one_adds_nothing(store):
    assert told(store, day=1, industry="tech", hot=True, size=5)
    assert not told(store, day=2, industry="tech", hot=True, size=5)
    assert rows_of(store, attribute_changes) == 3
    told(store, day=3, industry="tech", hot=1, size="5")
    assert rows_of(store, attribute_changes) == 5


def test_what_came_in_later_does_not_change_what_could_be_seen(store):
    send(store, event(day=1, known_at=at(1)), day=1)
    told(store, day=1, known=1, industry="tech")
    with store.reading() as connection:
        seen = last_seq(connection)
    send(store, event(day=2, known_at=at(2)), day=8)
    told(store, day=8, known=2, industry="retail")

    then, now = lead(store, day=5, seq=seen), lead(store, day=5)
    assert (len(then.events), then.attributes) == (1, {"industry": "tech"})
    assert (len(now.events), now.attributes) == (2, {"industry": "retail"})


def test_consent_is_the_last_statement_however_it_came_in(store):
    allow(store, "a", "marketing", True, day=3, received=4)
    allow(store, "a", "marketing", False, day=1, received=5)
    allow(store, "a", "profiling", False, day=6)

    assert (place(store).consent, place(store).objects_to_profiling) == (True, True)
    assert place(store, day=5).objects_to_profiling is False
    assert place(store, day=2).consent is None


def test_a_place_holds_stage_owner_and_outcomes(store):
    told(store, day=1, owner="rep-1", account_id="acme")
    first = Move(lead_id="a", stage=Stage.MARKETING_QUALIFIED, happened_at=at(2), by="policy", because={"score": 90})
    move_id = store.write(lambda write: record_move(write, first), act(2))
    back = Move(lead_id="a", stage=Stage.LEAD, previous=first.stage, happened_at=at(3), by="k1", undoes=move_id)
    store.write(lambda write: record_move(write, back), act(3))
    send(store, event(kind="sales_rejected", day=4, reason="no_intent"), event(kind="closed_won", day=5), day=5)

    assert place(store, day=2).stage is Stage.MARKETING_QUALIFIED
    found = place(store)
    assert (found.stage, found.stage_since, found.owner, found.account_id) == (Stage.CUSTOMER, at(5), "rep-1", "acme")
    assert (found.verdict.reason, found.closed.kind, found.closed.happened_at) == ("no_intent", "closed_won", at(5))
    assert place(store, day=4.5).closed is None
    assert (place(store, day=4).stage, place(store, day=4).stage_since) == (Stage.LEAD, None)
    with store.reading() as connection:
        moves = moves_of(connection, "a")
    assert [(m.stage, m.because, m.undoes) for m in moves] == [
        (Stage.MARKETING_QUALIFIED, {"score": 90}, None),
        (Stage.LEAD, {}, move_id),
        (Stage.CUSTOMER, {"code": "closed_won"}, None),
    ]


def two_leads(store):
    told(store, "a", day=1, created=1, industry="tech", size=None)
    told(store, "b", day=0, created=0, industry="retail", size=7, owner="rep-2")
    send(store, event("a", 2), event("b", 3, "click"), day=3)


def test_a_merged_lead_brings_its_facts_from_then_on(store):
    two_leads(store)
    assert merged(store, "a", "b", day=5)
    assert not merged(store, "a", "b", day=6)
    told(store, "b", day=7, industry="health")
    send(store, event("b", 8), day=8)

    assert len(lead(store, day=4.9).events) == 1
    assert [e.kind for e in lead(store, day=5).events] == ["visit", "click"]
    assert lead(store, day=5).attributes == {"industry": "tech", "size": 7}
    assert lead(store, "b", day=10) == lead(store, "a", day=10)
    assert (lead(store).attributes["industry"], len(lead(store).events)) == ("health", 3)
    assert (lead(store).created_at, place(store).owner) == (at(0), "rep-2")


def test_leads_merged_in_a_chain_are_one(store):
    for name in "abc":
        send(store, event(name, 1))
    merged(store, "b", "c", day=2)
    merged(store, "a", "b", day=3)

    assert len(lead(store, "c").events) == 3
    assert len(lead(store, "a", day=2.5).events) == 1
    with pytest.raises(MergeConflict, match="part of 'a'"):
        merged(store, "c", "a", day=4)
    with pytest.raises(MergeConflict, match="itself"):
        merged(store, "a", "a", day=4)
    with pytest.raises(UnknownLead):
        merged(store, "a", "nobody", day=4)


def score(lead_id, day, seen, found, value=0.25):
    return Entry(
        lead_id=lead_id,
        as_of=at(day),
        scored_at=at(day),
        seen_seq=seen,
        log_odds=-1.1,
        base_value=-3.0,
        probability=value,
        score=90,
        fit="B",
        engagement="1",
        contributions={"visit": 1.9},
        inputs=inputs_digest(found, at(day)),
        bundle="sha256:0",
        version="1",
        view="v",
        stage="lead",
    )


def test_a_past_score_can_be_worked_out_again(store):
    two_leads(store)
    with store.reading() as connection:
        seen, found = last_seq(connection), lead_at(connection, "a", at(4))
    entry = score("a", 4, seen, found)
    (entry_id,) = store.write(lambda write: record_scores(write, [entry]), act(4))
    send(store, event("a", 1, "backdated", known_at=at(1)), day=6)
    merged(store, "a", "b", day=7)

    with store.reading() as connection:
        kept = entry_of(connection, entry_id)
        again = lead_at(connection, "a", kept.as_of, seq=kept.seen_seq)
    assert inputs_digest(again, kept.as_of) == kept.inputs
    assert inputs_digest(lead(store, day=4), kept.as_of) != kept.inputs
    assert kept == Entry(**{**vars(entry), "entry_id": entry_id})


def test_the_standing_is_the_latest_moment_scored(store):
    found = lead_of(store)
    for day, value in ((3, 0.2), (5, 0.4), (4, 0.9)):
        entry = score("a", day, 1, found, value)
        store.write(lambda write, entry=entry: record_scores(write, [entry]), act(6))

    with store.reading() as connection:
        (row,) = connection.execute(select(standings)).all()
        assert (row.as_of, row.probability, row.previous_score) == (at(5), 0.4, 90)
        assert [entry.probability for entry in history(connection, "a")] == [0.9, 0.4, 0.2]


def lead_of(store):
    send(store, event("a", 1))
    return lead(store)


def test_deleting_leaves_nothing_of_a_lead_and_of_those_merged_into_it(store):
    two_leads(store)
    told(store, "other", day=1, industry="tech")
    merged(store, "a", "b", day=5)
    allow(store, "a", "marketing", True, day=5)
    move = Move(lead_id="a", stage=Stage.LEAD, happened_at=at(5), by="crm")
    store.write(lambda write: record_move(write, move), act(5, lead_id="a"))
    store.write(lambda write: record_scores(write, [score("a", 5, 1, lead(store))]), act(5, lead_id="a"))

    assert erased(store, "b") > 8
    for table in metadata.sorted_tables:
        if "lead_id" in table.c:
            with store.reading() as connection:
                left = set(connection.execute(select(table.c.lead_id)).scalars())
            assert not left & {"a", "b"}, table.name
    assert lead(store, "other").attributes == {"industry": "tech"}
    with pytest.raises(LeadDeleted):
        told(store, "a", day=9, industry="tech")
    assert [type(answer) for answer in send(store, event("b", 9), event("other", 9))] == [LeadDeleted, str]
    with pytest.raises(LeadDeleted):
        erased(store, "a")


def test_sqlite_overwrites_what_is_deleted(tmp_path):
    with open_store("sqlite", tmp_path) as store:
        told(store, "a", email="someone.secret@example.com")
        erased(store, "a")

    assert b"someone.secret" not in (tmp_path / FILE_NAME).read_bytes()


def test_every_write_is_in_the_audit_without_what_it_said(store):
    told(store, "a", day=1, industry="tech")
    send(store, event("a"), event("b"), day=2)
    erased(store, "a", day=3)

    with store.reading() as connection:
        rows = audit(connection)
        later = audit(connection, after=rows[1].seq)
    assert [(r.seq, r.at, r.key_id, r.action) for r in rows] == [
        (1, at(1), "k1", "lead"),
        (2, at(2), "k1", "events"),
        (3, at(3), "k1", "delete"),
    ]
    assert later == rows[2:]
    assert rows[0].lead_id == rows[2].lead_id != "a"
    assert len(rows[0].lead_id) == 64


def test_an_export_says_of_each_moment_what_the_store_says(store):
    two_leads(store)
    told(store, "z", day=2, created=2, industry="tech", hot=False, size=1.5)
    told(store, "m", day=2, created=2, industry="Select")
    merged(store, "m", "a", day=4)
    merged(store, "m", "z", day=5)
    told(store, "a", day=6, industry="finance")
    send(store, event("z", 7), event("z", 7, "closed_lost", reason="no_intent"), day=7)

    with store.reading() as connection:
        whole = export_of(connection, Settings(), until=at(9))
        blocks = list(export_blocks(connection, Settings(), until=at(9), block=1))
        positions = {lead_id: i for i, lead_id in enumerate(whole.leads["lead_id"])}
        for day in (0, 1, 2, 3, 4, 5, 6, 7, 8):
            for lead_id, position in positions.items():
                assert lead_of_export(whole, position, at(day)) == as_exported(lead_at(connection, lead_id, at(day)))
    assert list(positions) == ["b", "m"]
    assert whole.outcomes.to_dict("records") == [
        {"lead": 1, "kind": "closed_lost", "happened_at": at(7), "known_at": at(7), "reason": "no_intent"}
    ]
    for position, block in enumerate(blocks):
        assert lead_of_export(block, 0, at(8)) == lead_of_export(whole, position, at(8))


def as_exported(found):
    """An export has no missing words, and knows events in the order they were known."""
    attributes = {name: value for name, value in found.attributes.items() if value != "Select"}
    return type(found)(**{**vars(found), "attributes": attributes})
