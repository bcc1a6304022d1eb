"""The front door: the `ripeness` command. What each command does stands in `commands/`."""

import sys

import typer

from commands import export, judge, keys, learn, live, promotion, trial, tune
from features.errors import RipenessError

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
    *(promotion.compare, promotion.promote, promotion.rollback),
    *(live.serve, live.score),
    *(trial.simulate, trial.demo),
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(keys.app, name="key")


def main() -> None:
    """Run the command line: errors a person can act on are one sentence and an exit code, never a traceback."""
    try:
        app()
    except RipenessError as error:
        typer.echo(f"{error.title}: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
