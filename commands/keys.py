"""API keys of the service: `key add`, `key list`, `key remove`. A running service takes changes up within a second."""

from enum import StrEnum
from typing import Annotated

import typer

from commands.terminal import DEFAULT_HOME, Home, say

app = typer.Typer(no_args_is_help=True, help="Make, list and take back the API keys of the service.")


class ScopeName(StrEnum):
    """What a key may do; `admin` may do everything."""

    crm = "crm"
    rep = "rep"
    admin = "admin"
    metrics = "metrics"


@app.command()
def add(
    scope: Annotated[list[ScopeName], typer.Option(help="what the key may do; repeat for more")],
    name: Annotated[str, typer.Option(help="whose key it is, for `key list`")] = "",
    home: Home = DEFAULT_HOME,
) -> None:
    """Make one more key and print its token, which is kept nowhere."""
    from serving.keys import KeyRing
    from serving.run import KEYS

    ring, token = KeyRing.read(home / KEYS).issue([s.value for s in dict.fromkeys(scope)], name=name)
    ring.save(home / KEYS)
    say(f"key {ring.keys[-1].key_id}, shown this once: {token}")


@app.command("list")
def show(home: Home = DEFAULT_HOME) -> None:
    """Show the keys that there are, without their tokens."""
    from serving.keys import KeyRing
    from serving.run import KEYS

    ring = KeyRing.read(home / KEYS)
    for key in ring.keys:
        say(f"{key.key_id}  {','.join(key.scopes):<15}  {key.name}".rstrip())
    if not ring.keys:
        say(f"{home / KEYS} holds no key; make one with `ripeness key add --scope crm`")


@app.command()
def remove(
    key_id: Annotated[str, typer.Argument(help="as `key list` shows it")],
    home: Home = DEFAULT_HOME,
) -> None:
    """Take a key back: whoever has its token is refused from now on."""
    from serving.keys import KeyRing
    from serving.run import KEYS

    KeyRing.read(home / KEYS).without(key_id).save(home / KEYS)
    say(f"key {key_id} is taken back")
