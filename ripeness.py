"""The front door: the `ripeness` command. What each command does stands in `commands/`."""

import os
import sys

import typer

from commands import card, drift, export, judge, keys, learn, live, policy, promotion, rescore, trial, tune
from features.errors import RipenessError

TRACEBACK = "RIPENESS_TRACEBACK"  #: environment variable: show where an unforeseen error came from
UNFORESEEN = 70  #: exit code, as in sysexits.h

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Predictive lead scoring that a company runs itself: calibrated, explained, honest.",
)
COMMANDS = (
    *(export.init, export.check, export.leaks),
    *(learn.train, judge.evaluate),
    *(tune.tune,),
    card.card,
    *(drift.drift, drift.retrain),
    *(promotion.compare, promotion.promote, promotion.rollback),
    *(live.serve, live.score, rescore.rescore),
    *(trial.simulate, trial.demo),
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(keys.app, name="key")
app.add_typer(policy.app, name="policy")


def main(commands: typer.Typer = app) -> None:
    """Run the command line: errors a person can act on are one sentence and an exit code, never a traceback."""
    try:
        commands()
    except RipenessError as error:
        typer.echo(f"{error.title}: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:  # whatever nobody foresaw
        if os.environ.get(TRACEBACK):
            raise
        typer.echo(
            f"Something nobody foresaw: {type(error).__name__}. Please report it with what the same command shows "
            f"when {TRACEBACK}=1 is set before it; take names and addresses out first",
            err=True,
        )
        sys.exit(UNFORESEEN)


if __name__ == "__main__":
    main()
