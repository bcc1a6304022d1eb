"""The linear expert: a regularised logistic model, fitted elsewhere, over `models.inputs`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from features.definitions import Definition
from features.view import View
from models.arrays import Floats, as_rows
from models.inputs import CategoryInput, LinearInputs, NumberInput
from models.plain import fields, listed, number, numbers

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
        inputs = self.inputs
        rows = as_rows(rows, len(inputs.columns))
        scaled, missing = inputs.scaled(rows)
        parts = np.empty_like(rows)
        parts[:, inputs.numbers] = scaled * self._slopes + missing * self._missing_weights - self._number_means
        parts[:, inputs.categories] = self._code_parts[inputs.category_terms(rows)]
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
    def _slopes(self) -> Floats:
        slopes: Floats = self._weights[self.inputs.number_terms]
        return slopes

    @cached_property
    def _missing_weights(self) -> Floats:
        weights = np.zeros(len(self.inputs.numbers))
        weights[self.inputs.can_miss] = self._weights[self.inputs.missing_terms]
        return weights

    @cached_property
    def _number_means(self) -> Floats:
        means: Floats = self._means_by_column[self.inputs.numbers]
        return means

    @cached_property
    def _code_parts(self) -> Floats:
        """Contribution of the column if this term is its 1; of use for columns of categories only."""
        widths = [c.terms for c in self.inputs.columns]
        parts: Floats = self._weights - np.repeat(self._means_by_column, widths)
        return parts


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
