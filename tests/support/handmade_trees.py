"""Trees written by hand in LightGBM's text, for shapes that training seldom finds."""

HEAD = """tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx={last}
objective=binary sigmoid:1
feature_names={names}
feature_infos={infos}
tree_sizes={sizes}

"""
TREE = """Tree={number}
num_leaves={leaves}
num_cat=0
split_feature={column}
split_gain={ones}
threshold={threshold}
decision_type={kind}
left_child={left}
right_child={right}
leaf_value={value}
leaf_weight={leaf_ones}
leaf_count={leaf_count}
internal_value={ones}
internal_weight={ones}
internal_count={count}
is_linear=0
shrinkage=1


"""


def text_of(trees, columns):
    """LightGBM's text of these trees."""
    sizes = " ".join(str(len(tree)) for tree in trees)
    names = " ".join(f"f{i}" for i in range(columns))
    head = HEAD.format(last=columns - 1, names=names, infos=" ".join(["[-9:9]"] * columns), sizes=sizes)
    return head + "".join(trees) + "end of trees\n"


def chain(columns, *, number=0, kinds=(2, 8, 10)):
    """A tree that tests one column after the other: a leaf to the left of each split, one at the end."""
    splits = len(columns)

    def line(values):
        return " ".join(map(str, values))

    counts = [3 * (splits - i) + 2 for i in range(splits)]
    return TREE.format(
        number=number,
        leaves=splits + 1,
        column=line(columns),
        ones=line([1] * splits),
        leaf_ones=line([1] * (splits + 1)),
        threshold=line([(i % 5 - 2) / 4 for i in range(splits)]),
        kind=line(kinds[i % len(kinds)] for i in range(splits)),
        left=line(-1 - i for i in range(splits)),
        right=line([*range(1, splits), -1 - splits]),
        value=line((-1) ** i * (i + 1) / 7 for i in range(splits + 1)),
        leaf_count=line([3] * splits + [2]),
        count=line(counts),
    )


def lone_leaf(value, *, number=0):
    """A tree without a split."""
    return f"Tree={number}\nnum_leaves=1\nnum_cat=0\nleaf_value={value}\nis_linear=0\nshrinkage=1\n\n\n"
