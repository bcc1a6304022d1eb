"""The facts of an export, and what to mind before training on it."""

import pytest

from features.check import check, render
from features.checked import Span
from features.clock import NEVER
from features.tables import Export, Refusal
from support.exports import export_of, moment
from support.folders import settings_of

LEADS = [
    {"lead_id": "a", "created_at": "2026-01-01", "city": "Roma", "same": "x", "email": "a@x.com"},
    {"lead_id": "b", "created_at": "2026-02-01", "city": None, "same": "x", "email": "b@x.com"},
    {"lead_id": "c", "created_at": "2026-03-01", "city": "Bari", "same": "x", "email": None},
    {"lead_id": "d", "created_at": None, "city": None, "same": "x", "email": "d@x.com"},
]
EVENTS = [
    {"lead_id": "a", "kind": "visit", "happened_at": "2026-01-05"},
    {"lead_id": "b", "kind": "visit", "happened_at": "2026-02-05"},
    {"lead_id": "a", "kind": "visit", "happened_at": "2026-01-03"},
    {"lead_id": "a", "kind": "email_sent", "happened_at": "2026-01-02"},
]
OUTCOMES = [
    {"lead_id": "a", "kind": "closed_lost", "happened_at": "2026-01-20"},
    {"lead_id": "a", "kind": "closed_won", "happened_at": "2026-01-25"},
    {"lead_id": "b", "kind": "closed_lost", "happened_at": "2026-02-20"},
    {"lead_id": "c", "kind": "sales_rejected", "happened_at": "2026-03-02"},
]
SETTINGS = settings_of(kinds={"email_sent": {"actor": "seller"}}, outcome={"horizon_days": 30})


@pytest.fixture
def export() -> Export:
    return export_of(leads=LEADS, events=EVENTS, outcomes=OUTCOMES, data_end="2026-03-10")


def test_leads_are_counted_once_by_how_they_ended(export):
    found = check(export, SETTINGS)
    assert (found.leads, found.won, found.lost, found.open) == (4, 1, 1, 2)


def test_a_lead_is_mature_when_its_horizon_has_passed(export):
    assert check(export, SETTINGS).mature == 2
    longer = settings_of(outcome={"horizon_days": 30, "reporting_delay_days": 8})
    assert check(export, longer).mature == 1


def test_spans_leave_out_what_is_not_known(export):
    found = check(export, SETTINGS)
    assert found.created == Span(first=moment("2026-01-01"), last=moment("2026-03-01"))
    assert found.events == Span(first=moment("2026-01-02"), last=moment("2026-02-05"))
    assert check(export_of(leads=[{"lead_id": "x"}]), SETTINGS).created == Span(first=NEVER, last=NEVER)


def test_attributes_with_their_gaps(export):
    found = {a.name: (a.missing, a.distinct) for a in check(export, SETTINGS).attributes}
    assert found == {"city": (0.5, 2), "same": (0, 1), "email": (0.25, 3)}


def test_kinds_with_who_acts_and_when(export):
    visit, sent = check(export, SETTINGS).kinds
    assert (visit.name, visit.events, visit.leads, visit.actor, visit.is_feature) == ("visit", 3, 2, "lead", True)
    assert visit.span == Span(first=moment("2026-01-03"), last=moment("2026-02-05"))
    assert (sent.name, sent.actor, sent.is_feature) == ("email_sent", "seller", False)


def test_what_to_mind(export):
    warnings = "\n".join(check(export, SETTINGS).warnings)
    assert "1 wins are few" in warnings
    assert "4 leads are too few" in warnings
    assert "the same for every lead: same" in warnings
    assert "1 kinds of events have no section" in warnings and "visit" in warnings
    assert "categories" not in warnings


def test_refused_rows_are_minded_when_they_are_many():
    def warned(count):
        refusal = Refusal(table="leads.csv", reason="bad", count=count, examples=("line 2: x",))
        base = export_of(leads=LEADS)
        export = Export(
            leads=base.leads,
            events=base.events,
            changes=base.changes,
            outcomes=base.outcomes,
            data_end=0,
            refusals=(refusal,),
            rows_read={"leads.csv": 100},
        )
        found = check(export, SETTINGS)
        assert f"leads.csv: {count:,} rows: bad\n    line 2: x" in render(found)
        return any("are refused" in warning for warning in found.warnings)

    assert not warned(5)
    assert warned(6)


def test_a_column_of_texts_is_too_wide_but_numbers_and_addresses_are_not():
    leads = [{"lead_id": str(i), "n": str(i), "mail": f"{i}@x.com", "slug": f"s{i}"} for i in range(1200)]
    warnings = check(export_of(leads=leads), SETTINGS).warnings
    assert [w for w in warnings if "categories" in w] == ["slug has 1,200 different texts, too many for categories"]


def test_a_keep_na_that_names_no_column_is_minded(export):
    warnings = check(export, settings_of(keep_na=["contry"])).warnings
    assert "keep_na names columns that are no attributes: contry" in warnings


def test_a_flat_export_shows_its_labels_and_that_it_has_no_times():
    leads = [{"lead_id": "a", "label": 1.0}, {"lead_id": "b", "label": 0.0}, {"lead_id": "c", "label": None}]
    found = check(export_of(leads=leads, flat=True), SETTINGS)
    assert (found.won, found.lost, found.open, found.mature) == (1, 1, 1, 2)
    assert any("no times" in warning for warning in found.warnings)
    assert "one row per lead, in an order" in render(found)


def test_the_report_reads_from_files_to_warnings(export):
    text = render(check(export, SETTINGS))
    titles = [line for line in text.splitlines() if line and not line.startswith(" ")]
    assert titles == ["Leads", "Attributes", "Events", "Read as", "Mind"]
    assert "4 leads: 1 won, 1 lost, 2 open" in text
    assert "50.0%       2  city" in text
