"""What a question is, however it was made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_QUESTIONS = 50


class Question(BaseModel):
    """A question with options, exactly one of them right."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: str = Field(min_length=1)
    options: tuple[str, ...] = Field(min_length=2, max_length=8)
    answer_index: int = Field(ge=0)
    source: str = Field(min_length=1, description="The sentence of the document that holds the answer.")

    @model_validator(mode="after")
    def _options_can_be_told_apart(self) -> Self:
        if self.answer_index >= len(self.options):
            raise ValueError("answer_index names no option")
        if len({option.casefold() for option in self.options}) != len(self.options):
            raise ValueError("two options are the same")
        return self


class QuizGenerator(Protocol):
    """Makes questions about a text."""

    def generate(self, text: str, *, count: int, seed: str) -> Sequence[Question]:
        """At least one and at most `count` questions about `text`.

        Raises:
            NotEnoughText: nothing can be asked about it.
            Unavailable: a model that runs elsewhere did not answer, or not usably.
        """
