"""The findings of an evaluation as sheets: a title, sentences and a table, for the screen and for Markdown alike."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from training.backtest import FIGURES, Backtest
from training.calibration_band import Calibration
from training.evaluate import NAMES
from training.examine import Examination, Tested
from training.intervals import Interval
from training.learning_curve import LearningCurve
from training.maturity import Matured
from training.slices import AGES_OVERLAP, LEAD_AGE, Slice

TEST_FIGURES = ("ROC AUC", "PR AUC", "log loss", "lift at 10 %", "expected / observed")


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One finding."""

    title: str
    sentences: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    picture: str = ""  #: name of the picture that shows it, if any


def sheets(found: Examination, matured: Iterable[Matured] = ()) -> tuple[Sheet, ...]:
    """Every finding in the order of what costs nothing to look at."""
    return (
        *_backtest(found.backtest),
        _test(found.tested),
        _calibration(found.calibration, found.sources),
        _slices(found.slices, found.sources),
        _curve(found.curve),
        *matured_sheets(matured),
        *([Sheet(title="Notes", sentences=found.case.notes)] if found.case.notes else []),
    )


def matured_sheets(matured: Iterable[Matured]) -> list[Sheet]:
    """Expected against realised, one sheet per file of scores."""
    return [_matured(one) for one in matured]


def markdown(title: str, all_sheets: Iterable[Sheet], pictures: Mapping[str, str]) -> str:
    """The sheets as one Markdown page; `pictures` are addresses by name."""
    parts = [f"# {title}"]
    for sheet in all_sheets:
        parts.append(f"## {sheet.title}")
        as_list = sheet.title == "Notes"
        parts += ["\n".join(f"- {s}" for s in sheet.sentences)] if as_list else list(sheet.sentences)
        if sheet.rows:
            head = [_row(sheet.columns), "|" + "---|" * len(sheet.columns)]
            parts.append("\n".join(head + [_row(row) for row in sheet.rows]))
        if sheet.picture in pictures:
            parts.append(f"![{sheet.title}]({pictures[sheet.picture]})")
    return "\n\n".join(parts) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def interval(found: Interval | None, *, digits: int = 3, signed: bool = False) -> str:
    """A figure with its interval, or n/a."""
    if found is None or not math.isfinite(found.value):
        return "n/a"
    form = f"{'+' if signed else ''}z.{digits}f"
    if not math.isfinite(found.low) or found.low == found.high:
        return f"{found.value:{form}}"
    return f"{found.value:{form}} ({found.low:{form}} to {found.high:{form}})"


def _backtest(found: Backtest | None) -> list[Sheet]:
    if found is None:
        said = "The time before the test period has no room for a backtest: only the test period can be judged."
        return [Sheet(title="Backtest", sentences=(said,))]
    heads = tuple(f"{a.origin.words(flat=found.flat)}: {a.test.wins:,} won" for a in found.answered)
    rows = tuple(_backtest_row(found, name) for name in found.draws)
    count = len(found.answered)
    return [
        Sheet(
            title="Backtest: ROC AUC at each origin",
            sentences=(
                f"{count} times trained on the whole past and tested on the next period, a horizon apart; "
                "the test period plays no part. Intervals hold 95 % and draw whole accounts and leads.",
                _standing(found),
                *found.notes,
            ),
            columns=("contestant", *heads, "mean", "both experts are ahead by"),
            rows=rows,
            picture="backtest",
        ),
        Sheet(
            title="Backtest: the mean over origins",
            columns=("contestant", *(name for name in FIGURES if name != "ROC AUC")),
            rows=tuple((NAMES[name], *_means(found, name)) for name in found.draws),
        ),
    ]


def _backtest_row(found: Backtest, name: str) -> tuple[str, ...]:
    each = tuple(_value(found.at(name, i, "ROC AUC")) for i in range(len(found.answered)))
    mean = found.mean(name, "ROC AUC")
    ahead = "" if name == "both" else interval(found.ahead(name), signed=True)
    return (NAMES[name], *each, interval(mean.interval) if mean else "absent at an origin", ahead)


def _means(found: Backtest, name: str) -> list[str]:
    means = [found.mean(name, figure) for figure in FIGURES if figure != "ROC AUC"]
    return [interval(mean.interval) if mean else "n/a" for mean in means]


def _value(found: Interval | None) -> str:
    return "absent" if found is None else f"{found.value:.3f}"


def _standing(found: Backtest) -> str:
    """Where the shipped method stands among the rest."""
    means = {name: found.mean(name, "ROC AUC") for name in found.draws}
    others = {name: mean.value for name, mean in means.items() if mean is not None and name != "both"}
    ours = means.get("both")
    if ours is not None and others.get("linear") == ours.value:
        del others["linear"]  # without trees it is the whole model
    if ours is None or not others:
        return "There is nobody to compare with."
    best = max(others, key=lambda name: others[name])
    if ours.interval.low <= 0.5:
        return f"No skill is shown: the mean ROC AUC {interval(ours.interval)} holds one half."
    word = "ahead of" if ours.value >= others[best] else "behind"
    apart = interval(found.ahead(best), signed=True)
    return (
        f"Both experts together reach {interval(ours.interval)} in the mean, {word} the best of the others, "
        f"{NAMES[best]} ({others[best]:.3f}): the difference is {apart}."
    )


def _test(tested: Tested | None) -> Sheet:
    if tested is None:
        return Sheet(title="Test period", sentences=("It stays closed: nothing of it was looked at.",))
    evaluation = tested.trained.evaluation
    rows = tuple(
        (NAMES[name], *(interval(measured[figure]) for figure in TEST_FIGURES))
        for name, measured in evaluation.measured.items()
    )
    absent = tuple(f"{NAMES[name]}: not in the table, for {why}." for name, why in evaluation.absent.items())
    beside = (evaluation.standing.sentence(),) if evaluation.standing else ()
    return Sheet(
        title="Test period",
        sentences=(tested.opening.sentence(), evaluation.verdict(), *beside, *absent),
        columns=("contestant", *TEST_FIGURES),
        rows=rows,
    )


def _calibration(found: Calibration, sources: str) -> Sheet:
    rows = tuple(
        (
            f"{p.expected:.2%}",
            f"{p.low:.2%} to {p.high:.2%}",
            f"{p.observed:.2%}",
            f"{p.cases:,}",
            "kept" if p.kept else "too much" if p.observed < p.low else "too little",
        )
        for p in found.promises
    )
    return Sheet(
        title="Calibration",
        sentences=(f"On {sources}. {found.verdict()}",),
        columns=("promised", "luck alone gives", "won", "leads or accounts", "promise"),
        rows=rows,
        picture="calibration",
    )


def _slices(found: tuple[Slice, ...], sources: str) -> Sheet:
    judged = [one for one in found if one.auc is not None]
    off = [one for one in judged if one.verdict != "fine"]
    said = f"On {sources}: {len(judged)} slices have enough wins, {len(found) - len(judged)} are too small to judge."
    luck = "" if not off else f" {len(off)} stand out; by luck alone about {len(judged) / 20:.1f} would."
    overlap = (AGES_OVERLAP,) if any(one.field == LEAD_AGE for one in found) else ()
    return Sheet(
        title="Slices",
        sentences=(said + luck, *overlap, *_too_small(found)),
        columns=("field", "value", "pairs", "leads", "won", "ROC AUC", "expected / observed", "verdict"),
        rows=tuple(
            (
                *(one.field, one.value, f"{one.pairs:,}", f"{one.leads:,}", f"{one.wins:,}"),
                *(interval(one.auc), interval(one.expected_over_observed), one.verdict),
            )
            for one in judged
        ),
        picture="slices",
    )


def _too_small(found: tuple[Slice, ...]) -> list[str]:
    """Per field the values with too few wins, each with its wins of leads."""
    small: dict[str, list[str]] = {}
    for one in found:
        if one.auc is None:
            small.setdefault(one.field, []).append(f"{one.value} ({one.wins} of {one.leads:,})")
    return [f"Too small to judge, {field}: {', '.join(values)}." for field, values in small.items()]


def _curve(found: LearningCurve) -> Sheet:
    return Sheet(
        title="Learning curve",
        sentences=(found.sentence(),),
        columns=("training leads", "won", "log loss"),
        rows=tuple((f"{p.share:.0%}", f"{p.wins:,.0f}", interval(p.loss.interval, digits=4)) for p in found.points),
        picture="learning_curve",
    )


def _matured(found: Matured) -> Sheet:
    unknown = (f"{found.unknown:,} scored leads are not in the export any more.",) if found.unknown else ()
    ratio = (f"Expected over realised: {interval(found.ratio)}; ROC AUC {interval(found.auc)}.",) if found.ratio else ()
    return Sheet(
        title=f"Expected against realised: {found.file}",
        sentences=(found.sentence(), *ratio, *unknown),
        columns=("band", "leads", "expected wins", "luck alone gives", "realised", "as promised"),
        rows=tuple(
            (
                *(kept.band, f"{kept.leads:,}", f"{kept.expected:.1f}", f"{kept.low:.0f} to {kept.high:.0f}"),
                *(f"{kept.realised:,}", ("yes" if kept.as_promised else "no") if found.is_mature else "not yet"),
            )
            for kept in (*found.bands, found.total)
        ),
    )
