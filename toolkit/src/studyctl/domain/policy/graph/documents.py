"""The policies of a plan: read where they are known, rebuilt from data sources where only the apply will know them.

A data source `aws_iam_policy_document` shows its statements also when an ARN in them is not known yet. Such an ARN
becomes that of the resource the code refers to, or a symbol. What has no statements to show is not judged as harmless:
it is returned as unreadable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from studyctl.domain.policy.catalogue import Action, catalogue
from studyctl.domain.policy.documents import CURRENT_VERSION, Document
from studyctl.domain.policy.globs import Reading, glob
from studyctl.domain.policy.grammar import parse_policy_value
from studyctl.domain.policy.graph.arns import arn_of, symbol
from studyctl.domain.policy.graph.references import Meaning, References
from studyctl.domain.policy.graph.resources import Json, Plan, PlannedResource, holds_true, mapping, mappings
from studyctl.domain.policy.problems import PolicyError, Position, Problem, ProblemKind
from studyctl.domain.policy.rules.actions import works_on
from studyctl.domain.policy.rules.subjects import Unreadable

MAX_MERGED = 8
_BEFORE = ("source_json", "source_policy_documents")
_AFTER = ("override_json", "override_policy_documents")
DOCUMENT = "aws_iam_policy_document"
_ELEMENTS = (("actions", "Action"), ("not_actions", "NotAction"))
_PRINCIPALS = (("principals", "Principal"), ("not_principals", "NotPrincipal"))


@dataclass(frozen=True, slots=True)
class Found:
    """The documents that an attribute stands for; `unreadable` says of which nothing is known."""

    documents: tuple[Document, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


class PlannedDocuments:
    """Reads the policies of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._references = References(plan)
        self._parts = ("arn", plan.partition, "", plan.region, plan.account_id)

    def of(self, resource: PlannedResource, attribute: str) -> Found:
        """Return what an attribute of a resource says, if it is set at all."""
        if text := resource.text(attribute):
            return _parsed(text, resource.address)
        if not resource.is_unknown(attribute):
            return Found()
        expression = resource.expressions.get(attribute)
        if expression is None:
            return Found()  # the provider fills it in; the code says nothing of it
        meaning = self._references.of(resource, expression)
        sources = _unknown_documents(meaning)
        if not sources:
            told = ", ".join((*meaning.opaque, *(one.address for one in meaning.resources))) or "what no plan shows"
            return _unknown(resource.address, f"the {attribute} is known only after the apply; it is made of {told}")
        return joined(self._rebuilt(one, resource.address) for one in sources)

    def _rebuilt(self, source: PlannedResource, where: str, depth: int = 0) -> Found:
        """Return a data source as one document: what it is made of, its statements, and what overrides them."""
        if text := source.text("json"):
            return _parsed(text, where)
        if source.unknown.get("statement") is True or depth > MAX_MERGED:
            return _unknown(where, f"{source.address} is known only after the apply")
        marks = source.unknown.get("statement")
        try:
            statements = [
                self._statement(source, index, raw, _item(marks, index))
                for index, raw in enumerate(source.blocks("statement"))
            ]
        except _NotKnown as missing:
            return _unknown(where, f"{source.address}: {missing} known only after the apply")
        version = source.text("version") or CURRENT_VERSION
        own = [_parsed({"Version": version, "Statement": statements}, where)] if statements else []
        parts = joined(
            iter([*self._merged(source, _BEFORE, where, depth), *own, *self._merged(source, _AFTER, where, depth)])
        )
        if parts.unreadable or not parts.documents:
            return Found(unreadable=parts.unreadable) if parts.unreadable else _unknown(where, "it has no statement")
        return Found((_one(parts.documents),))

    def _merged(self, source: PlannedResource, attributes: tuple[str, ...], where: str, depth: int) -> Iterator[Found]:
        """Yield the documents that a data source merges into its own."""
        for attribute in attributes:
            value = source.values.get(attribute)
            known = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str) and text]
            yield from (_parsed(text, where) for text in known)
            if not source.is_unknown(attribute):
                continue
            others = _unknown_documents(self._references.of(source, source.expressions.get(attribute)))
            marks = source.unknown.get(attribute)
            if len(others) < (marks.count(True) if isinstance(marks, list) else 1):
                yield _unknown(where, f"{source.address} merges {attribute}, which is known only after the apply")
            for one in others:
                yield self._rebuilt(one, where, depth + 1)

    def _statement(self, source: PlannedResource, index: int, raw: Json, marks: Any) -> dict[str, Any]:
        made: dict[str, Any] = {"Effect": raw.get("effect") or "Allow"}
        if raw.get("sid"):
            made["Sid"] = raw["sid"]
        for name, element in _ELEMENTS:
            if holds_true(_part(marks, name)):
                raise _NotKnown(f"the {name} of {made.get('Sid') or f'statement {index + 1}'} are")
            if raw.get(name):
                made[element] = list(raw[name])
        actions = [granted for name in made.get("Action", ()) for granted in _actions(name)]
        place = _Place(source, self._block(source, str(raw.get("sid") or ""), index), index, tuple(actions))
        for name, element in (("resources", "Resource"), ("not_resources", "NotResource")):
            texts = self._texts(place, name, raw.get(name), _part(marks, name))
            if texts:
                made[element] = texts
        for name, element in _PRINCIPALS:
            if raw.get(name):
                made[element] = self._principal(place, name, mappings(raw[name]), _part(marks, name))
        conditions = self._conditions(place, mappings(raw.get("condition")), _part(marks, "condition"))
        if conditions:
            made["Condition"] = conditions
        return made

    def _texts(self, place: _Place, name: str, value: Any, marks: Any) -> list[str]:
        """Return a list of texts; for those that are not known what the code refers to, and what lies below it."""
        known = [str(one) for one in value or () if one is not None] if isinstance(value, list) else []
        if not holds_true(marks):
            return known
        meaning = self._references.of(place.source, place.code.get(name)) if place.code.get(name) else None
        if meaning is None or not meaning.resources or meaning.opaque:
            name = symbol(f"{place.source.address}.statement[{place.index}].{name}")
            return [*known, *(self._typed(place.actions, name) or [name])]
        arns = [arn_of(one, self._plan) for one in meaning.resources]
        if not place.actions:
            return [*known, *arns]
        below = [f"{arn}{ending}" for arn in arns for ending in ("", "/*", ":*")]
        fitting = [
            text for text in below if any(works_on(action, glob(text, Reading.RESOURCE)) for action in place.actions)
        ]
        # where nothing fits it is one whose ARN nobody can tell, not another one that the same words lead to
        return [*known, *(fitting or [arn for arn in arns if arn.startswith("(")] or arns)]

    def _typed(self, actions: tuple[Action, ...], name: str) -> list[str]:
        """Return ARNs of one unnamed resource of each type that some actions work on."""
        made: dict[str, None] = {}
        for action in actions:
            for type_ in catalogue().resource_types(action):
                for pattern in type_.patterns:
                    *parts, last = pattern.split(":", 5)
                    filled = (own or part for own, part in zip(self._parts, parts, strict=True))
                    made[
                        ":".join(
                            (
                                *("" if p == "" else f for p, f in zip(parts, filled, strict=True)),
                                last.replace("*", name),
                            )
                        )
                    ] = None
        return list(made)

    def _principal(self, place: _Place, name: str, blocks: Sequence[Json], marks: Any) -> Any:
        made: dict[str, list[str]] = {}
        written = mappings(place.code.get(name))
        for number, one in enumerate(blocks):
            code = written[number] if len(written) == len(blocks) else {}
            inner = _Place(place.source, code, place.index, ())
            texts = self._texts(
                inner, "identifiers", one.get("identifiers"), _part(_item(marks, number), "identifiers")
            )
            made.setdefault(str(one.get("type")), []).extend(texts)
        if made == {"*": ["*"]}:
            return "*"
        return {("AWS" if kind == "*" else kind): texts for kind, texts in made.items()}

    def _conditions(self, place: _Place, blocks: Sequence[Json], marks: Any) -> dict[str, dict[str, list[str]]]:
        made: dict[str, dict[str, list[str]]] = {}
        for number, one in enumerate(blocks):
            mark = _item(marks, number)
            if holds_true(_part(mark, "test")) or holds_true(_part(mark, "variable")):
                raise _NotKnown(f"a condition of statement {place.index + 1} is")
            inner = _Place(place.source, {}, place.index, ())
            values = self._texts(inner, f"condition[{number}].values", one.get("values"), _part(mark, "values"))
            made.setdefault(str(one["test"]), {}).setdefault(str(one["variable"]), []).extend(values)
        return made

    def _block(self, source: PlannedResource, sid: str, index: int) -> Json:
        """Return the code of a statement: that with its Sid, else the one at its place if none is dynamic."""
        blocks = mappings(source.expressions.get("statement"))
        for block in blocks:
            if sid and mapping(block.get("sid")).get("constant_value") == sid:
                return block
        is_whole = len(blocks) == len(source.blocks("statement"))
        return blocks[index] if is_whole and not mapping(blocks[index].get("sid")) else {}


@dataclass(frozen=True, slots=True)
class _Place:
    """A statement: its data source, its code as far as it is known, its number from 0, and the actions on resources."""

    source: PlannedResource
    code: Json
    index: int
    actions: tuple[Action, ...]


class _NotKnown(Exception):
    """A part without which a statement says nothing."""


def joined(found: Iterator[Found]) -> Found:
    """Return several findings as one."""
    every = tuple(found)
    return Found(
        tuple(document for one in every for document in one.documents),
        tuple(unreadable for one in every for unreadable in one.unreadable),
    )


def _unknown_documents(meaning: Meaning) -> list[PlannedResource]:
    """Return the data sources that make a value unknown; those that are known at once do not.

    Each explains one unknown value, whatever else an expression names, such as the local that decides on it.
    """
    return [one for one in meaning.resources if one.type == DOCUMENT and not one.is_managed and not one.text("json")]


def _one(documents: Sequence[Document]) -> Document:
    """Return several documents as one, as AWS would see them after terraform has merged them."""
    statements = [statement for document in documents for statement in document.statements]
    return replace(
        documents[0],
        statements=tuple(statement._replace(index=index) for index, statement in enumerate(statements)),
        text="".join(document.text for document in documents),
    )


def _actions(name: str) -> tuple[Action, ...]:
    action = catalogue().action(name)
    return (action,) if action else ()


def _parsed(value: Any, where: str) -> Found:
    try:
        return Found((parse_policy_value(value, where),))
    except PolicyError as error:
        return Found(unreadable=(Unreadable(where, error.problems),))


def _unknown(where: str, message: str) -> Found:
    problem = Problem(ProblemKind.GRAMMAR, message, Position(where))
    return Found(unreadable=(Unreadable(where, (problem,)),))


def _part(marks: Any, name: str) -> Any:
    return marks.get(name) if isinstance(marks, Mapping) else marks


def _item(values: Any, index: int) -> Any:
    if isinstance(values, list | tuple):
        return values[index] if index < len(values) else None
    return values
