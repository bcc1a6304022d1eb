"""The loops: ask each split once, form each piece's pattern, add its row of the table.

Few rows are walked one by one, many in blocks laid out by column, so that the compiler works on
several rows at once. Both add in the same order: a row gets the same bits either way.
"""

import numpy as np
import numpy.typing as npt

from features.compiled import compiled, inlined
from models.arrays import Floats, Ints
from models.shap.formula import Rules
from models.shap.prefetch import prefetch
from models.shap.program import Indices, Leaves, Pieces, Reading, Splits
from models.shap.wide import add_wide, scratch_for, sum_wide

CODE, ZERO, NAN_LEFT, ZERO_RIGHT, ZERO_LEFT = (
    int(r) for r in (Reading.CODE, Reading.ZERO, Reading.NAN_LEFT, Reading.ZERO_RIGHT, Reading.ZERO_LEFT)
)
TINY = float(np.float32(1e-35))  #: LightGBM reads numbers up to here as 0 (`kZeroThreshold`)
NO_CODE = 1e15  #: in no set
ALL = np.uint16(0xFFFF)

LINE = 8  #: numbers in a cache line

Bits = npt.NDArray[np.uint16]


@compiled
def explain_block(
    rows: Floats, out: Floats, splits: Splits, pieces: Pieces, table: Floats, leaves: Leaves, rules: Rules, block: int
) -> None:
    """Write each row's contributions, `block` rows at a time."""
    first_split, first_piece, first_slot = splits.tree, pieces.tree, pieces.slot
    inputs, phi = np.empty((len(splits.column), block)), np.empty((out.shape[1], block))
    lefts, pattern = np.empty((widest(first_split), block), dtype=np.uint16), np.empty(block, dtype=np.uint16)
    scratch = scratch_for(block, rules)
    for start in range(0, len(rows), block):
        n = min(block, len(rows) - start)
        read_rows(rows[start : start + n], inputs, splits)
        clear(phi)
        for tree in range(len(first_split) - 1):
            split = first_split[tree]
            ask_block(lefts[:, :n], inputs[:, :n], splits, split, first_split[tree + 1])
            for piece in range(first_piece[tree], first_piece[tree + 1]):
                if leaves.piece[piece] < leaves.piece[piece + 1]:
                    add_wide(phi, lefts[:, :n], split, piece, pieces, leaves, rules, scratch)
                    continue
                for cell in range(pieces.table[piece], pieces.table[piece + 1], LINE):
                    prefetch(table, cell)
                match_block(pattern[:n], lefts, split, pieces, piece)
                width = first_slot[piece + 1] - first_slot[piece]
                add_block(phi, pattern[:n], table, pieces.table[piece], pieces.column, first_slot[piece], width)
        for r in range(n):
            for column in range(out.shape[1]):
                out[start + r, column] = phi[column, r]


@compiled
def explain_rows(
    rows: Floats, out: Floats, splits: Splits, pieces: Pieces, table: Floats, leaves: Leaves, rules: Rules
) -> None:
    """Write each row's contributions, one row at a time."""
    inputs, lefts = np.empty((len(splits.column), 1)), np.empty((len(splits.input), 1), dtype=np.uint16)
    cells, phi = np.empty(len(pieces.bits), dtype=np.int64), np.empty((out.shape[1], 1))
    first_slot, first_leaf, columns = pieces.slot, leaves.piece, pieces.column
    made = np.empty(len(columns))
    for i in range(len(rows)):
        read_rows(rows[i : i + 1], inputs, splits)
        ask_row(lefts, inputs, splits)
        match_row(cells, lefts, pieces, table)
        sum_wide(made, cells, pieces, leaves, rules)
        clear(phi)
        for piece in range(len(cells)):
            slot, cell = first_slot[piece], cells[piece]
            given = table if first_leaf[piece] == first_leaf[piece + 1] else made
            for j in range(first_slot[piece + 1] - slot):
                phi[columns[slot + j], 0] += given[cell + j]
        for column in range(out.shape[1]):
            out[i, column] = phi[column, 0]


@compiled
def widest(first: Indices) -> int:
    """Splits of the tree that has most."""
    most = 0
    for i in range(len(first) - 1):
        most = max(most, first[i + 1] - first[i])
    return most


@compiled
def clear(array: Floats) -> None:
    """Zero everywhere."""
    for i in range(array.shape[0]):
        for j in range(array.shape[1]):
            array[i, j] = 0.0


@compiled
def read_rows(rows: Floats, inputs: Floats, splits: Splits) -> None:
    """Each column as the splits on it read it, shape (n_inputs, n_rows)."""
    columns, readings = splits.column, splits.reading
    for i in range(len(columns)):
        for r in range(len(rows)):
            inputs[i, r] = read(rows[r, columns[i]], readings[i])


@inlined
def read(value: float, reading: int) -> float:
    """The value that stands left of `<=`; -inf goes left of any threshold, NaN goes right."""
    if abs(value) <= TINY:
        value = 0.0
    if reading == CODE:
        return float(np.trunc(value)) if -1.0 < value < 2.0**31 else NO_CODE
    if not (np.isnan(value) or (reading >= ZERO_RIGHT and value == 0.0)):
        return value
    if reading == ZERO:
        return 0.0
    return -np.inf if reading in (NAN_LEFT, ZERO_LEFT) else np.nan


@compiled
def ask_block(lefts: Bits, inputs: Floats, splits: Splits, first: int, stop: int) -> None:
    """Which rows go left at the splits from `first` to `stop`."""
    for split in range(first, stop):
        values, left = inputs[splits.input[split]], lefts[split - first]
        if splits.set_size[split]:
            ask_set(left, values, splits.words, splits.set_start[split], splits.set_size[split])
            continue
        threshold = splits.threshold[split]
        for r in range(len(values)):
            left[r] = values[r] <= threshold


@compiled
def ask_set(left: Bits, values: Floats, words: Ints, start: int, size: int) -> None:
    """Which categories are in the set."""
    for r in range(len(values)):
        code = np.int64(values[r])
        safe = code if code < size else 0
        left[r] = (words[start + (safe >> 5)] >> (safe & 31)) & (code < size)


@compiled
def ask_row(lefts: Bits, inputs: Floats, splits: Splits) -> None:
    """As `ask_block`, for one row and all splits, without a branch that the processor would have to guess."""
    which, threshold, coded, words = splits.input, splits.threshold, splits.coded, splits.words
    starts, sizes = splits.set_start, splits.set_size
    for split in range(len(which)):
        lefts[split, 0] = inputs[which[split], 0] <= threshold[split]
    for i in range(len(coded)):
        split = coded[i]
        code = np.int64(inputs[which[split], 0])
        safe = code if code < sizes[split] else 0
        lefts[split, 0] = (words[starts[split] + (safe >> 5)] >> (safe & 31)) & (code < sizes[split])


@compiled
def match_block(pattern: Bits, lefts: Bits, first_split: int, pieces: Pieces, piece: int) -> None:
    """The rows' patterns, times the width of the table: where in it their rows begin."""
    for r in range(len(pattern)):
        pattern[r] = (1 << pieces.bits[piece]) - 1
    for term in range(pieces.term[piece], pieces.term[piece + 1]):
        left, wrong = lefts[pieces.split[term] - first_split], np.uint16(pieces.right[term])
        kept = np.uint16(ALL ^ (1 << pieces.bit[term]))
        for r in range(len(pattern)):
            pattern[r] &= kept if left[r] == wrong else ALL
    width = np.uint16(pieces.slot[piece + 1] - pieces.slot[piece])
    for r in range(len(pattern)):
        pattern[r] *= width


@compiled
def match_row(cells: Ints, lefts: Bits, pieces: Pieces, table: Floats) -> None:
    """Where in the table each piece's row begins; its memory is asked for at once. Without a table: the pattern."""
    slots, tables = pieces.slot, pieces.table
    for piece in range(len(cells)):
        if tables[piece] == tables[piece + 1]:
            cells[piece] = pattern_of(lefts, 0, 0, pieces, piece)
            continue
        width = slots[piece + 1] - slots[piece]
        cells[piece] = tables[piece] + pattern_of(lefts, 0, 0, pieces, piece) * width
        prefetch(table, cells[piece])
        prefetch(table, cells[piece] + width - 1)


@inlined
def pattern_of(lefts: Bits, r: int, first_split: int, pieces: Pieces, piece: int) -> int:
    """One row's pattern."""
    terms, splits, rights, bits = pieces.term, pieces.split, pieces.right, pieces.bit
    missed = 0
    for term in range(terms[piece], terms[piece + 1]):
        missed |= int(lefts[splits[term] - first_split, r] == rights[term]) << int(bits[term])
    return ((1 << int(pieces.bits[piece])) - 1) & ~missed


@compiled
def add_block(phi: Floats, rows: Bits, table: Floats, start: int, columns: Indices, slot: int, width: int) -> None:
    """Add the rows of one piece's table."""
    for j in range(width):
        part, first = phi[columns[slot + j]], start + j
        for r in range(len(rows)):
            part[r] += table[first + rows[r]]
