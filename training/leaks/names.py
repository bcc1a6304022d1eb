"""A column whose name says so: a weak prior, never enough to refuse."""

from collections.abc import Iterator

from training.leaks.case import Case
from training.leaks.fields import Field
from training.leaks.verdicts import Evidence
from training.leaks.words import hints

WEIGHT = 2


def names(field: Field, _case: Case) -> Iterator[Evidence]:
    """Words in the name that columns filled in afterwards often carry."""
    for meaning, word in hints(field.name).items():
        yield Evidence(
            test="name",
            ground="name",
            weight=WEIGHT,
            words={"word": word, "meaning": meaning},
            sentence=f"Its name ({word!r}) {meaning}: make sure that the value was there when the lead was scored.",
        )
