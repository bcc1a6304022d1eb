"""What a model says of itself: `card`."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from commands.terminal import DEFAULT_HOME, Home, Tracking, say, tracking, write_whole

if TYPE_CHECKING:
    from models.manifest import Sealed


def card(
    version: Annotated[
        str, typer.Argument(help="champion, challenger, previous, a version's number, or a run's id")
    ] = "champion",
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
    out: Annotated[Path | None, typer.Option(help="Markdown file to write instead of printing")] = None,
    profile_only: Annotated[
        bool, typer.Option("--profile-only", help="only the customer profile and the sources, for marketing and sales")
    ] = False,
) -> None:
    """Print a model's card: what it learned from, how good it is, who was won most often, and its limits."""
    sealed = _files_of(version, tracking(home, tracking_uri, make=False))
    text = _profile(sealed) if profile_only else sealed.parts["card.md"].decode("utf-8")
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_whole(out, text)
        say(f"wrote {out}")


def _files_of(version: str, where: str) -> "Sealed":
    """The files of a registered bundle, checked against what was registered."""
    from models import registry
    from models.manifest import read_sealed

    with TemporaryDirectory(prefix="ripeness-") as scratch:
        return read_sealed(registry.download(version, tracking_uri=where, into=Path(scratch)).folder)


def _profile(sealed: "Sealed") -> str:
    from features.errors import BadBundle
    from models.plain import from_text
    from training.profile_text import profile_page

    told = from_text(sealed.parts["card.json"])
    if not isinstance(told, dict) or "company" not in told:
        raise BadBundle("card.json of this version names no company; `ripeness card` without --profile-only prints it")
    return profile_page(told)
