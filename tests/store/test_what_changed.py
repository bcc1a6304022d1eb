"""What changed between two scores: four parts that add up, and each fact in its own part."""

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.settings import Settings
from serving.language import catalog
from serving.live.history import scores_of, two_scores
from serving.live.what_changed import what_changed
from serving.predict import Predictor
from serving.store.ledger import entry_of
from support.scoring import scored
from support.small_bundle import small
from support.stores import emptied, event, send, told

PARTS = ("ageing", "new_behaviour", "edited_data", "new_model")
TIGHT = 1e-9
EXAMPLES = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@cache
def model(name: str) -> Predictor:
    """Two models that disagree: with trees, and without."""
    bundle = small(trees=20).bundle if name == "old" else small(trees=0).bundle
    return Predictor(bundle=replace(bundle, digest=f"sha256:{name}"), version=name, settings=Settings())


def kept(*names):
    predictors = {f"sha256:{name}": model(name) for name in names}
    return predictors.get


def start(store, lead_id="a"):
    told(store, lead_id, day=0, created=-5, industry="retail", employees=90, job_title="CEO")
    visits = [event(lead_id, -4 + n, "pricing_page_view", channel="email") for n in range(3)]
    send(store, *visits, event(lead_id, -3, "webinar_attended", topic="planning"))


def compared(store, first, last, *, models=None, language="en"):
    with store.reading() as connection:
        rows = entry_of(connection, first), entry_of(connection, last)
        return what_changed(connection, *rows, models=models or kept("old", "new"), language=catalog(language))


def parts_of(found):
    assert tuple(part.code for part in found.parts) == PARTS
    assert sum(part.log_odds for part in found.parts) == pytest.approx(found.difference, abs=TIGHT)
    for part in found.parts:
        assert sum(group.change for group in part.groups) == pytest.approx(part.log_odds, abs=TIGHT)
        assert all(group.text for group in part.groups)
    return {part.code: part.log_odds for part in found.parts}


def test_silence_is_all_ageing(store):
    start(store)
    first, last = (scored(store, model("old"), day=day) for day in (1, 20))
    found = compared(store, first, last)
    parts = parts_of(found)

    assert parts["ageing"] == found.difference != 0
    assert [parts[code] for code in PARTS[1:]] == [0, 0, 0]
    assert found.parts[0].text.startswith("Time alone lowered the score: ")
    assert found.parts[1].text == "No new behaviour changed the score"


def test_nothing_at_all_changes_nothing(store):
    start(store)
    only = scored(store, model("old"), day=1)

    assert set(parts_of(compared(store, only, only)).values()) == {0.0}


def test_an_edited_field_is_edited_data_alone(store):
    start(store)
    first = scored(store, model("old"), day=1)
    told(store, day=1, industry="software", employees=4000)
    last = scored(store, model("old"), day=1)
    parts = parts_of(compared(store, first, last))

    assert parts["edited_data"] != 0
    assert [parts[code] for code in ("ageing", "new_behaviour", "new_model")] == [0, 0, 0]


def test_a_creation_told_later_is_edited_data(store):
    start(store)
    first = scored(store, model("old"), day=1)
    told(store, day=1, created=-200)
    last = scored(store, model("old"), day=1)
    parts = parts_of(compared(store, first, last))

    assert {code for code, value in parts.items() if value} == {"edited_data"}


@pytest.mark.parametrize("happened", [0.5, -2], ids=["of now", "of before the first score"])
def test_an_activity_is_behaviour_whenever_it_happened(store, happened):
    start(store)
    first = scored(store, model("old"), day=1)
    send(store, event("a", happened, "demo_request", value=2.0), day=1)
    last = scored(store, model("old"), day=1)
    found = compared(store, first, last)
    parts = parts_of(found)

    assert {code for code, value in parts.items() if value} == {"new_behaviour"}
    assert "demo_request" in {group.field for group in found.parts[1].groups}


def test_an_activity_that_claims_to_have_been_known_before_is_behaviour_all_the_same(store):
    start(store)
    first = scored(store, model("old"), day=1)
    send(store, event("a", 0, "demo_request", known_at=event("a", 0).happened_at), day=3)
    last = scored(store, model("old"), day=1)

    assert {code for code, value in parts_of(compared(store, first, last)).items() if value} == {"new_behaviour"}


def test_another_model_on_the_same_facts_is_the_model_alone(store):
    start(store)
    first, last = scored(store, model("old"), day=1), scored(store, model("new"), day=1)
    found = compared(store, first, last)
    parts = parts_of(found)

    assert {code for code, value in parts.items() if value} == {"new_model"}
    assert found.measured_by == "sha256:old"
    assert "base_value" in {group.field for group in found.parts[3].groups}


@pytest.mark.parametrize(
    ("there", "measured_by", "says"),
    [
        (("old", "new"), "old", None),
        (("new",), "new", "The model of the earlier score is not kept any more"),
        (("old",), "old", "The model of the later score is not kept any more"),
    ],
)
def test_a_model_that_is_gone_is_said_and_the_parts_still_add_up(store, there, measured_by, says):
    start(store)
    first = scored(store, model("old"), day=1)
    send(store, event("a", 2, "demo_request"), day=2)
    told(store, day=3, industry="health")
    last = scored(store, model("new"), day=10)
    found = compared(store, first, last, models=kept(*there))

    assert all(parts_of(found).values())
    assert found.measured_by == f"sha256:{measured_by}"
    assert found.note is None if says is None else found.note.startswith(says)


def test_without_either_model_the_difference_is_given_and_not_split(store):
    start(store)
    first, last = scored(store, model("old"), day=1), scored(store, model("new"), day=9)
    found = compared(store, first, last, models=kept())

    assert found.difference != 0
    assert (found.parts, found.measured_by) == (None, None)
    assert found.why_not.startswith("Neither model")
    assert compared(store, first, last, models=kept(), language="it").why_not.startswith("Nessuno dei modelli")


def test_a_model_that_no_longer_says_the_same_is_not_believed(store):
    start(store)
    first, last = scored(store, model("old"), day=1), scored(store, model("old"), day=9)
    other = replace(model("old"), bundle=replace(model("new").bundle, digest="sha256:old"))
    found = compared(store, first, last, models={"sha256:old": other}.get)

    assert found.parts is None
    assert found.why_not.startswith("The model at hand no longer gives one of these scores")


def test_a_merge_brings_behaviour_and_fields(store):
    from serving.store.merge import merge
    from support.stores import act

    start(store)
    told(store, "b", day=0, country="Italy")
    send(store, event("b", 0, "demo_request"))
    first = scored(store, model("old"), day=1)
    store.write(lambda write: merge(write, "a", "b"), act(2, "merge"))
    last = scored(store, model("old"), day=2)

    assert parts_of(compared(store, first, last))["new_behaviour"] != 0


DAYS = st.floats(0, 60, allow_nan=False, allow_infinity=False)
KINDS = st.sampled_from(["pricing_page_view", "pricing", "webinar_attended", "demo_request", "tarot"])
VISITS = st.lists(st.tuples(KINDS, DAYS, DAYS), max_size=6)
FIELDS = st.dictionaries(
    st.sampled_from(["industry", "employees", "job_title", "shoes"]),
    st.sampled_from(["retail", "software", "CEO", "intern", 5, 900, None, " "]),
    max_size=3,
)


@EXAMPLES
@given(before=VISITS, after=VISITS, fields=FIELDS, edits=FIELDS, days=st.floats(0, 90), models=st.sampled_from(
    [("old", "old"), ("old", "new"), ("new", "old")]), there=st.sampled_from([("old", "new"), ("old",), ("new",)])
)  # fmt: skip
def test_the_parts_always_add_up(store, before, after, fields, edits, days, models, there):
    emptied(store)
    told(store, day=0, created=-1, **fields)
    send(store, *(event("a", day, kind, known_at=event("a", day + lag).happened_at) for kind, day, lag in before))
    first = scored(store, model(models[0]), day=40)
    told(store, day=40, **edits)
    send(store, *(event("a", day, kind, event_id=f"{i}") for i, (kind, day, _) in enumerate(after)), day=40)
    last = scored(store, model(models[1]), day=40 + days)
    found = compared(store, first, last, models=kept(*there))

    if found.parts is None:
        assert {f"sha256:{name}" for name in models}.isdisjoint({f"sha256:{name}" for name in there})
    else:
        parts = parts_of(found)
        if models[0] == models[1]:
            assert parts["new_model"] == 0
        if not after and not before:
            assert parts["new_behaviour"] == 0
        if not edits:
            assert parts["edited_data"] == 0


def test_scores_are_listed_by_pages_and_compared_by_default_with_the_one_before(store):
    start(store)
    ids = [scored(store, model("old"), day=day) for day in range(1, 8)]
    with store.reading() as connection:
        first = scores_of(connection, "a", limit=3)
        second = scores_of(connection, "a", limit=3, cursor=first.next)
    newer = scored(store, model("old"), day=9)
    with store.reading() as connection:
        third = scores_of(connection, "a", limit=3, cursor=second.next)
        pair = two_scores(connection, "a")
        named = two_scores(connection, "a", earlier=ids[0], later=ids[3])

    pages = [[entry.entry_id for entry in page.scores] for page in (first, second, third)]
    assert pages == [ids[:3:-1], ids[3:0:-1], ids[:1]]
    assert third.next is None
    assert [entry.entry_id for entry in pair] == [ids[-1], newer]
    assert [entry.entry_id for entry in named] == [ids[0], ids[3]]
