"""The tree expert: LightGBM from its text, with exact contributions by TreeSHAP.

LightGBM reads columns by position. Its text is kept without the block of training parameters (it
names the number of threads of the machine that trained), so equal trees are equal bytes.
"""

import logging
from dataclasses import dataclass
from functools import cached_property

import lightgbm
import numpy as np

from models.arrays import Floats, as_rows
from models.shap.explainer import Explainer, NoTables
from models.tree_text import check_text, without_parameters

log = logging.getLogger(__name__)

FEW = 64  #: up to so many rows one thread is faster than waking the others, and calls may come from many threads


@dataclass(frozen=True, kw_only=True)
class TreeExpert:
    """Boosted trees over the columns of a view."""

    text: str  #: LightGBM's own format, without parameters
    columns: int  #: how many a row has

    @classmethod
    def of(cls, booster: lightgbm.Booster) -> "TreeExpert":
        """The expert of a trained booster, with all its trees."""
        return cls.from_text(booster.model_to_string(num_iteration=-1), booster.num_feature())

    @classmethod
    def from_text(cls, text: str, columns: int) -> "TreeExpert":
        """The expert of `Booster.model_to_string()`."""
        return cls(text=without_parameters(text), columns=columns)

    def check(self) -> None:
        """Refuse a text that LightGBM should not read.

        Raises:
            ValueError: with what is wrong where.
        """
        check_text(self.text, self.columns)

    @cached_property
    def booster(self) -> lightgbm.Booster:
        """LightGBM's own object."""
        return lightgbm.Booster(model_str=self.text)

    @cached_property
    def explainer(self) -> Explainer | None:
        """Our own TreeSHAP; None where the trees are too deep for it, then LightGBM explains."""
        try:
            return Explainer.from_text(self.text, self.columns)
        except NoTables as error:
            log.warning("slow_explanations reason=%s", error)
            return None

    @property
    def table_bytes(self) -> int:
        """Memory that the tables of explanations take; 0 where there are none."""
        return 0 if self.explainer is None else self.explainer.table.nbytes

    @cached_property
    def base_value(self) -> float:
        """The expected margin over the training rows, weighed as TreeSHAP does."""
        if self.explainer is not None:
            return self.explainer.base_value
        return float(self._predict(np.full((1, self.columns), np.nan), contributions=True)[0, -1])

    def margins(self, rows: Floats) -> Floats:
        """Raw log-odds, shape (n_pairs,)."""
        return self._predict(as_rows(rows, self.columns), contributions=False)

    def contributions(self, rows: Floats) -> Floats:
        """SHAP values of the margin, shape (n_pairs, n_columns); `base_value` is apart."""
        known = as_rows(rows, self.columns)
        if self.explainer is not None:
            return self.explainer.contributions(known)
        return self._predict(known, contributions=True)[:, :-1]

    def _predict(self, rows: Floats, *, contributions: bool) -> Floats:
        if not len(rows):
            return np.zeros((0, self.columns + 1) if contributions else 0)
        threads = 1 if len(rows) <= FEW else 0
        predicted = self.booster.predict(rows, raw_score=True, pred_contrib=contributions, num_threads=threads)
        return np.asarray(predicted, dtype=np.float64)
