"""What the leak detector says of one column or kind of event: evidence, weighed, and a verdict.

Each piece of evidence has a weight and a ground. Of several pieces on one ground only the heaviest
counts, so that one fact measured twice is not two facts. A verdict needs the sum; a refusal also
needs figures: words alone, in a name or in values, never refuse.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

REFUSE_FROM = 5  #: weight from which something is refused
SUSPECT_FROM = 2  #: weight from which it is suspicious
FIGURES_FROM = 2  #: of a refusal's weight, what must be figures and not words

Ground = Literal["outcome", "closing", "time", "history", "name", "values", "company", "step", "jump", "note"]
WORDS: tuple[Ground, ...] = ("name", "values")


class Verdict(StrEnum):
    """What to do: keep it out, look at it, or nothing."""

    REFUSE = "refuse"
    SUSPICIOUS = "suspicious"
    KEPT_OUT = "kept_out"  # of a kind of event: suspicious, and no feature is made of it anyhow
    FINE = "fine"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One observation."""

    test: str  #: the name of the test, a stable word
    ground: Ground  #: what kind of fact it is
    weight: int  #: 0 says nothing against, `REFUSE_FROM` is enough alone
    numbers: Mapping[str, float] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)  #: what the sentence names beside numbers
    sentence: str  #: how it could know the outcome, and what to do

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the model card."""
        numbers = {name: round(float(number), 6) for name, number in self.numbers.items()}
        told = {"test": self.test, "weight": self.weight, "numbers": numbers, "words": dict(self.words)}
        return told | {"sentence": self.sentence}


def heaviest(evidence: Iterable[Evidence]) -> dict[Ground, int]:
    """The weight that counts on each ground."""
    found: dict[Ground, int] = {}
    for item in evidence:
        found[item.ground] = max(item.weight, found.get(item.ground, 0))
    return found


def weight_of(evidence: Iterable[Evidence]) -> int:
    """The sum over grounds."""
    return sum(heaviest(evidence).values())


def verdict_of(evidence: Iterable[Evidence]) -> Verdict:
    """Refuse, suspicious or fine."""
    by_ground = heaviest(evidence)
    total = sum(by_ground.values())
    figures = total - sum(by_ground.get(ground, 0) for ground in WORDS)
    if total >= REFUSE_FROM and figures >= FIGURES_FROM:
        return Verdict.REFUSE
    return Verdict.SUSPICIOUS if total >= SUSPECT_FROM else Verdict.FINE
