"""What a training leaves behind: a run in MLflow with figures, pictures and card, and a registered bundle."""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from features.settings import Settings
from models import registry
from models.files import save
from models.registry import Data, Run, Version
from training.pictures import draw
from training.train import Trained


def record(
    trained: Trained,
    *,
    settings: Settings,
    data: Data,
    tracking_uri: str,
    promote: bool = False,
    pictures: Path | None = None,
) -> Version:
    """Register the bundle; it becomes the champion where there is none or `promote` says so, else the challenger.

    `pictures` names a folder for copies of the run's pictures.
    """
    with TemporaryDirectory() as scratch:
        bundle, drawn = Path(scratch) / "bundle", pictures or Path(scratch) / "pictures"
        save(trained.bundle, bundle, trained.golden_rows)
        run = Run(
            name=f"train {settings.company.name}",
            params=_params(trained, settings),
            metrics=_metrics(trained),
            pictures={path.stem: path for path in draw(trained, drawn)},
            data=(data,),
            tags={"verdict": trained.evaluation.verdict()},
        )
        version = registry.register(bundle, run, tracking_uri=tracking_uri)
    if promote or registry.find("champion", tracking_uri=tracking_uri) is None:
        registry.promote(version.number, tracking_uri=tracking_uri)
        return replace(version, aliases=("champion",))
    registry.set_alias("challenger", version.number, tracking_uri=tracking_uri)
    return replace(version, aliases=("challenger",))


def describe(folder: Path) -> Data:
    """The folder's files as a data set of a run, with a digest of their content."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.iterdir() if p.is_file()):
        digest.update(path.name.encode("utf-8", "surrogateescape") + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return Data(name=folder.name or "export", digest=digest.hexdigest(), source=folder.name or "export")


def _params(trained: Trained, settings: Settings) -> dict[str, object]:
    chosen = settings.model_dump(mode="json", include={"outcome", "cohort", "split", "model", "features", "capacity"})
    params = {f"{section}.{key}": value for section, values in chosen.items() for key, value in values.items()}
    return params | {"columns": len(trained.bundle.view.names), "view": trained.bundle.view.fingerprint}


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
