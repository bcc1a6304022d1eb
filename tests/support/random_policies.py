"""Random facts of leads, and random policies whose bounds agree with each other."""

from hypothesis import strategies as st

from features.settings import Lifecycle
from features.stages import Stage
from features.verdicts import Rejection
from serving.lifecycle import Facts, Scored

days = st.none() | st.floats(0, 400)
facts_of_leads = st.builds(
    Facts,
    consent=st.none() | st.booleans(),
    objects_to_profiling=st.just(False),
    unsubscribed_days=days,
    disqualified_reason=st.none() | st.sampled_from(["no budget", *Rejection]),
    disqualified_days=days,
    stage_days=days,
    set_days=days,
    offered=st.booleans(),
    active_days=st.none() | st.integers(0, 50),
    idle_days=days,
    evidence=st.none() | st.sampled_from(Stage),
    asked=st.none() | st.just("demo_request"),
    asked_days=days,
)


@st.composite
def sound_policies(draw):
    """Policies of any bounds that agree with each other."""
    exit_mql, mql, exit_sql, sql = sorted(draw(st.lists(st.integers(0, 100), min_size=4, max_size=4, unique=True)))
    fits = sorted(draw(st.tuples(st.sampled_from("ABCD"), st.sampled_from("ABCD"))))
    idle, fast = draw(st.floats(15, 200)), draw(st.floats(1, 15))
    return Lifecycle(
        mql_exit_score=exit_mql,
        mql_min_score=mql,
        sql_exit_score=exit_sql,
        sql_min_score=sql,
        mql_min_fit=fits[1],
        sql_min_fit=fits[0],
        min_active_days=draw(st.integers(1, 5)),
        min_days_in_stage=draw(st.floats(0, 60)),
        hold_days=draw(st.floats(0, 60)),
        idle_days=idle,
        fast_track_days=fast,
    )


policies = sound_policies()
answers = st.builds(Scored, score=st.floats(0, 100), fit=st.sampled_from("ABCD"))
