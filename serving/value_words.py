"""Values that our own parsers and the kinds of channels produce, as people say them."""

from serving.kind_words import humanised
from serving.language import N_, Language

#: part or "channel" -> value -> words
VALUES = {
    "channel": {
        "email": N_("e-mail"),
        "web": N_("the web site"),
        "social": N_("social media"),
        "paid_search": N_("a search ad"),
        "organic_search": N_("a search engine"),
        "trade_show": N_("a trade show"),
        "direct_mail": N_("a letter"),
        "partner": N_("a partner"),
        "webinar": N_("a webinar"),
        "phone": N_("the telephone"),
        "referral": N_("a recommendation"),
        "list": N_("a purchased list"),
    },
}


def value_label(part: str, value: str, language: Language) -> str:
    """The words for a value; one that nobody has words for is shown as it is."""
    known = VALUES.get(part, {}).get(value)
    return language.say(known) if known else humanised(value)
