"""The ladder of small data: how much a company's wins allow, why, and what would allow more."""

from dataclasses import dataclass
from typing import Any, Literal

from features.settings import Settings
from training.splits import MIN_WINS

Name = Literal["points", "few", "enough"]
STEPS: tuple[Name, ...] = ("points", "few", "enough")


@dataclass(frozen=True, kw_only=True)
class Rung:
    """Where a model stands."""

    name: Name
    why: str  #: a sentence
    up: str | None  #: what would move it up; None on the highest rung

    @property
    def sentence(self) -> str:
        """Rung, reason, and the way up, for a person."""
        head = f"Rung {STEPS.index(self.name) + 1} of {len(STEPS)}, {self.name}: {self.why}"
        return f"{head} {self.up}" if self.up else head

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the model card."""
        return {"name": self.name, "step": STEPS.index(self.name) + 1, "of": len(STEPS), "why": self.why, "up": self.up}


def rung_of(won: int, settings: Settings) -> Rung:
    """The rung of a model that learned from so many won leads."""
    trees, promoted = settings.model.min_wins_for_trees, settings.gate.min_won_leads
    if won >= max(trees, promoted):
        return Rung(name="enough", why=f"{won:,} won leads to learn from; both experts take part.", up=None)
    prior = settings.model.prior
    both = won >= trees
    how = "both experts learn" if both else "only the logistic expert learns"
    held = "" if both else f", held by hand-made points that count for {1 - prior.learned_share(won):.0%}"
    return Rung(
        name="few",
        why=f"{won:,} won leads to learn from; {how}{held}. The model is experimental.",
        up=f"{max(trees, promoted) - won:,} more won leads in the training period move it up.",
    )


def points_rung(reason: str) -> Rung:
    """The lowest rung, and why nothing could be learned."""
    return Rung(
        name="points",
        why=f"nothing can be learned yet ({reason.rstrip('.')}); hand-made points answer. The model is experimental.",
        up=f"{MIN_WINS} won and {MIN_WINS} other leads in the training period, and as many later ones to test on, "
        "move it up.",
    )
