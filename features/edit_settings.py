"""Change a few keys of one table of a `ripeness.toml`, and leave everything else in it as people wrote it."""

import re
from collections.abc import Mapping

from features.errors import BadSettings
from features.settings import parse_settings
from features.write_settings import toml_value


def lines_of(keys: Mapping[str, object]) -> list[str]:
    """`key = value` for each, as TOML."""
    return [f"{key} = {toml_value(value)}" for key, value in keys.items()]


def with_keys(text: str, table: str, keys: Mapping[str, object]) -> str:
    """The text with these keys of `[table]` set; the table is added at the end where there is none.

    Raises:
        BadSettings: the text can't be edited line by line, such as a value that spans several.
    """
    lines = text.splitlines()
    head = re.compile(rf"\s*\[\s*{re.escape(table)}\s*\]\s*(#.*)?")
    start = next((i for i, line in enumerate(lines) if head.fullmatch(line)), None)
    if start is None:
        edited = [*lines, "", f"[{table}]", *lines_of(keys)]
    else:
        end = next((i for i in range(start + 1, len(lines)) if re.match(r"\s*\[", lines[i])), len(lines))
        edited = [*lines[: start + 1], *_set(lines[start + 1 : end], keys), *lines[end:]]
    changed = "\n".join(edited) + "\n"
    _require(text, changed, table, keys)
    return changed


def _set(lines: list[str], keys: Mapping[str, object]) -> list[str]:
    """The lines of a table, with each key's line replaced where it stands, or put first; comments at its end stay."""
    left = dict(keys)
    found = []
    for line in lines:
        name, _, rest = line.partition("=")
        if name.strip() in left and not line.lstrip().startswith("#"):
            key = name.strip()
            comment = re.search(r"\s+#[^\"']*$", rest)
            found.append(lines_of({key: left.pop(key)})[0] + (comment[0] if comment else ""))
        else:
            found.append(line)
    return [*lines_of(left), *found]


def _require(before: str, after: str, table: str, keys: Mapping[str, object]) -> None:
    wanted = parse_settings(before).model_dump()
    wanted[table] |= keys
    try:
        if parse_settings(after).model_dump() == wanted:
            return
    except BadSettings:
        pass
    raise BadSettings(f"[{table}] can't be changed line by line; write it yourself: " + "; ".join(lines_of(keys)))
