"""Put the champion to work: `serve`, `score`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.terminal import (
    DEFAULT_HOME,
    Folder,
    Home,
    Language,
    SettingsFile,
    Tracking,
    moment,
    now,
    progress,
    quiet_logs,
    read,
    say,
    service_settings,
    settings_of,
    tracking,
)

if TYPE_CHECKING:
    from features.tables import Export


def serve(
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
    host: Annotated[str | None, typer.Option(help="address to listen on; loopback unless given")] = None,
    port: Annotated[int | None, typer.Option(help="port to listen on")] = None,
) -> None:
    """Serve the champion on /v1/predict."""
    from serving.run import serve as run

    chosen = service_settings(settings, home)
    run(
        chosen,
        home=home,
        tracking_uri=tracking(home, tracking_uri),
        host=host,
        port=port,
        now=now,
        say=say,
        database_url=os.environ.get("RIPENESS_DATABASE_URL") or None,
    )


def score(
    folder: Folder,
    as_of: Annotated[str, typer.Option(help="the moment of scoring, such as 2026-03-01 or 2026-03-01T09:00:00Z")],
    out: Annotated[Path, typer.Option(help="Parquet file to write")],
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
    language: Language = None,
) -> None:
    """Score a whole export at one moment, with reasons, into a Parquet file."""
    from serving.score_files import score_to_file

    quiet_logs()
    chosen = settings_of(folder, settings)
    at = moment(as_of, chosen)
    with progress() as step:
        step("reading the export")
        export = read(folder, chosen)
        say_how_late(export, at)
        count = score_to_file(
            export,
            chosen,
            as_of=at,
            out=out,
            tracking_uri=tracking(home, tracking_uri, make=False),
            language=language or chosen.company.language,
            progress=step,
        )
    say(f"wrote {count:,} scored leads to {out}")


def say_how_late(export: "Export", as_of: int) -> None:
    """Warn of a moment after the end of the data: what happened in between is unknown, and leads look idle."""
    from features.clock import DAY, iso

    late = (as_of - export.data_end) / DAY
    if late > 1 and not export.flat:
        say(
            f"  the data ends {iso(export.data_end)}, {late:,.0f} days before --as-of: leads are scored as if nothing "
            "had happened since"
        )
