"""The `ripeness` command, a few commands to a file; each loads its parts when it runs, so `--help` is quick."""
