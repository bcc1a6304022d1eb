"""No request gets a 5xx, at no address, on neither database; the long form is tests/benchmarks/fuzz_api.py."""

from support.fuzzing import fuzz
from support.stores import emptied


def test_whatever_is_sent_wherever_is_never_answered_5xx(served):
    emptied(served.app.state.service.store)

    found = fuzz(served, examples=2, number=1, largest=5_000)

    assert found.errors == {}
    assert found.broken == {}
    documented = {f"{m.upper()} {path}" for path, methods in served.app.openapi()["paths"].items() for m in methods}
    assert found.addresses == documented
    assert found.statuses[200] > 20, "right requests are among them"
    assert found.statuses[422] > 100
