"""Which value of a field was known at a moment, as positions in a list of distinct values."""

import numpy as np
import pytest

from features.attributes import Values, factorised, values_at
from features.definitions import Attribute
from features.rows import build_rows, lead_at, lead_row
from features.tables import Export, Pairs
from features.view import View
from support.exports import export_of, moment


def at(export: Export, field: str, as_of: str) -> list[object]:
    """Every lead's value."""
    leads = np.arange(len(export.leads))
    return said(values_at(export, field, Pairs(lead=leads, as_of=np.full(len(leads), moment(as_of)))))


def said(values: Values) -> list[object]:
    return [values.distinct[code] if code >= 0 else None for code in values.code]


def test_equal_looking_values_of_different_types_stay_apart():
    mixed = np.array([True, 1, "1", False, 0.0, None, "True", float("nan")], dtype=object)
    back = said(factorised(mixed))
    assert [type(value) for value in back] == [bool, int, str, bool, float, type(None), str, type(None)]
    assert back[:5] == [True, 1, "1", False, 0.0]


def test_a_field_that_nobody_exported_has_no_values():
    assert at(export_of(leads=[{"a": 1}]), "b", "2026-01-01") == [None]


def test_a_field_may_exist_in_the_history_alone():
    changes = [{"lead_id": "2", "field": "score", "old_value": None, "value": "hot", "known_at": "2026-01-05"}]
    export = export_of(leads=[{"lead_id": "1"}, {"lead_id": "2"}], changes=changes)
    assert at(export, "score", "2026-01-04") == [None, None]
    assert at(export, "score", "2026-01-05") == [None, "hot"]


def test_changes_of_another_lead_or_field_are_not_mixed_up():
    fields = ("a", "b")
    export = export_of(
        leads=[{"lead_id": str(i), "a": f"a{i} now", "b": f"b{i} now"} for i in range(3)],
        changes=[
            {"lead_id": "1", "field": f, "old_value": f"{f}1 old", "value": f"{f}1 now", "known_at": f"2026-01-0{day}"}
            for f, day in zip(fields, (3, 6), strict=True)
        ],
    )
    assert at(export, "a", "2026-01-04") == ["a0 now", "a1 now", "a2 now"]
    assert at(export, "b", "2026-01-04") == ["b0 now", "b1 old", "b2 now"]


def test_a_tracked_field_without_a_single_change_keeps_to_the_rule():
    export = export_of(
        leads=[{"lead_id": "1", "a": "now", "b": "now"}],
        changes=[{"lead_id": "1", "field": "b", "old_value": None, "value": "now", "known_at": "2026-01-05"}],
    )
    untold = Export(**{**vars(export), "tracked": frozenset({"a", "b"})})
    assert at(untold, "a", "2026-01-09") == [None]
    told = Export(**{**vars(untold), "has_old_values": True})
    assert at(told, "a", "2026-01-09") == ["now"]


@pytest.mark.parametrize("encoding", ["category", "number"])
def test_a_table_and_single_leads_read_mixed_values_alike(encoding: str):
    values = [True, 1, "1", "1.0", 1.0, " 1 ", "1,000", 1000, False, 0, "NA", "", None, "x", 2**53, "9007199254740993"]
    export = export_of(leads=[{"field": value} for value in values])
    view = View(
        definitions=(Attribute(field="field", encoding=encoding),),
        categories={"field": ("1", "True", "1000", "0", "NA", "x")},
    )
    pairs = Pairs(lead=np.arange(len(values)), as_of=np.full(len(values), moment("2026-01-01")))
    rows = build_rows(view, export, pairs)
    for i in range(len(values)):
        single = lead_row(view, lead_at(export, i, moment("2026-01-01")), moment("2026-01-01"))
        np.testing.assert_array_equal(single, rows[i])
    assert len(np.unique(rows)) > 4


def test_a_lead_carries_nothing_of_later():
    export = export_of(
        leads=[{"lead_id": "1", "created_at": "2026-01-03", "a": "late", "b": "b"}],
        events=[
            {"lead_id": "1", "kind": "visit", "happened_at": "2026-01-03", "known_at": known, "value": 2.0}
            for known in ("2026-01-03", "2026-01-09")
        ],
        changes=[{"lead_id": "1", "field": "a", "old_value": "early", "value": "late", "known_at": "2026-01-07"}],
    )
    lead = lead_at(export, 0, moment("2026-01-05"))
    assert (lead.lead_id, lead.created_at, lead.attributes) == ("1", moment("2026-01-03"), {"a": "early", "b": "b"})
    assert [(e.kind, e.value, e.topic, e.channel) for e in lead.events] == [("visit", 2.0, None, None)]
    before = lead_at(export, 0, moment("2026-01-01"))
    assert (before.created_at, before.events) == (None, ())
