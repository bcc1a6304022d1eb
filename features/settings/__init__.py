"""`ripeness.toml`: everything a company decides, read once into frozen settings.

Every key is documented where it is declared, with its unit in its name. A key that is not
declared here is refused, so a typing error can't pass for a choice.
"""

import tomllib
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from features.errors import BadSettings
from features.settings.drift import Drift
from features.settings.evaluation import EvaluationChoices
from features.settings.export import ChangesFile, Company, Data, EventsFile, Join, Kind, LeadsFile
from features.settings.fairness import Fairness
from features.settings.learning import Cohort, Features, Gate, Model, Outcome, Prior, Split
from features.settings.section import Actor, Days, Family, Grade, Section, Share
from features.settings.service import Service
from features.settings.words import sentences
from features.settings.working import Capacity, Lifecycle

__all__ = [
    "FILE_NAME",
    "Actor",
    "Capacity",
    "ChangesFile",
    "Cohort",
    "Company",
    "Data",
    "Days",
    "Drift",
    "EvaluationChoices",
    "EventsFile",
    "Fairness",
    "Family",
    "Features",
    "Gate",
    "Grade",
    "Join",
    "Kind",
    "LeadsFile",
    "Lifecycle",
    "Model",
    "Outcome",
    "Prior",
    "Section",
    "Service",
    "Settings",
    "Share",
    "Split",
    "load_settings",
    "parse_settings",
]

FILE_NAME = "ripeness.toml"


class Settings(Section):
    """The whole of `ripeness.toml`."""

    company: Company = Company()
    data: Data = Data()
    kinds: dict[str, Kind] = Field(default_factory=dict)  #: by the kind's name in the export
    features: Features = Features()
    outcome: Outcome = Outcome()
    cohort: Cohort = Cohort()
    split: Split = Split()
    model: Model = Model()
    gate: Gate = Gate()
    drift: Drift = Drift()
    fairness: Fairness = Fairness()
    evaluation: EvaluationChoices = EvaluationChoices()
    capacity: Capacity = Capacity()
    lifecycle: Lifecycle = Lifecycle()
    service: Service = Service()

    @model_validator(mode="after")
    def _kinds_end(self) -> Self:
        for name in self.kinds:
            passed: list[str] = []
            kind: str | None = name
            while kind is not None and kind not in passed:
                passed.append(kind)
                kind = self.kinds[kind].maps_to if kind in self.kinds else None
            if kind is not None:
                raise ValueError(
                    f"kinds: maps_to goes in a circle: {' -> '.join([*passed, kind])}; leave one of them out"
                )
        return self


def load_settings(path: Path) -> Settings:
    """Read a `ripeness.toml`.

    Raises:
        BadSettings: the file is not there, is no TOML, or holds an unknown key or a value out of bounds.
    """
    try:
        return parse_settings(path.read_text(encoding="utf-8-sig"), where=str(path))
    except UnicodeDecodeError as error:
        raise BadSettings(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadSettings(f"{path}: {why}; write one with `ripeness init FOLDER`") from error


def parse_settings(text: str, *, where: str = FILE_NAME) -> Settings:
    """Read settings from TOML text; `where` names the source in errors.

    Raises:
        BadSettings: as `load_settings`.
    """
    try:
        return Settings.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{where} is not valid TOML: {error}") from error
    except RecursionError as error:
        raise BadSettings(f"{where} has brackets nested too deeply; look for one that isn't closed") from error
    except ValidationError as error:
        raise BadSettings(f"{where} can't be used: {sentences(error, Settings)}") from error
