"""Whatever text passes the check, compiled code stays inside its arrays and ends."""

import re

import numpy as np

from models.shap.explainer import Explainer
from models.tree_text import check_text
from support.small_bundle import VIEW, small

TEXT = small(trees=4).bundle.trees.text
COLUMNS = len(VIEW.names)
WORDS = ["-1", "0", "1", "5", "15", "16", "99", "-0", "+1", "1_0", "", "nan", "inf", "-inf", "1e300", "2147483648"]
WORDS += ["-9", "1e-36", "0x1", "1.5", "12 12", "4294967295", "99999999999999999999"]


def mutated(random):
    """The text with one to three words of its trees changed, moved or lost, and sizes that match again."""
    start = TEXT.index("Tree=0\n")
    lines = TEXT[start : TEXT.index("end of trees")].splitlines()
    for _ in range(random.integers(1, 4)):
        i = random.choice([i for i, line in enumerate(lines) if "=" in line and not line.startswith("Tree=")])
        key, _, value = lines[i].partition("=")
        words = value.split(" ")
        at, other = random.integers(len(words), size=2)
        change = random.integers(5)
        if change == 0:
            words[at], words[other] = words[other], words[at]
        elif change == 1:
            words[at] = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), words[at], count=1)
        elif change == 2:
            words.pop(at)
        else:
            words[at] = str(random.choice(WORDS))
        lines[i] = f"{key}={' '.join(words)}"
    body = "\n".join(lines) + "\n"
    sizes = [len(block) for block in re.split(r"(?=^Tree=\d+$)", body, flags=re.MULTILINE) if block]
    head = re.sub(r"tree_sizes=.*", "tree_sizes=" + " ".join(map(str, sizes)), TEXT[:start])
    return head + body + TEXT[TEXT.index("end of trees") :]


def assert_inside(explainer):
    """Every index that the compiled code follows lies in the array that it is followed into."""
    s, p, leaves = explainer.splits, explainer.pieces, explainer.leaves
    inside(s.column, COLUMNS)
    inside(s.input, len(s.column))
    inside(s.set_start + np.maximum(s.set_size // 32, 1) - 1, len(s.words))
    tree_of_piece = np.repeat(np.arange(len(p.tree) - 1), np.diff(p.tree))
    piece_of_term = np.repeat(np.arange(len(p.bits)), np.diff(p.term))
    tree_of_term = tree_of_piece[piece_of_term]
    assert (s.tree[tree_of_term] <= p.split).all()
    assert (p.split < s.tree[tree_of_term + 1]).all()
    assert (p.bit < p.bits[piece_of_term]).all()
    inside(p.column, COLUMNS)
    width, cells = np.diff(p.slot), np.diff(p.table)
    tabulated = cells > 0
    assert (cells[tabulated] == width[tabulated] << p.bits[tabulated]).all()
    assert len(explainer.table) == p.table[-1]
    assert (np.diff(leaves.piece)[tabulated] == 0).all()
    assert np.isfinite(explainer.table).all()


def inside(indices, length):
    assert ((indices >= 0) & (indices < length)).all()


def test_what_passes_the_check_stays_inside_its_arrays():
    random = np.random.default_rng(1)
    rows = random.choice([np.nan, 0.0, -1.0, 3.0, 40.0, 1e300, np.inf], (40, COLUMNS))
    passed, refused = 0, 0
    for _ in range(200):
        text = mutated(random)
        try:
            check_text(text, COLUMNS)
        except ValueError:
            refused += 1
            continue
        passed += 1
        explainer = Explainer.from_text(text, COLUMNS)
        assert_inside(explainer)
        singles = np.vstack([explainer.contributions(row[None]) for row in rows])
        np.testing.assert_array_equal(explainer.contributions(rows), singles)
    assert passed >= 30
    assert refused >= 30
