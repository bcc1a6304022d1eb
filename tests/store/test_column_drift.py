"""The columns of the open leads, held against what `ripeness drift` finds on the same facts."""

from dataclasses import replace

import numpy as np
import pytest

from features.clock import days
from features.settings import Drift, Settings
from features.tables import Export
from models.column_drift import held_against
from models.psi import psi
from models.reference import Binned
from serving.language import catalog
from serving.live.column_drift import chosen, column_drift, independent
from serving.predict import Predictor
from serving.store.export import export_of
from serving.store.load import load
from serving.store.schema import standings
from serving.store.store import Store
from serving.store.writer import Act
from serving.web.drift_words import bin_said, told
from support.quick_models import measured, quick
from support.stores import DATABASES, emptied, open_store
from training.drift import Now, compare_columns
from training.scored_leads import scored_leads

RULES = Drift(min_leads=20)
STANDING = {"ledger_id": 1, "as_of": 0, "probability": 0.1, "score": 50, "fit": "B", "engagement": "2", "stage": "lead"}


def with_reference():
    """A bundle that was measured on the first half of the company's time."""
    made = quick(leads=600)
    return Predictor(bundle=measured(made), version="1", settings=made.settings)


def moved_company(export: Export) -> Export:
    """The same company after its form got a new list of sources."""
    table = export.leads.copy()
    late = (table["created_at"] > export.data_end - days(120)).to_numpy()
    table["source"] = np.where(late, "A new campaign", table["source"].astype(object))
    return replace(export, leads=table, tracked=export.tracked - {"source"})


def all_fields(settings: Settings) -> Settings:
    """The quick model reads the field that the settings leave out as well."""
    stored = settings.model_dump()
    stored["data"]["leads"]["ignore"] = ()
    return Settings.model_validate(stored)


@pytest.fixture(scope="module", params=DATABASES)
def filled(request, tmp_path_factory):
    predictor, now = with_reference(), quick(leads=600).export.data_end
    with open_store(request.param, tmp_path_factory.mktemp("home")) as opened:
        store = emptied(opened)
        load(store, moved_company(quick(leads=600).export), now=now)
        with store.reading() as connection:
            export = export_of(connection, all_fields(predictor.settings), until=now)
        open_ = scored_leads(export, predictor.settings, now)
        ids = export.leads["lead_id"].to_numpy()[open_.lead]
        rows = [{"lead_id": str(lead_id)} | STANDING for lead_id in ids]
        store.write(
            lambda write: write.connection.execute(standings.insert(), rows), Act(now=now, key_id="t", action="test")
        )
        yield store, predictor, export, open_, now


def found_in(store: Store, predictor: Predictor, now: int, **more):
    with store.reading() as connection:
        return column_drift(connection, predictor, now, rules=RULES, **more)


def test_it_finds_what_the_command_finds(filled):
    store, predictor, export, open_, now = filled
    bundle = predictor.bundle
    expected = compare_columns(bundle.view, bundle.reference, Now.of(bundle, export, open_), RULES)
    found = found_in(store, predictor, now, most=10_000)

    assert found.leads == found.of == len(open_)
    assert [one.name for one in found.columns] == [one.name for one in expected]
    for one, other in zip(found.columns, expected, strict=True):
        assert (one.psi, one.bar) == pytest.approx((other.psi, other.bar), abs=1e-12), one.name
        assert (one.moved, one.new_values) == (other.moved, other.new_values)
        assert one.added == pytest.approx(other.added_log_odds, abs=1e-9)
        assert (one.affected, *one.missing) == pytest.approx((other.affected, *other.missing))
    assert "source" in [one.name for one in found.moved]


def test_a_column_that_moved_is_told_with_its_new_values(filled):
    store, predictor, _, _, now = filled
    moved, nearest = told(found_in(store, predictor, now), catalog("it"))
    source = next(one for one in moved if one.name == "source")

    assert (source.gained, source.new_values) == ("mai visto in addestramento", ("A new campaign",))
    assert source.shares[0] < 0.05
    assert source.shares[1] > 0.2
    assert sum(then for then, _ in source.bins) == pytest.approx(1) == sum(now for _, now in source.bins)
    assert len(nearest) == 5


def test_of_many_leads_the_same_part_is_looked_at(filled):
    store, predictor, _, open_, now = filled
    with store.reading() as connection:
        (ids, of), again = chosen(connection, 40), chosen(connection, 40)
    found = found_in(store, predictor, now, most=40)

    assert (ids, of) == again
    assert 20 < len(ids) <= 40 and of == len(open_)
    assert ids == sorted(ids)
    assert (found.leads, found.of) == (len(ids), of)


def test_of_too_few_leads_and_without_a_reference_nothing_is_said(filled):
    store, predictor, _, _, now = filled
    few = found_in(store, predictor, now, most=5)

    assert (few.enough, few.columns) == (False, ())
    assert found_in(store, replace(predictor, bundle=replace(predictor.bundle, reference=None)), now) is None


def test_leads_of_one_account_count_for_less():
    assert independent([None, None, "a"]) == pytest.approx(3)
    assert independent(["a", "a", "a", "b"]) == pytest.approx(16 / 10)
    assert independent([]) == 0


def test_the_bar_leaves_room_for_the_usual_rhythm():
    column = Binned(edges=None, leads=(500, 300, 0, 200), contribution=0, usual=0.0)
    now = np.array([250.0, 550.0, 0.0, 200.0])
    kwargs = {"independent": (1000, 1000), "level": 0.001, "least": 0.05}
    held, lively = held_against(column, now, **kwargs), held_against(replace(column, usual=0.2), now, **kwargs)

    assert held.moved and not lively.moved
    assert lively.bar == pytest.approx(held.bar + 0.4)
    assert held.psi == lively.psi == pytest.approx(psi(np.array([500.0, 300, 200]), np.array([250.0, 550, 200])), 0.01)


def test_bins_are_said_in_words(filled):
    store, predictor, _, _, now = filled
    en = catalog("en")
    for one in found_in(store, predictor, now).columns:
        said = [bin_said(one, at, en) for at in range(len(one.then))]
        assert said[-1] == "no value"
        assert len(set(said)) == len(said), one.name
