"""Every look at a test period is written down, for a period that was looked at often tells nothing new.

One line of JSON per opening in the home folder (`openings.jsonl`): beside the registry, readable
without it, and only ever appended to. A deleted MLflow run would take the memory of its look along.
What counts is how many *different* models were judged on a period: asking again about the same
bundle teaches nobody anything.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from features.clock import iso, to_micros
from features.errors import UnreadableFile

FILE = "openings.jsonl"
SAME_SHARE = 0.5  #: of the shorter period, from which on two of them count as the same


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is looked at, and by whom."""

    company: str
    dataset: str  #: digest of the export's files
    test_after: int  #: bounds on `as_of` of the pairs (row numbers of a flat export)
    test_until: int
    flat: bool
    bundle: str  #: digest of the model that is judged
    purpose: str  #: the command
    at_the_gate: bool = False  #: the recent leads on which two models were compared, not a test period

    def same_period(self, other: "Look") -> bool:
        """Whether both look at the same leads: the same company's, in periods that mostly overlap."""
        if (self.company, self.flat) != (other.company, other.flat):
            return False
        both = min(self.test_until, other.test_until) - max(self.test_after, other.test_after)
        shorter = min(self.test_until - self.test_after, other.test_until - other.test_after)
        return both > SAME_SHARE * shorter

    @property
    def period(self) -> str:
        """The period in words."""
        if self.flat:
            return f"rows {self.test_after + 2:,} to {self.test_until + 1:,}"
        return f"{iso(self.test_after + 1)[:10]} to {iso(self.test_until)[:10]}"


@dataclass(frozen=True, kw_only=True)
class Opening:
    """One look, and how many came before."""

    look: Look
    opened_at: int
    number: int  #: of this opening of the period, from 1
    models: int  #: different bundles judged on the period, this one included
    first_at: int  #: when the period was opened for the first time

    def sentence(self) -> str:
        """What a reader must know of it."""
        what = "Recent leads of the gate" if self.look.at_the_gate else "Test period"
        opened = f"{what}, {self.look.period}: opening number {self.number}"
        if self.number == 1:
            return f"{opened}. Nobody had looked at it; its figures are honest for this one decision."
        if self.models == 1:
            return (
                f"{opened} (first on {iso(self.first_at)[:10]}), each time for the same model: nothing new is learned."
            )
        if self.look.at_the_gate:
            return (
                f"{opened} (first on {iso(self.first_at)[:10]}), by {self.models} different models. The more are tried "
                "on the same leads, the sooner a lucky one passes."
            )
        return (
            f"{opened} (first on {iso(self.first_at)[:10]}), by {self.models} different models. Whoever chooses among "
            "them by these figures chooses by luck as well: decide by the backtest, or wait for newer leads."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for a card or a report."""
        return {
            "number": self.number,
            "models": self.models,
            "period": self.look.period,
            "opened_at": iso(self.opened_at),
            "first_opened_at": iso(self.first_at),
            "dataset": self.look.dataset,
            "bundle": self.look.bundle,
            "sentence": self.sentence(),
        }


def record_opening(home: Path, look: Look, now: datetime) -> Opening:
    """Write the look down before its figures are shown, and tell how many came before.

    Raises:
        UnreadableFile: the record is damaged or can't be written.
    """
    before = earlier(home, look)
    opened_at = to_micros(now)
    home.mkdir(parents=True, exist_ok=True)
    path = home / FILE
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"opened_at": iso(opened_at)} | asdict(look), sort_keys=True) + "\n")
    except OSError as error:
        raise UnreadableFile(
            f"{path}: {error.strerror}; the test period stays closed until it can be written"
        ) from error
    return _opening(look, opened_at, before)


def earlier(home: Path, look: Look) -> tuple[tuple[int, Look], ...]:
    """When and by whom the same period was opened before, in the order of the record.

    Raises:
        UnreadableFile: a line of the record is no opening.
    """
    path = home / FILE
    if not path.exists():
        return ()
    lines = path.read_text(encoding="utf-8").splitlines()
    looks = [_read(path, i, line) for i, line in enumerate(lines, start=1) if line.strip()]
    return tuple((at, other) for at, other in looks if look.same_period(other))


def _opening(look: Look, opened_at: int, before: tuple[tuple[int, Look], ...]) -> Opening:
    return Opening(
        look=look,
        opened_at=opened_at,
        number=len(before) + 1,
        models=len({other.bundle for _, other in before} | {look.bundle}),
        first_at=min([at for at, _ in before], default=opened_at),
    )


def _read(path: Path, number: int, line: str) -> tuple[int, Look]:
    try:
        stored: Mapping[str, Any] = json.loads(line)
        at = to_micros(datetime.fromisoformat(stored["opened_at"]))
        return at, Look(**{key: value for key, value in stored.items() if key != "opened_at"})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableFile(
            f"{path}, line {number} is no record of an opening ({error}); restore the file from a copy"
        ) from error
