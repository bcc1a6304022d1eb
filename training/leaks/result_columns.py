"""Columns and kinds of events that are read as the outcome, and therefore never as a feature."""

from collections.abc import Iterator, Mapping

from training.leaks.case import Case
from training.leaks.report import Finding
from training.leaks.verdicts import Evidence, Verdict

KEYS = ("result", "closed_won_at", "closed_lost_at", "closed_at")


def result_columns(case: Case) -> Iterator[Finding]:
    """One finding for each, so that the report is complete."""
    leads = case.settings.data.leads
    named = {key: getattr(leads, key) for key in KEYS if getattr(leads, key) is not None}
    for key, name in named.items():
        said = f"The settings name it as {key}: it is the outcome, and no feature is made of it."
        yield _finding(name, said, {"key": key})
    for kind in case.export.outcomes["kind"].unique():
        if not (named and kind in ("closed_won", "closed_lost")):
            yield _finding(str(kind), "Events of this kind are the outcome, and no feature is made of them.", {})


def _finding(name: str, sentence: str, words: Mapping[str, str]) -> Finding:
    evidence = Evidence(test="named_as_result", ground="outcome", weight=5, words=words, sentence=sentence)
    return Finding(name=name, what="result", verdict=Verdict.REFUSE, evidence=(evidence,))
