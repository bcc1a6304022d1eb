"""Requests without end to every address: by the service's own OpenAPI document, right and wrong, and nasty ones."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from support.nasty import NASTY
from support.service import Running

CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance]
HERE = {"{lead_id}": "L-17", "{webhook_id}": "hook_none"}  #: what stands for parts of an address


@dataclass(kw_only=True)
class Fuzzed:
    """What became of all requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    addresses: set[str] = field(default_factory=set)
    errors: Counter[str] = field(default_factory=Counter)  #: 5xx by address
    broken: Counter[str] = field(default_factory=Counter)  #: answers of another shape than the document promises

    def note(self, address: str, status: int) -> None:
        """Count an answer."""
        self.statuses[status] += 1
        self.addresses.add(address)
        if status >= 500:
            self.errors[f"{address} {status}"] += 1


def fuzz(
    running: Running,
    *,
    examples: int,
    number: int,
    largest: int = 50_000_000,
    said: Callable[[str], None] = lambda _: None,
) -> Fuzzed:
    """Ask every address `examples` times with right and as often with wrong requests, and with each nasty body.

    Nasty ones of more than `largest` bytes are left out.
    """
    found = Fuzzed()
    document = running.app.openapi()
    schema = schemathesis.openapi.from_dict(document)
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            address = f"{method.upper()} {path}"
            said(address)
            for mode in GenerationMode:
                _generated(
                    running, schema[path][method.upper()], mode, found, address, examples=examples, number=number
                )
            if "requestBody" in described:
                _nasty(running, method, path, found, address, largest)
    return found


def _generated(
    running: Running,
    operation: Any,
    mode: GenerationMode,
    found: Fuzzed,
    address: str,
    *,
    examples: int,
    number: int,
) -> None:
    asked = _takes_something(operation)
    if not asked and mode is GenerationMode.NEGATIVE:
        return  # nothing about it could be wrong
    bounded = settings(
        max_examples=examples if asked else 1,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    headers = {"authorization": f"Bearer {running.admin_token}"}

    @seed(number)
    @bounded
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        response = case.call(base_url=running.url, headers=headers, timeout=60)
        found.note(address, response.status_code)
        try:
            case.validate_response(response, checks=CHECKS)
        except (FailureGroup, AssertionError) as error:
            found.broken[f"{address} {response.status_code} {str(error)[:300]}"] += 1

    ask()


def _takes_something(operation: Any) -> bool:
    return bool(operation.definition.raw.get("parameters") or operation.definition.raw.get("requestBody"))


def _nasty(running: Running, method: str, path: str, found: Fuzzed, address: str, largest: int) -> None:
    """Each nasty body, and the same wrapped as batches have them."""
    for part, value in HERE.items():
        path = path.replace(part, value)
    headers = {"authorization": f"Bearer {running.admin_token}", "content-type": "application/json"}
    for body, *_ in NASTY.values():
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        if len(content) > largest:
            continue
        lists = ("requests", "events", "leads", "batch") if path.endswith(("batch", "track")) else ()
        for sent in (content, *(b'{"%s": [%s]}' % (name.encode(), content) for name in lists)):
            found.note(address, running.client.request(method, path, content=sent, headers=headers).status_code)
