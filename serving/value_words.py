"""Values that our own parsers find, and channels, as people say them; countries by their name."""

from serving.kind_words import humanised
from serving.language import N_, Language

#: part or "channel" -> value -> words; bands of size and revenue are shown as they are
VALUES = {
    "seniority": {
        "owner": N_("owner"),
        "c_level": N_("top management"),
        "vp": N_("vice president"),
        "director": N_("director"),
        "manager": N_("manager"),
        "senior": N_("senior specialist"),
        "intern": N_("intern"),
        "junior": N_("junior"),
        "staff": N_("employee"),
    },
    "department": {
        "marketing": N_("marketing"),
        "hr": N_("human resources"),
        "legal": N_("legal"),
        "procurement": N_("purchasing"),
        "finance": N_("finance"),
        "sales": N_("sales"),
        "support": N_("customer support"),
        "product": N_("product"),
        "it": N_("information technology"),
        "education": N_("education"),
        "operations": N_("operations"),
        "engineering": N_("engineering"),
        "technology": N_("technology"),
        "executive": N_("management"),
    },
    "domain_type": {
        "company": N_("company"),
        "free": N_("free mail provider"),
        "disposable": N_("throw-away mail provider"),
        "education": N_("school or university"),
        "government": N_("public body"),
        "invalid": N_("not valid"),
    },
    "channel": {
        "email": N_("e-mail"),
        "web": N_("the web site"),
        "social": N_("social media"),
        "paid_search": N_("a search ad"),
        "organic_search": N_("a search engine"),
        "syndication": N_("content on other sites"),
        "trade_show": N_("a trade show"),
        "direct_mail": N_("a letter"),
        "partner": N_("a partner"),
        "webinar": N_("a webinar"),
        "phone": N_("the telephone"),
        "referral": N_("a recommendation"),
        "list": N_("a purchased list"),
    },
}
AS_THEY_ARE = ("size_band", "revenue_band")
YES_NO = {
    "yes": N_("yes"),
    "no": N_("no"),
    "true": N_("yes"),
    "false": N_("no"),
}  #: of any field, in any case of letters


def value_label(part: str, value: str, language: Language) -> str:
    """The words for a value; one that nobody has words for is shown as it is."""
    if part == "country":
        return language.country(value)
    known = VALUES.get(part, {}).get(value)
    if known is None:
        return value if part in AS_THEY_ARE else humanised(value)
    return language.say(known)


def yes_or_no(value: str, language: Language) -> str:
    """A value of a field as it is, but yes and no in the caller's language."""
    known = YES_NO.get(value.lower())
    return language.say(known) if known else value
