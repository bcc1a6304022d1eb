"""An id that was told is never given to another row, on either database, whoever was deleted in between."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import insert, text

import serving.migrations
from features.settings import Lifecycle
from features.stages import Stage
from serving.lifecycle.handoff import Band
from serving.lifecycle.moves import Move
from serving.live.hand_offs import offer
from serving.live.notices import Notice, notify
from serving.store.engine import IMMEDIATE, Limits, database_url, migrate, open_engine
from serving.store.erase import erase
from serving.store.ledger import Entry, record_scores
from serving.store.moves import record_move
from serving.store.schema import ledger
from support.stores import act, at, told

SCORE = {"as_of": at(1), "scored_at": at(1), "seen_seq": 1, "log_odds": 0.5, "base_value": 0.1, "probability": 0.6}
SCORE |= {"score": 60, "fit": "B", "engagement": "2", "inputs": "", "bundle": "b", "version": "1", "view": "v"}
INDEXES = text("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name <> 'standings' ORDER BY name")


def _score(write, lead_id):
    return record_scores(write, [Entry(**SCORE, lead_id=lead_id, contributions={"who": 0.4}, stage="lead")])[0]


def _offer(write, lead_id):
    return offer(write, lead_id, at=at(1), band=Band.HOT, policy=Lifecycle(), by="policy").hand_off_id


def _move(write, lead_id):
    move = Move(lead_id=lead_id, stage=Stage.OPPORTUNITY, previous=Stage.LEAD, happened_at=at(1), by="crm", because={})
    return record_move(write, move)


def _notify(write, lead_id):
    return notify(write, Notice(kind="band.changed", lead_id=lead_id, at=at(1), data={}))


@pytest.mark.parametrize("give", [_score, _offer, _move, _notify])
def test_the_id_of_a_deleted_row_is_not_given_again(store, give):
    ids = []
    for lead_id in ("a", "b"):
        told(store, lead_id)
        ids.append(store.write(lambda write, lead_id=lead_id: give(write, lead_id), act(1)))
        store.write(lambda write, lead_id=lead_id: erase(write, lead_id), act(1))
    assert ids[1] > ids[0]


def test_tables_of_an_earlier_release_keep_their_rows_and_ids(tmp_path):
    engine = open_engine(database_url(tmp_path, None), Limits())
    rows = [SCORE | {"id": i, "seq": 1, "lead_id": f"L{i}", "contributions": "{}", "stage": "lead"} for i in (3, 5, 40)]
    hand_off = (
        "INSERT INTO hand_offs (id, seq, lead_id, offered_at, band, due_at, by) VALUES (9, 1, 'L3', 1, 'hot', 2, 'p')"
    )
    config = Config()
    config.set_main_option("script_location", str(Path(serving.migrations.__file__).parent))
    with engine.connect().execution_options(**{IMMEDIATE: True}) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.execute(insert(ledger), rows)
        connection.execute(text(hand_off))
        before = connection.execute(ledger.select().order_by(ledger.c.id)).all()
        last = connection.execute(INDEXES).all()
    migrate(engine)
    with engine.begin() as connection:
        assert connection.execute(ledger.select().order_by(ledger.c.id)).all() == before
        assert connection.execute(text("SELECT id, lead_id, breach_told FROM hand_offs")).all() == [(9, "L3", 0)]
        left = connection.execute(INDEXES).all()
        assert {name for (name,) in last} <= {name for (name,) in left}
        connection.execute(ledger.delete().where(ledger.c.id == 40))
        assert connection.execute(insert(ledger).returning(ledger.c.id), _without_id(rows[0])).scalar_one() == 41
    engine.dispose()


def _without_id(row):
    return {name: value for name, value in row.items() if name != "id"}
