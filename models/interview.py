"""Interviews before a release: who is asked what, and which answers speak of trafficking. Frozen values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

Interviewee = Literal["child", "sponsor", "parent_abroad"]
INTERVIEWEES: tuple[Interviewee, ...] = get_args(Interviewee)
# No answer is never a clear one: each of these is its own word, is no sign and agrees with everything.
UNSAID = ("unknown", "refused", "not_asked")


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Sourced(_Frozen):
    source: str = Field(min_length=1)
    unverified: bool = False


class Question(_Sourced):
    """One question by its code, in the words in which each is asked; who has no words is not asked."""

    code: str = Field(pattern=r"^[a-z_]+$")
    ask: Mapping[Interviewee, str] = Field(min_length=1)
    answers: tuple[str, ...] = Field(min_length=2)


class _Rule(_Sourced):
    rule: str
    question: str
    says: str


class Sign(_Rule):
    """An answer that speaks of trafficking by itself. `of`: by whom; none named means by anybody."""

    answers: tuple[str, ...] = Field(min_length=1)
    of: tuple[Interviewee, ...] = ()


class Contradiction(_Rule):
    """A question on which two people should say the same."""

    between: tuple[Interviewee, ...] = Field(min_length=2)


class QuestionSet(_Frozen):
    """One version of the questions, with what follows from the answers. A merged one is never edited."""

    version: str
    title: str
    questions: tuple[Question, ...]
    signs: tuple[Sign, ...]
    contradictions: tuple[Contradiction, ...]

    def asked_of(self, party: Interviewee) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if party in question.ask)

    @model_validator(mode="after")
    def _hangs_together(self) -> QuestionSet:
        if faults := list(self._faults()):
            raise ValueError("; ".join(faults))
        return self

    def _faults(self) -> Iterator[str]:
        known = {question.code: question for question in self.questions}
        rules = [line.rule for line in (*self.signs, *self.contradictions)]
        if len(known) != len(self.questions) or len(set(rules)) != len(rules):
            yield "a code or a rule stands twice"
        named: list[tuple[_Rule, tuple[Interviewee, ...], tuple[str, ...]]] = [
            (line, line.of, line.answers) for line in self.signs
        ]
        named += [(line, line.between, ()) for line in self.contradictions]
        for line, of, answers in named:
            question = known.get(line.question)
            if question is None:
                yield f"{line.rule} asks of a question that is not there"
            elif not set(of) <= set(question.ask):
                yield f"{line.rule} names somebody who is not asked"
            elif not set(answers) <= set(question.answers):
                yield f"{line.rule} names an answer that nobody can give"
