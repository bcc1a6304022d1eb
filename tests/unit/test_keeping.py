"""`--keep COLUMN` on the command line counts like `keep` in ripeness.toml."""

from commands.terminal import keeping
from features.settings import Data, LeadsFile, Settings

SETTINGS = Settings(data=Data(leads=LeadsFile(keep=("stage",))))


def test_columns_of_both_are_kept_once_each():
    assert keeping(SETTINGS, ["region", "stage"]).data.leads.keep == ("stage", "region")


def test_nothing_named_changes_nothing():
    assert keeping(SETTINGS, None) == SETTINGS
