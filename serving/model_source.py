"""Which model answers: fetched, tried in a child process, compared with its golden answers, then swapped in.

A bundle that fails any of it is refused; the one before keeps serving, and `/health/ready` says so.
"""

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from features.errors import BadBundle, NoModel, RegistryRefused, RipenessError
from features.settings import Settings
from models import registry
from models.files import load
from models.probe import probe
from serving.bundle_copies import BundleCopies
from serving.examples import warm_up
from serving.older_models import OlderModels
from serving.predict import Predictor
from serving.repeat import repeat

log = structlog.get_logger()

COPIES = "bundles"  #: below the home folder: those that served


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A bundle's folder, as yet untried, and the version it goes by."""

    folder: Path
    version: str


#: brings the current bundle, into the folder given where it has to be downloaded
Fetch = Callable[[Path], Fetched]
#: says cheaply what would be fetched: a word that changes whenever the bundle does
Look = Callable[[], str]


@dataclass(frozen=True, kw_only=True)
class Status:
    """What serves, and what went wrong since."""

    predictor: Predictor | None = None
    seen: str | None = None  #: what `Look` said when the last attempt was made
    trouble: str | None = None  #: why the last attempt failed, in a sentence
    kind: type[RipenessError] = NoModel  #: of trouble: there is no model, or it can't be had
    refusal: str | None = None  #: why the bundle that was seen is refused; stays while it is the one to be had
    loaded: int = 0  #: bundles swapped in so far
    refused: int = 0  #: bundles refused so far


class ModelSource:
    """Holds the model in service. Reading it takes no lock: it is one reference, replaced whole."""

    def __init__(self, fetch: Fetch, look: Look, settings: Settings, copies: BundleCopies | None = None) -> None:
        self._fetch = fetch
        self._look = look
        self._settings = settings
        self._copies = copies
        self._older = OlderModels(copies, settings)
        self._refreshing = threading.Lock()
        self._changing = threading.Lock()
        self.status = Status(trouble="no model was loaded yet")

    @classmethod
    def from_folder(cls, folder: Path, settings: Settings) -> "ModelSource":
        """The bundle in a folder; its name is the version."""

        def look() -> str:
            try:
                return str((folder / "manifest.json").stat().st_mtime_ns)
            except OSError:
                raise NoModel(f"{folder} holds no bundle; train one with `ripeness train`") from None

        return cls(lambda _: Fetched(folder=folder, version=folder.name), look, settings)

    @classmethod
    def from_registry(cls, tracking_uri: str, settings: Settings, *, home: Path | None = None) -> "ModelSource":
        """The champion in the MLflow registry at `tracking_uri`; with a home folder copies of it are kept there."""

        def look() -> str:
            champion = registry.find("champion", tracking_uri=tracking_uri)
            if champion is None:
                raise NoModel("no version is the champion in the registry; train one with `ripeness train`")
            return f"{champion.number} {champion.digest}"

        def fetch(into: Path) -> Fetched:
            found = registry.download("champion", tracking_uri=tracking_uri, into=into)
            return Fetched(folder=found.folder, version=found.version)

        most = settings.service.kept_bundles
        return cls(fetch, look, settings, None if home is None else BundleCopies(home / COPIES, most=most))

    def current(self) -> Predictor:
        """The model in service.

        Raises:
            NoModel: there is none; the message says why.
        """
        status = self.status
        if status.predictor is None:
            raise NoModel(status.trouble or "no model was loaded yet")
        return status.predictor

    def of(self, digest: str) -> Predictor | None:
        """The predictor of the bundle with this digest: the one in service, or one that served before.

        None where no copy of it is kept. The first time it is read from the disk.
        """
        current = self.status.predictor
        if current is not None and current.bundle.digest == digest:
            return current
        return self._older.of(digest)

    def start(self, *, patience_seconds: float) -> Status:
        """Look for the model for so long at most; where it can't be had the last verified copy serves meanwhile."""
        looking = threading.Thread(target=self.refresh, name="model-first-look", daemon=True)
        looking.start()
        looking.join(patience_seconds)
        if self.status.predictor is None:
            self._take_last_copy()
        return self.status

    def refresh(self) -> Status:
        """Look for another model and swap it in if it is sound; never raises, for serving goes on.

        A bundle that was refused is not tried again until the source has another.
        """
        with self._refreshing:
            try:
                return self._refreshed()
            except RipenessError as error:
                return self._troubled(str(error), type(error))
            except Exception as error:  # whatever the registry's client, network or disk may raise
                said = f"the model can't be fetched ({type(error).__name__}: {error})"
                return self._troubled(said, RegistryRefused)

    def _refreshed(self) -> Status:
        seen = self._look()
        if seen == self.status.seen:
            refusal = self.status.refusal
            return self._change(trouble=refusal, kind=BadBundle if refusal else self.status.kind)
        try:
            with tempfile.TemporaryDirectory(prefix="ripeness-") as into:
                fetched = self._fetch(Path(into))
                predictor = self._tried(fetched)
                if self._copies is not None:
                    digest = predictor.bundle.digest
                    self._copies.keep(fetched.folder, digest=digest, version=fetched.version)
        except BadBundle as error:
            log.error("bundle_refused", why=str(error))
            said, refused = str(error), self.status.refused + 1
            return self._change(seen=seen, trouble=said, kind=BadBundle, refusal=said, refused=refused)
        return self._swap(predictor, seen)

    def _swap(self, predictor: Predictor, seen: str) -> Status:
        before = self.status.predictor
        log.info("model_loaded", version=predictor.version, bundle=predictor.bundle.digest)
        status = self._change(predictor=predictor, seen=seen, trouble=None, refusal=None, loaded=self.status.loaded + 1)
        if before is not None:
            self._older.add(before)
        return status

    def _tried(self, fetched: Fetched) -> Predictor:
        digest = probe(fetched.folder)
        bundle = load(fetched.folder)
        if bundle.digest != digest:
            raise BadBundle(f"{fetched.folder} changed while it was tried; try again")
        predictor = Predictor(bundle=bundle, version=fetched.version, settings=self._settings)
        warm_up(predictor)
        return predictor

    def _troubled(self, trouble: str, kind: type[RipenessError]) -> Status:
        if trouble != self.status.trouble:
            log.error("model_not_refreshed", why=trouble)
        return self._change(trouble=trouble, kind=kind)

    def _take_last_copy(self) -> None:
        predictor = self._older.last()
        if predictor is None:
            return
        warm_up(predictor)
        log.warning("model_from_copy", version=predictor.version, bundle=predictor.bundle.digest)
        with self._changing:
            if self.status.predictor is None:
                said = f"{self.status.trouble}; version {predictor.version} serves from its last verified copy"
                self.status = replace(self.status, predictor=predictor, trouble=said)

    def _change(self, **changes: Any) -> Status:  # noqa: ANN401  # fields of Status
        """Replace the status whole; the same object stays where nothing changes."""
        with self._changing:
            if any(getattr(self.status, name) is not value for name, value in changes.items()):
                self.status = replace(self.status, **changes)
            return self.status

    def watch(self, *, every_seconds: float) -> Callable[[], None]:
        """Refresh in the background from now on; the function returned ends it."""
        return repeat(self.refresh, every_seconds=every_seconds, name="model-refresh")
