"""What a training leaves behind: a run in MLflow with figures, pictures and card, and a registered bundle."""

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from features.clock import from_micros
from features.guess import Guess
from features.settings import FILE_NAME, Settings
from features.write_settings import settings_text
from models import registry
from models.files import save
from models.registered import Data, Run, Version
from training.pictures import draw
from training.points_model import PointsModel
from training.train import Trained

LEARNED_BY = ("outcome", "cohort", "split", "features", "capacity", "fairness")  #: sections that shape a model


def record(
    trained: Trained | PointsModel,
    *,
    settings: Settings,
    data: Data,
    tracking_uri: str,
    pictures: Path | None = None,
) -> Version:
    """Register the bundle as the challenger; `training.promotion` decides whether it becomes more.

    `pictures` names a folder for copies of the run's pictures.
    """
    with TemporaryDirectory() as scratch:
        bundle = Path(scratch) / "bundle"
        save(trained.bundle, bundle, trained.golden_rows)
        run = _run(trained, settings, data, bundle, pictures or Path(scratch) / "pictures")
        version = registry.register(bundle, run, tracking_uri=tracking_uri)
    registry.set_alias("challenger", version.number, tracking_uri=tracking_uri)
    return replace(version, aliases=("challenger",))


def _run(trained: Trained | PointsModel, settings: Settings, data: Data, bundle: Path, pictures: Path) -> Run:
    """All that the run keeps beside the bundle, which lies in the folder `bundle`."""
    written = bundle.parent / FILE_NAME
    written.write_text(_settings_text(settings), encoding="utf-8")
    return Run(
        name=f"train {settings.company.name}",
        params=_params(trained, settings),
        metrics=_metrics(trained) if isinstance(trained, Trained) else {},
        pictures=_pictures(trained, pictures),
        files=(written, bundle / "card.json"),
        data=(data,),
        tags={"verdict": str(trained.bundle.card["verdict"]), "rung": trained.rung.name},
    )


def describe(folder: Path, settings: Settings) -> Data:
    """The files that the settings read as a data set of a run, with a digest of their content."""
    digest = hashlib.sha256()
    for name in files_read(settings):
        path = folder / name
        digest.update(name.encode("utf-8", "surrogateescape") + b"\0")
        if path.is_file():
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return Data(name=folder.name or "export", digest=digest.hexdigest(), source=folder.name or "export")


def files_read(settings: Settings) -> tuple[str, ...]:
    """Names of the export's files, each once, in order."""
    data = settings.data
    tables = [table.file for table in (data.leads, data.events, data.attribute_changes) if table]
    return tuple(sorted({*tables, *(join.file for join in data.leads.joins)}))


def _settings_text(settings: Settings) -> str:
    return settings_text(Guess(settings=settings, notes=(), questions=()))


def _pictures(trained: Trained | PointsModel, folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in draw(trained, folder)} if isinstance(trained, Trained) else {}


def _params(trained: Trained | PointsModel, settings: Settings) -> dict[str, object]:
    """All that shaped the model: what was asked for, what was chosen on the way, and what it was chosen from."""
    chosen = settings.model_dump(mode="json", include={*LEARNED_BY, "model"})
    params = {f"{section}.{key}": value for section, values in chosen.items() for key, value in values.items()}
    text = _settings_text(settings).encode()
    params |= {
        "columns": len(trained.bundle.view.names),
        "view": trained.bundle.view.fingerprint,
        "ripeness": installed("ripeness"),
        "settings": hashlib.sha256(text).hexdigest(),
        "data_end": trained.bundle.card["data_end"],
    }
    return params | (_found(trained) if isinstance(trained, Trained) else {})


def _found(trained: Trained) -> dict[str, object]:
    """What the training decided by itself."""
    card, export = trained.bundle.card, trained.prepared.export
    leaks = ("refused", "kept", "suspicious", "refused_kinds")
    return {
        "chosen.linear_strength": card["linear_strength"],
        "chosen.trees": card["trees"],
        "chosen.platt_a": card["calibration"]["a"],
        "chosen.platt_b": card["calibration"]["b"],
        "chosen.calibrated_on": card["calibrated_on"],
        "data.leads": len(export.leads),
        "data.events": len(export.events),
        "data.won": int(export.outcomes["kind"].eq("closed_won").sum()) if not export.flat else _labelled(trained),
        **{f"leaks.{name}": ", ".join(card["leaks"][name]) for name in leaks},
        **{f"{part}.{key}": value for part, told in card["parts"].items() for key, value in told.items()},
        **dict(_bounds(trained)),
    }


def _labelled(trained: Trained) -> int:
    return int((trained.prepared.export.leads["label"] == 1).sum())


def _bounds(trained: Trained) -> Iterator[tuple[str, Any]]:
    """The bounds on `as_of` by which the parts were cut."""
    for name, at in vars(trained.prepared.parts.periods).items():
        if at is not None:
            shown = f"row {at + 1}" if trained.prepared.export.flat else from_micros(at).isoformat()
            yield f"bounds.{name}", shown


def _metrics(trained: Trained) -> Mapping[str, float]:
    """Every figure of every contestant with the bounds of its interval, under names that MLflow takes."""
    found = {
        f"{name}/{_plain(metric)}{end}": value
        for name, row in trained.evaluation.measured.items()
        for metric, interval in row.items()
        for end, value in (("", interval.value), ("_low", interval.low), ("_high", interval.high))
    }
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _plain(metric: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", metric.lower().replace("%", "percent")).strip("_")
