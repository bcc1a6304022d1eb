"""What looking at an export found out, and what it could not."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Question:
    """What only a person can decide; `key` is where in ripeness.toml."""

    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.key}: {self.text}"


@dataclass(kw_only=True)
class Findings:
    """Guesses as sentences, and what is left to ask."""

    notes: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def ask(self, key: str, text: str) -> None:
        """Leave something to a person."""
        self.questions.append(Question(key=key, text=text))
