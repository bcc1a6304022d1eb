"""An export that is loaded gives the same features as before, at any moment after each lead's creation."""

import numpy as np
import pytest

from features.rows import build_rows
from features.settings import Settings
from features.tables import Pairs
from serving.store.export import export_of
from serving.store.load import load
from support.random_exports import random_export, random_pairs, random_view

LEADS = 60
SETTINGS = Settings.model_validate({"data": {"missing_words": ["", "Select", "?"], "keep_na": ["industry"]}})
FAR = 30_000 * 86_400 * 1_000_000


@pytest.mark.parametrize("old_values", [True, False])
def test_an_export_that_was_loaded_gives_the_same_features(store, old_values):
    export = random_export(5, leads=LEADS, old_values=old_values)
    assert load(store, export, now=FAR) >= len(export.events) + LEADS
    with store.reading() as connection:
        found = export_of(connection, SETTINGS, until=FAR)

    pairs = random_pairs(6, export, count=2_000)
    pairs = pairs.take(export.leads["created_at"].to_numpy()[pairs.lead] <= pairs.as_of)
    position = {lead_id: i for i, lead_id in enumerate(found.leads["lead_id"])}
    lead = np.array([position[lead_id] for lead_id in export.leads["lead_id"]])[pairs.lead]
    view = random_view()
    before = build_rows(view, export, pairs)
    np.testing.assert_array_equal(build_rows(view, found, Pairs(lead=lead, as_of=pairs.as_of)), before)
    assert len(pairs) > 500


def test_loading_twice_changes_no_feature(store):
    export = random_export(7, leads=20)
    for _ in range(2):
        load(store, export, now=FAR)
    with store.reading() as connection:
        assert len(export_of(connection, Settings(), until=FAR).events) == len(export.events)
