"""The front door: the `ripeness` command. It loads its parts when they are needed, so `--help` is quick.

Only here and in the service's routes does the code know what time it is, where the home folder lies,
and how to talk to a person at a terminal.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.errors import BadSettings, RipenessError

if TYPE_CHECKING:
    pass

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Predictive lead scoring that a company runs itself: calibrated, explained, honest.",
)

Folder = Annotated[Path, typer.Argument(help="folder of the export: CSV, CSV.gz or Parquet files")]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="another file than FOLDER/ripeness.toml")]
Home = Annotated[Path, typer.Option(envvar="RIPENESS_HOME", help="where the registry, the keys and the caches lie")]
Language = Annotated[str | None, typer.Option(help="of the reasons: en or it; the settings' unless given")]

DEFAULT_HOME = Path(".ripeness")


def say(line: str = "") -> None:
    """Print one line for a person."""
    typer.echo(line)


@app.command()
def init(
    folder: Folder, force: Annotated[bool, typer.Option(help="overwrite an existing ripeness.toml")] = False
) -> None:
    """Look at an export and write its commented ripeness.toml."""
    from features.guess import guess
    from features.settings import FILE_NAME
    from features.write_settings import settings_text

    target = folder / FILE_NAME
    if target.exists() and not force:
        raise BadSettings(f"{target} is there already; edit it, or overwrite it with --force")
    found = guess(folder)
    target.write_text(settings_text(found), encoding="utf-8")
    for note in found.notes:
        say(f"  {note}")
    for question in found.questions:
        say(f"? {question}")
    say(
        f"wrote {target}"
        + (f"; {len(found.questions)} questions are marked PLEASE DECIDE in it" if found.questions else "")
    )


@app.command()
def check(folder: Folder, settings: SettingsFile = None) -> None:
    """Validate an export and report what is in it, what is refused, and why."""
    from features.check import check as check_export
    from features.check import render

    chosen = _settings(folder, settings)
    say(render(check_export(_read(folder, chosen), chosen)))


@app.command()
def train(
    folder: Folder,
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    promote: Annotated[bool, typer.Option(help="make it the champion even if there is one")] = False,
    pictures: Annotated[Path | None, typer.Option(help="also write the pictures into this folder")] = None,
) -> None:
    """Train, calibrate, evaluate on later time, and register the bundle."""
    from training.record import record
    from training.train import train as fit

    chosen = _settings(folder, settings)
    with _progress() as step:
        step("reading the export")
        trained = fit(_read(folder, chosen), chosen, progress=step)
        step("registering with MLflow")
        version = record(trained, tracking_uri=_tracking(home), settings=chosen, promote=promote, pictures=pictures)
    _remember(chosen, home)
    say(trained.summary())
    say(f"registered as version {version.number} ({', '.join(version.aliases) or 'no alias'}), bundle {version.digest}")


@app.command()
def serve(
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    host: Annotated[str | None, typer.Option(help="address to listen on; loopback unless given")] = None,
    port: Annotated[int | None, typer.Option(help="port to listen on")] = None,
) -> None:
    """Serve the champion on /v1/predict."""
    from serving.run import serve as run

    chosen = _service_settings(settings, home)
    run(chosen, home=home, tracking_uri=_tracking(home), host=host, port=port, now=_now, say=say)


@app.command()
def score(
    folder: Folder,
    as_of: Annotated[str, typer.Option(help="the moment of scoring, such as 2026-03-01 or 2026-03-01T09:00:00Z")],
    out: Annotated[Path, typer.Option(help="Parquet file to write")],
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    language: Language = None,
) -> None:
    """Score a whole export at one moment, with reasons, into a Parquet file."""
    from serving.score_files import score_to_file

    chosen = _settings(folder, settings)
    moment = _moment(as_of, chosen)
    with _progress() as step:
        step("reading the export")
        export = _read(folder, chosen)
        count = score_to_file(
            export,
            chosen,
            as_of=moment,
            out=out,
            home=home,
            tracking_uri=_tracking(home),
            language=language or chosen.company.language,
            progress=step,
        )
    say(f"wrote {count:,} scored leads to {out}")


@app.command()
def simulate(
    folder: Annotated[Path, typer.Argument(help="folder to write the simulated company to")],
    leads: Annotated[int, typer.Option(min=100)] = 7000,
    seed: int = 1,
) -> None:
    """Write a simulated company's export, to try things on."""
    from training.simulate import simulate as invent

    invent(seed=seed, leads=leads).write(folder)
    say(f"wrote a company of {leads:,} leads to {folder}")


@app.command()
def demo(
    home: Home = DEFAULT_HOME / "demo",
    once: Annotated[bool, typer.Option("--once", help="ask the own endpoint once, print the answer, and end")] = False,
    port: Annotated[int | None, typer.Option(help="port to listen on")] = None,
) -> None:
    """Simulate a company, train, register, serve: the whole job on this machine."""
    from demo import run

    run(home=home, once=once, port=port, now=_now, say=say)


def main() -> None:
    """Run the command line: errors a person can act on are one sentence and an exit code, never a traceback."""
    try:
        app(standalone_mode=False)
    except RipenessError as error:
        typer.echo(f"{error.title}: {error}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("stopped", err=True)
        sys.exit(130)
