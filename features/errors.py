"""Every error a caller can act on: one class per thing that can be done about it.

A message says the fact, the values and the remedy. The command line prints it without a traceback
and exits with `exit_code`; the service answers problem+json with `http_status`.
"""


class RipenessError(Exception):
    """Something the caller can put right; the message says what, where and what to do."""

    exit_code = 1
    http_status = 500
    title = "Ripeness could not go on"

    @property
    def code(self) -> str:
        """The stable word of this error, for logs and problem+json: `view_mismatch` for `ViewMismatch`."""
        name = type(self).__name__
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


class BadSettings(RipenessError):
    """`ripeness.toml` is missing, unreadable, or says something that can't be."""

    exit_code = 2
    title = "The settings can't be used"


class UnreadableFile(RipenessError):
    """A file of the export is missing, empty, of another format, delimiter or encoding."""

    exit_code = 3
    title = "A file can't be read"


class WrongEncoding(UnreadableFile):
    """A text file of the export is of another encoding than the one it was read in."""


class BadTable(RipenessError):
    """A table of the export lacks a column or holds values that no row-by-row repair can mend."""

    exit_code = 3
    title = "A table can't be used"


class BadInput(RipenessError):
    """A lead or an event sent for scoring can't be read as one."""

    exit_code = 3
    http_status = 422
    title = "The request can't be read"


class NotEnoughData(RipenessError):
    """Too few leads, wins or losses, or too short a history, for an honest model."""

    exit_code = 4
    title = "There is too little to learn from"


class NoSkill(NotEnoughData):
    """What was learned ranks leads that it has not seen no better than chance."""

    title = "There is no skill in it"


class ViewMismatch(RipenessError):
    """The features at hand are not those that the bundle was trained on."""

    exit_code = 5
    title = "The features don't fit the model"


class BadBundle(RipenessError):
    """A bundle is incomplete, altered or of an unknown format; it is refused whole."""

    exit_code = 5
    title = "The model bundle is refused"


class RegistryRefused(RipenessError):
    """MLflow can't be reached, or refuses what was asked of it."""

    exit_code = 7
    http_status = 503
    title = "The model registry can't be used"


class NoModel(RipenessError):
    """No champion is registered or loaded yet."""

    exit_code = 6
    http_status = 503
    title = "There is no such model"


class NotComparable(RipenessError):
    """Two models predict different things, or for different leads: no comparison can tell which is better."""

    exit_code = 5
    title = "These models can't be compared"


class NotPromoted(RipenessError):
    """The gate refuses a model, there is none to go back to, or the run behind it isn't whole."""

    exit_code = 9
    title = "The champion stays"
