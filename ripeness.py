"""The front door: the `ripeness` command. It loads its parts when they are needed, so `--help` is quick."""


def main() -> None:
    """Run the command line."""
