"""LightGBM's text as arrays: what a walk over its trees needs, and nothing else.

`check_text` comes first; what it lets pass is read here without further questions.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models.arrays import Floats, Ints
from models.tree_text import Fields, tree_fields


@dataclass(frozen=True, kw_only=True)
class Tree:
    """One tree: split i comes before its children; a child below 0 is the leaf `-1 - child`."""

    column: Ints  #: that a split reads, shape (n_splits,)
    kind: Ints  #: LightGBM's decision_type
    threshold: Floats  #: a row goes left up to here; the number of the set where a split is by category
    children: Ints  #: left and right, shape (n_splits, 2)
    count: Ints  #: training rows that reached a split
    leaf_count: Ints  #: training rows that reached a leaf, shape (n_splits + 1,)
    leaf_value: Floats
    sets: tuple[Ints, ...]  #: categories that go left, as 32-bit words of a bit set

    def count_of(self, child: int) -> int:
        """Training rows that reached a split or leaf."""
        return int(self.count[child] if child >= 0 else self.leaf_count[-1 - child])


def read_trees(text: str) -> tuple[Tree, ...]:
    """The trees of a text that passed `check_text`."""
    return tuple(_tree(fields) for fields in tree_fields(text))


def _tree(fields: Fields) -> Tree:
    lone = fields["num_leaves"] == "1"
    splits = dict.fromkeys(_OF_SPLITS, "") if lone else {key: fields[key] for key in _OF_SPLITS}
    bounds = _ints(fields.get("cat_boundaries", "0")) if not lone else np.zeros(1, dtype=np.int64)
    words = _ints(fields.get("cat_threshold", "")) if len(bounds) > 1 else np.zeros(0, dtype=np.int64)
    return Tree(
        column=_ints(splits["split_feature"]),
        kind=_ints(splits["decision_type"]),
        threshold=np.array(splits["threshold"].split(), dtype=np.float64),
        children=np.stack([_ints(splits["left_child"]), _ints(splits["right_child"])], axis=1),
        count=_ints(splits["internal_count"]),
        leaf_count=_ints(splits["leaf_count"]),
        leaf_value=np.array(fields["leaf_value"].split(), dtype=np.float64),
        sets=tuple(words[a:b] for a, b in pairwise(bounds)),
    )


_OF_SPLITS = (
    "split_feature",
    "decision_type",
    "threshold",
    "left_child",
    "right_child",
    "internal_count",
    "leaf_count",
)


def _ints(line: str) -> Ints:
    return np.array(line.split(), dtype=np.int64)
