"""What the leads looked like that a bundle was made on: per column how many fell into each bin.

Whoever scores later leads counts them in the same bins, and so can tell whether the world moved.
Counts are of different leads at one moment each; nothing in here names a lead.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from features.definitions import Definition
from features.view import View
from models.answers import Answers
from models.arrays import Floats
from models.evidence import Evidence
from models.plain import count, counts, fields, listed, number, numbers

Bins = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

DECILES = np.linspace(0, 1, 11)[1:-1]
DECIMALS = 9  #: of stored log-odds
UNLISTED, MISSING = -2, -1  #: bins of a column of categories, counted from the end; the last is missing for numbers too


@dataclass(frozen=True, kw_only=True)
class Binned:
    """Reference leads per bin of one column.

    Numbers fall in (-inf, edges[0]], (edges[0], edges[1]] ... (edges[-1], inf), then missing. Categories
    have no edges and a bin per code, then values that the view doesn't list, then missing.
    """

    edges: tuple[float, ...] | None
    leads: tuple[int, ...]
    contribution: float  #: log-odds that the column added, the mean over the reference leads
    usual: float = 0.0  #: the largest PSI of the leads of one moment of the reference period against all

    @classmethod
    def of(cls, edges: tuple[float, ...] | None, codes: int, values: Floats, unlisted: Mask, added: Floats) -> "Binned":
        """Count `values` (n_leads,); `unlisted` marks those that are missing only because the view lacks them."""
        empty = cls(edges=edges, leads=(0,) * (len(edges) + 2 if edges is not None else codes + 2), contribution=0)
        counted = np.bincount(empty.bins_of(values, unlisted), minlength=len(empty.leads))
        mean = round(float(added.mean()), DECIMALS) if len(added) else 0.0
        return cls(edges=edges, leads=tuple(counted.tolist()), contribution=mean)

    @classmethod
    def from_dict(cls, data: object, codes: int | None, leads: int) -> "Binned":
        """One column of `reference.json`; `codes` is how many categories it has, None for numbers.

        Raises:
            ValueError: the data is not of that form, or counts other leads than `leads`.
        """
        stored = fields(data, "name", "edges", "leads", "contribution", "usual")
        edges = numbers(stored["edges"]) if codes is None else None
        if edges and any(later <= earlier for earlier, later in pairwise(edges)):
            raise ValueError(f"the edges of {stored['name']!r:.80} are not ascending")
        counted = counts(stored["leads"], length=len(edges) + 2 if edges is not None else (codes or 0) + 2)
        if sum(counted) != leads:
            raise ValueError(f"{stored['name']!r:.80} counts {sum(counted)} leads, the reference has {leads}")
        contribution, usual = number(stored["contribution"]), number(stored["usual"])
        if usual < 0:
            raise ValueError(f"{stored['name']!r:.80} has a usual PSI of {usual}")
        return cls(edges=edges, leads=counted, contribution=contribution, usual=usual)

    def bins_of(self, values: Floats, unlisted: Mask) -> Bins:
        """The bin of each value, shape (n_leads,)."""
        missing = len(self.leads) + MISSING
        if self.edges is not None:
            return np.where(np.isnan(values), missing, np.searchsorted(self.edges, values, side="left"))
        listed_ = (values >= 0) & (values < len(self.leads) + UNLISTED)
        return np.where(listed_, values, np.where(unlisted, len(self.leads) + UNLISTED, missing)).astype(np.intp)

    def word(self, at: int, categories: Sequence[str]) -> str:
        """A bin in words."""
        if at == len(self.leads) + MISSING:
            return "missing"
        if self.edges is None:
            return repr(categories[at]) if at < len(categories) else "not seen in training"
        if not self.edges:
            return "any number"
        if at == 0:
            return f"up to {self.edges[0]:.4g}"
        above = f"above {self.edges[at - 1]:.4g}"
        return above if at == len(self.edges) else f"{above} up to {self.edges[at]:.4g}"


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The reference leads of a bundle, column by column in the order of its view."""

    moment: str | None  #: the last one at which they were counted, ISO 8601; None where the export has no times
    leads: int
    independent: float  #: how many leads of different accounts tell as much
    probability: float  #: mean over the leads
    columns: tuple[Binned, ...]
    log_odds: Binned  #: in tenths of the reference leads

    @classmethod
    def of(
        cls,
        view: View,
        evidence: Evidence,
        rows: Floats,
        unlisted: Mask,
        answers: Answers,
        *,
        moment: str | None,
        independent: float,
    ) -> "Reference":
        """Count rows of the view, shape (n_leads, n_columns), one for each lead, in the bins of its evidence."""
        columns = tuple(
            Binned.of(e.edges, codes_of(view, d) or 0, rows[:, i], unlisted[:, i], answers.contributions[:, i])
            for i, (d, e) in enumerate(zip(view.definitions, evidence.columns, strict=True))
        )
        log_odds = np.round(answers.log_odds, DECIMALS)
        inner = np.unique(np.quantile(log_odds, DECILES, method="inverted_cdf"))
        edges = tuple(inner[inner < log_odds.max()].tolist())
        return cls(
            moment=moment,
            leads=len(rows),
            independent=round(independent, DECIMALS),
            probability=float(np.mean(answers.probability)),
            columns=columns,
            log_odds=Binned.of(edges, 0, log_odds, np.zeros(len(rows), dtype=bool), log_odds),
        )

    def to_dict(self, view: View) -> dict[str, Any]:
        """Plain data for `reference.json`."""
        whole = {"moment": self.moment, "leads": self.leads, "independent": self.independent}
        columns = [_told(name, column) for name, column in zip(view.names, self.columns, strict=True)]
        return whole | {
            "probability": self.probability,
            "columns": columns,
            "log_odds": _told("log_odds", self.log_odds),
        }

    @classmethod
    def from_dict(cls, data: object, view: View) -> "Reference":
        """The reference that `to_dict` stored, for the same view.

        Raises:
            ValueError: the data is not of that form, or of another view.
        """
        stored = fields(data, "moment", "leads", "independent", "probability", "columns", "log_odds")
        leads, entries = count(stored["leads"]), listed(stored["columns"], length=len(view.names))
        named = [entry.get("name") if isinstance(entry, dict) else None for entry in entries]
        if named != list(view.names) or not isinstance(stored["moment"], str | None):
            raise ValueError("its columns are not the view's, or its moment is no text")
        made = cls(
            moment=stored["moment"],
            leads=leads,
            independent=number(stored["independent"]),
            probability=number(stored["probability"]),
            columns=tuple(
                Binned.from_dict(entry, codes_of(view, definition), leads)
                for entry, definition in zip(entries, view.definitions, strict=True)
            ),
            log_odds=Binned.from_dict(stored["log_odds"], None, leads),
        )
        if not 0 < made.independent <= leads or not 0 <= made.probability <= 1:
            raise ValueError(f"{made.independent} independent of {leads} leads, or a probability out of bounds")
        return made


def codes_of(view: View, definition: Definition) -> int | None:
    """How many categories a column has; None for numbers."""
    return len(view.categories[definition.name]) if definition.encoding == "category" else None


def _told(name: str, column: Binned) -> dict[str, Any]:
    return {"name": name} | asdict(column)
