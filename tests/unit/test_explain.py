"""Explanations against sums made the slow way."""

from dataclasses import replace

import numpy as np
import pytest

from features.definitions import Attribute, Count, Momentum, Sum
from features.stages import Stage
from features.view import KindMeaning, View
from models.answers import Answers
from models.explain import LEAST_PART, WEAK, explain
from models.groups import Groups, group_contributions
from support.small_bundle import VIEW, small

TWO_WORLDS = View(
    definitions=(
        Attribute(field="newsletter"),
        Count(kind="newsletter", days=7),
        Count(kind="referral", days=7),
        Count(kind="newsletter", days=30),
    ),
    kinds=(
        KindMeaning(name="newsletter", stage=Stage.SUBSCRIBER),
        KindMeaning(name="referral", family="fit", stage=Stage.LEAD),
    ),
    categories={"newsletter": ("no", "yes")},
)


def explained(i=0, *, trees=20, top=5):
    made = small(trees=trees)
    return explain(made.bundle, made.rows[i], made.bundle.answer(made.rows[i : i + 3]), 0, top)


@pytest.mark.parametrize("trees", [0, 20])
def test_answers_add_up_and_agree_with_or_without_contributions(trees):
    made = small(trees=trees)
    answers = made.bundle.answer(made.rows)
    added = answers.base_value + answers.contributions.sum(axis=1)
    np.testing.assert_allclose(answers.log_odds, added, rtol=0, atol=1e-9)
    np.testing.assert_allclose(answers.log_odds, made.bundle.log_odds(made.rows), rtol=0, atol=1e-9)
    np.testing.assert_allclose(answers.probability, 1 / (1 + np.exp(-answers.log_odds)), rtol=1e-12)


def test_log_odds_are_the_calibrated_mean_of_both_experts():
    made = small()
    both = (made.bundle.linear.margins(made.rows) + made.booster.predict(made.rows, raw_score=True)) / 2
    expected = made.bundle.calibration.a * both + made.bundle.calibration.b
    np.testing.assert_allclose(made.bundle.answer(made.rows).log_odds, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("top", [0, 1, 2, 5])
@pytest.mark.parametrize("trees", [0, 20])
def test_reasons_and_families_add_up(trees, top):
    for i in range(0, 200, 7):
        e = explained(i, trees=trees, top=top)
        assert abs(e.base_value + sum(r.contribution for r in e.reasons) + e.remainder - e.log_odds) < 1e-9
        assert abs(e.base_value + e.fit + e.engagement - e.log_odds) < 1e-9


def test_reasons_are_the_strongest_groups_each_way():
    made = small()
    for i in range(0, 200, 11):
        answers = made.bundle.answer(made.rows[i][None, :])
        totals = {}
        for d, part in zip(VIEW.definitions, answers.contributions[0], strict=True):
            totals[d.group] = totals.get(d.group, 0) + part
        e = explain(made.bundle, made.rows[i], answers, 0, 2)
        up = sorted((v for v in totals.values() if v >= WEAK), reverse=True)[:2]
        down = sorted(v for v in totals.values() if v <= -WEAK)[:2]
        assert sorted(r.contribution for r in e.reasons) == pytest.approx(sorted(up + down), abs=1e-12)
        assert [abs(r.contribution) for r in e.reasons] == sorted((abs(v) for v in up + down), reverse=True)
        assert all(totals[r.group] == pytest.approx(r.contribution, abs=1e-12) for r in e.reasons)


def test_where_all_contributions_are_weak_the_strongest_is_the_reason():
    made = small()
    parts = np.linspace(-0.02, 0.03, len(VIEW.names))[None, :]
    parts[0, VIEW.names.index("age_days")] = 0.04
    e = explain(made.bundle, made.rows[0], Answers(log_odds=parts.sum(axis=1), base_value=0.0, contributions=parts))
    assert len(e.reasons) == 1
    assert abs(e.reasons[0].contribution + e.remainder - parts.sum()) < 1e-12


def test_reason_names_the_strongest_column_that_evidence_supports():
    made = small()
    seen = set()
    for i in range(200):
        answers = made.bundle.answer(made.rows[i][None, :])
        for reason in explain(made.bundle, made.rows[i], answers).reasons:
            column, evidence = expected_speaker(made.bundle, made.rows[i], answers.contributions[0], reason)
            assert (reason.column, reason.evidence) == (column, evidence)
            np.testing.assert_equal(reason.value, made.rows[i, VIEW.names.index(reason.column)])
            seen.add(evidence is None)
    assert seen == {True, False}


def expected_speaker(bundle, row, parts, reason):
    """The slow way: all columns of the group in words, by strength, and the first that evidence supports."""
    sign = 1 if reason.contribution > 0 else -1
    own = [(sign * p, i, d) for i, (d, p) in enumerate(zip(VIEW.definitions, parts, strict=True))]
    own = [(p, i, d) for p, i, d in own if d.group == reason.group]
    told = [c for c in own if not isinstance(c[2], Sum) and not (isinstance(c[2], Momentum) and row[c[1]] == 0)]
    own = told if any(c[0] > 0 for c in told) else own
    own.sort(key=lambda c: (-c[0], c[1]))
    for part, i, d in own:
        found = bundle.evidence.about(i, row[i])
        if part >= LEAST_PART * own[0][0] and found is not None and found.supports(reason.contribution):
            return d.name, found
    return own[0][2].name, None


def test_evidence_that_contradicts_is_not_shown():
    made = small()
    answers = made.bundle.answer(made.rows[:300])
    for i in range(300):
        for reason in explain(made.bundle, made.rows[i], answers, i).reasons:
            found = reason.evidence
            assert found is None or (found.won_here > found.won_elsewhere) == (reason.contribution > 0)


def test_parts_of_one_field_are_one_group():
    view = View(
        definitions=(
            Attribute(field="revenue", encoding="number"),
            Attribute(field="revenue", part="revenue_band"),
            Attribute(field="employees", part="size_band"),
        ),
        categories={"revenue_revenue_band": ("<1M",), "employees_size_band": ("1-10",)},
    )
    assert [(g.name, c) for g, c in zip(Groups.of(view).all, Groups.of(view).columns, strict=True)] == [
        ("revenue", (0, 1)),
        ("employees", (2,)),
    ]


def test_by_stage_holds_engagement_by_what_it_is_evidence_for():
    made = small()
    answers = made.bundle.answer(made.rows[:1])
    parts = dict(zip(VIEW.names, answers.contributions[0], strict=True))
    e = explain(made.bundle, made.rows[0], answers)
    assert list(e.by_stage) == ["lead", "marketing_qualified", "sales_qualified"]
    assert e.by_stage["sales_qualified"] == pytest.approx(
        parts["demo_request_sum_90d"] + parts["demo_request_count_90d"]
    )
    untold = sum(v for n, v in parts.items() if n.startswith(("activity", "last_touch", "age")))
    assert sum(e.by_stage.values()) + untold == pytest.approx(e.engagement, abs=1e-9)
    assert all(r.stage is None for r in e.reasons if r.family == "fit" or r.group == "activity")


def test_fit_is_what_the_fields_add():
    made = small()
    answers = made.bundle.answer(made.rows[:5])
    fields = [VIEW.names.index(n) for n in ("industry", "employees", "job_title_seniority", "first_touch_channel")]
    for i in range(5):
        fit = explain(made.bundle, made.rows[i], answers, i).fit
        assert fit == pytest.approx(answers.contributions[i, fields].sum(), abs=1e-12)


def test_field_and_kind_of_one_name_are_two_groups():
    groups = Groups.of(TWO_WORLDS)
    assert [(g.name, g.family, g.stage) for g in groups.all] == [
        ("newsletter", "fit", None),
        ("newsletter", "engagement", Stage.SUBSCRIBER),
        ("referral", "fit", None),
    ]
    parts = np.array([[1.0, 2.0, 4.0, 8.0], [0.5, 0.25, 0.125, 0.0]])
    np.testing.assert_array_equal(group_contributions(TWO_WORLDS, parts), [[1, 10, 4], [0.5, 0.25, 0.125]])
    fit, engagement = groups.family_sums(parts)
    np.testing.assert_array_equal(fit, [5, 0.625])
    np.testing.assert_array_equal(engagement, [10, 0.25])


def test_group_that_adds_nothing_is_no_reason():
    made = small()
    parts = np.zeros((1, len(VIEW.names)))
    parts[0, 1] = -0.5
    answers = Answers(log_odds=np.array([-2.5]), base_value=-2.0, contributions=parts)
    e = explain(replace(made.bundle), made.rows[0], answers)
    assert [(r.group, r.contribution) for r in e.reasons] == [("employees", -0.5)]
    assert e.remainder == 0
