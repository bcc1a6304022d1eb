"""Many callers at once get what each would get alone, also while the model is being exchanged."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from serving.model_source import Status
from serving.predict import Predictor

THREADS = 16


def lead(i):
    kinds = ("pricing_page_view", "webinar_attended", "demo_request")
    events = [
        {"kind": kinds[n % 3], "happened_at": f"2026-02-{1 + (7 * i + n) % 27:02d}T10:00:00Z", "value": n / 7}
        for n in range(i % 40)
    ]
    attributes = {"industry": ("retail", "finance", "software", "x")[i % 4], "employees": 3 * i}
    return {"lead": {"lead_id": f"L-{i}", "attributes": attributes}, "events": events, "as_of": "2026-03-01T00:00:00Z"}


def test_many_callers_at_once_get_the_answers_of_one_caller(running):
    bodies = [lead(i) for i in range(150)]
    alone = [running.ask(body).json() for body in bodies]
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(lambda body: running.ask(body).json(), bodies * 4))

    assert together == alone * 4


def test_an_exchange_of_the_model_gives_nobody_half_of_each(running):
    body = lead(33)
    old = running.predictor
    shifted = replace(old.bundle, calibration=replace(old.bundle.calibration, b=old.bundle.calibration.b + 1))
    new = Predictor(bundle=replace(shifted, digest="sha256:" + "1" * 64), version="8", settings=running.settings)
    before = running.ask(body).json()
    with ThreadPoolExecutor(THREADS) as pool:
        answers = [pool.submit(running.ask, body) for _ in range(100)]
        running.models.status = Status(predictor=new)
        answers += [pool.submit(running.ask, body) for _ in range(100)]
        found = [answer.result().json() for answer in answers]
    after = running.ask(body).json()
    running.models.status = Status(predictor=old)

    assert before["model"]["version"] == "7"
    assert after["model"]["version"] == "8"
    assert before["probability"] < after["probability"]
    assert all(answer in (before, after) for answer in found)
