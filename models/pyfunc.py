"""The bundle as an MLflow model: `mlflow models serve` answers the same numbers as our own service.

MLflow keeps this file as code and runs it; there is no pickle. The input has one column of texts,
`request`: each the JSON body of one `/v1/predict` call, with its `as_of`.
"""

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from features.errors import BadInput
from features.request import read_request, to_lead
from features.rows import lead_row
from models.bundle import Bundle
from models.files import load
from models.plain import from_text


class Scorer(PythonModel):  # type: ignore[misc]  # MLflow's types are not followed
    """Reads requests as the service does, and answers with the bundle beside it."""

    bundle: Bundle

    def load_context(self, context: PythonModelContext) -> None:
        """Load the bundle that was logged with the model."""
        self.bundle = load(Path(context.artifacts["bundle"]))

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """A row for each request, in order: `lead_id`, `probability`, `score`, `log_odds`."""
        answers = [self._answer(str(request), i) for i, request in enumerate(model_input["request"])]
        return pd.DataFrame(answers, columns=["lead_id", "probability", "score", "log_odds"])

    def _answer(self, text: str, i: int) -> tuple[str, float, int, float]:
        try:
            request = read_request(from_text(text.encode("utf-8")))
        except (ValueError, RecursionError) as error:
            raise BadInput(f"request {i} is no JSON: {error}") from error
        if request.as_of is None:
            raise BadInput(f"request {i} has no as_of; here it must say as of when to score")
        answers = self.bundle.answer(lead_row(self.bundle.view, to_lead(request), request.as_of)[None, :])
        log_odds = float(answers.log_odds[0])
        score = round(self.bundle.policy.score(log_odds))
        return request.lead.lead_id, float(answers.probability[0]), score, log_odds


set_model(Scorer())
