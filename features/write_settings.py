"""`ripeness.toml` as text: every section and key, what it means and what holds unless it is set.

Meanings and defaults are read from where the keys are declared (`features.settings`), so that the
file can't tell anything else. A key at its default is written as a comment.
"""

import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache

from pydantic import BaseModel

from features.findings import Question
from features.guess import Guess
from features.settings import ChangesFile, EventsFile, Kind, Section, Settings

_FIELD = re.compile(r"    (\w+): ")
_MEANING = re.compile(r"#: (.*)$")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ABSENT: Mapping[str, Section] = {"data.events": EventsFile(), "data.attribute_changes": ChangesFile()}
_HEAD = """\
# What this company decides. Written by `ripeness init` from the data alone: read it, correct it.
# A line such as "# key = value" shows the default, which holds while the line stays a comment.
# Lines with PLEASE DECIDE are questions that data can't answer.
"""


def settings_text(guess: Guess) -> str:
    """The commented file; `parse_settings` reads it back to `guess.settings`."""
    lines = [_HEAD]
    lines += ["# What was found:", *(f"# - {_one_line(note)}" for note in guess.notes), ""] if guess.notes else []
    keys = set(_keys(guess.settings))
    lines += [line for q in guess.questions if q.key not in keys for line in _asked([q])]
    for name in Settings.model_fields:
        if name != "kinds":
            lines += _section(name, getattr(guess.settings, name), guess.questions)
    lines += _kinds(guess.settings.kinds, guess.questions)
    return "\n".join(lines).rstrip() + "\n"


def _keys(settings: Settings) -> Iterator[str]:
    """Dotted names of every section and key that the file has a place for."""
    for name in Settings.model_fields:
        yield name
        if name != "kinds":
            yield from _keys_of(name, getattr(settings, name))


def _keys_of(path: str, section: Section) -> Iterator[str]:
    for key, value in section:
        yield f"{path}.{key}"
        inner = value if isinstance(value, Section) else _ABSENT.get(f"{path}.{key}")
        if inner is not None:
            yield from _keys_of(f"{path}.{key}", inner)


def _section(path: str, section: Section, questions: Iterable[Question], *, absent: bool = False) -> list[str]:
    """A table with its keys, then the tables inside it."""
    plain, inner, listed = [], [], []
    for key, value in section:
        here = f"{path}.{key}"
        within = value if isinstance(value, Section) else _ABSENT.get(here)
        if within is not None:
            inner += _section(here, within, questions, absent=value is None)
        elif _is_list_of_tables(section, key):
            listed += _listed_tables(here, section, key)
        else:
            plain += [*_asked(questions, here), _line(section, key, absent=absent)]
    hash_mark = "# " if absent else ""
    return [f"{hash_mark}[{path}]", *_about(section), *_asked(questions, path), *plain, "", *listed, *inner]


def _line(section: Section, key: str, *, absent: bool) -> str:
    value, default = getattr(section, key), type(section).model_fields[key].get_default(call_default_factory=True)
    meaning = _meanings(type(section)).get(key, "")
    if value == default:
        return f"# {_with_default(key, value)}  # {meaning}"
    shown = "" if default is None or default == () else f" (default {toml_value(default)})"
    return f"{'# ' if absent else ''}{key} = {toml_value(value)}  # {meaning}{shown}"


def _with_default(key: str, value: object) -> str:
    return f"{key} =" if value is None else f"{key} = {toml_value(value)}"


def _is_list_of_tables(section: Section, key: str) -> bool:
    return key == "joins"


def _listed_tables(path: str, section: Section, key: str) -> list[str]:
    """`[[data.leads.joins]]` once for each; an example in comments where there is none."""
    meaning = _meanings(type(section))[key]
    tables = [
        [f"[[{path}]]", *(f"{name} = {toml_value(value)}" for name, value in table), ""]
        for table in getattr(section, key)
    ]
    example = [f"# [[{path}]]", '# file = "accounts.csv"', '# on = "account"  # the column that both files have', ""]
    return [f"# {meaning}", *(line for table in tables or [example] for line in table)]


def _kinds(kinds: Mapping[str, Kind], questions: Iterable[Question]) -> list[str]:
    """What each kind of event means; keys are described once."""
    lines = ["# Kinds of events, by their names in the export. Keys of each:"]
    for key, meaning in _meanings(Kind).items():
        lines.append(f"# {_with_default(key, Kind.model_fields[key].default)}  # {meaning}")
    lines += [*_asked(questions, "kinds"), ""]
    for name, kind in kinds.items():
        told = {
            key: value for key, value in kind if key in {"actor", "stage"} or value != Kind.model_fields[key].default
        }
        lines += [f"[kinds.{_key(name)}]", *(f"{key} = {toml_value(value)}" for key, value in told.items()), ""]
    return lines


def _about(section: Section) -> list[str]:
    text = inspect.getdoc(type(section)) or ""
    return [f"# {line}".rstrip() for line in text.splitlines()]


def _asked(questions: Iterable[Question], key: str | None = None) -> list[str]:
    return [f"# PLEASE DECIDE: {_one_line(q.text)}" for q in questions if key in {None, q.key}]


@cache
def _meanings(section: type[BaseModel]) -> Mapping[str, str]:
    """The `#:` comment of each key, from the source."""
    found: dict[str, str] = {}
    key = ""
    for line in inspect.getsource(section).splitlines():
        field, meaning = _FIELD.match(line), _MEANING.search(line)
        key = field[1] if field else key
        if meaning and key in section.model_fields:
            found.setdefault(key, meaning[1])
    return found


def toml_value(value: object) -> str:
    """A value in TOML, which has no word for "none": an empty text stands for it."""
    if value is None:
        value = ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, tuple | Mapping):
        return _toml_of_many(value)
    return str(value)


def _toml_of_many(values: tuple[object, ...] | Mapping[str, object]) -> str:
    """A list, or a table on one line."""
    if isinstance(values, tuple):
        return f"[{', '.join(map(toml_value, values))}]"
    return f"{{{', '.join(f'{toml_value(key)} = {toml_value(value)}' for key, value in values.items())}}}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else toml_value(name)


def _one_line(text: str) -> str:
    """Text that is safe in a comment: no line breaks, no control characters."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
