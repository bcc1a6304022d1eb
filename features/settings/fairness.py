"""Which fields no model may learn from, and which group is looked at to see that all are treated alike."""

from pydantic import Field

from features.settings.section import Section

#: in English and Italian; one or more words of a column's name
SENSITIVE = (
    *("gender", "sex", "sesso", "genere"),
    *("race", "ethnicity", "ethnic", "ethnic group", "razza", "etnia"),
    *("religion", "religious", "faith", "religione", "credo"),
    *("nationality", "citizenship", "nazionalita", "cittadinanza"),
    *("age", "eta", "anni", "date of birth", "birth date", "birthdate", "birthday", "birth year", "year of birth"),
    *("dob", "data di nascita", "data nascita", "anno di nascita", "anno nascita", "nascita"),
    *("marital", "marital status", "married", "stato civile", "coniugato"),
    *("disability", "disabled", "disabilita", "invalidita"),
    *("health", "health status", "medical condition", "salute", "stato di salute"),
    *("political", "politics", "political party", "opinioni politiche", "partito politico"),
    *("trade union", "union member", "union membership", "sindacato", "iscrizione sindacale"),
    *("sexual orientation", "orientamento sessuale"),
)


class Fairness(Section):
    """Sensitive fields: they never enter a model, and an attribute of such a name in a request is not read."""

    deny: tuple[str, ...] = SENSITIVE  #: words or phrases of a column's name; naming some replaces the default list
    allow: tuple[str, ...] = ()  #: columns used although their name is on the list; the model card says so
    audit_group: str = ""  #: a column for audit only: calibration and selection are shown for each group
    min_audit_leads: int = Field(50, ge=1)  #: of a group; smaller ones are not shown
    proxy_auc: float = Field(0.8, gt=0.5, le=1)  #: from which a column that tells a sensitive one counts as its proxy
