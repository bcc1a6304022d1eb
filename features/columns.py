"""Arrow columns, of whatever type a file has, as text by distinct values, numbers or attributes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.encode import number_of

Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]

_DOUBTFUL = np.array([byte >= 128 or chr(byte).isspace() for byte in range(256)])  #: as a text's first or last byte
_EXACT = 2.0**53  #: whole numbers below it survive float64


@dataclass(frozen=True, kw_only=True)
class Text:
    """A column of text: `words[codes]`, where code -1 is missing. A million rows cost a few distinct words."""

    words: Objects
    codes: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def missing(self) -> Bools:
        """Where there is no word."""
        return np.asarray(self.codes < 0)

    @property
    def objects(self) -> Objects:
        """str or None, row by row."""
        return np.array([*self.words, None], dtype=object)[self.codes]

    def __getitem__(self, row: int) -> str | None:
        code = self.codes[row]
        return None if code < 0 else str(self.words[code])

    def counts(self) -> dict[str, int]:
        """Rows per word, the most frequent first, then by the alphabet."""
        found = np.bincount(self.codes[self.codes >= 0], minlength=len(self.words))
        listed = [(str(word), int(n)) for word, n in zip(self.words, found, strict=True) if n]
        return dict(sorted(listed, key=lambda pair: (-pair[1], pair[0])))

    def where(self, wanted: Callable[[str], bool]) -> Bools:
        """Where the word is one of the wanted; False where it is missing."""
        return np.append(np.array([wanted(str(word)) for word in self.words], dtype=np.bool_), False)[self.codes]

    def rename(self, name: Callable[[str], str | None]) -> "Text":
        """The same rows under other words; None makes them missing."""
        renamed = np.array([name(str(word)) for word in self.words] + [None], dtype=object)
        codes, words = pd.factorize(renamed)
        return Text(words=np.asarray(words, dtype=object), codes=np.asarray(codes, dtype=np.int64)[self.codes])

    def take(self, rows: Bools | npt.NDArray[np.int64]) -> "Text":
        """Some of the rows."""
        return Text(words=self.words, codes=self.codes[rows])


NO_WORDS = np.empty(0, dtype=object)


def no_text(count: int) -> Text:
    """A column where every value is missing."""
    return Text(words=NO_WORDS, codes=np.full(count, -1))


def is_nested(column: pa.ChunkedArray) -> bool:
    """Whether a column holds lists, maps or bytes, which no attribute can be."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    return bool(pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def text_of(column: pa.ChunkedArray, missing: frozenset[str] = frozenset({""})) -> Text:
    """Any column as trimmed text; whole numbers lose their ".0", so that 17.0 and "17" are one id."""
    encoded = _encoded(column)
    words = encoded.dictionary.to_pylist()
    is_text = pa.types.is_string(encoded.dictionary.type)
    if is_text and (_has_plain_ends(encoded.dictionary) or words == list(map(str.strip, words))):
        return _distinct(words, encoded, missing)
    words = [_written(value) for value in words]
    kept = np.array([None if word in missing else word for word in words] + [None], dtype=object)
    codes, distinct = pd.factorize(kept)
    rows = np.asarray(encoded.indices.fill_null(len(words)), dtype=np.int64)
    return Text(words=np.asarray(distinct, dtype=object), codes=np.asarray(codes, dtype=np.int64)[rows])


def _has_plain_ends(words: pa.StringArray) -> bool:
    """Whether every text begins and ends with a byte of ASCII that is no white space: nothing to trim."""
    if not words.buffers()[2]:
        return True
    ends = np.frombuffer(words.buffers()[1], dtype=np.int32)[words.offset : words.offset + len(words) + 1]
    first, stop = ends[:-1], ends[1:]
    filled = stop > first
    letters = np.frombuffer(words.buffers()[2], dtype=np.uint8)
    return not (_DOUBTFUL[letters[first[filled]]].any() or _DOUBTFUL[letters[stop[filled] - 1]].any())


def _distinct(words: list[str], encoded: pa.DictionaryArray, missing: frozenset[str]) -> Text:
    """Words that are distinct as they are: a million ids need no look at each."""
    indices = np.asarray(encoded.indices.fill_null(len(words)), dtype=np.int64)
    stays = ~np.asarray(pc.is_in(encoded.dictionary, pa.array(sorted(missing), pa.string())), dtype=np.bool_)
    codes = np.append(np.where(stays, np.cumsum(stays) - 1, -1), -1)
    kept = np.array([*words, None], dtype=object)[:-1]
    return Text(words=kept[stays], codes=codes[indices])


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column by its distinct values, in the order in which they come."""
    if is_distinct_text(column.type) and not any(chunk.dictionary.null_count for chunk in column.chunks):
        return _in_order(column.unify_dictionaries().combine_chunks())
    column = spelled_out(column)
    column = column.cast(pa.string()) if pa.types.is_integer(column.type) else column
    return column.combine_chunks().dictionary_encode()


def _in_order(encoded: pa.DictionaryArray) -> pa.DictionaryArray:
    """As encoding it anew would have it: a file's dictionary may hold words that no row has, in any order."""
    words = encoded.dictionary
    if len(words.unique()) < len(words):
        return encoded.dictionary_decode().dictionary_encode()
    used = encoded.indices.unique().drop_null()
    return pa.DictionaryArray.from_arrays(pc.index_in(encoded.indices, used), words.take(used))


def is_distinct_text(kind: pa.DataType) -> bool:
    """Whether a column is text by its distinct values, which is as good as text."""
    return bool(pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type))


def spelled_out(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column with its values row by row."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _written(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else "" if np.isnan(value) else repr(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def numbers_of(column: pa.ChunkedArray, missing: frozenset[str] = frozenset({""})) -> tuple[Floats, Bools]:
    """A column as float64 with NaN for missing, and where a value was no finite number.

    Text is read as requests are: `features.encode.number_of`.
    """
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_boolean(column.type):
        numbers = np.asarray(column.cast(pa.float64(), safe=False).fill_null(np.nan), dtype=np.float64)
        endless = np.isinf(numbers)
        return np.where(endless, np.nan, numbers), endless
    text = text_of(column, missing)
    read = np.array([*map(number_of, text.words), np.nan], dtype=np.float64)[text.codes]
    return read, np.isnan(read) & ~text.missing


def attribute_of(column: pa.ChunkedArray, missing: frozenset[str]) -> Objects:
    """A column as str, float, bool or None, row by row."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return np.array(column.to_pylist(), dtype=object)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = np.asarray(column.cast(pa.float64(), safe=False).fill_null(np.nan), dtype=np.float64)
        values = numbers.astype(object)
        values[~np.isfinite(numbers)] = None
        return values
    if pa.types.is_null(kind):
        return np.full(len(column), None, dtype=object)
    return text_of(column, missing).objects


def is_missing(column: pa.ChunkedArray, missing: frozenset[str]) -> Bools:
    """Where a column of any type has no value."""
    if pa.types.is_floating(column.type):
        return np.asarray(pc.is_null(column, nan_is_null=True))
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or is_distinct_text(column.type):
        return text_of(column, missing).missing
    return np.asarray(column.is_null())
