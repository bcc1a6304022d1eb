"""What every table of `ripeness.toml` has in common, and the kinds of values that several use."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Actor = Literal["lead", "seller", "system"]
Family = Literal["fit", "engagement"]
Grade = Literal["A", "B", "C", "D"]
Days = Annotated[float, Field(gt=0, le=36_500)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Section(BaseModel):
    """A table of `ripeness.toml`: frozen, and closed to keys nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")
