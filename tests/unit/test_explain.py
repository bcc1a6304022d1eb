import numpy as np
import pytest

from models.explain import explain
from support.small_bundle import small


@pytest.mark.parametrize("trees", [0, 20])
def test_everything_adds_up(trees):
    made = small(trees=trees)
    answers = made.bundle.answer(made.rows)
    np.testing.assert_allclose(
        answers.log_odds, answers.base_value + answers.contributions.sum(axis=1), rtol=0, atol=1e-9
    )
    np.testing.assert_allclose(answers.log_odds, made.bundle.log_odds(made.rows), rtol=0, atol=1e-9)
    for i in range(50):
        e = explain(made.bundle, made.rows[i], answers, i, top=2)
        assert abs(e.base_value + sum(r.contribution for r in e.reasons) + e.remainder - e.log_odds) < 1e-9
        assert abs(e.base_value + e.fit + e.engagement - e.log_odds) < 1e-9
