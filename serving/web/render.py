"""Templates to pages: one environment for each language, everything escaped, and the headers of a page."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from features.stages import Stage
from serving.keys import Scope
from serving.language import LANGUAGES, N_, Language, catalog
from serving.stage_words import QUESTIONS, REASONS, STAGES
from serving.web import draw
from serving.web.forms import with_field
from serving.web.visitor import TOKEN, Visitor
from serving.web.words import Words

PAGES = Path(__file__).parents[1] / "pages"
ASSETS = PAGES / "assets"
NAMES = {"en": "English", "it": "Italiano"}

#: scripts and styles only from here, so that nothing that a lead's name holds can run
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"content-security-policy": POLICY, "vary": "Cookie, Accept-Language", "referrer-policy": "same-origin"}

#: addresses in the order of the head of each page: path, name, the scopes that see it
PLACES: tuple[tuple[str, str, tuple[Scope, ...]], ...] = (
    ("/queue", N_("Queue"), ("rep",)),
    ("/funnel", N_("Funnel"), ("crm",)),
    ("/model", N_("Model"), ("admin",)),
)


def page(visitor: Visitor, template: str, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401  # of a template
    """A page as this visitor may see it."""
    words = Words(language=visitor.language, zone=visitor.service.settings.company.zone, now=visitor.now)
    places = [(path, name) for path, name, scopes in PLACES if any(visitor.may(scope) for scope in scopes)]
    text = (
        environment(visitor.language.code)
        .get_template(template)
        .render(
            values
            | {
                "visitor": visitor,
                "words": words,
                "company": visitor.service.settings.company.name,
                "places": places,
                "path": visitor.request.url.path,
                "here": _here(visitor),
            }
        )
    )
    return visitor.remember(Response(text, status_code=status, headers=HEADERS, media_type="text/html"))


def _here(visitor: Visitor) -> str:
    """The address of the page, to come back to; after a form it is where the form stood."""
    url = visitor.request.url
    if visitor.request.method != "GET":
        return "/"
    return with_field(f"{url.path}?{url.query}" if url.query else url.path, "just", None)


@cache
def environment(code: str) -> Environment:
    """The templates in one language."""
    language = catalog(code)
    made = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.globals |= _globals(language)
    return made


def _globals(language: Language) -> dict[str, Any]:
    return {
        "lang": language.code,
        "languages": [(code, NAMES[code]) for code in LANGUAGES],
        "say": language.say,
        "say_n": language.say_n,
        "number": language.number,
        "share": language.share,
        "stage_name": lambda stage: language.say(STAGES[Stage(stage)]),
        "stages": [stage.value for stage in Stage],
        "reason_names": {code.value: language.say(text) for code, text in REASONS.items()},
        "question_name": lambda name: language.say(QUESTIONS[name]),
        "token_name": TOKEN,
        "asset": asset,
        "draw": draw,
    }


@cache
def asset(name: str) -> str:
    """The address of a file of ours, which changes with the file, so that a browser may keep it."""
    return f"/assets/{name}?v={hashlib.sha256((ASSETS / name).read_bytes()).hexdigest()[:12]}"
