"""From a plan to a topology."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from studyctl.domain.topology.catalogue import COPIES, KINDS, LOG_BUCKET, OTHER, Kind, capitalised, kind_of, spoken
from studyctl.domain.topology.model import VIEWER, Edge, Footnote, Group, Node, Topology, Zone
from studyctl.domain.topology.planned import Instance, instances
from studyctl.domain.topology.reduction import reduced
from studyctl.domain.topology.references import Configuration, Reference, actions_of, admitted, origins_of
from studyctl.errors import UsageError

LOG_WORDS = {"log", "logs", "logging"}
"""One of these in an argument's name says that a bucket is given for logs."""


def topology_of(document: Mapping[str, Any], environment: str) -> Topology:
    """Return the topology of terraform's plan JSON.

    Raises:
        UsageError: it plans no module at all.
    """
    found = instances(document)
    if not found:
        raise UsageError(
            f"the plan for {environment} holds nothing that could be drawn",
            why="It plans no module: it is a plan to destroy, or not a plan of this composition.",
            hint=f"Draw what its file says now: studyctl graph {environment}",
        )
    return _Survey(Configuration(document), found, environment).topology()


class _Survey:
    """The instances of one plan with what they are; everything is derived from it."""

    def __init__(self, configuration: Configuration, found: tuple[Instance, ...], environment: str) -> None:
        self._configuration = configuration
        self._environment = environment
        self._calls: dict[str, list[Instance]] = defaultdict(list)
        for instance in found:
            self._calls[instance.call].append(instance)
        self._kinds = {call: self._kind(call, members[0]) for call, members in self._calls.items()}
        self._kinds |= {call: self._beside(call, kind) for call, kind in self._kinds.items() if kind.stands_by}
        self._items = {item.address: item for item in self._made_items()}

    def topology(self) -> Topology:
        groups = {
            member.address: item.address
            for item in self._items.values()
            if isinstance(item, Group)
            for member in item.members
        }
        edges = reduced(self._edges(), groups=groups)
        entrances = {edge.target for edge in edges if edge.source == VIEWER}
        names = {name for name, call, key in self._configuration.aliases() if self._end(call, key) in entrances}
        return Topology(
            environment=self._environment,
            items=tuple(self._items.values()),
            edges=edges,
            footnotes=tuple(self._footnotes()),
            public_names=tuple(sorted(names)),
        )

    def _kind(self, call: str, instance: Instance) -> Kind:
        """A bucket that others write logs or copies to is not in the way of a request."""
        kind = kind_of(instance)
        if kind.zone is Zone.MANAGED and kind.permission == "s3":
            arguments = {one.argument for one in self._configuration.references if one.target == call}
            if any("replication" in argument for argument in arguments):
                return COPIES
            if any(LOG_WORDS & set(argument.split("_")) for argument in arguments):
                return LOG_BUCKET
        return kind

    def _beside(self, call: str, kind: Kind) -> Kind:
        """A guard stands beside what it guards."""
        guarded = {one.source for one in self._configuration.references if one.target == call}
        zones = {self._kinds[one].zone for one in guarded if one in self._kinds and self._kinds[one].is_in_the_way}
        return replace(kind, zone=zones.pop()) if len(zones) == 1 else kind

    def _made_items(self) -> Iterator[Node | Group]:
        sorts = Counter(kind.title for kind in self._kinds.values())
        order = {(kind.principal, kind.title): place for place, kind in enumerate((*KINDS, LOG_BUCKET, COPIES, OTHER))}
        places = {call: order[kind.principal, kind.title] for call, kind in self._kinds.items()}
        for call in sorted(self._calls, key=lambda call: (places[call], call)):
            kind, members = self._kinds[call], self._calls[call]
            title = kind.title if kind.title and sorts[kind.title] == 1 else capitalised(spoken(call))
            if len(members) == 1:
                is_named_by_key = bool(members[0].key) and not kind.title
                yield self._node(members[0], kind, capitalised(spoken(members[0].key)) if is_named_by_key else title)
                continue
            nodes = tuple(self._node(one, kind, spoken(one.key)) for one in members)
            yield Group(f"module.{call}", kind.zone, kind.icon, title, kind.service, nodes)

    def _node(self, instance: Instance, kind: Kind, title: str) -> Node:
        return Node(
            address=instance.address,
            call=instance.call,
            key=instance.key,
            zone=kind.zone,
            icon=kind.icon,
            title=title,
            service=kind.service,
            facts=tuple(fact for fact in kind.facts(instance) if fact),
            resources=len(instance.managed),
        )

    def _end(self, call: str, key: str = "") -> str | None:
        """The address an arrow to a module call ends at: an instance when that is known, else all of them."""
        members = self._calls.get(call, [])
        if len(members) == 1:
            return members[0].address
        exact = next((one.address for one in members if key and one.key == key), None)
        return exact or (f"module.{call}" if members else None)

    def _edges(self) -> Iterator[Edge]:
        pairs: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        for reference in self._flows():
            ends = self._oriented(reference)
            pairs[ends[0][0], ends[1][0]].add((ends[0][1], ends[1][1]))
        permitted = self._permitted()
        for source, target in sorted({*pairs, *permitted}):
            wanted = pairs.get((source, target), set())
            exact = {pair for pair in wanted if pair[0] or pair[1]} or {("", "")}
            if (source, target) in permitted and exact == {("", "")}:
                exact = {(key, "") for key in permitted[source, target]}
            for source_key, target_key in sorted(exact):
                yield from self._drawn(source, source_key, target, target_key)
        yield from self._named()

    def _drawn(self, source: str, source_key: str, target: str, target_key: str) -> Iterator[Edge]:
        """One arrow, or one for each member that is admitted when not all are."""
        ends = {self._end(source, source_key)}, {self._end(target, target_key)}
        sources, targets = self._calls[source], self._calls[target]
        if not source_key and len(sources) > 1 == len(targets):
            ends = self._narrowed(source, targets[0]) or ends[0], ends[1]
        elif not target_key and len(targets) > 1 == len(sources):
            ends = ends[0], self._narrowed(target, sources[0]) or ends[1]
        goes_back = self._goes_back(source, target)
        for start in ends[0]:
            for end in ends[1]:
                if start and end:
                    yield Edge(start, end, goes_back)

    def _narrowed(self, call: str, other: Instance) -> set[str | None]:
        members = self._calls[call]
        chosen = admitted(members, other)
        return {one.address for one in chosen} if len(chosen) < len(members) else set()

    def _flows(self) -> Iterator[Reference]:
        for one in self._configuration.references:
            kinds = self._kinds.get(one.source, OTHER), self._kinds.get(one.target, OTHER)
            if all(kind.is_in_the_way for kind in kinds):
                yield one

    def _oriented(self, one: Reference) -> tuple[tuple[str, str], tuple[str, str]]:
        """Source and target of the flow, each a call and the key that is meant, if one is."""
        ends = (one.source, ""), (one.target, one.key)
        return ends if self._kinds[one.source].rank <= self._kinds[one.target].rank else ends[::-1]

    def _permitted(self) -> dict[tuple[str, str], set[str]]:
        """For each pair of calls the keys of those whose policies use the other; one empty key stands for all."""
        using: dict[tuple[str, str], set[str]] = defaultdict(set)
        for call, members in self._calls.items():
            if self._kinds[call].is_in_the_way:
                for member in members:
                    for target in self._used_by(member):
                        if self._kinds[target].rank > self._kinds[call].rank:
                            using[call, target].add(member.key)
        return {
            (call, target): {""} if len(keys) == len(self._calls[call]) else keys
            for (call, target), keys in using.items()
        }

    def _used_by(self, instance: Instance) -> set[str]:
        prefixes = {action.partition(":")[0] for action in self._actions(instance)}
        return {call for call, kind in self._kinds.items() if kind.permission in prefixes and call != instance.call}

    def _actions(self, instance: Instance) -> frozenset[str]:
        return actions_of(self._configuration.policies_of(instance))

    def _goes_back(self, source: str, target: str) -> bool:
        if self._kinds[target].permission != "sqs":
            return False
        actions = {action for member in self._calls[source] for action in self._actions(member)}
        return {"sqs:SendMessage", "sqs:ReceiveMessage"} <= actions

    def _named(self) -> Iterator[Edge]:
        """Arrows that follow a host name: from viewers, and from a distribution to its origin."""
        for name, call, key in self._configuration.aliases():
            end = self._end(call, key)
            if end is None or not self._kinds[call].is_in_the_way:
                continue
            yield Edge(VIEWER, end)
            for members in self._calls.values():
                yield from (Edge(one.address, end) for one in members if name in origins_of(one) and one.call != call)

    def _footnotes(self) -> Iterator[Footnote]:
        said: dict[str, set[str]] = defaultdict(set)
        for one in self._configuration.references:
            source, target = self._kinds.get(one.source), self._kinds.get(one.target)
            if source is None or target is None or Zone.NETWORK in (source.zone, target.zone):
                continue
            if not target.is_in_the_way:
                said[one.target].add(self._title(one.source))
            elif not source.is_in_the_way:
                said[one.source].add(self._title(one.target))
        for call, members in self._calls.items():
            if self._kinds[call].zone is Zone.NETWORK:
                continue
            for used in {used for member in members for used in self._used_by(member)}:
                if not self._kinds[used].is_in_the_way:
                    said[used].add(self._title(call))
        for item in self._items.values():
            call = item.address.removeprefix("module.").partition("[")[0]
            if said[call] and self._kinds[call].verb:
                yield Footnote(item.address, self._kinds[call].verb, tuple(sorted(said[call], key=str.lower)))

    def _title(self, call: str) -> str:
        title = next(
            item.title
            for item in self._items.values()
            if item.address.removeprefix("module.").partition("[")[0] == call
        )
        return title if title.isupper() or title[:2].isupper() else title[:1].lower() + title[1:]
