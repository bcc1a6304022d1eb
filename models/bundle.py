"""The bundle: all that a score needs, in one frozen object. Training makes one, serving uses one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from features.view import View
from models.answers import Answers, answer, margins
from models.arrays import Floats
from models.calibration import Platt
from models.evidence import Evidence
from models.groups import Groups
from models.linear import LinearExpert
from models.policy import ScorePolicy
from models.reference import Reference
from models.trees import TreeExpert


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A trained model with everything that turns its margins into answers and reasons."""

    view: View
    linear: LinearExpert
    trees: TreeExpert | None  #: absent where there were too few wins for them
    calibration: Platt
    policy: ScorePolicy
    evidence: Evidence
    horizon_days: float  #: within which a win counts
    card: Mapping[str, Any] = field(default_factory=dict)  #: what it was trained on and how good it is
    card_text: str = ""  #: the same for people, as Markdown
    reference: Reference | None = None  #: how the leads looked then; bundles of the first releases don't tell
    digest: str = ""  #: "sha256:..." of its manifest, once saved or loaded

    def answer(self, rows: Floats) -> Answers:
        """Answers with contributions for rows of the view, shape (n_pairs, n_columns)."""
        return answer(self.linear, self.trees, self.calibration, rows)

    def log_odds(self, rows: Floats) -> Floats:
        """The same log-odds without contributions: several times faster for many rows."""
        return self.calibration.log_odds(margins(self.linear, self.trees, rows))

    @cached_property
    def groups(self) -> Groups:
        """The fields and event kinds that contributions are summed to."""
        return Groups.of(self.view)
