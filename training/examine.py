"""Everything that `ripeness evaluate` finds out: backtest, test period, slices, calibration, learning curve."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from features.errors import NotEnoughData
from features.settings import Settings
from features.tables import Export
from models.files import save
from training.backtest import Backtest, backtest
from training.calibration_band import Calibration
from training.dataset import Dataset, together
from training.fit import with_strength
from training.learning_curve import LearningCurve, learning_curve
from training.metrics import Ranked
from training.openings import Look, Opening
from training.origins import before_the_test
from training.points_rules import PointsRules
from training.prepare import Prepared, prepare
from training.slices import Slice, slices
from training.train import Trained, rules_for, train

Floats = npt.NDArray[np.float64]
Progress = Callable[[str], None]
Open = Callable[[Look], Opening]


@dataclass(frozen=True, kw_only=True)
class Case:
    """An export made ready as `train` makes it ready, and the company's own rules."""

    ready: Prepared
    rules: PointsRules | None

    @property
    def settings(self) -> Settings:
        """What the company decided."""
        return self.ready.settings

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know about the data."""
        return (*self.ready.notes, *(self.rules.notes if self.rules else ()))


@dataclass(frozen=True, kw_only=True)
class Tested:
    """The test period, opened: what a training of today's settings reaches there."""

    trained: Trained
    opening: Opening


@dataclass(frozen=True, kw_only=True)
class Examination:
    """All findings about a method on one company's past."""

    case: Case
    backtest: Backtest | None
    tested: Tested | None  #: None while the test period stays closed
    slices: tuple[Slice, ...]
    calibration: Calibration
    curve: LearningCurve

    @cached_property
    def later(self) -> tuple[Dataset, Floats]:
        """All pairs that were answered by models of their past, and the answers."""
        return _later(self.backtest, self.tested)

    @cached_property
    def sources(self) -> str:
        """Where those pairs are from, in words."""
        parts = [*(["the backtest"] if self.backtest else []), *(["the test period"] if self.tested else [])]
        pairs = self.later[0]
        return f"{len(pairs):,} pairs of {len(np.unique(pairs.lead)):,} leads from {' and '.join(parts)}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for a card or for another program."""
        return {
            "company": self.case.settings.company.name,
            "horizon_days": self.case.settings.outcome.horizon_days,
            "backtest": self.backtest.to_dict() if self.backtest else None,
            "test": self.tested.trained.evaluation.card() if self.tested else None,
            "opening": self.tested.opening.to_dict() if self.tested else None,
            "slices": [one.to_dict() for one in self.slices],
            "calibration": self.calibration.to_dict(),
            "learning_curve": self.curve.to_dict(),
            "notes": list(self.case.notes),
        }


def examine(
    export: Export,
    settings: Settings,
    *,
    open_test: Open | None,
    dataset: str,
    points_file: Path | None = None,
    origins: int | None = None,
    progress: Progress = lambda _: None,
) -> Examination:
    """Find out how good the method is on this export.

    `open_test` writes an opening of the test period down before any figure of it is seen; without it
    the period stays closed. `dataset` is the digest of the export's files.

    Raises:
        NotEnoughData: too short a history or too few wins for a backtest, and the test period stays closed.
    """
    case = _case(export, settings, points_file, progress)
    tested_back = _backtest(case, origins or settings.evaluation.origins, progress)
    if tested_back is None and open_test is None:
        raise NotEnoughData(
            "the time before the test period has no room for a backtest (training, a horizon, a period to test on, "
            "ten wins in each); let the test period be opened, bring a longer history, or choose a shorter horizon_days"
        )
    tested = _open(case, export, dataset, points_file, open_test, progress) if open_test else None
    test, log_odds = _later(tested_back, tested)
    progress("judging slices and calibration")
    return Examination(
        case=case,
        backtest=tested_back,
        tested=tested,
        slices=slices(case.ready.export, settings, test, log_odds),
        calibration=Calibration.of(Ranked.of(test.label, log_odds, test.weight), test.group),
        curve=_curve(tested_back, tested, settings, progress),
    )


def _backtest(case: Case, wanted: int, progress: Progress) -> Backtest | None:
    ready = case.ready
    return backtest(
        ready.export,
        ready.settings,
        ready.chosen,
        ready.label,
        until=before_the_test(ready.parts.periods),
        wanted=wanted,
        count_points=case.rules.count if case.rules else None,
        progress=progress,
    )


def _case(export: Export, settings: Settings, points_file: Path | None, progress: Progress) -> Case:
    ready = prepare(export, settings, progress)
    rules = rules_for(ready, points_file)
    return Case(ready=ready, rules=rules)


def _open(
    case: Case, export: Export, dataset: str, points_file: Path | None, open_test: Open, progress: Progress
) -> Tested:
    """Train as `ripeness train` does; the look is written down before anybody sees its figures."""
    progress("training for the test period")
    trained = train(export, case.settings, ready=case.ready, points_file=points_file, progress=progress)
    return Tested(trained=trained, opening=open_test(look_of(trained, export, case.settings, dataset, "evaluate")))


def look_of(trained: Trained, export: Export, settings: Settings, dataset: str, purpose: str) -> Look:
    """What a training looked at: its test period, and by which bundle."""
    with TemporaryDirectory() as scratch:
        digest = save(trained.bundle, Path(scratch) / "bundle", trained.golden_rows)
    return Look(
        company=settings.company.name,
        dataset=dataset,
        test_after=int(trained.test.as_of.min()) - 1,
        test_until=int(trained.test.as_of.max()),
        flat=export.flat,
        bundle=digest,
        purpose=purpose,
    )


def _later(tested_back: Backtest | None, tested: Tested | None) -> tuple[Dataset, Floats]:
    parts = [tested_back.pooled()] if tested_back else []
    parts += [(tested.trained.test, tested.trained.evaluation.log_odds["both"])] if tested else []
    return together([pairs for pairs, _ in parts]), np.concatenate([log_odds for _, log_odds in parts])


def _curve(
    tested_back: Backtest | None, tested: Tested | None, settings: Settings, progress: Progress
) -> LearningCurve:
    """Drawn where it costs no look at the test period, if there is room for that."""
    if tested_back is not None:
        last = tested_back.answered[-1]
        return learning_curve(last.view, last.train, last.calibrate, last.test, last.model, progress)
    if tested is None:
        raise NotEnoughData("neither a backtest nor a test period to draw a learning curve on; bring more history")
    t = tested.trained
    model = with_strength(t.bundle.view, t.train, settings.model)
    return learning_curve(t.bundle.view, t.train, t.calibrate, t.test, model, progress)
