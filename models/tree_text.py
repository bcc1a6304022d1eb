"""Reading LightGBM's text before LightGBM does: a text that lies about itself may kill its process.

Checked are the shape of every tree and that it reads only columns of the view. The format is the
one that LightGBM writes since version 4 (`src/io/tree.cpp`, `Tree::ToString`).
"""

from collections.abc import Iterator
from itertools import accumulate, pairwise
from math import inf, isfinite

TREES = 10_000  #: at most
LEAVES = 10_000  #: at most, per tree
ROWS = 2**31 - 1  #: at most that a leaf or split was trained on
CATEGORICAL = 1  #: bit of `decision_type` that marks a split by categories

Fields = dict[str, str]


def without_parameters(text: str) -> str:
    """The text without its block of training parameters, which no prediction reads."""
    before, start, rest = text.partition("\nparameters:\n")
    _, end, after = rest.partition("\nend of parameters\n")
    return before + after if start and end else text


def check_text(text: str, columns: int) -> None:
    """Refuse a text that is not one model of binary trees over `columns` columns.

    Raises:
        ValueError: with what is wrong where.
    """
    head, found, body = text.partition("\n\nTree=0\n")
    if not (text.isascii() and found):
        raise ValueError("no trees in LightGBM's format")
    told = _fields(head)
    _check_head(told, columns)
    for i, block in enumerate(_blocks(told.get("tree_sizes", ""), "Tree=0\n" + body)):
        try:
            _check_tree(_fields(block), columns)
        except KeyError as error:
            raise ValueError(f"tree {i} has no {error}") from error
        except ValueError as error:
            raise ValueError(f"tree {i}: {error}") from error


def tree_fields(text: str) -> Iterator[Fields]:
    """The fields of each tree of a text that passed the check."""
    head, _, body = text.partition("\n\nTree=0\n")
    return map(_fields, _blocks(_fields(head)["tree_sizes"], "Tree=0\n" + body))


def _fields(block: str) -> Fields:
    pairs = [line.partition("=") for line in block.splitlines() if "=" in line]
    fields = {key: value for key, _, value in pairs}
    if len(fields) != len(pairs):
        raise ValueError("a line is repeated")
    return fields


def _check_head(head: Fields, columns: int) -> None:
    expected = {
        "version": "v4",
        "num_class": "1",
        "num_tree_per_iteration": "1",
        "max_feature_idx": str(columns - 1),
        "objective": "binary sigmoid:1",
    }
    for key, value in expected.items():
        if head.get(key) != value:
            raise ValueError(f"{key} is {head.get(key, 'absent')!r:.80}, not {value!r}")
    for key in ("feature_names", "feature_infos"):
        if len(head.get(key, "").split(" ")) != columns:
            raise ValueError(f"{key} does not name {columns} columns")


def _blocks(sizes: str, body: str) -> Iterator[str]:
    """Each tree's lines, cut by the sizes that the head states."""
    widths = _whole(sizes)
    if not 0 < len(widths) <= TREES or min(widths) <= 0:
        raise ValueError(f"there are {len(widths)} trees, of a size {min(widths, default=0)} or more")
    for i, (start, end) in enumerate(pairwise([0, *accumulate(widths)])):
        if not (body.startswith(f"Tree={i}\n", start) and body[start:end].endswith("\n\n")):
            raise ValueError(f"tree {i} is not where tree_sizes says")
        yield body[start:end]
    if not body.startswith("end of trees\n", sum(widths)):
        raise ValueError("the trees have no end")


def _check_tree(tree: Fields, columns: int) -> None:
    leaves = int(tree["num_leaves"])
    if not 1 <= leaves <= LEAVES or tree["is_linear"] != "0":
        raise ValueError(f"{leaves} leaves, or linear ones")
    _finite(tree["leaf_value"], leaves)
    if leaves == 1:
        return
    _finite(tree["leaf_weight"], leaves)
    for key in ("split_gain", "internal_value", "internal_weight"):
        _finite(tree[key], leaves - 1)
    on_leaves, on_splits = _whole(tree["leaf_count"], leaves), _whole(tree["internal_count"], leaves - 1)
    if min(on_leaves) < 0 or min(on_splits) <= 0 or max(on_leaves + on_splits) > ROWS:
        raise ValueError("a count is negative, or too large")
    _check_splits(tree, leaves, columns)
    _check_children(tree, leaves)


def _check_splits(tree: Fields, leaves: int, columns: int) -> None:
    features = _whole(tree["split_feature"], leaves - 1)
    if not all(0 <= feature < columns for feature in features):
        raise ValueError(f"it splits on column {max(features)} of {columns}")
    types = _whole(tree["decision_type"], leaves - 1)
    if not all(0 <= kind < 16 for kind in types):
        raise ValueError("an unknown kind of split")
    thresholds = _numbers(tree["threshold"], leaves - 1)
    if not all(isfinite(t) or (t == inf and not kind & CATEGORICAL) for t, kind in zip(thresholds, types, strict=True)):
        raise ValueError("a threshold is not finite")  # but inf is what parts known values from missing ones
    used = [t for t, kind in zip(thresholds, types, strict=True) if kind & CATEGORICAL]
    sets = int(tree["num_cat"])
    if len(used) != sets or sorted(used) != list(range(sets)):
        raise ValueError("splits by category don't match the stored sets")
    if sets:
        _check_sets(_whole(tree["cat_boundaries"], sets + 1), _whole(tree["cat_threshold"]))


def _check_sets(boundaries: list[int], words: list[int]) -> None:
    if boundaries[0] != 0 or boundaries[-1] != len(words) or any(b <= a for a, b in pairwise(boundaries)):
        raise ValueError("the stored sets of categories overlap or end elsewhere")
    if not all(0 <= word < 2**32 for word in words):
        raise ValueError("a stored set of categories is no bit set")


def _check_children(tree: Fields, leaves: int) -> None:
    """Each split but the first and each leaf is one split's child, after its parent: so there is no cycle."""
    left, right = _whole(tree["left_child"], leaves - 1), _whole(tree["right_child"], leaves - 1)
    if sorted(left + right) != [*range(-leaves, 0), *range(1, leaves - 1)]:
        raise ValueError("a split or leaf has no parent, or two")
    if any(0 <= child <= parent for side in (left, right) for parent, child in enumerate(side)):
        raise ValueError("a split comes before its parent")


def _whole(line: str, length: int | None = None) -> list[int]:
    return [int(word) for word in _words(line, length)]


def _finite(line: str, length: int) -> list[float]:
    values = _numbers(line, length)
    if not all(map(isfinite, values)):
        raise ValueError("a number is not finite")
    return values


def _numbers(line: str, length: int) -> list[float]:
    return [float(word) for word in _words(line, length)]


def _words(line: str, length: int | None) -> list[str]:
    words = line.split(" ")
    if length is not None and len(words) != length:
        raise ValueError(f"{len(words)} entries where {length} belong")
    if "_" in line:
        raise ValueError("a number is written with an underscore")  # Python reads on, LightGBM stops there
    return words
