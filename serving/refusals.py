"""One line in the log for each refused request, without anything that the caller wrote.

An address or a field may hold a name: the log has the address as documented, and of pointers only
steps that the schemas name.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from re import Pattern
from typing import Any

import structlog
from starlette.routing import compile_path
from starlette.types import Scope

log = structlog.get_logger()

OTHER = "*"  #: stands for whatever the caller named


def log_refusal(problem: Mapping[str, Any], scope: Scope) -> None:
    """Log that a request got this problem."""
    state: Mapping[str, Any] = scope.get("state", {})
    document: Mapping[str, Any] = scope["app"].openapi() if "app" in scope else {}
    names = set(_names(document.get("components", {}).get("schemas", {})))
    log.info(
        "request_refused",
        path=_template(scope["path"], document.get("paths", {})),
        status=problem["status"],
        type=problem["type"].rpartition(":")[2],
        key_id=state.get("key_id"),
        request_id=state.get("request_id"),
        pointers=[_known(fault["pointer"], names) for fault in problem["errors"]],
    )


def _template(path: str, documented: Mapping[str, Any]) -> str:
    """The documented address, such as "/v1/leads/{lead_id}"."""
    if path in documented:
        return path
    return next((template for template in documented if _pattern(template).match(path)), OTHER)


@lru_cache(maxsize=1_000)
def _pattern(template: str) -> Pattern[str]:
    return compile_path(template)[0]


def _names(schemas: Mapping[str, Any]) -> Iterator[str]:
    for schema in schemas.values():
        yield from schema.get("properties", {})


def _known(pointer: str, names: set[str]) -> str:
    steps = pointer.split("/")
    return "/".join(step if not step or step.isdecimal() or step in names else OTHER for step in steps)
