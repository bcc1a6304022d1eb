"""Which model answers: fetched, tried in a child process, compared with its golden answers, then swapped in.

A bundle that fails any of it is refused; the one before keeps serving, and `/health/ready` says so.
"""

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from features.errors import BadBundle, NoModel, RegistryRefused, RipenessError
from features.settings import Settings
from models import registry
from models.files import load
from models.probe import probe
from serving.examples import warm_up
from serving.predict import Predictor
from serving.repeat import repeat

log = structlog.get_logger()


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


class ModelSource:
    """Holds the model in service. Reading it takes no lock: it is one reference, replaced whole."""

    def __init__(self, fetch: Fetch, look: Look, settings: Settings) -> None:
        self._fetch = fetch
        self._look = look
        self._settings = settings
        self._refreshing = threading.Lock()
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
    def from_registry(cls, tracking_uri: str, settings: Settings) -> "ModelSource":
        """The champion in the MLflow registry at `tracking_uri`."""

        def look() -> str:
            champion = registry.find("champion", tracking_uri=tracking_uri)
            if champion is None:
                raise NoModel("no version is the champion in the registry; train one with `ripeness train`")
            return f"{champion.number} {champion.digest}"

        def fetch(into: Path) -> Fetched:
            found = registry.download("champion", tracking_uri=tracking_uri, into=into)
            return Fetched(folder=found.folder, version=found.version)

        return cls(fetch, look, settings)

    def current(self) -> Predictor:
        """The model in service.

        Raises:
            NoModel: there is none; the message says why.
        """
        status = self.status
        if status.predictor is None:
            raise NoModel(status.trouble or "no model was loaded yet")
        return status.predictor

    def refresh(self) -> Status:
        """Look for another model and swap it in if it is sound; never raises, for serving goes on.

        A bundle that was refused is not tried again until the source has another.
        """
        with self._refreshing:
            before = self.status
            try:
                self.status = self._refreshed(before)
            except RipenessError as error:
                self.status = self._troubled(before, str(error), type(error))
            except Exception as error:  # whatever the registry's client, network or disk may raise
                said = f"the model can't be fetched ({type(error).__name__}: {error})"
                self.status = self._troubled(before, said, RegistryRefused)
            return self.status

    def _refreshed(self, before: Status) -> Status:
        seen = self._look()
        if seen == before.seen:
            return before
        try:
            with tempfile.TemporaryDirectory(prefix="ripeness-") as into:
                fetched = self._fetch(Path(into))
                predictor = self._tried(fetched)
        except BadBundle as error:
            log.error("bundle_refused", why=str(error))
            return Status(predictor=before.predictor, seen=seen, trouble=str(error), kind=BadBundle)
        log.info("model_loaded", version=predictor.version, bundle=predictor.bundle.digest)
        return Status(predictor=predictor, seen=seen)

    def _tried(self, fetched: Fetched) -> Predictor:
        digest = probe(fetched.folder)
        bundle = load(fetched.folder)
        if bundle.digest != digest:
            raise BadBundle(f"{fetched.folder} changed while it was tried; try again")
        predictor = Predictor(bundle=bundle, version=fetched.version, settings=self._settings)
        warm_up(predictor)
        return predictor

    def _troubled(self, before: Status, trouble: str, kind: type[RipenessError]) -> Status:
        if trouble != before.trouble:
            log.error("model_not_refreshed", why=trouble)
        return Status(predictor=before.predictor, seen=before.seen, trouble=trouble, kind=kind)

    def watch(self, *, every_seconds: float) -> Callable[[], None]:
        """Refresh in the background from now on; the function returned ends it."""
        return repeat(self.refresh, every_seconds=every_seconds, name="model-refresh")
