"""The leak detector, one kind of evidence after the other, on companies of a thousand leads."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from features.clock import DAY, iso
from features.settings import Data, Kind, LeadsFile, Settings
from features.tables import Export
from support.exports import export_of, moment
from support.planted_leaks import COUNTER, FILLED_AFTER_CLOSING, PLANTED, honest_columns, planted, with_columns
from training.leaks import Evidence, Verdict, find_leaks
from training.leaks.fates import Fates
from training.leaks.measures import held_out_auc, rank_correlation, rank_correlation_within, share_ratio
from training.leaks.verdicts import verdict_of, weight_of
from training.leaks.words import hints
from training.simulate import simulate

LEADS = 1500
START = moment("2025-01-01")
END = START + 365 * DAY
SETTINGS = Settings()


@dataclass(frozen=True)
class Fate:
    """What a column of a test company may be made of."""

    created: np.ndarray  #: days since START
    closed: np.ndarray  #: days since START; NaN while open
    won: np.ndarray
    luck: np.random.Generator

    @property
    def lost(self) -> np.ndarray:
        return ~self.won & ~np.isnan(self.closed)


Column = Callable[[Fate], Sequence[object]]


def fate(seed: int = 5) -> Fate:
    luck = np.random.default_rng(seed)
    created = np.sort(luck.uniform(0, 364, LEADS))
    closing = created + luck.uniform(5, 90, LEADS)
    decided = (luck.random(LEADS) < 0.8) & (closing <= 365)
    won = decided & (luck.random(LEADS) < 0.3)
    return Fate(created, np.where(decided, closing, np.nan), won, luck)


def at(days: float) -> int:
    return START + int(days * DAY)


def company(
    events: Sequence[dict[str, object]] = (), changes: Sequence[dict[str, object]] = (), **columns: Column
) -> Export:
    f = fate()
    values = {name: list(make(f)) for name, make in columns.items()}
    leads = [
        {"lead_id": str(i), "created_at": at(f.created[i]), **{name: held[i] for name, held in values.items()}}
        for i in range(LEADS)
    ]
    outcomes = [
        {"lead_id": str(i), "kind": "closed_won" if f.won[i] else "closed_lost", "happened_at": at(f.closed[i])}
        for i in np.flatnonzero(~np.isnan(f.closed))
    ]
    return export_of(leads=leads, outcomes=outcomes, events=events, changes=changes, data_end=END)


def flat(labels: Sequence[float], **columns: Sequence[object]) -> Export:
    rows = [{"label": label, **{name: held[i] for name, held in columns.items()}} for i, label in enumerate(labels)]
    return export_of(leads=rows, flat=True)


def verdict(make: Column, name: str = "x") -> Verdict:
    return find_leaks(company(**{name: make}), SETTINGS).finding(name).verdict


def evidence_on(export: Export, name: str = "x", settings: Settings = SETTINGS) -> set[str]:
    return {e.test for e in find_leaks(export, settings).finding(name).evidence}


def some(f: Fate, share: float) -> np.ndarray:
    return f.luck.random(LEADS) < share


def filled(where: np.ndarray, value: object = "given") -> list[object]:
    return [value if here else None for here in where]


# ---- figures


def test_auc_of_a_small_number_of_values_is_that_of_its_shares():
    luck = np.random.default_rng(1)
    level = luck.integers(0, 4, 20_000)
    target = (luck.random(20_000) < np.array([0.1, 0.2, 0.4, 0.7])[level]).astype(float)
    found = held_out_auc(level, target, np.zeros(20_000, dtype=int), seed=1)
    assert found is not None
    assert found.value == pytest.approx(roc_auc_score(target, level), abs=0.005)
    assert 0.002 < found.error < 0.006


def test_thousands_of_values_do_not_fool_the_auc():
    luck = np.random.default_rng(2)
    level, target = luck.integers(0, 3000, 6000), (luck.random(6000) < 0.2).astype(float)
    found = held_out_auc(level, target, np.zeros(6000, dtype=int), seed=2)
    assert found is not None
    assert abs(found.value - 0.5) < 3 * found.error


def test_a_column_that_only_tells_the_period_has_no_auc_inside_periods():
    period = np.repeat(np.arange(10), 500)
    target = (np.random.default_rng(3).random(5000) < 0.05 + 0.08 * period).astype(float)
    across = held_out_auc(period, target, np.zeros(5000, dtype=int), seed=3)
    inside = held_out_auc(period, target, period, seed=3)
    assert across is not None and across.value > 0.7
    assert inside is not None and inside.value == 0.5


def test_auc_leaves_out_leads_that_are_on_neither_side():
    level = np.array([0, 1] * 200 + [2] * 100)
    target = np.array([0.0, 1.0] * 200 + [np.nan] * 100)
    found = held_out_auc(level, target, np.zeros(500, dtype=int), seed=4)
    assert found is not None and found.value == 1.0


def test_auc_of_one_side_alone_is_none():
    assert held_out_auc(np.zeros(9, dtype=int), np.ones(9), np.zeros(9, dtype=int), seed=5) is None


def test_share_ratio_of_one_stratum_is_the_ratio_of_shares():
    holds = np.array([True] * 300 + [False] * 700 + [True] * 100 + [False] * 900)
    target = np.repeat([1.0, 0.0], 1000)
    found = share_ratio(holds, target, np.zeros(2000, dtype=int))
    assert (found.share, found.share_elsewhere) == (0.3, 0.1)
    assert found.value == pytest.approx(3, rel=0.01)
    # log(3) -+ 2 * sqrt(1/300 - 1/1000 + 1/100 - 1/1000)
    assert found.low == pytest.approx(np.exp(np.log(3) - 2 * np.sqrt(1 / 300 + 1 / 100 - 2 / 1000)), rel=0.02)


def test_share_ratio_is_not_fooled_by_a_field_that_came_when_leads_were_won_more_often():
    old_new = np.repeat([0, 1], 1000)
    luck = np.random.default_rng(6)
    holds = luck.random(2000) < np.where(old_new, 0.9, 0.1)
    target = (luck.random(2000) < np.where(old_new, 0.6, 0.1)).astype(float)
    assert share_ratio(holds, target, np.zeros(2000, dtype=int)).low > 1.5
    assert share_ratio(holds, target, old_new).low < 1.1


def test_none_at_all_among_few_is_no_proof():
    few = share_ratio(np.array([True] * 3 + [False] * 17), np.array([1.0] * 10 + [0.0] * 10), np.zeros(20, dtype=int))
    many = share_ratio(np.array([True] * 300 + [False] * 1700), np.repeat([1.0, 0.0], 1000), np.zeros(2000, dtype=int))
    assert few.low < 1
    assert many.low > 30


def test_rank_correlation_is_spearmans_and_can_look_inside_strata():
    luck = np.random.default_rng(7)
    a = luck.normal(size=300)
    b = a + luck.normal(size=300)
    assert rank_correlation(a, b) == pytest.approx(spearmanr(a, b).statistic)
    group = np.repeat([0, 1], 150)
    assert (
        abs(rank_correlation_within(group + luck.normal(size=300) / 9, group + luck.normal(size=300) / 9, group)) < 0.2
    )


# ---- verdicts


def evidence(ground: str, weight: int) -> Evidence:
    return Evidence(test="t", ground=ground, weight=weight, sentence="s")  # type: ignore[arg-type]  # any ground


def test_words_alone_never_refuse():
    assert verdict_of([evidence("name", 9), evidence("values", 9)]) == Verdict.SUSPICIOUS


def test_one_fact_measured_twice_is_one_fact():
    assert weight_of([evidence("outcome", 3), evidence("outcome", 2), evidence("name", 2)]) == 5


@pytest.mark.parametrize(
    ("name", "hinted"),
    [
        ("Lead Quality", True),
        ("lastActivity", True),
        ("punteggio_commerciale", True),
        ("motivo della perdita", True),
        ("Call duration (s)", True),
        ("industry", False),
        ("everlasting", False),
        ("What is your current occupation", False),
        ("settore", False),
    ],
)
def test_names_hint_by_whole_words_in_both_languages(name: str, hinted: bool):
    assert bool(hints(name)) == hinted


def test_a_name_alone_raises_suspicion_only():
    assert verdict(lambda f: f.luck.choice(["a", "b", "c"], LEADS), "lead_status") == Verdict.SUSPICIOUS


# ---- who is compared with whom


def test_leads_too_young_to_be_decided_are_on_neither_side():
    f, export = fate(), company()
    label = Fates.of(export, SETTINGS).label
    waiting = np.isnan(f.closed)
    assert (label[f.won] == 1).all() and (label[f.lost] == 0).all()
    assert (label[waiting & (f.created < 365 - 90)] == 0).all()
    assert np.isnan(label[waiting & (f.created > 365 - 90)]).all()


def test_strata_follow_each_other_in_time_and_hold_enough_of_both_sides():
    fates = Fates.of(company(), SETTINGS)
    strata = fates.strata(fates.label)
    assert (np.diff(strata[np.argsort(fates.created)]) >= 0).all()
    assert strata.max() == int((fates.label == 1).sum()) // 25 - 1


# ---- what is filled in for whom


def test_a_field_filled_in_for_winners_only_is_refused():
    assert verdict(lambda f: filled(f.won & some(f, 0.35) | some(f, 0.002))) == Verdict.REFUSE


def test_a_field_filled_in_for_losers_only_is_refused():
    assert verdict(lambda f: filled(f.lost & some(f, 0.5))) == Verdict.REFUSE


def test_a_field_filled_in_for_closed_leads_only_is_refused():
    export = company(x=lambda f: filled((f.won | f.lost) & some(f, 0.6)))
    assert find_leaks(export, SETTINGS).refused == ("x",)
    assert "filled_at_closing" in evidence_on(export)


def test_a_field_that_no_closed_lead_lacks_but_many_open_ones_do_is_refused():
    assert verdict(lambda f: filled(~np.isnan(f.closed) | some(f, 0.4))) == Verdict.REFUSE


def test_a_field_that_some_closed_leads_lack_too_stays_suspicious():
    closed = lambda f: ~np.isnan(f.closed) & some(f, 0.9)  # noqa: E731
    assert verdict(lambda f: filled(closed(f) | some(f, 0.4))) == Verdict.SUSPICIOUS


def test_a_field_that_stands_only_beside_one_written_at_closing_is_refused_with_it():
    part = np.random.default_rng(8).random(LEADS) < 0.2
    written = lambda f: ~np.isnan(f.closed) | (np.random.default_rng(9).random(LEADS) < 0.2)  # noqa: E731
    export = company(
        account=lambda f: filled(written(f)), parent=lambda f: filled(written(f) & part), other=lambda _: filled(part)
    )
    report = find_leaks(export, SETTINGS)
    assert report.refused == ("account", "parent")
    assert "inside_refused" in evidence_on(export, "parent")


def test_a_form_field_that_serious_leads_fill_in_is_not_refused():
    assert verdict(lambda f: filled(some(f, 0.45) | f.won & some(f, 0.7))) != Verdict.REFUSE


def test_a_field_that_was_introduced_lately_is_fine():
    assert verdict(lambda f: filled((f.created > 200) & some(f, 0.9))) == Verdict.FINE


def test_a_flag_set_at_winning_is_refused_though_it_is_always_filled_in():
    assert verdict(lambda f: np.where(f.won & some(f, 0.4), "yes", "no")) == Verdict.REFUSE


def test_a_partner_whose_few_leads_are_all_won_is_not_refused():
    label = np.tile([1.0, 0.0], 3000)

    def partner(share: float) -> list[object]:
        return ["Partner X" if won and i < share * 6000 else "nobody" for i, won in enumerate(label)]

    report = find_leaks(flat(label, few=partner(0.09), many=partner(0.3)), SETTINGS)
    assert report.finding("few").verdict == Verdict.FINE
    assert report.finding("many").verdict == Verdict.REFUSE


def test_a_range_of_numbers_is_not_told_as_one_value():
    label = (np.arange(6000) % 20 == 0).astype(float)
    values = np.where(label == 1, 1000.0, 0.0) + np.random.default_rng(0).random(6000)
    told = find_leaks(flat(label, x=values.tolist()), SETTINGS).finding("x")
    said = [e.sentence for e in told.evidence if e.test == "decisive_value"]
    assert said
    assert all("with values such as '100" in sentence for sentence in said)


# ---- copies of the result


def test_a_noisy_copy_of_the_result_is_refused():
    assert verdict(lambda f: f.won * 3.0 + f.luck.normal(size=LEADS)) == Verdict.REFUSE


def test_a_strong_honest_number_stays_in():
    assert verdict(lambda f: f.won * 1.0 + f.luck.normal(size=LEADS)) == Verdict.FINE


def test_a_column_of_a_value_per_lead_is_fine():
    assert verdict(lambda f: [f"note {n}" for n in f.luck.permutation(LEADS)]) == Verdict.FINE


def test_a_stage_column_is_refused():
    def stage(f: Fate) -> Sequence[object]:
        before = f.luck.choice(["New", "Contacted"], LEADS)
        return list(np.where(f.won, "Customer", np.where(f.lost, "Archive", before)))

    assert verdict(stage) == Verdict.REFUSE


def test_a_state_that_only_tells_closed_from_open_is_refused():
    assert verdict(lambda f: np.where(f.won | f.lost, "inactive", "active")) == Verdict.REFUSE


# ---- words


def test_values_that_read_like_a_verdict_are_told():
    grades = ["Might be", "Worst", "High in relevance", "ignoto"]
    assert "judging_values" in evidence_on(company(x=lambda f: f.luck.choice(grades, LEADS)))
    assert "judging_values" not in evidence_on(company(x=lambda f: f.luck.choice(["Rome", "Milan", "Turin"], LEADS)))


def test_a_word_for_missing_is_told_and_counts_as_missing():
    export = company(x=lambda f: np.where(f.won & some(f, 0.6), "Legal", "Seleziona"))
    found = find_leaks(export, SETTINGS).finding("x")
    assert {"missing_word", "presence_lift"} <= {e.test for e in found.evidence}
    assert found.verdict == Verdict.REFUSE
    configured = Settings(data=Data(missing_words=("Seleziona",)))
    assert "missing_word" not in evidence_on(export, settings=configured)


# ---- time


def test_a_counter_that_runs_to_today_is_refused():
    export = company(x=lambda f: f.luck.poisson((365 - f.created) / 5).astype(float))
    assert find_leaks(export, SETTINGS).refused == ("x",)
    assert "runs_to_today" in evidence_on(export)


def test_a_price_that_rose_over_the_year_is_fine():
    assert verdict(lambda f: 1.5 - f.created / 365) == Verdict.FINE


def test_a_counter_that_stops_at_closing_is_refused():
    export = company(x=lambda f: np.floor(np.where(np.isnan(f.closed), 365, f.closed) - f.created) + 40)
    assert "runs_until_closing" in evidence_on(export)
    assert find_leaks(export, SETTINGS).refused == ("x",)


def test_a_total_of_all_events_is_refused():
    f = fate()
    visits = f.luck.poisson(4, LEADS)
    events = [
        {"lead_id": str(i), "kind": "visit", "happened_at": at(min(365.0, f.created[i] + 3 + 2 * n))}
        for i in range(LEADS)
        for n in range(visits[i])
    ]
    export = company(events, x=lambda _: visits.astype(float), y=lambda _: f.luck.poisson(4, LEADS).astype(float))
    assert "runs_with_events" in evidence_on(export)
    assert find_leaks(export, SETTINGS).refused == ("x",)


def dates_of(days: np.ndarray) -> list[object]:
    return [None if np.isnan(d) else iso(at(d))[:10] for d in days]


def test_a_date_within_a_day_of_the_closing_is_refused():
    export = company(x=lambda f: dates_of(f.closed + f.luck.uniform(0, 1, LEADS)))
    assert "date_of_closing" in evidence_on(export)
    assert find_leaks(export, SETTINGS).refused == ("x",)


def test_a_date_written_after_the_lead_came_is_suspicious():
    assert verdict(lambda f: dates_of(f.created + f.luck.uniform(0, 1, LEADS) * (365 - f.created))) != Verdict.FINE


def test_dates_before_the_lead_came_and_of_a_calendar_are_fine():
    assert verdict(lambda f: dates_of(f.created - f.luck.uniform(0, 90, LEADS))) == Verdict.FINE
    assert verdict(lambda f: dates_of(60.0 * (1 + f.created // 60))) == Verdict.FINE


def test_a_date_that_the_closing_follows_by_plan_is_fine():
    """A course ends half a year after it starts; who comes early takes longest."""
    f = fate()
    starts = 30.0 * (1 + f.created // 30)
    leads = [{"lead_id": str(i), "created_at": at(f.created[i]), "x": iso(at(starts[i]))[:10]} for i in range(LEADS)]
    outcomes = [
        {"lead_id": str(i), "kind": "closed_won", "happened_at": at(starts[i] + 20)}
        for i in np.flatnonzero(f.won & (starts < 345))
    ]
    export = export_of(leads=leads, outcomes=outcomes, data_end=END)
    assert find_leaks(export, SETTINGS).finding("x").verdict == Verdict.FINE


def test_numbers_given_one_after_the_other_are_refused():
    assert verdict(lambda _: [f"LD-{n:06d}" for n in range(LEADS)]) == Verdict.REFUSE
    assert verdict(lambda f: [f"LD-{n:06d}" for n in f.luck.permutation(LEADS)]) == Verdict.FINE


# ---- history


def history_of(when: Callable[[Fate], np.ndarray], who: Callable[[Fate], np.ndarray]) -> list[dict[str, object]]:
    f = fate()
    return [{"lead_id": str(i), "field": "x", "value": "b", "known_at": at(when(f)[i])} for i in np.flatnonzero(who(f))]


def test_a_field_that_is_empty_until_after_the_closing_is_refused():
    changes = history_of(lambda f: f.closed + 2, lambda f: f.won & (f.closed < 360))
    export = company(changes=changes, x=lambda f: filled(f.won & (f.closed < 360), "b"))
    assert find_leaks(export, SETTINGS).refused == ("x",)


def test_a_field_that_changes_at_closing_but_was_there_before_is_named_and_stays():
    changes = [{**c, "old_value": "a"} for c in history_of(lambda f: f.closed + 2, lambda f: f.won & (f.closed < 360))]
    export = company(changes=changes, x=lambda f: np.where(f.won & (f.closed < 360), "b", "a"))
    report = find_leaks(export, SETTINGS)
    assert report.suspicious == ("x",)
    assert evidence_on(export) == {"changes_at_closing"}
    untold = replace(export, changes=export.changes.iloc[:0], tracked=frozenset())
    assert find_leaks(untold, SETTINGS).refused == ("x",)


def test_a_field_that_changes_at_any_time_is_fine():
    changes = history_of(lambda f: f.created + (365 - f.created) * 0.5, lambda f: f.created < 300)
    assert not evidence_on(company(changes=changes, x=lambda _: ["b"] * LEADS))


# ---- columns of one step, and the combination check


def scored(seed: int = 9) -> Export:
    """A vendor's grades, filled in for half of the leads: one of them is telling, the others hardly."""
    luck = np.random.default_rng(seed)
    label = (luck.random(4000) < 0.4).astype(float)
    there = luck.random(4000) < 0.5

    def part(values: np.ndarray) -> list[object]:
        return [str(v) if h else None for v, h in zip(values, there, strict=True)]

    score = np.round(label * 2 + luck.normal(size=4000) * 1.2 + 8)
    other = luck.integers(1, 9, 4000)
    return flat(
        label,
        vendor_score=part(score),
        vendor_profile_score=part(other),
        vendor_grade=part(np.where(other > 4, "High", "Low")),
        need=[str(v) if h else None for v, h in zip(luck.integers(1, 9, 4000), luck.random(4000) < 0.5, strict=True)],
        budget=list(luck.normal(size=4000) + label * 0.5),
    )


def test_what_one_step_writes_falls_together():
    report = find_leaks(scored(), SETTINGS)
    assert set(report.refused) == {"vendor_score", "vendor_profile_score", "vendor_grade"}
    assert {"filled_together", "beside_refused"} <= {e.test for e in report.finding("vendor_profile_score").evidence}
    assert report.finding("need").verdict == report.finding("budget").verdict == Verdict.FINE


def test_the_combination_check_measures_the_jump_on_later_leads():
    report = find_leaks(scored(), SETTINGS)
    combination = next(e for e in report.finding("vendor_score").evidence if e.test == "combination")
    assert combination.numbers["auc_with"] > combination.numbers["auc_without"] + 0.05
    assert report.jump is not None and report.jump.with_refused is not None
    assert report.jump.with_refused > report.jump.fine + 0.05


def test_a_telling_column_without_a_word_against_it_is_not_accused_of_its_jump():
    luck = np.random.default_rng(11)
    label = (luck.random(4000) < 0.4).astype(float)
    export = flat(label, minutes_on_site=list(label + luck.normal(size=4000)), noise=list(luck.normal(size=4000)))
    assert find_leaks(export, SETTINGS).finding("minutes_on_site").verdict == Verdict.FINE


# ---- events


def events_of(kind: str, who: Callable[[Fate], np.ndarray], when: Callable[[Fate], np.ndarray], **more: object):
    f = fate()
    moments = when(f)
    return [
        {"lead_id": str(i), "kind": kind, "happened_at": at(moments[i]), **more}
        for i in np.flatnonzero(who(f) & (moments <= 365))
    ]


def test_a_kind_that_begins_after_the_outcome_is_refused():
    events = events_of("kick_off", lambda f: f.won, lambda f: f.closed + 3)
    assert find_leaks(company(events), SETTINGS).refused_kinds == ("kick_off",)


def test_a_kind_that_begins_after_quick_outcomes_by_time_alone_is_not_refused():
    """Leads are closed within three days, and read a newsletter now and then ever after."""
    luck = np.random.default_rng(14)
    created, read = luck.uniform(0, 290, 600), luck.uniform(0, 300, 600)
    leads = [{"lead_id": str(i), "created_at": at(created[i])} for i in range(600)]
    outcomes = [
        {"lead_id": str(i), "kind": "closed_won" if i % 4 else "closed_lost", "happened_at": at(created[i] + 3)}
        for i in range(560)
    ]
    events = [
        {"lead_id": str(i), "kind": "newsletter_read", "happened_at": at(created[i] + read[i])}
        for i in range(560)
        if created[i] + read[i] < 300
    ]
    report = find_leaks(export_of(leads=leads, outcomes=outcomes, events=events, data_end=at(300)), SETTINGS)
    told = report.finding("newsletter_read")
    assert told.evidence[0].numbers["first_after"] > 0.9
    assert told.verdict == Verdict.SUSPICIOUS


def test_a_kind_that_open_leads_have_as_often_is_not_refused():
    """Everybody gets the new price list on one day, by when most leads are closed."""
    after = events_of("price_list", lambda f: f.closed < 330, lambda f: np.full(LEADS, 330.0))
    still_open = events_of("price_list", lambda f: np.isnan(f.closed), lambda f: np.full(LEADS, 330.0))
    assert find_leaks(company(after + still_open), SETTINGS).refused_kinds == ()
    assert find_leaks(company(after), SETTINGS).refused_kinds == ("price_list",)


def test_events_that_go_on_after_the_outcome_are_found():
    before = events_of("lesson", lambda f: f.created < 300, lambda f: f.created + 2)
    after = events_of("lesson", lambda f: f.won, lambda f: f.closed + 3)
    report = find_leaks(company(before + after), SETTINGS)
    assert report.suspicious_kinds == ("lesson",)
    told = report.finding("lesson").evidence[0]
    assert told.test == "events_after_outcome"
    assert told.numbers["after"] == pytest.approx(len(after) / (len(before) + len(after)))


def test_a_kind_that_begins_on_the_last_day_is_suspicious():
    events = events_of("signing_page", lambda f: f.won, lambda f: f.closed - 0.3)
    assert evidence_on(company(events), "signing_page") == {"begins_at_outcome"}


def test_what_the_lead_does_in_good_time_is_fine():
    events = events_of("pricing_page", lambda f: f.created < 350, lambda f: f.created + 1)
    assert find_leaks(company(events), SETTINGS).finding("pricing_page").verdict == Verdict.FINE


def test_events_of_sales_are_told_by_actor_by_settings_and_by_name():
    def kind(name: str, **more: object) -> list[dict[str, object]]:
        return events_of(name, lambda f: f.created < 350, lambda f: f.created + 1, **more)

    assert evidence_on(company(kind("call", actor="seller")), "call") == {"ours"}
    assert evidence_on(company(kind("brochure_sent")), "brochure_sent") == {"ours"}
    assert not evidence_on(company(kind("brochure_read")), "brochure_read")
    declared = Settings(kinds={"call": Kind(actor="seller"), "form_sent": Kind(actor="lead")})
    assert evidence_on(company(kind("call")), "call", declared) == {"ours"}
    assert not evidence_on(company(kind("form_sent")), "form_sent", declared)


def test_what_is_no_feature_anyhow_is_called_kept_out():
    def kind(name: str, **more: object) -> list[dict[str, object]]:
        return events_of(name, lambda f: f.created < 350, lambda f: f.created + 1, **more)

    report = find_leaks(company(kind("call", actor="seller") + kind("brochure_sent")), SETTINGS)
    assert report.kept_out_kinds == ("call",)
    assert report.suspicious_kinds == ("brochure_sent",), "by its name alone, and a feature"
    assert "Kept out anyhow (1)\n  call (kind of event)" in report.render()
    assert report.to_dict()["kept_out_kinds"] == ["call"]


def test_visits_that_die_down_after_the_outcome_are_a_remark():
    def visits(times: int, who: Callable[[Fate], np.ndarray], when: Callable[[Fate], np.ndarray]):
        return [event for _ in range(times) for event in events_of("visit", who, when)]

    before = visits(6, lambda f: f.created < 300, lambda f: f.created + 1)
    a_few = visits(1, lambda f: f.won & (np.arange(LEADS) % 3 == 0), lambda f: f.closed + 3)
    found = find_leaks(company(before + a_few), SETTINGS).finding("visit")
    assert found.verdict == Verdict.FINE
    assert [(item.test, item.weight) for item in found.evidence] == [("events_after_outcome", 0)]
    often = visits(4, lambda f: f.won, lambda f: f.closed + 3)
    assert find_leaks(company(before + often), SETTINGS).finding("visit").verdict == Verdict.SUSPICIOUS


# ---- the report


def test_columns_named_as_the_result_are_listed_as_such():
    settings = Settings(data=Data(leads=LeadsFile(result="deal_stage", closed_at="closed_on", created_at="made_on")))
    report = find_leaks(company(x=lambda _: ["a"] * LEADS), settings)
    assert report.outcome_columns == ("deal_stage", "closed_on")
    assert report.refused == ()
    assert "closed_on" in report.render()


def test_kept_columns_are_judged_alike_and_listed_apart():
    export = company(x=lambda f: filled(f.won))
    by_argument = find_leaks(export, SETTINGS, keep=["x"])
    by_settings = find_leaks(export, Settings(data=Data(leads=LeadsFile(keep=("x",)))))
    for report in (by_argument, by_settings):
        assert (report.refused, report.kept) == ((), ("x",))
        assert report.finding("x").verdict == Verdict.REFUSE
        assert "kept by `keep`" in report.render()


def test_the_report_is_plain_data_and_readable_text():
    report = find_leaks(
        company(x=lambda f: filled(f.won), industry=lambda f: f.luck.choice(["a", "b"], LEADS)), SETTINGS
    )
    told = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert told["refused"] == ["x"]
    assert told["findings"][0]["evidence"][0]["weight"] == 5
    text = report.render()
    assert "Refused (1)" in text and "x (column)" in text and "Fine columns (1)" in text and "industry" in text


def test_equal_input_gives_an_equal_report_and_stays_as_it_was():
    export = company(x=lambda f: f.won + f.luck.normal(size=LEADS), status=lambda f: f.luck.choice(["a", "b"], LEADS))
    before = export.leads.copy(deep=True)
    assert find_leaks(export, SETTINGS) == find_leaks(export, SETTINGS)
    assert export.leads.equals(before)


def test_too_few_results_are_said_and_refuse_nothing():
    rows = [{"created_at": "2025-01-01", "x": "won" if i < 5 else "no"} for i in range(60)]
    outcomes = [{"lead_id": str(i + 1), "kind": "closed_won", "happened_at": "2025-02-01"} for i in range(5)]
    report = find_leaks(export_of(leads=rows, outcomes=outcomes, data_end="2025-12-01"), SETTINGS)
    assert report.refused == () and report.jump is None
    assert any("could not be tested" in note for note in report.notes)


@pytest.mark.parametrize("values", [[None] * 60, [True, False] * 30, [1.0] * 60, ["", "NA"] * 30])
def test_odd_columns_are_survived(values: list[object]):
    report = find_leaks(flat([0.0, 1.0, float("nan")] * 20, x=values), SETTINGS)
    assert report.finding("x").verdict == Verdict.FINE


def test_a_file_sorted_by_its_result_is_noted_and_its_columns_are_still_judged():
    luck = np.random.default_rng(12)
    export = flat([1.0] * 500 + [0.0] * 500, x=list(luck.normal(size=1000)), y=["signed"] * 480 + ["no"] * 520)
    report = find_leaks(export, SETTINGS)
    assert any("order of the rows" in note for note in report.notes)
    assert report.refused == ("y",)
    shuffled = flat(luck.permutation([1.0] * 500 + [0.0] * 500), x=list(luck.normal(size=1000)))
    assert not any("order of the rows" in note for note in find_leaks(shuffled, SETTINGS).notes)


# ---- the simulated company


@cache
def simulated(seed: int, *, leaking: bool) -> Export:
    return simulate(seed=seed, leads=4000, planted_leak=leaking).export


@pytest.mark.parametrize("seed", [101, 102])
def test_planted_leaks_are_found_and_nothing_else(seed: int):
    assert set(find_leaks(planted(simulated(seed, leaking=True), seed), SETTINGS).refused) == set(PLANTED)


@pytest.mark.parametrize("seed", [101, 102])
def test_an_honest_company_is_left_alone(seed: int):
    export = simulated(seed, leaking=False)
    assert find_leaks(export, SETTINGS).refused == ()
    lookalikes = with_columns(export, honest_columns(export, seed))
    assert find_leaks(lookalikes, SETTINGS).refused == ()


def test_the_leak_is_found_in_its_history_too():
    report = find_leaks(simulated(101, leaking=True), SETTINGS)
    assert report.refused == (FILLED_AFTER_CLOSING,)
    assert [e.test for e in report.finding(FILLED_AFTER_CLOSING).evidence] == ["filled_after_closing"]


def test_the_counter_is_told_by_its_growth():
    assert "runs_to_today" in evidence_on(planted(simulated(101, leaking=True), 101), COUNTER)
