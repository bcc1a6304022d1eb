import math

import numpy as np
import pytest

from features.definitions import Attribute, Count
from features.errors import ViewMismatch
from features.view import View
from models.evidence import FEWEST_LEADS, FEWEST_WINS, Counted, Evidence
from models.evidence_bins import BINS
from models.plain import from_text, to_text
from support.small_bundle import VIEW, random_labels, random_rows

COUNTS = View(definitions=(Count(kind="demo", days=30),))
COUNTRY = View(definitions=(Attribute(field="country"),), categories={"country": ("DE", "IT")})


def column(values):
    return np.array([values], dtype=float).T


def counted(made, value, column=0):
    found = made.about(column, value)
    return found and (found.leads, found.won, pytest.approx(found.won_elsewhere))


def test_zero_stands_apart_from_other_counts():
    values = [0.0] * 60 + [1.0, 2.0, 3.0, 4.0] * 10
    labels = [1] * 10 + [0] * 50 + [1, 1, 0, 1] * 10
    made = Evidence.of(COUNTS, column(values), np.array(labels))
    assert made.about(0, 0.0) == Counted(
        leads=60, won=10, won_here=1 / 6, won_elsewhere=0.75, others=40, others_won=30, upto=0.0
    )
    assert counted(made, 1.0) == (10, 10, 30 / 90)


def test_less_as_much_and_more_stand_apart():
    values = [-2.0] * 20 + [0.0] * 60 + [3.0] * 20
    labels = [1] * 10 + [0] * 10 + [1] * 6 + [0] * 54 + [1] * 15 + [0] * 5
    made = Evidence.of(COUNTS, column(values), np.array(labels))
    assert [counted(made, value) for value in (-2.0, -0.5, 0.0, 3.0, 9.0)] == [
        (20, 10, 21 / 80),
        (60, 6, 25 / 40),
        (60, 6, 25 / 40),
        (20, 15, 16 / 80),
        (20, 15, 16 / 80),
    ]


def test_category_counts_its_code_and_missing():
    made = Evidence.of(COUNTRY, column([0, 0, 1, np.nan] * 10), np.array([1, 0, 1, 0] * 10))
    assert made.about(0, 0.0) == Counted(leads=20, won=10, won_here=0.5, won_elsewhere=0.5, others=20, others_won=10)
    assert made.about(0, 1.0) == Counted(leads=10, won=10, won_here=1.0, won_elsewhere=1 / 3, others=30, others_won=10)
    assert made.about(0, math.nan) == Counted(
        leads=10, won=0, won_here=0.0, won_elsewhere=2 / 3, others=30, others_won=20
    )
    assert made.about(0, 7.0) == made.about(0, math.nan)


def test_nobody_alike_or_everybody_alike_says_nothing():
    made = Evidence.of(COUNTRY, column([0] * 30), np.array([1, 0, 1] * 10))
    assert made.about(0, 1.0) is None
    assert made.about(0, 0.0) is None


def test_too_few_leads_or_wins_say_nothing():
    few = FEWEST_LEADS - 1
    made = Evidence.of(COUNTRY, column([0] * few + [1] * 300), np.array([1] * few + [0, 1, 1] * 100))
    assert made.about(0, 0.0) is None
    rare = Evidence.of(COUNTRY, column([0] * 30 + [1] * 970), np.array([0] * 30 + [1] * 50 + [0] * 920))
    assert FEWEST_WINS > 30 * 50 / 1000
    assert rare.about(0, 0.0) is None
    assert rare.about(0, 1.0) is None
    told = Evidence.of(COUNTRY, column([0] * 60 + [1] * 940), np.array([0] * 60 + [1] * 50 + [0] * 890))
    assert counted(told, 0.0) == (60, 0, 50 / 940)
    assert counted(told, 1.0) == (940, 50, 0)


def test_counts_are_of_different_leads_and_shares_of_weighed_pairs():
    rows = column([0, 0, 1, 1] * 10 + [0] * 40)
    labels = np.array([0, 0, 1, 1] * 10 + [0] * 40)
    weights = np.array([1.0, 1.0, 1.0, 1.0] * 10 + [5.0] * 40)
    leads = np.array([i // 2 for i in range(40)] + [i % 20 for i in range(40)])
    made = Evidence.of(COUNTRY, rows, labels, weights, leads)
    here, there = made.about(0, 1.0), made.about(0, 0.0)
    assert (here.leads, here.won, here.won_here, here.won_elsewhere) == (10, 10, 1.0, 0.0)
    assert (here.others, here.others_won) == (there.leads, there.won) == (20, 0)
    assert (there.won_here, there.won_elsewhere, there.others, there.others_won) == (0.0, 1.0, 10, 10)


@pytest.mark.parametrize(
    ("here", "elsewhere", "raises", "lowers"),
    [(0.06, 0.03, True, False), (0.01, 0.03, False, True), (0.03, 0.03, False, False), (0.0, 0.0, False, False)],
)
def test_evidence_supports_what_it_says_the_same_as(here, elsewhere, raises, lowers):
    found = Counted(leads=50, won=5, won_here=here, won_elsewhere=elsewhere)
    assert (found.supports(0.4), found.supports(-0.4)) == (raises, lowers)


@pytest.mark.parametrize(
    ("others", "others_won", "raises", "lowers"),
    [(100, 5, True, False), (100, 10, False, False), (100, 20, False, False), (None, None, True, False)],
)
def test_evidence_supports_only_what_leads_and_moments_both_say(others, others_won, raises, lowers):
    found = Counted(leads=50, won=5, won_here=0.06, won_elsewhere=0.03, others=others, others_won=others_won)
    assert (found.supports(0.4), found.supports(-0.4)) == (raises, lowers)


def test_one_moment_of_each_lead_is_drawn_inside_of_a_bin_and_one_outside():
    luck = np.random.default_rng(1)
    bins, lead, won = luck.integers(0, 3, 300).astype(float), luck.integers(0, 90, 300), luck.random(300) < 0.4
    view = View(definitions=COUNTRY.definitions, categories={"country": ("DE", "FR", "IT")})
    made = [Evidence.of(view, column(bins), won, luck.random(300), lead, seed=seed) for seed in range(200)]
    for code in range(3):
        for which, names in ((bins == code, ("leads", "won")), (bins != code, ("others", "others_won"))):
            shares = [won[which & (lead == one)].mean() for one in set(lead[which])]
            found = [(getattr(m.about(0, code), names[0]), getattr(m.about(0, code), names[1])) for m in made]
            assert {n for n, _ in found} == {len(shares)}
            spread = np.sqrt(sum(share * (1 - share) for share in shares) / len(found))
            assert np.mean([w for _, w in found]) == pytest.approx(sum(shares), abs=5 * spread)


def test_a_state_that_lasts_does_not_look_better_for_it():
    leads = np.repeat(np.arange(400), 21)
    rows = column(np.tile([0.0] + [1.0] * 20, 400))
    found = Evidence.of(COUNTRY, rows, np.random.default_rng(2).random(len(rows)) < 0.1, None, leads).about(0, 0.0)
    assert (found.leads, found.others) == (400, 400)
    assert found.share == pytest.approx(0.1, abs=0.05)
    assert found.other_share == pytest.approx(0.1, abs=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_every_lead_is_counted_once_with_those_of_its_bin(seed):
    rows = random_rows(rows=400, seed=seed)
    labels = random_labels(rows, seed=seed + 100)
    made = Evidence.of(VIEW, rows, labels)
    for c in range(len(VIEW.names)):
        assert sum(made.columns[c].leads) == 400
        bins = [made.columns[c].bin_of(value) for value in rows[:, c]]
        assert len({b for b, v in zip(bins, rows[:, c], strict=True) if not math.isnan(v)}) <= max(BINS, 4)
        for i in range(0, 400, 37):
            alike = np.array([b == bins[i] for b in bins])
            found = made.about(c, rows[i, c])
            tells = [
                which.sum() >= FEWEST_LEADS and max(labels[which].sum(), which.sum() * labels.mean()) >= FEWEST_WINS
                for which in (alike, ~alike)
            ]
            assert (found is not None) == all(tells)
            if found is not None:
                assert (found.leads, found.won) == (alike.sum(), labels[alike].sum())
                assert (found.others, found.others_won) == ((~alike).sum(), labels[~alike].sum())
                assert found.won_here == pytest.approx(labels[alike].mean())
                assert found.won_elsewhere == pytest.approx(labels[~alike].mean())
                assert all(
                    (found.above is None or value > found.above) and (found.upto is None or value <= found.upto)
                    for value in rows[alike, c]
                )


def test_quantile_bins_hold_about_as_many_leads_each():
    values = np.random.default_rng(3).normal(size=800)
    made = Evidence.of(COUNTS, column(values), values > 0)
    assert all(95 <= n <= 105 for n in made.columns[0].leads[:-1])
    assert made.about(0, 1e9).leads == made.columns[0].leads[-2]
    assert made.about(0, -1e9).leads == made.columns[0].leads[0]


@pytest.mark.parametrize(
    "values",
    [[5.0] * 4, [0.0, 0.0, 1.0, 1.0], [-1.0, 0.0, 1.0, np.nan], [0.0, np.nan, 9.0, 9.0], [-2.0, -1.0, 0.0, 0.0]],
)
def test_bins_of_odd_columns_are_all_in_use(values):
    made = Evidence.of(COUNTS, column(values), np.array([1, 0, 0, 1]))
    assert sum(made.columns[0].leads) == 4
    assert all(made.columns[0].leads[:-1])


def test_what_no_reference_lead_did_has_no_evidence():
    made = Evidence.of(COUNTS, column([0.0] * 40), np.array([1, 0, 0, 1] * 10))
    assert made.about(0, 3.0) is None
    assert Evidence.of(COUNTS, column([np.nan] * 40), np.array([1, 0, 0, 1] * 10)).about(0, 3.0) is None


def weighed(rows):
    luck = np.random.default_rng(9)
    leads = luck.integers(0, 80, len(rows))
    return Evidence.of(VIEW, rows, random_labels(rows, seed=2), luck.uniform(0.1, 7, len(rows)), leads)


def test_stored_and_read_back_is_the_same():
    made = weighed(random_rows(rows=300, seed=1))
    assert Evidence.from_dict(from_text(to_text(made.to_dict(VIEW))), VIEW) == made


def test_what_the_first_releases_stored_is_read_as_leads_that_weigh_one():
    rows = random_rows(rows=300, seed=1)
    made = Evidence.of(VIEW, rows, random_labels(rows, seed=2))
    data = made.to_dict(VIEW) | {"counted": "pairs"}
    del data["weight"], data["weight_won"]
    for entry in data["columns"]:
        del entry["weight"], entry["weight_won"], entry["others"], entry["others_won"]
    assert Evidence.from_dict(from_text(to_text(data)), VIEW) == made


def test_what_later_ones_stored_is_read_without_others_and_stored_again_as_it_was():
    data = weighed(random_rows(rows=300, seed=1)).to_dict(VIEW) | {"counted": "leads"}
    for entry in data["columns"]:
        del entry["others"], entry["others_won"]
    read = Evidence.from_dict(from_text(to_text(data)), VIEW)
    assert all(c.others is None for c in read.columns)
    assert {found.other_share for c in range(len(VIEW.names)) for found in read.of_bins(c) if found} == {None}
    assert to_text(read.to_dict(VIEW)) == to_text(data)


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("weight", lambda column: column["weight"].__setitem__(0, column["weight"][0] + 1)),
        ("weight_won", lambda column: column["weight_won"].__setitem__(0, 1e6)),
        ("leads", lambda column: column.__setitem__("leads", [0] * len(column["leads"]))),
        ("weight", lambda column: column.pop("weight")),
        ("wins", lambda column: column["others_won"].__setitem__(0, 1_000)),
        ("whole", lambda column: column.__setitem__("others", [1] * len(column["others"]))),
    ],
)
def test_counts_that_contradict_each_other_are_refused(key, change):
    data = from_text(to_text(weighed(random_rows(rows=300, seed=1)).to_dict(VIEW)))
    change(data["columns"][3])
    with pytest.raises(ValueError, match=f"{key}|wins|whole"):
        Evidence.from_dict(data, VIEW)


def test_an_unknown_way_of_counting_is_refused():
    data = weighed(random_rows(rows=300, seed=1)).to_dict(VIEW) | {"counted": "stars"}
    with pytest.raises(ValueError, match="stars"):
        Evidence.from_dict(data, VIEW)


def test_rows_of_another_width_are_refused():
    with pytest.raises(ViewMismatch):
        Evidence.of(COUNTS, np.zeros((3, 2)), np.zeros(3))
