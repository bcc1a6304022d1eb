"""Plain data: JSON text with the same bytes for equal values, read back strictly.

Floats are written in the shortest form that reads back to the same value, NaN and infinity as null.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np


def to_text(data: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys; each key, and each entry of a list of lists or objects, on its own line."""
    lines = [f"{json.dumps(key)}: {_block(plain(data[key]))}" for key in sorted(data)]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode("ascii")


def from_text(text: bytes) -> object:
    """The data of a JSON text.

    Raises:
        ValueError: it is no JSON in UTF-8, repeats a key, or holds NaN or Infinity.
    """
    return json.loads(text.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_distinct)


def plain(value: object) -> object:
    """Numpy's values, tuples and mappings as what JSON has; a number that isn't finite as None."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def fields(data: object, *names: str) -> dict[str, Any]:
    """The data, if it is an object that has exactly these fields.

    Raises:
        ValueError: it is no object, or has other fields.
    """
    if not isinstance(data, dict) or set(data) != set(names):
        found = sorted(data) if isinstance(data, dict) else type(data).__name__
        raise ValueError(f"expected an object with {sorted(names)}, found {found}")
    return data


def number(data: object) -> float:
    """A finite number.

    Raises:
        ValueError: it is none.
    """
    if isinstance(data, bool) or not isinstance(data, int | float) or not math.isfinite(data):
        raise ValueError(f"expected a finite number, found {data!r:.80}")
    return float(data)


def numbers(data: object, *, length: int | None = None) -> tuple[float, ...]:
    """A list of finite numbers.

    Raises:
        ValueError: it is none, or not of this length.
    """
    return tuple(number(item) for item in listed(data, length=length))


def counts(data: object, *, length: int) -> tuple[int, ...]:
    """A list of `length` whole numbers that are not negative.

    Raises:
        ValueError: it is none.
    """
    return tuple(count(item) for item in listed(data, length=length))


def count(data: object) -> int:
    """A whole number that is not negative.

    Raises:
        ValueError: it is none.
    """
    if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data < 2**53:
        raise ValueError(f"expected a count, found {data!r:.80}")
    return data


def listed(data: object, *, length: int | None = None) -> list[Any]:
    """A list, of this length if one is given.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(data, list) or (length is not None and len(data) != length):
        found = f"{len(data)} entries" if isinstance(data, list) else type(data).__name__
        raise ValueError(f"expected a list{f' of {length}' if length is not None else ''}, found {found}")
    return data


def _block(value: object) -> str:
    if isinstance(value, list) and value and all(isinstance(item, list | dict) for item in value):
        return "[\n " + ",\n ".join(_line(item) for item in value) + "\n]"
    return _line(value)


def _line(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False)


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number in JSON")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a key is repeated")
    return data
