"""The outcome of one run, as a line."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """`kind` and `seed` repeat the run; `problems` is empty where all is well."""

    kind: str
    seed: int
    moment: str
    acknowledged: int
    problems: list[str]

    def __str__(self) -> str:
        state = "; ".join(self.problems) if self.problems else "ok"
        return f"{self.kind} seed={self.seed} {self.moment}, {self.acknowledged} acknowledged: {state}"
