"""What past leads tell about the settings: how long a win takes, and which columns look like the answer."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from features.clock import DAY, NEVER
from features.errors import RipenessError
from features.findings import Findings
from features.guess_leads import mapped
from features.profiles import TableProfile
from features.settings import Cohort, Outcome, Settings
from features.sources import read_export
from features.tables import Export

HORIZONS = (30, 60, 90, 180, 240, 365)  #: days
QUICK_DAYS = 14  #: when half of the wins come sooner, fixed ages suit better than a calendar
FEW_WINS = 10


def with_experience(
    folder: Path, settings: Settings, leads: TableProfile, findings: Findings, *, now: int | None
) -> Settings:
    """The settings with a horizon and a cohort that suit the export."""
    try:
        export = read_export(folder, settings, now=now)
    except RipenessError as error:
        findings.ask("data", f"with these guesses the export can't be read: {error}")
        return settings
    status = _status(export)
    findings.notes += [f"{leads.name}: {note}" for note in _leaks(export, status)]
    if export.flat:
        return settings
    _ask_about_age(settings, leads, findings)
    took = _days_to_win(export)
    if len(took) < FEW_WINS:
        findings.ask("outcome.horizon_days", f"how long may a win take? {len(took)} wins are too few to tell")
        return settings
    horizon, typical = _horizon(export, took), float(np.median(took))
    findings.notes.append(
        f"half of the wins come within {typical:.0f} days, nine in ten within {np.quantile(took, 0.9):.0f}: "
        f"the horizon is {horizon} days"
    )
    if typical > QUICK_DAYS:
        findings.notes.append("leads are scored on calendar dates, every week")
        return settings.model_copy(update={"outcome": Outcome(horizon_days=horizon)})
    findings.notes.append("that is quick, so leads are scored at a fixed age of 3 days instead of on calendar dates")
    return settings.model_copy(update={"outcome": Outcome(horizon_days=horizon), "cohort": Cohort(mode="ages")})


def _days_to_win(export: Export) -> npt.NDArray[np.float64]:
    won = export.outcomes[export.outcomes["kind"] == "closed_won"].drop_duplicates("lead")
    created = export.leads["created_at"].to_numpy()[won["lead"].to_numpy()]
    return np.asarray((won["happened_at"].to_numpy() - created)[created != NEVER] / DAY, dtype=np.float64)


def _horizon(export: Export, took: npt.NDArray[np.float64]) -> int:
    """The usual horizon nearest to the time in which nine in ten wins come; at most a third of the history."""
    created = export.leads["created_at"].to_numpy()
    history = (export.data_end - created[created != NEVER].min()) / DAY
    fitting = [h for h in HORIZONS if h <= history / 3] or [HORIZONS[0]]
    wanted = max(1.0, float(np.quantile(took, 0.9)))
    return min(fitting, key=lambda h: abs(np.log(h / wanted)))


def _status(export: Export) -> npt.NDArray[np.object_]:
    """won, lost or open, for each lead."""
    status = np.full(len(export.leads), "open", dtype=object)
    label = export.leads["label"].to_numpy()
    status[label == 1], status[label == 0] = "won", "lost"
    for kind, word in (("closed_lost", "lost"), ("closed_won", "won")):
        status[export.outcomes.loc[export.outcomes["kind"] == kind, "lead"].to_numpy()] = word
    return status


def _leaks(export: Export, status: npt.NDArray[np.object_]) -> list[str]:
    """Columns that are filled in for leads of one end and for hardly any of another."""
    groups = {word: status == word for word in ("won", "lost", "open") if (status == word).sum() >= FEW_WINS}
    notes = []
    for name in export.attributes if len(groups) > 1 else ():
        filled = export.leads[name].notna().to_numpy()
        shares = {word: float(filled[rows].mean()) for word, rows in groups.items()}
        most, least = max(shares, key=lambda w: shares[w]), min(shares, key=lambda w: shares[w])
        if shares[most] >= 0.5 and shares[least] <= 0.02:
            notes.append(
                f"{name} is filled in for {shares[most]:.0%} of the {most} leads and {shares[least]:.0%} of the "
                f"{least} ones: it may say the end rather than foretell it; put it into `ignore` if it is "
                "known only afterwards"
            )
    return notes


def _ask_about_age(settings: Settings, leads: TableProfile, findings: Findings) -> None:
    spec = settings.data.leads
    other = [n for n, c in leads.columns.items() if n not in mapped(spec) and c.is_time and c.filled > 0.9]
    if spec.created_at is not None and other:
        findings.ask(
            "cohort.age_from", f"ages count from {spec.created_at}; would {' or '.join(other)} be the better start?"
        )
