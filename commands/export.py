"""Look at an export before learning from it: `init`, `check`, `leaks`."""

from typing import Annotated

import typer

from commands.source import FromService, MaybeFolder, source_of
from commands.terminal import DEFAULT_HOME, Folder, Home, Keep, SettingsFile, now, read, say, settings_of, write_whole
from features.errors import BadSettings


def init(
    folder: Folder, force: Annotated[bool, typer.Option(help="overwrite an existing ripeness.toml")] = False
) -> None:
    """Look at an export and write its commented ripeness.toml."""
    from features.clock import to_micros
    from features.guess import guess
    from features.settings import FILE_NAME
    from features.write_settings import settings_text

    target = folder / FILE_NAME
    if target.exists() and not force:
        raise BadSettings(f"{target} is there already; edit it, or overwrite it with --force")
    found = guess(folder, now=to_micros(now()))
    write_whole(target, settings_text(found))
    for note in found.notes:
        say(f"  {note}")
    for question in found.questions:
        say(f"? {question}")
    say(
        f"wrote {target}"
        + (f"; {len(found.questions)} questions are marked PLEASE DECIDE in it" if found.questions else "")
    )


def check(folder: Folder, settings: SettingsFile = None) -> None:
    """Validate an export and report what is in it, what is refused, and why."""
    from features.check import check as check_export
    from features.check import render

    chosen = settings_of(folder, settings)
    say(render(check_export(read(folder, chosen), chosen)))


def leaks(
    folder: MaybeFolder = None,
    from_service: FromService = False,
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    keep: Keep = None,
) -> None:
    """Find columns and event kinds that could know the outcome, and say how they could."""
    from training.leaks import find_leaks

    source = source_of(folder, home, from_service=from_service)
    chosen = source.settings(settings)
    say(find_leaks(source.read(chosen), chosen, keep=tuple(keep or ())).render())
