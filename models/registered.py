"""What the registry takes and gives, as plain data: a training's run, a version, a bundle that was fetched."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Data:
    """A data set that a run used."""

    name: str
    digest: str  #: of its content; MLflow keeps the first 36 characters
    source: str  #: where it came from: a folder or an address
    used_for: str = "training"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a training leaves in MLflow beside its bundle."""

    name: str
    params: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    pictures: Mapping[str, Path] = field(default_factory=dict)  #: PNG or SVG files by the name to show them under
    files: tuple[Path, ...] = ()  #: further files to keep, by their own names
    data: tuple[Data, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Version:
    """A registered bundle."""

    number: str
    run_id: str
    digest: str  #: "sha256:..." of the bundle's manifest
    aliases: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)  #: what was decided about it, among others


@dataclass(frozen=True, kw_only=True)
class Downloaded:
    """A bundle fetched from the registry, not yet loaded."""

    folder: Path
    version: str
    run_id: str
    digest: str
