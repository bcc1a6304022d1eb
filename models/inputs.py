"""How columns enter the linear expert: signed logarithms and indicators.

A column of numbers becomes `sign(x) * log1p(|x|)`, standardised by the training rows and held inside
their range, so that an unheard-of number can't drag the score where nothing was learned; a missing
number becomes the mean. A column with missing values in training gets an indicator of its own.
A column of categories becomes one indicator per code and one for missing.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from features.definitions import Definition
from features.view import View
from models.arrays import Floats, as_rows
from models.plain import count, fields, number

Positions = npt.NDArray[np.intp]
NUMBERS = ("centre", "scale", "low", "high")
STORED = ("name", "is", "weights", "means")  #: fields of every column in `linear.json`


@dataclass(frozen=True, kw_only=True)
class NumberInput:
    """How a column of numbers enters: one scaled term, and one for missing where training had missing values."""

    centre: float  #: mean of the signed logarithms
    scale: float  #: their standard deviation; 1 for a constant column
    low: float  #: smallest scaled value in training; smaller ones count as this
    high: float  #: largest one
    can_miss: bool

    @property
    def terms(self) -> int:
        """How many columns of the design matrix it makes."""
        return 1 + self.can_miss

    def to_dict(self) -> dict[str, Any]:
        """Plain data for `linear.json`."""
        return {"is": "number"} | asdict(self)

    @classmethod
    def from_dict(cls, data: object) -> "NumberInput":
        """The input that `to_dict` stored.

        Raises:
            ValueError: the data is not of that form.
        """
        stored = fields(data, *STORED, *NUMBERS, "can_miss")
        if stored["is"] != "number" or not isinstance(stored["can_miss"], bool):
            raise ValueError(f"{stored['name']!r:.80} is no column of numbers")
        column = cls(can_miss=stored["can_miss"], **{name: number(stored[name]) for name in NUMBERS})
        if column.scale <= 0 or column.low > column.high:
            raise ValueError(f"{stored['name']!r:.80} has scale {column.scale}, range {column.low} to {column.high}")
        return column


@dataclass(frozen=True, kw_only=True)
class CategoryInput:
    """How a column of codes enters: one term per code, and a last one for missing."""

    count: int  #: codes run from 0 to count - 1

    @property
    def terms(self) -> int:
        """How many columns of the design matrix it makes."""
        return self.count + 1

    def to_dict(self) -> dict[str, Any]:
        """Plain data for `linear.json`."""
        return {"is": "category"} | asdict(self)

    @classmethod
    def from_dict(cls, data: object) -> "CategoryInput":
        """The input that `to_dict` stored.

        Raises:
            ValueError: the data is not of that form.
        """
        stored = fields(data, *STORED, "count")
        if stored["is"] != "category":
            raise ValueError(f"{stored['name']!r:.80} is no column of categories")
        return cls(count=count(stored["count"]))


@dataclass(frozen=True, kw_only=True)
class LinearInputs:
    """The design matrix of the linear expert, before anything is fitted on it.

    `LinearInputs.of(view, rows)` learns scales from training rows; `matrix(rows)` holds for each column
    in order its terms.
    """

    columns: tuple[NumberInput | CategoryInput, ...]
    means: tuple[float, ...]  #: of each term over the training rows

    @classmethod
    def of(cls, view: View, rows: Floats) -> "LinearInputs":
        """Learn scales and means from the training rows, shape (n_pairs, n_columns)."""
        rows = as_rows(rows, len(view.names))
        columns: list[NumberInput | CategoryInput] = []
        means: list[float] = []
        for definition, values in zip(view.definitions, rows.T, strict=True):
            column, of_terms = _input(view, definition, values)
            columns.append(column)
            means.extend(of_terms)
        return cls(columns=tuple(columns), means=tuple(means))

    def matrix(self, rows: Floats) -> Floats:
        """The design matrix of `rows`, shape (n_pairs, n_terms)."""
        rows = as_rows(rows, len(self.columns))
        matrix = np.zeros((len(rows), len(self.means)))
        scaled, missing = self.scaled(rows)
        matrix[:, self.number_terms] = scaled
        matrix[:, self.missing_terms] = missing[:, self.can_miss]
        np.put_along_axis(matrix, self.category_terms(rows), 1.0, axis=1)
        return matrix

    def scaled(self, rows: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Scaled values of the columns of numbers, 0 where missing, and where they are missing."""
        values = rows[:, self.numbers]
        missing = np.isnan(values)
        logs = np.copysign(np.log1p(np.abs(values)), values)
        scaled = np.minimum(np.maximum((logs - self._centre) / self._scale, self._low), self._high)
        scaled[missing] = 0.0
        return scaled, missing

    def category_terms(self, rows: Floats) -> Positions:
        """For each column of categories the term that is 1; a code nobody knows is missing."""
        codes = rows[:, self.categories]
        known = (codes >= 0) & (codes < self._counts)
        return self._first_terms + np.where(known, codes, self._counts).astype(np.intp)

    @cached_property
    def numbers(self) -> Positions:
        """Positions of the columns of numbers."""
        return _positions(isinstance(c, NumberInput) for c in self.columns)

    @cached_property
    def categories(self) -> Positions:
        """Positions of the columns of categories."""
        return _positions(isinstance(c, CategoryInput) for c in self.columns)

    @cached_property
    def starts(self) -> Positions:
        """The first term of each column."""
        widths = [c.terms for c in self.columns]
        return np.array([0, *np.cumsum(widths)[:-1]], dtype=np.intp)

    @cached_property
    def number_terms(self) -> Positions:
        """The scaled term of each column of numbers."""
        return self.starts[self.numbers]

    @cached_property
    def can_miss(self) -> npt.NDArray[np.bool_]:
        """Which of the columns of numbers have a term for missing."""
        return np.array([c.can_miss for c in self._number_inputs], dtype=np.bool_)

    @cached_property
    def missing_terms(self) -> Positions:
        """The terms for missing numbers."""
        return self.number_terms[self.can_miss] + 1

    @cached_property
    def scales(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Centre, scale, low and high of every column; those of categories mean nothing."""
        found = np.tile([[0.0], [1.0], [0.0], [0.0]], (1, len(self.columns)))
        found[:, self.numbers] = [self._centre, self._scale, self._low, self._high]
        return found[0], found[1], found[2], found[3]

    @cached_property
    def _number_inputs(self) -> tuple[NumberInput, ...]:
        return tuple(c for c in self.columns if isinstance(c, NumberInput))

    @cached_property
    def _centre(self) -> Floats:
        return np.array([c.centre for c in self._number_inputs])

    @cached_property
    def _scale(self) -> Floats:
        return np.array([c.scale for c in self._number_inputs])

    @cached_property
    def _low(self) -> Floats:
        return np.array([c.low for c in self._number_inputs])

    @cached_property
    def _high(self) -> Floats:
        return np.array([c.high for c in self._number_inputs])

    @cached_property
    def _counts(self) -> Positions:
        return np.array([c.count for c in self.columns if isinstance(c, CategoryInput)], dtype=np.intp)

    @cached_property
    def _first_terms(self) -> Positions:
        return self.starts[self.categories]


def _positions(chosen: Iterable[bool]) -> Positions:
    return np.flatnonzero(np.fromiter(chosen, dtype=np.bool_)).astype(np.intp)


def _input(view: View, definition: Definition, values: Floats) -> tuple[NumberInput | CategoryInput, list[float]]:
    """The input for one column, and the means of its terms."""
    if definition.encoding == "category":
        return _category(values, len(view.categories[definition.name]))
    return _number(values)


def _number(values: Floats) -> tuple[NumberInput, list[float]]:
    """The input for a column of numbers, and the means of its terms."""
    known = values[~np.isnan(values)]
    can_miss = len(known) < len(values)
    logs = np.copysign(np.log1p(np.abs(known)), known)
    centre = float(logs.mean()) if len(known) else 0.0
    spread = float(logs.std()) if len(known) else 0.0
    scale = spread if spread > 1e-12 else 1.0
    scaled = (logs - centre) / scale
    low, high = (float(scaled.min()), float(scaled.max())) if len(known) else (0.0, 0.0)
    column = NumberInput(centre=centre, scale=scale, low=low, high=high, can_miss=can_miss)
    mean = float(scaled.sum()) / max(len(values), 1)
    return column, [mean, 1 - len(known) / len(values)] if can_miss else [mean]


def _category(values: Floats, codes: int) -> tuple[CategoryInput, list[float]]:
    """The input for a column of codes, and the share of each code and of missing."""
    known = (values >= 0) & (values < codes)
    shares = np.bincount(np.where(known, values, codes).astype(np.intp), minlength=codes + 1) / max(len(values), 1)
    return CategoryInput(count=codes), [float(s) for s in shares]
