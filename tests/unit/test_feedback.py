"""What sales said of a lead, and what that does to its label: each reason by itself, many leads against plain loops."""

from dataclasses import replace

import numpy as np
import pytest

from features.clock import days
from features.errors import NotEnoughData
from features.rows import build_rows
from features.settings import parse_settings
from features.verdicts import TREATMENTS, Rejection, Treatment, rejection_of
from support.exports import export_of, moment
from support.random_exports import random_export, random_pairs, random_view
from support.text_tables import rows_of
from training.card_method import feedback_text
from training.cohort import cohort
from training.feedback import Rejected, resolved_at
from training.outcomes import OPEN, labels

HORIZON = 30
SETTINGS = parse_settings(
    f"outcome = {{horizon_days = {HORIZON}}}\ncohort = {{every_days = 10, pairs_per_lead = 1000}}"
)
END = "2026-07-01"

# A lead of 1 January, turned down on 11 April; looked at every ten days, labels known up to 1 June: sixteen moments,
# of which seven have their horizon before the rejection, three reach across it, and six follow it.
TREATED = """
    reason                | moments | won | treatment
    not_our_profile       | 16      | 0   | negative
    no_intent             | 16      | 0   | negative
    competitor            | 16      | 0   | negative
    student_or_job_seeker | 16      | 0   | negative
    bad_timing            | 7       | 0   | censored
    bad_data              | 0       | 0   | left_out
    duplicate             | 0       | 0   | left_out
    other                 | 16      | 0   | as_it_ended
    no budget             | 16      | 0   | as_it_ended
    Bad-Timing            | 7       | 0   | censored
"""


def company(*told: tuple[str, str, str | None], lead: str = "a"):
    """One lead of which this was told, beside one that was lost."""
    outcomes = [{"lead_id": lead, "kind": k, "happened_at": at, "reason": why} for k, at, why in told]
    lost = {"lead_id": "z", "kind": "closed_lost", "happened_at": "2026-01-06"}
    return export_of(
        leads=[{"lead_id": name, "created_at": "2026-01-01"} for name in (lead, "z")],
        outcomes=[*outcomes, lost],
        data_end=END,
    )


def learned(export, settings=SETTINGS) -> tuple[int, int, list[dict]]:
    """(moments of the first lead, how many of them are won, what the card would say)."""
    try:
        found = cohort(export, settings)
    except NotEnoughData:
        return 0, 0, []
    mine = found.pairs.take(found.pairs.lead == 0)
    won = labels(export, mine.lead, mine.as_of, days(settings.outcome.horizon_days))
    return len(mine), int(won.sum()), [one.to_dict() for one in found.treated]


@pytest.mark.parametrize("row", rows_of(TREATED), ids=lambda row: row["reason"])
def test_each_reason_has_its_treatment(row):
    export = company(("sales_rejected", "2026-04-11", row["reason"]))
    moments, won, told = learned(export)
    assert (moments, won) == (int(row["moments"]), int(row["won"]))
    assert rejection_of(row["reason"]) in TREATMENTS
    assert TREATMENTS[rejection_of(row["reason"])].value == row["treatment"]
    if told:
        (card,) = told
        assert card["treatment"] == row["treatment"]
        assert (card["leads"], card["pairs_out"]) == (1, 16 - int(row["moments"]))


def test_every_reason_that_sales_can_give_has_one():
    assert set(TREATMENTS) == set(Rejection)
    assert set(TREATMENTS.values()) == set(Treatment)


@pytest.mark.parametrize("reason", list(Rejection))
def test_a_lead_that_was_rejected_and_won_later_stays_won(reason):
    told = ("sales_rejected", "2026-04-11", reason.value), ("closed_won", "2026-05-20", None)
    without = company(told[1])
    assert learned(company(*told))[:2] == learned(without)[:2] == (14, 3)
    assert learned(company(*told))[2] == []


def test_what_sales_says_later_outweighs_what_it_said_before():
    first = ("sales_rejected", "2026-03-01", "bad_data")
    assert learned(company(first, ("sales_accepted", "2026-04-01", None)))[:2] == (16, 0)
    assert learned(company(first, ("sales_rejected", "2026-04-11", "bad_timing")))[:2] == (7, 0)
    assert learned(company(("sales_accepted", "2026-02-01", None), first))[:2] == (0, 0)


def test_a_lead_that_was_lost_after_not_now_is_lost_but_bad_data_stay_out():
    lost = ("closed_lost", "2026-05-20", None)
    assert learned(company(("sales_rejected", "2026-04-11", "bad_timing"), lost))[:2] == (14, 0)
    assert learned(company(("sales_rejected", "2026-04-11", "bad_data"), lost))[:2] == (0, 0)


def test_what_became_of_a_lead_is_known_when_sales_turned_it_down_for_good():
    def known(reason):
        return resolved_at(company(("sales_rejected", "2026-04-11", reason)))[0]

    assert known("competitor") == moment("2026-04-11")
    assert {known(r.value) for r in Rejection if TREATMENTS[r] is not Treatment.NEGATIVE} == {OPEN}


def slow_out(export, pairs, horizon) -> list[bool]:
    """Whether each pair goes, lead by lead."""
    rows = [tuple(row) for row in export.outcomes[["lead", "kind", "happened_at", "reason"]].itertuples(index=False)]
    out = []
    for lead, as_of in zip(pairs.lead.tolist(), pairs.as_of.tolist(), strict=True):
        own = sorted((row for row in rows if row[0] == lead), key=lambda row: row[2])
        said = [row for row in own if row[1].startswith("sales")]
        kinds = {row[1] for row in own}
        if not said or said[-1][1] == "sales_accepted" or "closed_won" in kinds:
            out.append(False)
        elif said[-1][3] in ("bad_data", "duplicate"):
            out.append(True)
        else:
            now_now = said[-1][3] == "bad_timing" and "closed_lost" not in kinds
            out.append(now_now and as_of + horizon >= said[-1][2])
    return out


def random_company(seed: int, leads: int = 80):
    luck = np.random.default_rng(seed)
    start = moment("2025-06-01")
    created = start + luck.integers(0, 200, leads) * days(1)
    told = []
    for lead, at in enumerate(created.tolist()):
        for _ in range(luck.integers(0, 3)):
            accepted = luck.random() < 0.3
            kind, reason = ("sales_accepted", None) if accepted else ("sales_rejected", luck.choice(list(Rejection)))
            told.append((lead, kind, at + int(luck.integers(1, days(150))), reason))
        if luck.random() < 0.4:
            kind = str(luck.choice(["closed_won", "closed_lost"]))
            told.append((lead, kind, at + int(luck.integers(1, days(200))), None))
    return export_of(
        leads=[{"lead_id": str(i), "created_at": at} for i, at in enumerate(created.tolist())],
        outcomes=[{"lead_id": str(x), "kind": k, "happened_at": at, "reason": r} for x, k, at, r in told],
        data_end=END,
    )


@pytest.mark.parametrize("seed", range(6))
def test_many_leads_are_treated_as_plain_loops_say(seed):
    export = random_company(seed)
    silent = replace(export, outcomes=export.outcomes[~export.outcomes["kind"].str.startswith("sales")])
    everything, found = cohort(silent, SETTINGS), cohort(export, SETTINGS)
    out = np.array(slow_out(export, everything.pairs, days(HORIZON)))

    assert found.pairs.lead.tolist() == everything.pairs.lead[~out].tolist()
    assert found.pairs.as_of.tolist() == everything.pairs.as_of[~out].tolist()
    assert sum(one.pairs_out for one in found.treated) == out.sum() > 0
    assert sum(one.leads for one in found.treated) == len(Rejected.of(export).lead)
    horizon = days(HORIZON)
    before = labels(silent, found.pairs.lead, found.pairs.as_of, horizon)
    assert labels(export, found.pairs.lead, found.pairs.as_of, horizon).tolist() == before.tolist()

    won = labels(silent, everything.pairs.lead, everything.pairs.as_of, horizon) == 1
    assert found.weight[before == 1].tolist() == everything.weight[won].tolist(), "who was won counts as before"
    assert found.weight[before == 0].sum() == pytest.approx(everything.weight[~won].sum()), "wins are as frequent"
    apart = found.weight[before == 0] / everything.weight[~out & ~won]
    assert apart == pytest.approx(apart[0])


def test_no_verdict_is_ever_a_feature():
    export = random_export(11, leads=40)
    verdicts = [("sales_rejected", "no_intent"), ("sales_accepted", None)] * 20
    said = export_of(
        leads=[{"lead_id": str(i)} for i in range(40)],
        outcomes=[
            {"lead_id": str(i), "kind": kind, "happened_at": export.data_end - days(30), "reason": reason}
            for i, (kind, reason) in enumerate(verdicts)
        ],
    )
    told = replace(export, outcomes=said.outcomes)
    pairs = random_pairs(12, export, count=300)
    np.testing.assert_array_equal(build_rows(random_view(), export, pairs), build_rows(random_view(), told, pairs))


def test_the_card_says_how_many_leads_were_treated_how():
    told = [one.to_dict() for one in cohort(random_company(1), SETTINGS).treated]
    text = "\n".join(feedback_text({"feedback": told}))
    assert "| bad_timing | no label from then on |" in text
    assert "never a feature" in text
    assert feedback_text({}) == feedback_text({"feedback": []}) == []
