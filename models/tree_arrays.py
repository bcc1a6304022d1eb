"""LightGBM's text as numbers: what a walk over its trees needs, and nothing else.

`check_text` comes first; what it lets pass is read here without further questions.
"""

from dataclasses import dataclass
from itertools import pairwise

from models.tree_text import Fields, tree_fields

Whole = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Tree:
    """One tree: split i comes before its children; a child below 0 is the leaf `-1 - child`."""

    leaf_value: tuple[float, ...]
    leaf_count: Whole = ()  #: training rows that reached a leaf
    column: Whole = ()  #: that a split reads
    kind: Whole = ()  #: LightGBM's decision_type
    threshold: tuple[float, ...] = ()  #: a row goes left up to here; the number of a set where the split is by category
    children: tuple[tuple[int, int], ...] = ()  #: left and right
    count: Whole = ()  #: training rows that reached a split
    sets: tuple[Whole, ...] = ()  #: categories that go left, as 32-bit words of a bit set

    def count_of(self, child: int) -> int:
        """Training rows that reached a split or leaf."""
        return self.count[child] if child >= 0 else self.leaf_count[-1 - child]


def read_trees(text: str) -> tuple[Tree, ...]:
    """The trees of a text that passed `check_text`."""
    return tuple(map(_tree, tree_fields(text)))


def _tree(fields: Fields) -> Tree:
    if int(fields["num_leaves"]) == 1:
        return Tree(leaf_value=_floats(fields["leaf_value"]))
    bounds = _whole(fields["cat_boundaries"]) if int(fields["num_cat"]) else (0,)
    words = _whole(fields["cat_threshold"]) if int(fields["num_cat"]) else ()
    return Tree(
        leaf_value=_floats(fields["leaf_value"]),
        leaf_count=_whole(fields["leaf_count"]),
        column=_whole(fields["split_feature"]),
        kind=_whole(fields["decision_type"]),
        threshold=_floats(fields["threshold"]),
        children=tuple(zip(_whole(fields["left_child"]), _whole(fields["right_child"]), strict=True)),
        count=_whole(fields["internal_count"]),
        sets=tuple(words[a:b] for a, b in pairwise(bounds)),
    )


def _whole(line: str) -> Whole:
    return tuple(map(int, line.split()))


def _floats(line: str) -> tuple[float, ...]:
    return tuple(map(float, line.split()))
