"""Holds the leak detector against its bars: which columns of the real sets and of simulated companies it names.

usage: python tests/benchmarks/leaks.py [--only NAME ...] [--seeds N] [--text] [--out FILE.json]

The real sets go through `guess` with nothing ignored. Each seed is a simulated company, once with
nothing planted and once with a field filled in after closing (its history taken away), a counter
that runs to today and a stage column; the field with its history is judged as well.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from features.guess import guess
from features.settings import Settings
from features.sources import read_export
from features.tables import Export
from support.planted_leaks import FILLED_AFTER_CLOSING, PLANTED, honest_columns, planted, with_columns
from training.leaks import LeakReport, find_leaks
from training.simulate import simulate

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True, kw_only=True)
class Bar:
    """What must be found in a real set; anything else that is refused is innocent."""

    leaks: frozenset[str]  #: refused, or read as the result
    at_least_suspicious: frozenset[str] = frozenset()
    written_at_closing: frozenset[str] = frozenset()  #: guilty by being there: refused or not
    kinds_with_late_events: bool = False


#: of `maven_crm`: what is joined by the account, which every closed deal has and a third of the open ones
ACCOUNT = frozenset(
    ("account", "sector", "year_established", "revenue", "employees", "office_location", "subsidiary_of")
)

BARS = {
    "x_education": Bar(
        leaks=frozenset(
            {
                *("Tags", "Lead Quality", "Lead Profile", "Last Notable Activity"),
                *("Asymmetrique Activity Index", "Asymmetrique Activity Score"),
                *("Asymmetrique Profile Index", "Asymmetrique Profile Score"),
            }
        ),
        at_least_suspicious=frozenset({"Last Activity"}),
    ),
    "bank_marketing": Bar(leaks=frozenset({"duration"})),
    "edtech365": Bar(leaks=frozenset({"first_plan"}), kinds_with_late_events=True),
    "oulad": Bar(leaks=frozenset({"final_result", "date_unregistration", "closed_at", "outcome"})),
    "maven_crm": Bar(leaks=frozenset({"close_value", "close_date"}), written_at_closing=ACCOUNT),
}


def settings_of(folder: Path) -> Settings:
    """What the data itself suggests, with no column ignored."""
    guessed = guess(folder).settings
    leads = guessed.data.leads.model_copy(update={"ignore": ()})
    return guessed.model_copy(update={"data": guessed.data.model_copy(update={"leads": leads})})


def judge(name: str) -> tuple[dict[str, object], LeakReport]:
    """The figures of one real set."""
    settings, bar = settings_of(SHARED / name), BARS[name]
    export = read_export(SHARED / name, settings)
    started = time.perf_counter()
    report = find_leaks(export, settings)
    took = time.perf_counter() - started
    named = {*report.refused, *report.outcome_columns}
    missed = sorted(bar.leaks - named)
    missed += sorted(bar.at_least_suspicious - named - set(report.suspicious))
    innocent = sorted(set(report.refused) - bar.leaks - bar.at_least_suspicious - bar.written_at_closing)
    late = [
        k for k in report.suspicious_kinds if any(e.test == "events_after_outcome" for e in report.finding(k).evidence)
    ]
    if bar.kinds_with_late_events and not late:
        missed.append("events after the outcome")
    found = {
        "set": name,
        "leads": len(export.leads),
        "seconds": round(took, 2),
        "refused": report.refused,
        "outcome_columns": report.outcome_columns,
        "suspicious": report.suspicious,
        "kinds_with_events_after_the_outcome": late,
        "missed": missed,
        "innocent_refused": innocent,
        "jump": report.jump.to_dict() if report.jump else None,
        "passed": not missed and len(innocent) <= 1,
    }
    return found, report


def refused(export: Export, settings: Settings) -> tuple[str, ...]:
    """Columns and kinds of events that are refused."""
    report = find_leaks(export, settings)
    return (*report.refused, *report.refused_kinds)


def judge_seed(seed: int) -> dict[str, object]:
    """One simulated company, honest and not."""
    honest, leaking = simulate(seed=seed, planted_leak=False), simulate(seed=seed)
    settings = honest.settings
    return {
        "seed": seed,
        "refused_of_none": refused(honest.export, settings),
        "refused_of_honest_columns": refused(
            with_columns(honest.export, honest_columns(honest.export, seed)), settings
        ),
        "missed": sorted(set(PLANTED) - set(refused(planted(leaking.export, seed), settings))),
        "innocent_beside_leaks": sorted(set(refused(planted(leaking.export, seed), settings)) - set(PLANTED)),
        "found_with_history": FILLED_AFTER_CLOSING in refused(leaking.export, settings),
    }


def summary(seeds: list[dict[str, object]]) -> dict[str, object]:
    """Counts over all seeds, against the bars."""
    count = len(seeds)
    found = {
        "seeds": count,
        "all_planted_found": sum(not s["missed"] for s in seeds),
        "nothing_refused_of_none": sum(not s["refused_of_none"] for s in seeds),
        "nothing_refused_of_honest_columns": sum(not s["refused_of_honest_columns"] for s in seeds),
        "nothing_innocent_refused_beside_leaks": sum(not s["innocent_beside_leaks"] for s in seeds),
        "found_with_history": sum(bool(s["found_with_history"]) for s in seeds),
    }
    passed = found["all_planted_found"] == count and found["nothing_refused_of_none"] >= 0.96 * count
    return {**found, "passed": passed}


def main() -> int:
    """Judge every set; exit code 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[*BARS, "simulator"])
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--text", action="store_true", help="print the whole report of each real set")
    parser.add_argument("--out", type=Path)
    wanted, say = parser.parse_args(), Console(width=160, highlight=False)
    results: list[dict[str, object]] = []
    for name in BARS:
        if name in wanted.only and not (SHARED / name).is_dir():
            say.print(f"{name}: not beside the project (looked in ../shared/data); left out")
        elif name in wanted.only:
            found, report = judge(name)
            results.append(found)
            say.print(found)
            if wanted.text:
                say.print(report.render(), markup=False)
    if "simulator" in wanted.only:
        seeds = []
        for seed in range(1, wanted.seeds + 1):
            seeds.append(judge_seed(seed))
            say.print(seeds[-1])
        results.append(summary(seeds))
        say.print(results[-1])
    if wanted.out:
        wanted.out.write_text(json.dumps(results, indent=2), encoding="utf-8")
    return 0 if all(result["passed"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
