"""Looks at every column and kind of event of an export, and says what could know the outcome."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from features.settings import Settings
from features.tables import Export
from training.leaks.case import Case
from training.leaks.closing import closing
from training.leaks.combination import Contest, jump_of, jumps
from training.leaks.counters import counters
from training.leaks.dates import dates
from training.leaks.decisive_value import decisive_value
from training.leaks.event_kinds import event_kinds
from training.leaks.fates import FEWEST
from training.leaks.fields import Field
from training.leaks.filled_together import beside_refused, groups, in_company, inside_refused
from training.leaks.history import history
from training.leaks.identifiers import identifiers
from training.leaks.judging_values import judging_values
from training.leaks.label_copies import label_copies
from training.leaks.missing_words import missing_words
from training.leaks.names import names
from training.leaks.presence import presence
from training.leaks.report import Finding, Jump, LeakReport
from training.leaks.result_columns import result_columns
from training.leaks.row_order import row_order
from training.leaks.verdicts import REFUSE_FROM, SUSPECT_FROM, WORDS, Evidence, Verdict, verdict_of, weight_of

Test = Callable[[Field, Case], Iterator[Evidence]]

TESTS: tuple[Test, ...] = (
    presence,
    decisive_value,
    label_copies,
    closing,
    counters,
    dates,
    identifiers,
    names,
    judging_values,
    missing_words,
)
#: of a field with a history: what a model reads was known in time, however telling it is
TESTS_WITH_HISTORY: tuple[Test, ...] = (history, missing_words)

Collected = dict[str, list[Evidence]]


def find_leaks(export: Export, settings: Settings, *, keep: Iterable[str] = ()) -> LeakReport:
    """A verdict for every column and kind of event, with its evidence.

    Columns that `keep`, or `keep` in the settings, name are judged like all others; the report
    keeps them out of `refused` and lists them as `kept`. Equal input and `settings.model.seed`
    give an equal report.
    """
    case = Case.of(export, settings)
    fields = [Field.of(name, export, settings, case.fates) for name in export.attributes]
    found = {f.name: _evidence(f, case) for f in fields}
    groups_ = groups(fields, case)
    together = {name: group for group in groups_ for name in group}
    for field in fields:
        found[field.name] += in_company(together.get(field.name, ()), field)
    contest = Contest.of(fields, case) if case.outcome_tells else None
    if contest is not None:
        _add_jumps(contest, found)
    _add_neighbours(found, together)
    _add_insiders(found, fields)
    columns = [Finding.of(f.name, "column", found[f.name]) for f in fields]
    return LeakReport(
        findings=(*columns, *event_kinds(case), *result_columns(case)),
        keep=frozenset(keep) | frozenset(settings.data.leads.keep),
        jump=None if contest is None else _jump(contest, columns),
        notes=(*_untested(case), *row_order(case)),
    )


def _evidence(field: Field, case: Case) -> list[Evidence]:
    tests = TESTS_WITH_HISTORY if field.tracked else TESTS
    return [item for test in tests for item in test(field, case)]


def _add_jumps(contest: Contest, found: Collected) -> None:
    """The combination check on columns whose name or values read like a verdict."""
    fine = [name for name, evidence in found.items() if weight_of(evidence) < SUSPECT_FROM]
    accused = [name for name, evidence in found.items() if name not in fine and _suspected_by_words(evidence)]
    accused.sort(key=lambda name: verdict_of(found[name]) == Verdict.REFUSE)
    for name, evidence in jumps(contest, fine, accused).items():
        found[name].append(evidence)


def _suspected_by_words(evidence: Sequence[Evidence]) -> bool:
    return any(item.ground in WORDS and item.weight for item in evidence)


def _add_neighbours(found: Collected, together: Mapping[str, tuple[str, ...]]) -> None:
    refused = {name: verdict_of(evidence) == Verdict.REFUSE for name, evidence in found.items()}
    for name, group in together.items():
        found[name] += beside_refused(group, refused, name)


def _add_insiders(found: Collected, fields: Sequence[Field]) -> None:
    """Columns that are filled in more often for closed leads, and only where a column written at closing is."""
    late = {f.name for f in fields if _weight_at_closing(found[f.name]) >= REFUSE_FROM}
    culprits = [f for f in fields if f.name in late]
    for field in fields:
        if field.name not in late and _weight_at_closing(found[field.name]):
            found[field.name] += inside_refused(field, culprits)


def _weight_at_closing(evidence: Sequence[Evidence]) -> int:
    return max((item.weight for item in evidence if item.test == "filled_at_closing"), default=0)


def _jump(contest: Contest, columns: Sequence[Finding]) -> Jump:
    by_verdict = {v: [f.name for f in columns if f.verdict == v] for v in Verdict}
    return jump_of(contest, by_verdict[Verdict.FINE], by_verdict[Verdict.SUSPICIOUS], by_verdict[Verdict.REFUSE])


def _untested(case: Case) -> Iterator[str]:
    """What the export can't answer."""
    if not case.outcome_tells:
        yield (
            f"Fewer than {FEWEST} won, or fewer than {FEWEST} other decided leads: columns could not be tested "
            "against the result."
        )
    if case.export.flat:
        yield (
            "The export has no times: nothing can show when a column was filled in. Verdicts rest on figures about "
            "the result, on which columns are filled in together, and on names."
        )
    elif not case.closing_tells:
        yield f"Fewer than {FEWEST} lost or open leads: what closing does to a field could not be seen."
