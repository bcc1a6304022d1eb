"""Where the commands that learn take their data from: a folder of files, or what the service was told."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.terminal import now, read, say, service_settings, settings_of
from features.errors import BadSettings, NotEnoughData

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from features.settings import Settings
    from features.tables import Export
    from models.registered import Data
    from serving.store.store import Store

MaybeFolder = Annotated[Path | None, typer.Argument(help="folder of the export: CSV, CSV.gz or Parquet files")]
FromService = Annotated[
    bool, typer.Option("--from-service", help="learn from what the service was told, in place of a FOLDER")
]
DATABASE = "RIPENESS_DATABASE_URL"  #: environment variable, as for `serve`


@dataclass(frozen=True, kw_only=True)
class FolderSource:
    """The files of an export."""

    folder: Path

    def settings(self, chosen: Path | None) -> "Settings":
        """The settings named, those in the folder, or guesses."""
        return settings_of(self.folder, chosen)

    def read(self, settings: "Settings") -> "Export":
        """The export, with what was refused said aloud."""
        return read(self.folder, settings)

    def describe(self, settings: "Settings", _export: "Export") -> "Data":
        """The files with a digest of their content."""
        from training.record import describe

        return describe(self.folder, settings)

    def points_file(self, settings: "Settings", named: Path | None = None) -> Path | None:
        """The company's own points rules, if any."""
        from commands.judge import points_file

        return points_file(self.folder, settings, named)


@dataclass(frozen=True, kw_only=True)
class ServiceSource:
    """The store of the service, which may be running: it is only read."""

    home: Path

    def settings(self, chosen: Path | None) -> "Settings":
        """The settings named, or those of the last training; without any, kinds mean what their names say."""
        from features.guess_kinds import fast_tracks, guess_kinds
        from features.settings import FILE_NAME, Lifecycle
        from serving.store.kinds import seen_kinds

        found = service_settings(chosen, self.home)
        if chosen or (self.home / FILE_NAME).exists():
            return found
        with _opened(self.home, found) as store, store.reading() as connection:
            kinds = guess_kinds(seen.kind for seen in seen_kinds(connection))
        say(f"  {len(kinds)} kinds of activity mean what their names say; `--settings` names a file that says more")
        policy = Lifecycle(fast_track=fast_tracks(kinds) or Lifecycle().fast_track)
        return found.model_copy(update={"kinds": kinds, "lifecycle": policy})

    def read(self, settings: "Settings") -> "Export":
        """All that was told so far; complete up to the last moment in it.

        Raises:
            NotEnoughData: nothing was told.
        """
        from features.clock import iso, to_micros
        from serving.store.export import export_of

        with _opened(self.home, settings) as store, store.reading() as connection:
            export = export_of(connection, settings, until=to_micros(now()))
        end = _end(export)
        if end is None:
            raise NotEnoughData("the service was told of no lead yet; send leads, activities and outcomes first")
        say(f"  {len(export.leads):,} leads of the service, complete up to {iso(end)}")
        return replace(export, data_end=end)

    def describe(self, _settings: "Settings", export: "Export") -> "Data":
        """What was told, with a digest of it."""
        from training.described import describe_export

        return describe_export(export, name="service")

    def points_file(self, settings: "Settings", named: Path | None = None) -> Path | None:
        """The company's own points rules as named, or in the home folder."""
        own = self.home / settings.evaluation.points_file if settings.evaluation.points_file else None
        return named or (own if own is not None and own.is_file() else None)


Source = FolderSource | ServiceSource


def source_of(folder: Path | None, home: Path, *, from_service: bool) -> Source:
    """The one source that the command line names.

    Raises:
        BadSettings: it names both, or none.
    """
    if folder is not None and from_service:
        raise BadSettings(
            f"FOLDER ({folder}) and --from-service exclude each other: name the folder of an export, "
            "or learn from what the service was told"
        )
    if from_service:
        return ServiceSource(home=home)
    if folder is None:
        raise BadSettings("name the FOLDER of an export, or --from-service to learn from what the service was told")
    return FolderSource(folder=folder)


@contextmanager
def _opened(home: Path, settings: "Settings") -> "Iterator[Store]":
    """The service's store, open for a while; one that isn't there is not made.

    Raises:
        NotEnoughData: there is no such store.
    """
    from serving.store.engine import database_url
    from serving.store.store import Store

    service, named = settings.service, os.environ.get(DATABASE) or None
    url = database_url(home, named or service.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise NotEnoughData(
            f"the service keeps nothing in {url.database} yet; start it with `ripeness serve`, name its --home, "
            f"or its database by {DATABASE}"
        )
    store = Store.of_settings(service, home=home, named=named)
    try:
        yield store
    finally:
        store.close()


def _end(export: "Export") -> int | None:
    """The last moment in an export, apart from a few that lie years after all others; None where it has none."""
    import numpy as np

    from features.clock import NEVER
    from features.data_end import last_plausible

    times = np.concatenate(list(_moments(export)))
    end = last_plausible(times[(times != NEVER) & (times <= export.data_end)])
    return None if end == NEVER else end


def _moments(export: "Export") -> "Iterator[npt.NDArray[np.int64]]":
    import numpy as np

    yield export.leads["created_at"].to_numpy(dtype=np.int64)
    yield export.changes["known_at"].to_numpy(dtype=np.int64)
    for table in (export.events, export.outcomes):
        yield np.maximum(table["happened_at"].to_numpy(dtype=np.int64), table["known_at"].to_numpy(dtype=np.int64))
