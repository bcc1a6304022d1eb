"""How a model is judged on the past."""

from pydantic import Field

from features.settings.section import Section


class EvaluationChoices(Section):
    """How `ripeness evaluate` judges the method on the past."""

    origins: int = Field(4, ge=1, le=24)  #: moments from which the backtest looks ahead; fewer than 3 tell little
    points_file: str = ""  #: the company's own points rules, a CSV in the export's folder: condition, points
    slices: tuple[str, ...] = ()  #: fields or columns by which quality is shown apart; chosen by name unless given
    min_wins_per_slice: int = Field(20, ge=1)  #: won leads that a slice needs to be judged
