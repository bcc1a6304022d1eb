"""Bundles that served before, read again from their copies when somebody asks what they would say."""

import threading
from collections import OrderedDict

import structlog

from features.errors import BadBundle
from features.settings import Settings
from models.files import load
from serving.bundle_copies import BundleCopies, Kept
from serving.predict import Predictor

log = structlog.get_logger()

LOADED = 3  #: at once


class OlderModels:
    """Loaded when first asked for; of those loaded the ones unused for longest are let go."""

    def __init__(self, copies: BundleCopies | None, settings: Settings) -> None:
        self._copies = copies
        self._settings = settings
        self._loading = threading.Lock()
        self._loaded: OrderedDict[str, Predictor] = OrderedDict()

    def of(self, digest: str) -> Predictor | None:
        """The predictor of a bundle that served before, if a sound copy of it is kept. Takes a while the first time."""
        with self._loading:
            found = self._loaded.get(digest) or self._read(digest)
            if found is not None:
                self._remember(found)
            return found

    def add(self, predictor: Predictor) -> None:
        """Remember the one that has just been replaced."""
        with self._loading:
            self._remember(predictor)

    def last(self) -> Predictor | None:
        """The bundle that served last, or the latest before it whose copy is sound."""
        kept = self._copies.by_age() if self._copies else iter(())
        return next((found for found in map(self._predictor, kept) if found is not None), None)

    def _read(self, digest: str) -> Predictor | None:
        kept = self._copies.find(digest) if self._copies else None
        return None if kept is None else self._predictor(kept)

    def _predictor(self, kept: Kept) -> Predictor | None:
        """The copy's predictor. Its bytes are those that a child process tried, or it is refused."""
        try:
            bundle = load(kept.folder)
            if bundle.digest != kept.digest:
                raise BadBundle(f"the copy {kept.folder} holds {bundle.digest}")
        except (BadBundle, OSError) as error:
            log.error("copy_refused", why=str(error))
            return None
        return Predictor(bundle=bundle, version=kept.version, settings=self._settings)

    def _remember(self, predictor: Predictor) -> None:
        self._loaded[predictor.bundle.digest] = predictor
        self._loaded.move_to_end(predictor.bundle.digest)
        while len(self._loaded) > LOADED:
            self._loaded.popitem(last=False)
