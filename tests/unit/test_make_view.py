"""A view holds what the training pairs can see, and says what it left out."""

from collections.abc import Iterable
from itertools import cycle, islice

import numpy as np
import pytest

from features.clock import DAY
from features.definitions import ANY, Attribute, OfKind, Sum
from features.errors import BadSettings
from features.make_view import make_view
from features.seen_kinds import own_name
from features.settings import Data, Features, Kind, Settings
from features.tables import Export, Pairs
from features.view import View
from support.exports import export_of, moment
from support.futures import another_future, only_the_past
from support.random_exports import random_export, random_pairs

LEADS = 60


def all_pairs(export: Export, as_of: str = "2026-02-01") -> Pairs:
    return Pairs(lead=np.arange(len(export.leads)), as_of=np.full(len(export.leads), moment(as_of)))


def view_of(
    export: Export, *, kinds: dict[str, Kind] | None = None, **features: object
) -> tuple[View, tuple[str, ...]]:
    settings = Settings(kinds=kinds or {}, features=Features(**features), data=Data(keep_na=("kept",)))
    return make_view(settings, export, all_pairs(export))


def with_field(name: str, values: Iterable[object]) -> Export:
    """Leads whose field runs through these values again and again."""
    return export_of(leads=[{name: value} for value in islice(cycle(values), LEADS)], flat=True)


def with_events(*kinds: str, **columns: object) -> Export:
    """One lead with an event of each kind, as often as it is named."""
    return export_of(
        leads=[{"lead_id": "a"}],
        events=[{"lead_id": "a", "kind": kind, "happened_at": "2026-01-01"} | columns for kind in kinds],
    )


def kinds_with_columns(view: View) -> list[str]:
    return list(dict.fromkeys(d.kind for d in view.definitions if isinstance(d, OfKind)))


@pytest.mark.parametrize(
    ("name", "values", "encoding"),
    [
        ("score", ["1.5", "2", "3"], "number"),
        ("score", [1.0, 2.0, 3.0], "number"),
        ("score", [0.0, 1.0], "category"),
        ("score", ["0", "1"], "category"),
        ("budget", [f"€ {i},000" for i in range(1, 13)], "number"),
        ("budget", [*(str(i) for i in range(40)), "many"], "number"),
        ("budget", [*(str(i) for i in range(5)), "many"], "category"),
        ("flag", [True, False], "category"),
        ("industry", ["tech", "retail"], "category"),
        ("zip_code", ["20121", "00100", "50123"], "category"),
        ("number_of_visits", ["1", "2", "3"], "number"),
        ("industry", ["tech", None], "category"),
    ],
)
def test_a_field_becomes_a_number_or_a_category(name: str, values: list[object], encoding: str):
    view, _ = view_of(with_field(name, values), min_category_leads=5)
    assert [(d.field, d.encoding) for d in view.definitions if isinstance(d, Attribute)] == [(name, encoding)]


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("industry", ["tech"], "every lead has the same value ('tech')"),
        ("industry", [None, "Select", " "], "no lead has a value there"),
        ("industry", ["tech"] * 58 + ["retail", None], "all leads but 2 have the same value"),
        ("prospect", [f"P{i}" for i in range(LEADS)], "almost every lead has its own value"),
        ("customer_number", [str(i) for i in range(LEADS)], "almost every lead has its own value"),
        ("born", ["1990-01-01", "31/12/1980", "1.1.1970"], "its values are dates"),
        ("seen", ["2026-01-01 10:00", "2026-01-02T11:00:00Z"], "its values are dates"),
        ("first_name", ["Anna", "Luca"], "a person's name"),
        ("source", [f"s{i % 15}" for i in range(LEADS)], "no value is shared by 10 leads"),
    ],
)
def test_a_useless_field_is_left_out_and_the_note_says_why(name: str, values: list[object], reason: str):
    view, notes = view_of(with_field(name, values))
    assert view.definitions == ()
    assert [note for note in notes if name in note and reason in note], notes


def test_categories_are_the_most_frequent_first_then_by_text():
    values = ["b"] * 3 + ["c"] * 5 + ["a"] * 3 + ["d"] * 2
    export = export_of(leads=[{"industry": value} for value in values], flat=True)
    view, notes = view_of(export, min_category_leads=3, max_categories=2)
    assert view.categories == {"industry": ("c", "a")}
    assert notes == ("38% of the values of 'industry' are too rare and count as missing.",)


@pytest.mark.parametrize("name", ["kept", "other"])
def test_na_is_a_category_only_where_it_is_kept(name: str):
    view, _ = view_of(with_field(name, ["NA", "DE", "IT"]))
    assert ("NA" in view.categories[name]) == (name == "kept")


@pytest.mark.parametrize(
    ("name", "values", "columns"),
    [
        ("job_title", ["CEO", "Sales Manager", "Responsabile acquisti"], ["", "seniority", "department"]),
        ("Ruolo", ["Direttore vendite", "Responsabile acquisti"], ["", "seniority", "department"]),
        ("title", ["Dr", "Ms"], [""]),
        ("E-mail", ["a@gmail.com", "b@acme.com"], ["domain_type"]),
        ("contact", ["a@gmail.com", "b@acme.com"], ["domain_type"]),
        ("Country", ["Italia", "Germany"], ["country"]),
        ("paese", ["IT", "DE"], ["country"]),
        ("employees", ["12", "80", "2,000"], ["", "size_band"]),
        ("dipendenti", ["1-10", "51-200"], ["", "size_band"]),
        ("annualRevenue", ["100000", "5000000", "700000000"], ["", "revenue_band"]),
    ],
)
def test_known_fields_give_the_parts_that_reps_think_in(name: str, values: list[object], columns: list[str]):
    view, _ = view_of(with_field(name, values))
    assert [d.part or "" for d in view.definitions if isinstance(d, Attribute)] == columns


def test_free_text_titles_are_replaced_by_their_parts():
    titles = [f"{rank} of {what}" for rank in ("VP", "Director") for what in ("Sales", "Finance", "Marketing")]
    view, _ = view_of(with_field("job_title", titles), max_categories=4, min_category_leads=5)
    assert view.names == ("job_title_seniority", "job_title_department")


def test_the_most_frequent_kinds_have_columns_and_the_rest_counts_as_activity():
    view, notes = view_of(with_events("visit", "visit", "visit", "click", "click", "webinar"), max_kinds=2)
    assert kinds_with_columns(view) == ["visit", "click", ANY]
    assert [kind.name for kind in view.kinds] == ["visit", "click", "webinar"]
    assert notes == ("1 kinds beyond the 2 most frequent count as activity only (webinar).",)


def test_columns_of_a_kind_follow_the_windows_and_half_lives():
    view, _ = view_of(with_events("visit"), windows_days=(30, 2.5), half_lives_days=(1, 10))
    own = [name for name in view.names if name.startswith("visit")]
    assert own == [
        *("visit_count_2_5d", "visit_count_30d", "visit_recency_days"),
        *("visit_decayed_hl1d", "visit_decayed_hl10d", "visit_momentum_2_5d"),
    ]


def test_sums_and_topics_and_touches_need_something_to_work_on():
    bare, _ = view_of(with_events("visit"))
    assert not {"Sum", "Distinct", "FirstTouch", "LastTouch"} & {type(d).__name__ for d in bare.definitions}
    export = export_of(
        leads=[{"lead_id": str(i)} for i in range(LEADS)],
        events=[
            {
                "lead_id": str(i),
                "kind": "buy",
                "happened_at": "2026-01-01",
                "value": 2.0,
                "topic": "x",
                "channel": channel,
            }
            for i, channel in zip(range(LEADS), cycle(["ads", "seo", "seo"]), strict=False)
        ],
    )
    rich, _ = view_of(export)
    assert {d.kind for d in rich.definitions if isinstance(d, Sum)} == {"buy"}
    assert "activity_distinct_topic_7d" in rich.names
    assert rich.categories == dict.fromkeys(("first_touch_channel", "last_touch_channel"), ("seo", "ads"))


def test_words_for_missing_are_no_channels():
    export = export_of(
        leads=[{"lead_id": str(i)} for i in range(LEADS)],
        events=[
            {"lead_id": str(i), "kind": "visit", "happened_at": "2026-01-01", "channel": channel}
            for i, channel in zip(range(LEADS), cycle(["Select", "ads", " ads ", "seo", ""]), strict=False)
        ],
    )
    view, _ = view_of(export)
    assert view.categories["first_touch_channel"] == ("ads", "seo")


def test_what_sellers_and_systems_do_is_no_feature_unless_named():
    kinds = {"call": Kind(actor="seller"), "score": Kind(actor="system"), "meeting": Kind(actor="seller", feature=True)}
    view, _ = view_of(with_events("visit", "call", "score", "meeting"), kinds=kinds)
    assert kinds_with_columns(view) == ["meeting", "visit", ANY]
    assert [kind.name for kind in view.kinds] == ["meeting", "visit"]


def test_the_actor_column_tells_whose_kind_it_is_where_the_settings_do_not():
    export = with_events("call", "call", actor="seller")
    assert view_of(export)[0].kinds == ()
    assert len(view_of(export, kinds={"call": Kind(actor="lead")})[0].kinds) == 1
    assert len(view_of(export, kinds={"call": Kind(feature=True)})[0].kinds) == 1


def test_outcomes_are_never_features():
    view, _ = view_of(with_events("visit", "closed_won", "sales_rejected"), kinds={"closed_won": Kind(feature=True)})
    assert [kind.name for kind in view.kinds] == ["visit"]


def test_kinds_that_map_to_another_take_its_name_and_meaning():
    kinds = {"PageView": Kind(maps_to="page_view"), "page_view": Kind(stage="marketing_qualified", label="page view")}
    view, _ = view_of(with_events("PageView", "page_view", "PageView"), kinds=kinds)
    (kind,) = view.kinds
    assert (kind.name, kind.aliases, kind.stage, kind.label) == (
        "page_view",
        ("PageView",),
        "marketing_qualified",
        "page view",
    )


def test_kinds_that_map_in_a_circle_are_refused():
    kinds = {"a": Kind(maps_to="b"), "b": Kind(maps_to="a")}
    with pytest.raises(BadSettings, match="a -> b -> a"):
        own_name("a", kinds)


def test_a_kind_that_nobody_has_done_yet_is_remembered_without_columns():
    view, _ = view_of(with_events("visit"), kinds={"demo_request": Kind(stage="sales_qualified")})
    assert kinds_with_columns(view) == ["visit", ANY]
    assert view.kind_of["demo_request"].stage == "sales_qualified"


def test_names_stay_unique_when_a_kind_is_called_activity_or_a_field_like_a_column():
    export = export_of(
        leads=[{"lead_id": str(i), "created_at": "2025-12-01", "age_days": value} for i, value in enumerate("ab" * 30)],
        events=[{"lead_id": "1", "kind": ANY, "happened_at": "2026-01-01"}],
    )
    view, notes = view_of(export)
    assert len(set(view.names)) == len(view.names)
    assert notes == ("Left out a second column called 'age_days': rename the field or the event kind.",)
    assert view.kind_of[ANY].name == ANY


def test_a_flat_export_has_columns_of_attributes_only():
    rows = [{"industry": value, "created_at": "2025-12-01"} for value in "ab" * 30]
    view, _ = view_of(export_of(leads=rows, flat=True), kinds={"visit": Kind()})
    assert view.names == ("industry",)
    assert view.kinds == ()


@pytest.mark.parametrize("old_values", [True, False])
def test_nothing_that_comes_later_changes_the_view(old_values: bool):
    export = random_export(21, leads=400, old_values=old_values)
    pairs = Pairs(lead=np.arange(400), as_of=random_pairs(22, export, count=400).as_of)
    settings = Settings(features=Features(min_category_leads=2, max_kinds=3))
    views = [make_view(settings, each(export, pairs), pairs) for each in (only_the_past, another_future)]
    assert make_view(settings, export, pairs) == views[0] == views[1]
    late = Pairs(lead=pairs.lead, as_of=pairs.as_of + 100 * DAY)
    assert make_view(settings, export, late) != views[0]


@pytest.mark.parametrize(
    ("happened_at", "known_at"),
    [("2026-01-01", "2026-03-01"), ("2026-03-01", "2026-01-01"), ("2026-03-01", "2026-03-01")],
)
def test_a_kind_seen_only_later_is_not_in_the_view(happened_at: str, known_at: str):
    events = [
        {"lead_id": "a", "kind": "visit", "happened_at": "2026-01-01"},
        {"lead_id": "a", "kind": "webinar", "happened_at": happened_at, "known_at": known_at},
    ]
    view, _ = view_of(export_of(leads=[{"lead_id": "a"}], events=events))
    assert [kind.name for kind in view.kinds] == ["visit"]


def test_leads_without_a_training_pair_decide_nothing():
    export = random_export(23, leads=100)
    pairs = random_pairs(24, export, count=200).take(np.arange(200) % 2 == 0)
    used = Pairs(lead=pairs.lead % 50, as_of=pairs.as_of)
    emptied = export.leads.copy()
    emptied.loc[50:, ["industry", "employees", "country"]] = "changed"
    events = export.events[export.events["lead"] < 50]
    changed = Export(**{**vars(export), "leads": emptied, "events": events})
    settings = Settings(features=Features(min_category_leads=1))
    assert make_view(settings, export, used) == make_view(settings, changed, used)


def test_a_view_survives_being_stored():
    export = random_export(25, leads=50)
    view, _ = make_view(Settings(), export, random_pairs(26, export, count=100))
    assert View.from_dict(view.to_dict()) == view
