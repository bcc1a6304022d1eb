"""The page at /docs: the OpenAPI document as plain HTML, drawn here, without scripts and without the internet."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

PAGES = Path(__file__).parent / "pages"

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def docs(request: Request) -> Response:
    """Every address with its bodies, examples and errors."""
    return Response(page(request.app.openapi()), media_type="text/html")


@router.get("/docs/style.css")
def style() -> Response:
    """How the page looks."""
    return Response((PAGES / "style.css").read_bytes(), media_type="text/css")


def page(document: dict[str, Any]) -> str:
    """The OpenAPI document as HTML."""
    return _environment().get_template("docs.html").render(document=document)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["pretty"] = lambda value: orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    environment.filters["type_of"] = type_of
    return environment


def type_of(schema: dict[str, Any]) -> str:
    """A schema in a few words: "text or null", "list of EventIn"."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(type_of(choice) for choice in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " | ".join(orjson.dumps(value).decode() for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    if isinstance(schema.get("type"), list):
        return " or ".join(schema["type"])
    return str(schema.get("format", schema.get("type", "anything")))
