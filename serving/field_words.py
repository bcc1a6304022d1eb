"""Sentences about fields: the lead's own value, or why the model can't read it."""

from math import isnan

from features.definitions import Attribute
from features.encode import Reading
from features.lead import Lead
from features.parsers import PARSERS
from features.parsers.title import tells_seniority
from features.view import View
from serving.kind_words import field_label
from serving.language import Language
from serving.value_words import value_label, yes_or_no

LONGEST_VALUE = 80  #: characters of a lead's own value in a sentence
READ_FROM_TEXT = ("seniority", "department")  #: parts that are shown with the words that they were read from
UNREAD = (None, "invalid")  #: what a parser answers that understands nothing


def field_sentence(definition: Attribute, value: float, view: View, lead: Lead, language: Language) -> str:
    """What a column of a field says of this lead; `value` as in its row, NaN for missing."""
    label = field_label(definition.field, definition.part, language)
    raw = lead.attributes.get(definition.field)
    if isnan(value):
        return _unknown(definition, raw, label, view, language)
    if definition.encoding == "number":
        return language.say("{field}: {value}", field=label, value=language.number(value))
    text = view.categories[definition.name][int(value)]
    if definition.part is None:
        return language.say("{field}: {value}", field=label, value=yes_or_no(clipped(text), language))
    if definition.part == "seniority" and text == "staff" and not tells_seniority(raw):
        return language.say("{field}: not clear from “{raw}”", field=label, raw=clipped(raw))
    shown = value_label(definition.part, text, language)
    if definition.part not in READ_FROM_TEXT:
        return language.say("{field}: {value}", field=label, value=shown)
    return language.say("{field}: {value} (“{raw}”)", field=label, value=shown, raw=clipped(raw))


def _unknown(definition: Attribute, raw: object, label: str, view: View, language: Language) -> str:
    """Why a column has no value: nothing is there, it is too rare, or not to be read."""
    cleaned = Reading.of(definition.field, view.missing_words, view.keep_na).clean(raw)
    if cleaned is None:
        return language.say("{field} not known", field=label)
    read = PARSERS[definition.part](cleaned) if definition.part else None
    if definition.part and read not in UNREAD:
        shown = value_label(definition.part, str(read), language)
        return language.say("{field}: {value}, too rare to judge by", field=label, value=shown)
    return language.say("{field}: “{value}” is not one that the model knows", field=label, value=clipped(raw))


def clipped(value: object) -> str:
    """A value in one line, not longer than a sentence can bear."""
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
