"""Whether something simpler does as well: the model against the best of its rivals, resample by resample."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.intervals import Draws, Interval

#: what is compared, and whether more of it is better
COMPARED: Mapping[str, int] = {"ROC AUC": 1, "log loss": -1}


@dataclass(frozen=True, kw_only=True)
class Rival:
    """The best rival in one figure."""

    figure: str
    name: str  #: of the rival, in words
    ours: float
    theirs: float
    ahead: Interval  #: by how much the model is better; below 0 it is behind

    def sentence(self) -> str:
        """Who is ahead, by how much, and whether luck explains it."""
        known = self.ahead.low > 0 or self.ahead.high < 0
        luck = "which luck does not explain" if known else "which luck may explain"
        if self.ahead.value == 0:
            return f"in {self.figure} it is level with {self.name} ({self.ours:.4f})"
        if self.ahead.value > 0:
            apart = self.ahead
            told = f"it is ahead of {self.name} ({self.ours:.4f} against {self.theirs:.4f})"
        else:
            apart = Interval(low=-self.ahead.high, value=-self.ahead.value, high=-self.ahead.low)
            told = f"{self.name} is ahead of it ({self.theirs:.4f} against {self.ours:.4f})"
        return f"in {self.figure} {told} by {apart.value:z.4f} ({apart.low:+z.4f} to {apart.high:+z.4f}), {luck}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "figure": self.figure,
            "rival": self.name,
            "ours": self.ours,
            "theirs": self.theirs,
            "ahead": self.ahead.to_dict(),
        }


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The model among its rivals on one period."""

    rivals: tuple[Rival, ...]  #: the best of them, by figure
    of: int  #: how many there were

    @property
    def is_beaten(self) -> bool:
        """Whether some rival is shown to be better."""
        return any(rival.ahead.high < 0 for rival in self.rivals)

    def sentence(self) -> str:
        """For a person."""
        told = "; ".join(rival.sentence() for rival in self.rivals)
        advice = " Something simpler is shown to be better here: look into why before you use it." * self.is_beaten
        chosen = f"The best of {self.of} rivals was picked on these same leads, which flatters it."
        return f"Against the best rival: {told}. {chosen}{advice}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the card."""
        return {
            "sentence": self.sentence(),
            "beaten": self.is_beaten,
            "rivals": self.of,
            "best": [rival.to_dict() for rival in self.rivals],
        }


def standing(ours: Mapping[str, Draws], rivals: Mapping[str, Mapping[str, Draws]]) -> Standing | None:
    """The model against the best of its rivals (by name in words) in each figure; None where there is no rival.

    All draws come from equal seeds and groups, so that what is hard for both cancels.
    """
    found = [_best(figure, sign, ours[figure], rivals) for figure, sign in COMPARED.items()] if rivals else []
    return Standing(rivals=tuple(found), of=len(rivals)) if found else None


def _best(figure: str, sign: int, ours: Draws, rivals: Mapping[str, Mapping[str, Draws]]) -> Rival:
    name = max(rivals, key=lambda rival: sign * rivals[rival][figure].value)
    theirs = rivals[name][figure]
    ahead = (ours - theirs if sign > 0 else theirs - ours).interval
    return Rival(figure=figure, name=name, ours=ours.value, theirs=theirs.value, ahead=ahead)
