"""Put the champion to work: `serve`, `score`."""

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    say_refusals,
    service_settings,
    settings_of,
    tracking,
)

if TYPE_CHECKING:
    from features.settings import Settings


class Engine(StrEnum):
    """Where a whole base is scored."""

    LOCAL = "local"
    SPARK = "spark"


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
    out: Annotated[Path, typer.Option(help="file to write: Parquet, or CSV by its name (.csv, .csv.gz)")],
    settings: SettingsFile = None,
    home: Home = DEFAULT_HOME,
    tracking_uri: Tracking = None,
    language: Language = None,
    block: Annotated[
        int, typer.Option(min=1, help="leads held in memory on each core; larger exports are scored in such parts")
    ] = 20_000,
    engine: Annotated[Engine, typer.Option(help="where: on this machine, or on a Spark cluster")] = Engine.LOCAL,
    cores: Annotated[
        int | None, typer.Option(min=1, help="processes to use; as many as the machine unless given")
    ] = None,
) -> None:
    """Score a whole export at one moment, with reasons; run again after a crash, it goes on where it was."""
    from commands.spark import score_on_spark

    quiet_logs()
    chosen = settings_of(folder, settings)
    at, place = moment(as_of, chosen), tracking(home, tracking_uri)
    with progress() as step:
        words: dict[str, Any] = {"as_of": at, "out": out, "progress": step, "tracking_uri": place}
        words |= {"language": language or chosen.company.language, "block": block}
        if engine is Engine.SPARK:
            count = score_on_spark(folder, chosen, **words)
        else:
            count = _score_here(folder, chosen, cores=cores or available_cores(), **words)
    say(f"wrote {count:,} scored leads to {out}")


def _score_here(folder: Path, chosen: "Settings", *, as_of: int, block: int, cores: int, **words: Any) -> int:  # noqa: ANN401
    """Whole, or in parts where the export is large; how many leads there were."""
    from features.clock import to_micros
    from features.cut import survey
    from serving.score_files import score_parted, score_to_file

    words["progress"]("looking at the export")
    cut = survey(folder, chosen, a_part=block, now=to_micros(now()))
    if cut is None:
        export = read(folder, chosen)
        say_how_late(export.data_end, as_of, flat=export.flat)
        return score_to_file(export, chosen, as_of=as_of, **words)
    say_how_late(cut.whole.end.at, as_of)
    found = score_parted(cut, as_of=as_of, cores=cores, **words)
    say_refusals(found.refusals)
    return found.rows


def available_cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def say_how_late(data_end: int, as_of: int, *, flat: bool = False) -> None:
    """Warn of a moment after the end of the data: what happened in between is unknown, and leads look idle."""
    from features.clock import DAY, iso

    late = (as_of - data_end) / DAY
    if late > 1 and not flat:
        say(
            f"  the data ends {iso(data_end)}, {late:,.0f} days before --as-of: leads are scored as if nothing "
            "had happened since"
        )
