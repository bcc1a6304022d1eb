"""`ripeness score`: a whole export into a Parquet file, which appears complete or not at all."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from features.clock import NEVER, iso
from features.errors import BadSettings, UnreadableFile
from features.settings import Settings
from features.tables import Export
from serving.language import catalog
from serving.model_source import ModelSource
from serving.predict import Predictor
from serving.whole_base import SCHEMA, open_leads, score_export


def score_to_file(
    export: Export,
    settings: Settings,
    *,
    as_of: int,
    out: Path,
    tracking_uri: str,
    language: str,
    progress: Callable[[str], None],
) -> int:
    """Score all open leads with the champion of the registry; how many there were.

    Raises:
        NoModel: no version is the champion.
        RegistryRefused: the registry can't be used.
        BadBundle: the champion's bundle is refused.
        BadSettings: no lead was open then.
        UnreadableFile: the file can't be written.
    """
    require_writable(out)
    if not len(open_leads(export, as_of)):
        raise BadSettings(_nobody(export, as_of))
    models = ModelSource.from_registry(tracking_uri, settings)
    progress("fetching the champion")
    status = models.refresh()
    if status.predictor is None and status.trouble:
        raise status.kind(status.trouble)
    return write_scores(models.current(), export, as_of=as_of, out=out, language=language, progress=progress)


def write_scores(
    predictor: Predictor, export: Export, *, as_of: int, out: Path, language: str, progress: Callable[[str], None]
) -> int:
    """Score all open leads with this model into a Parquet file; how many there were.

    The file's metadata names the model and the moment.

    Raises:
        UnreadableFile: the file can't be written.
    """
    require_writable(out)
    beside = _beside(out)
    metadata = _metadata(predictor, as_of)
    count = 0

    def step(done: int, total: int) -> None:
        progress(f"scored {done:,} of {total:,} leads")

    try:
        with pq.ParquetWriter(beside, SCHEMA.with_metadata(metadata), compression="zstd") as writer:
            for batch in score_export(predictor, export, as_of=as_of, language=catalog(language), progress=step):
                writer.write_batch(batch.replace_schema_metadata(metadata))
                count += batch.num_rows
        beside.replace(out)
    except OSError as error:
        raise UnreadableFile(f"{out} can't be written ({error.strerror}); name another file with --out") from error
    finally:
        beside.unlink(missing_ok=True)
    return count


def require_writable(out: Path) -> None:
    """Find out before any work whether the file can be written.

    Raises:
        UnreadableFile: it is a folder, its folder isn't there, or it may not be written.
    """
    if out.is_dir():
        raise UnreadableFile(f"{out} is a folder; name a file in it with --out")
    beside = _beside(out)
    try:
        beside.touch()
        beside.unlink()
    except OSError as error:
        raise UnreadableFile(f"{out} can't be written ({error.strerror}); name another file with --out") from error


def _beside(out: Path) -> Path:
    """Where the file grows until it is whole."""
    return out.with_name(out.name + ".part")


def _nobody(export: Export, as_of: int) -> str:
    """Why there is nobody to score."""
    created = export.leads["created_at"].to_numpy()
    created, asked = created[created != NEVER], f"--as-of {iso(as_of)}"
    if len(created) and as_of < created.min():
        return f"no lead was there yet at {asked}: the first was created {iso(created.min())}; choose a later moment"
    return f"no lead was open at {asked}: all had been won or lost; the data ends {iso(export.data_end)}"


def _metadata(predictor: Predictor, as_of: int) -> dict[str, str]:
    return {
        "as_of": iso(as_of),
        "model_version": predictor.version,
        "bundle": predictor.bundle.digest,
        "horizon_days": f"{predictor.bundle.horizon_days:g}",
    }
