"""The linear expert: a regularised logistic model, fitted elsewhere, over `models.inputs`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from features.compiled import compiled, plain
from features.definitions import Definition
from features.threads import on_threads, ranges, threads_for
from features.view import View
from models.arrays import Floats, Ints, as_rows
from models.inputs import CategoryInput, LinearInputs, NumberInput
from models.plain import fields, listed, number, numbers

WORTH_A_THREAD = 2_048  #: rows

__all__ = ["LinearExpert", "LinearInputs"]


@dataclass(frozen=True, kw_only=True)
class LinearExpert:
    """Inputs and their weights: `margin = intercept + inputs.matrix(rows) @ coefficients`."""

    inputs: LinearInputs
    coefficients: tuple[float, ...]
    intercept: float

    @classmethod
    def from_coefficients(
        cls, inputs: LinearInputs, coefficients: Sequence[float] | Floats, intercept: float
    ) -> "LinearExpert":
        """The expert with these fitted weights, one per column of the design matrix."""
        weights = tuple(float(w) for w in np.ravel(coefficients))
        if len(weights) != len(inputs.means):
            raise ValueError(f"{len(weights)} coefficients for {len(inputs.means)} terms")
        return cls(inputs=inputs, coefficients=weights, intercept=float(intercept))

    def margins(self, rows: Floats) -> Floats:
        """Raw log-odds, shape (n_pairs,)."""
        margins: Floats = self.base_value + self.contributions(rows).sum(axis=1)
        return margins

    def contributions(self, rows: Floats) -> Floats:
        """`w * (x - mean)` summed back to the column that it came from, shape (n_pairs, n_columns)."""
        rows = as_rows(rows, len(self.inputs.columns))
        parts = np.empty_like(rows)
        threads = threads_for(len(rows), WORTH_A_THREAD)
        on_threads(_fill, [(rows[a:b], self._terms, parts[a:b]) for a, b in ranges(len(rows), threads)], threads)
        return parts

    def to_dict(self, view: View) -> dict[str, Any]:
        """Plain data for `linear.json`: per column its input, and weight and training mean of each of its terms."""
        stored = []
        for name, column, first in zip(view.names, self.inputs.columns, self.inputs.starts, strict=True):
            of_column = slice(first, first + column.terms)
            terms = {"weights": self.coefficients[of_column], "means": self.inputs.means[of_column]}
            stored.append({"name": name} | column.to_dict() | terms)
        return {"intercept": self.intercept, "columns": stored}

    @classmethod
    def from_dict(cls, data: object, view: View) -> "LinearExpert":
        """The expert that `to_dict` stored, for the same view.

        Raises:
            ValueError: the data is not of that form, or of another view.
        """
        stored = fields(data, "intercept", "columns")
        entries = listed(stored["columns"], length=len(view.names))
        columns: list[NumberInput | CategoryInput] = []
        weights: list[float] = []
        means: list[float] = []
        for definition, entry in zip(view.definitions, entries, strict=True):
            columns.append(_column(view, definition, entry))
            weights.extend(numbers(entry["weights"], length=columns[-1].terms))
            means.extend(numbers(entry["means"], length=columns[-1].terms))
        inputs = LinearInputs(columns=tuple(columns), means=tuple(means))
        return cls.from_coefficients(inputs, weights, number(stored["intercept"]))

    @cached_property
    def base_value(self) -> float:
        """The margin of the mean of the training rows."""
        return self.intercept + float(np.sum(self._means_by_column))

    @cached_property
    def _weights(self) -> Floats:
        return np.array(self.coefficients)

    @cached_property
    def _means_by_column(self) -> Floats:
        """What each column adds for the mean training row, shape (n_columns,)."""
        sums: Floats = np.add.reduceat(self._weights * np.array(self.inputs.means), self.inputs.starts)
        return sums

    @cached_property
    def _terms(self) -> "_Terms":
        """What each column adds, for the compiled loop; a column's terms that it doesn't have are zero."""
        inputs = self.inputs
        missing, slope = np.zeros(len(inputs.columns)), np.zeros(len(inputs.columns))
        slope[inputs.numbers] = self._weights[inputs.number_terms]
        missing[inputs.numbers[inputs.can_miss]] = self._weights[inputs.missing_terms]
        centre, scale, low, high = inputs.scales
        codes = np.array([-1 if isinstance(c, NumberInput) else c.count for c in inputs.columns])
        return _Terms(
            codes=plain(codes, np.int64),
            centre=plain(centre, np.float64),
            scale=plain(scale, np.float64),
            low=plain(low, np.float64),
            high=plain(high, np.float64),
            slope=plain(slope, np.float64),
            missing=plain(missing, np.float64),
            mean=plain(self._means_by_column, np.float64),
            start=plain(inputs.starts, np.int64),
            code_part=plain(self._code_parts, np.float64),
        )

    @cached_property
    def _code_parts(self) -> Floats:
        """Contribution of the column if this term is its 1; of use for columns of categories only."""
        widths = [c.terms for c in self.inputs.columns]
        parts: Floats = self._weights - np.repeat(self._means_by_column, widths)
        return parts


class _Terms(NamedTuple):
    """Columns one by one; `codes` is -1 for numbers, and how many codes there are for categories."""

    codes: Ints
    centre: Floats
    scale: Floats
    low: Floats
    high: Floats
    slope: Floats
    missing: Floats  #: weight of a missing number
    mean: Floats  #: what the column adds for the mean training row
    start: Ints  #: a column's first term
    code_part: Floats  #: contribution of a term of a category


@compiled
def _fill(rows: Floats, terms: _Terms, parts: Floats) -> None:
    """Fill `parts` with `w * (x - mean)` of each column."""
    codes, centre, scale, low, high, slope, missing, mean, start, code_part = terms
    for i in range(len(rows)):
        for c in range(len(codes)):
            value = rows[i, c]
            if codes[c] >= 0:
                known = 0 <= value < codes[c]
                parts[i, c] = code_part[start[c] + (int(value) if known else codes[c])]
            elif np.isnan(value):
                parts[i, c] = missing[c] - mean[c]
            else:
                log = np.copysign(np.log1p(abs(value)), value)
                scaled = min(max((log - centre[c]) / scale[c], low[c]), high[c])
                parts[i, c] = scaled * slope[c] - mean[c]


def _column(view: View, definition: Definition, entry: dict[str, Any]) -> NumberInput | CategoryInput:
    """The input that an entry of `linear.json` describes, if it is the one that this column needs."""
    is_category = definition.encoding == "category"
    column = CategoryInput.from_dict(entry) if is_category else NumberInput.from_dict(entry)
    if entry["name"] != definition.name:
        raise ValueError(f"the column {entry['name']!r} stands where the view has {definition.name!r}")
    if isinstance(column, CategoryInput) and column.count != len(view.categories[definition.name]):
        raise ValueError(
            f"{definition.name} has {column.count} codes, the view {len(view.categories[definition.name])}"
        )
    return column
