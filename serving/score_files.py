"""`ripeness score`: a whole export into a file of scores.

A small export is read whole. A large one is cut into parts of whole leads, which are scored on all cores; finished
parts are kept beside the file, so that the same command goes on where it was cut off. The file is the same either way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from features.clock import NEVER, iso
from features.cut import Cut, write_parts
from features.errors import BadSettings, NoModel
from features.settings import Settings
from features.tables import Export, Refusal
from models import registry
from models.file_lock import locked
from models.files import load
from models.probe import probe
from models.registered import Version
from serving.kept_blocks import KeptBlocks, write_durably
from serving.language import catalog
from serving.model_source import ModelSource
from serving.predict import Predictor
from serving.score_outputs import require_writable, writing
from serving.score_workers import Work, score_parts
from serving.whole_base import SCHEMA, open_leads, score_export

Progress = Callable[[str], None]
LOCK_SECONDS = 1.0


def score_to_file(
    export: Export,
    settings: Settings,
    *,
    as_of: int,
    out: Path,
    tracking_uri: str,
    language: str,
    progress: Progress,
) -> int:
    """Score all open leads of an export in memory with the champion of the registry; how many there were.

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
    predictor: Predictor, export: Export, *, as_of: int, out: Path, language: str, progress: Progress
) -> int:
    """Score all open leads with this model into a file; how many there were.

    The metadata of a Parquet file names the model and the moment.

    Raises:
        UnreadableFile: the file can't be written.
    """
    require_writable(out)
    bundle, count = predictor.bundle, 0

    def step(done: int, total: int) -> None:
        progress(f"scored {done:,} of {total:,} leads")

    with writing(out, _metadata(predictor.version, bundle.digest, bundle.horizon_days, as_of)) as writer:
        for batch in score_export(predictor, export, as_of=as_of, language=catalog(language), progress=step):
            writer.write_batch(batch)
            count += batch.num_rows
    return count


@dataclass(frozen=True, kw_only=True)
class Parted:
    """What became of an export that was scored in parts."""

    rows: int
    refusals: tuple[Refusal, ...]


def score_parted(
    cut: Cut, *, as_of: int, out: Path, tracking_uri: str, language: str, cores: int, progress: Progress
) -> Parted:
    """Score all open leads of an export part by part with the champion of the registry.

    What was finished before, by a command with the same arguments on the same files, is not done again.

    Raises:
        NoModel, RegistryRefused, BadBundle, BadSettings, UnreadableFile: as `score_to_file`.
    """
    require_writable(out)
    state = out.with_name(f".{out.name}.parts")
    lock = state.with_name(f"{state.name}.lock")
    with locked(lock, wait_seconds=LOCK_SECONDS, who="`ripeness score`"):
        champion = registry.find("champion", tracking_uri=tracking_uri)
        if champion is None:
            raise NoModel("no version is the champion in the registry; train one with `ripeness train`")
        kept = KeptBlocks(state)
        key = _key(cut) | {"as_of": as_of, "language": language, "model": [champion.number, champion.digest]}
        if kept.open(key):
            progress("going on where the same command was cut off")
        bundle = _fetched(state, champion, tracking_uri, progress)
        _cut_once(cut, state, progress)
        work = Work(
            bundle=bundle,
            version=champion.number,
            whole=cut.whole,
            as_of=as_of,
            language=language,
            parts=state / "parts",
            blocks=state,
        )
        found = _score_missing(cut, kept, work, cores, progress)
        if found.rows:
            progress(f"writing {out.name}")
            _put_together(cut, kept, work, out)
        kept.drop()
        lock.unlink(missing_ok=True)
        if not found.rows:
            raise BadSettings(f"no lead was open at --as-of {iso(as_of)}; the data ends {iso(cut.whole.end.at)}")
    return found


def _key(cut: Cut) -> dict[str, object]:
    """What the scores hang on besides the model: the files as they are, the settings, and the size of a part."""
    files = [(file.name, (file.path.stat().st_size, file.path.stat().st_mtime_ns)) for file in cut.files]
    settings, end = cut.whole.settings.model_dump(mode="json"), cut.whole.end.at
    return {"files": files, "settings": settings, "end": end, "a_part": cut.a_part, "schema": str(SCHEMA)}


def _fetched(state: Path, champion: Version, tracking_uri: str, progress: Progress) -> Path:
    """The champion's bundle, tried, in the folder of the work."""
    here, said = state / "model", state / "model.txt"
    if said.exists():
        return Path(said.read_text(encoding="utf-8"))
    progress("fetching the champion")
    folder = registry.download(champion.number, tracking_uri=tracking_uri, into=here).folder
    probe(folder)
    write_durably(said, str(folder.resolve()).encode())
    return folder.resolve()


def _cut_once(cut: Cut, state: Path, progress: Progress) -> None:
    done = state / "cut.txt"
    if not done.exists():
        write_parts(cut, state / "parts", progress)
        write_durably(done, b"")


def _score_missing(cut: Cut, kept: KeptBlocks, work: Work, cores: int, progress: Progress) -> Parted:
    """Score the parts that are not finished; the refusals are those of these parts."""
    finished = {part: rows for part in range(cut.parts) if (rows := kept.rows_of(part)) is not None}
    missing = [part for part in range(cut.parts) if part not in finished]
    rows, refusals = sum(finished.values()), list(cut.refusals)
    for i, done in enumerate(score_parts(work, missing, cores), start=len(finished) + 1):
        rows += done.rows
        refusals += done.refusals
        progress(f"scored {rows:,} leads: {i:,} of {cut.parts:,} parts")
    return Parted(rows=rows, refusals=together(refusals))


def together(refusals: Sequence[Refusal]) -> tuple[Refusal, ...]:
    """Refusals of the same kind in several parts as one; its examples name rows of parts, so they are left out."""
    counts: dict[tuple[str, str], int] = {}
    for refusal in refusals:
        kind = refusal.table, refusal.reason
        counts[kind] = counts.get(kind, 0) + refusal.count
    return tuple(Refusal(table=table, reason=reason, count=n) for (table, reason), n in counts.items())


def _put_together(cut: Cut, kept: KeptBlocks, work: Work, out: Path) -> None:
    """All parts in their order, which is that of the leads' ids."""
    bundle = load(work.bundle)
    with writing(out, _metadata(work.version, bundle.digest, bundle.horizon_days, work.as_of)) as writer:
        for part in range(cut.parts):
            for batch in kept.read(part):
                writer.write_batch(batch)


def _nobody(export: Export, as_of: int) -> str:
    """Why there is nobody to score."""
    created = export.leads["created_at"].to_numpy()
    created, asked = created[created != NEVER], f"--as-of {iso(as_of)}"
    if len(created) and as_of < created.min():
        return f"no lead was there yet at {asked}: the first was created {iso(created.min())}; choose a later moment"
    return f"no lead was open at {asked}: all had been won or lost; the data ends {iso(export.data_end)}"


def _metadata(version: str, digest: str, horizon_days: float, as_of: int) -> dict[str, str]:
    return {"as_of": iso(as_of), "model_version": version, "bundle": digest, "horizon_days": f"{horizon_days:g}"}
