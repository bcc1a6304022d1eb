"""The last writes without anybody else's between them: a lead that was read before them is still as it was.

A walk writes block after block, each of other leads. A block that was read while earlier ones were not written yet
has thus seen all that its leads' part of them would show, and its scores say so, as if it had been read just now.
"""

from dataclasses import dataclass


@dataclass(kw_only=True)
class OwnWrites:
    """One walk's writes, by their numbers: those from `before`, itself left out, to `last`."""

    before: int = -1
    last: int = -1

    def note(self, seq: int) -> None:
        """One more was committed."""
        if seq != self.last + 1:
            self.before = seq - 1
        self.last = seq

    def seen(self, seen_seq: int, seq: int) -> int:
        """Up to which write a lead was seen that was read after `seen_seq`, now that `seq` is under way."""
        return seq - 1 if self.last == seq - 1 and self.before <= seen_seq else seen_seq
