"""Texts that stand for "nothing was said", such as a form's "Select", which nobody configured."""

from collections.abc import Iterator

from training.leaks.case import Case
from training.leaks.fields import Field
from training.leaks.verdicts import Evidence

FROM_SHARE = 0.005  #: of the leads


def missing_words(field: Field, _case: Case) -> Iterator[Evidence]:
    """Each such text; the other tests count it as missing, a model would take it for a value."""
    for word, leads in field.missing_words.items():
        if leads >= FROM_SHARE * len(field.code):
            yield Evidence(
                test="missing_word",
                ground="note",
                weight=0,
                numbers={"leads": leads},
                words={"word": word},
                sentence=f"{word!r} stands in {leads:,} leads and seems to mean that nothing was said: "
                "add it to missing_words, or its absence becomes a sign of leads that somebody worked on.",
            )
