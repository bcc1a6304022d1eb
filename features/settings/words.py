"""What is wrong with a key of `ripeness.toml`, in words of ours rather than of the library that found it."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

#: what a value should have been, by the library's word for the error
_SHOULD_BE: Mapping[str, str] = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "datetime_from_date_parsing": "a date, such as 2026-03-01, without quotes",
    "datetime_parsing": "a date, such as 2026-03-01, without quotes",
    "datetime_type": "a date, such as 2026-03-01, without quotes",
    "dict_type": "a table",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "model_type": "a table",
    "string_type": "a text in quotes",
    "tuple_type": "a list in square brackets",
}
_BOUNDS: Mapping[str, str] = {
    "greater_than": "greater than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
}
_SHOWN = 60  #: characters of a value


def sentences(error: ValidationError, settings: type[BaseModel]) -> str:
    """All that is wrong, key by key."""
    return "; ".join(_sentence(found, settings) for found in error.errors())


def _sentence(found: Mapping[str, Any], settings: type[BaseModel]) -> str:
    where, kind, given = ".".join(map(str, found["loc"])), found["type"], found["input"]
    if kind == "extra_forbidden":
        return f"{where}: {_no_such_key(found['loc'], settings)}"
    if kind == "missing":
        return f"{where}: it is missing; add it"
    if kind == "value_error":
        return f"{where}: {found['ctx']['error']}" if where else str(found["ctx"]["error"])
    wanted = _SHOULD_BE.get(kind) or _BOUNDS.get(kind, "").format(**found.get("ctx", {})) or found["msg"].lower()
    shown = repr(given) if len(repr(given)) <= _SHOWN else f"{repr(given)[:_SHOWN]}..."
    return f"{where}: it has to be {wanted.removeprefix('input should be ')}, not {shown}"


def _no_such_key(place: Sequence[str | int], settings: type[BaseModel]) -> str:
    """The keys that there are, or the one that was meant."""
    keys = list(_section(place[:-1], settings).model_fields)
    close = get_close_matches(str(place[-1]), keys, n=1, cutoff=0.6)
    return f"no such key; did you mean {close[0]!r}?" if close else f"no such key; there are {', '.join(keys)}"


def _section(place: Sequence[str | int], settings: type[BaseModel]) -> type[BaseModel]:
    """The table at this place: steps through tables, lists of tables and tables by name."""
    for step in place:
        field = settings.model_fields.get(step) if isinstance(step, str) else None
        if field is not None:  # a list's index, or a kind's name, leads no further into the schema
            settings = next(iter(_tables(field.annotation)), settings)
    return settings


def _tables(annotation: object) -> list[type[BaseModel]]:
    """The schemas within a type such as `EventsFile | None` or `dict[str, Kind]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [table for inner in get_args(annotation) for table in _tables(inner)]
