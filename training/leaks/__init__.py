"""The leak detector: which columns and kinds of events could know the outcome, how, and what to do."""

from training.leaks.find import find_leaks
from training.leaks.report import Finding, Jump, LeakReport
from training.leaks.verdicts import Evidence, Verdict

__all__ = ["Evidence", "Finding", "Jump", "LeakReport", "Verdict", "find_leaks"]
