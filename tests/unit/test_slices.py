"""Slices: who belongs to which, when a slice is too small, and whether an unfair model is found out."""

import numpy as np
import pytest
from scipy.special import expit

from features.definitions import Attribute
from features.errors import BadSettings
from features.rows import build_rows
from features.settings import Settings, parse_settings
from features.tables import Pairs
from features.view import View
from support.exports import export_of, moment
from training.dataset import Dataset
from training.slices import LEAD_AGE, MISSING, REST, masks_of, require_fields, slice_values, slices

LEADS = 3000
SOURCES = ("web", "fair", "list")
NOW = moment("2026-03-01")


def settings(text: str = "") -> Settings:
    return parse_settings("[model]\nbootstrap_rounds = 40\n" + text)


def company():
    return export_of(
        leads=[
            {
                "lead_id": str(i),
                "created_at": "2026-02-25" if i % 2 else "2025-06-01",
                "source": SOURCES[i % 3] if i % 10 else None,
                "note": f"says {i}",
                "colour": "red" if i % 2 else "blue",
                "city": f"town {i % 15}",
            }
            for i in range(LEADS)
        ],
        data_end="2026-06-01",
    )


def answered(unfair: float = 0.0) -> tuple[Dataset, np.ndarray]:
    """True log-odds for everybody; for fairs the model says `unfair` more."""
    luck = np.random.default_rng(1)
    lead = np.arange(LEADS)
    truth = luck.normal(-1.5, 1, LEADS)
    label = (luck.random(LEADS) < expit(truth)).astype(float)
    fair = (lead % 3 == 1) & (lead % 10 != 0)
    part = Dataset(
        rows=np.empty((LEADS, 0)),
        label=label,
        weight=np.ones(LEADS),
        group=lead,
        lead=lead,
        as_of=np.full(LEADS, NOW),
    )
    return part, truth + unfair * fair


def by_value(found, field: str):
    return {one.value: one for one in found if one.field == field}


def test_each_value_has_its_own_leads_and_wins():
    part, log_odds = answered()
    found = by_value(slices(company(), settings(), part, log_odds), "source")
    assert list(found) == ["fair", "list", "web", MISSING]
    for place, source in enumerate(SOURCES):
        mine = (part.lead % 3 == place) & (part.lead % 10 != 0)
        assert (found[source].leads, found[source].wins) == (mine.sum(), part.label[mine].sum())
    assert sum(one.pairs for one in found.values()) == LEADS
    assert {one.verdict for one in found.values()} == {"fine"}


def test_a_slice_that_is_promised_too_much_is_found():
    found = by_value(slices(company(), settings(), *answered(unfair=0.8)), "source")
    assert found["fair"].verdict == "promises too much" and found["fair"].expected_over_observed.low > 1.2
    assert found["web"].verdict == "fine"


def test_too_few_wins_are_said_to_be_too_small():
    part, log_odds = answered()
    some = np.arange(60)
    found = slices(company(), settings(), part.take(some), log_odds[some])
    assert found
    assert all((one.verdict == "too small to judge") == (one.wins < 20) for one in found)
    assert all(one.auc is None for one in found if one.wins < 20)


def test_usual_fields_and_lead_age_are_chosen_by_themselves_and_others_by_name():
    part, log_odds = answered()
    assert {one.field for one in slices(company(), settings(), part, log_odds)} == {"source", LEAD_AGE}
    ages = by_value(slices(company(), settings(), part, log_odds), LEAD_AGE)
    assert {name: one.leads for name, one in ages.items()} == {"up to a week": LEADS // 2, "older": LEADS // 2}
    named = settings('[evaluation]\nslices = ["colour", "city"]')
    assert {one.field for one in slices(company(), named, part, log_odds)} == {"colour", "city"}


def test_the_rarer_values_of_a_field_are_one_slice():
    part, log_odds = answered()
    found = by_value(slices(company(), settings('[evaluation]\nslices = ["city"]'), part, log_odds), "city")
    assert len(found) == 9 and found[REST].leads == 7 * LEADS // 15


def test_a_field_that_is_not_there_is_one_error_with_near_names():
    part, _ = answered()
    with pytest.raises(BadSettings, match="'color', which is no field of words here; near: colour"):
        slice_values(company(), settings('[evaluation]\nslices = ["color"]'), Pairs(lead=part.lead, as_of=part.as_of))


def test_a_wrong_or_refused_field_is_known_before_the_work():
    part, _ = answered()
    pairs = Pairs(lead=part.lead, as_of=part.as_of)
    with pytest.raises(BadSettings, match="'color', which is no field of words here"):
        require_fields(company(), settings('[evaluation]\nslices = ["color"]'), pairs)
    with pytest.raises(BadSettings, match="'stage', which is refused as a leak"):
        require_fields(company(), settings('[evaluation]\nslices = ["stage"]'), pairs, refused=("stage",))
    require_fields(company(), settings('[evaluation]\nslices = ["colour", "lead age"]'), pairs)


def test_the_gate_judges_the_same_slices_with_every_value_and_what_is_missing():
    part, _ = answered()
    pairs = Pairs(lead=part.lead, as_of=part.as_of)
    towns = tuple(f"town {i}" for i in range(15))
    view = View(
        definitions=(Attribute(field="source", encoding="category"), Attribute(field="city", encoding="category")),
        categories={"source": ("fair", "web"), "city": towns},
    )
    masks = masks_of(company(), pairs, (view,), (build_rows(view, company(), pairs),))
    named = {name for name in masks if name.startswith("city")}
    assert named == {f"city: {town}" for town in towns}
    assert masks["source: fair"].sum() == ((part.lead % 3 == 1) & (part.lead % 10 != 0)).sum()
    assert masks["source: (missing)"].sum() == ((part.lead % 3 == 2) | (part.lead % 10 == 0)).sum()
    own = [mask for name, mask in masks.items() if name.startswith(LEAD_AGE)]
    assert sum(mask.sum() for mask in own) == LEADS
