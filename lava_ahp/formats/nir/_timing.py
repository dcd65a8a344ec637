"""Steps between neurons.  On the chip every connection takes a step; in NIR none does, apart from Delay nodes.

Loops need a convention, since nothing in a discrete simulation can act on itself within a step: **spikes that return to
where they came from take one step**, as in snnTorch and NIRTorch.  All other edges take none.  A population that the
input reaches over k others so spikes k steps later on the chip, and a connection that skips some waits for the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Edges = Iterable[tuple[str, str]]


def components(names: Iterable[str], edges: Edges) -> dict[str, int]:
    """Number the loops: populations that reach one another get one number, and no edge leads to a lower one."""
    after: dict[str, list[str]] = {name: [] for name in names}
    before: dict[str, list[str]] = {name: [] for name in after}
    for source, target in edges:
        after[source].append(target)
        before[target].append(source)
    number: dict[str, int] = {}
    # Kosaraju: by falling time of leaving, whatever reaches a population belongs to its loop.
    for count, name in enumerate(reversed(_left(after))):
        if name not in number:
            for member in _reached(name, before, number):
                number[member] = count
    return number


def _left(after: Mapping[str, list[str]]) -> list[str]:
    """Names in the order in which a depth-first search leaves them."""
    seen: set[str] = set()
    order = []
    for start in after:
        stack = [] if start in seen else [(start, iter(after[start]))]
        seen.add(start)
        while stack:
            name, rest = stack[-1]
            following = next((n for n in rest if n not in seen), None)
            if following is None:
                order.append(name)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(after[following])))
    return order


def _reached(start: str, before: Mapping[str, list[str]], taken: Mapping[str, int]) -> set[str]:
    found, left = {start}, [start]
    while left:
        for name in before[left.pop()]:
            if name not in found and name not in taken:
                found.add(name)
                left.append(name)
    return found


def longest(number: Mapping[str, int], edges: Edges) -> dict[str, int]:
    """Steps by which every population is later on the chip than in NIR: the most connections on a way to it."""
    later = dict.fromkeys(number.values(), 0)
    for source, target in sorted(edges, key=lambda edge: number[edge[0]]):
        if number[source] != number[target]:
            later[number[target]] = max(later[number[target]], later[number[source]] + 1)
    return {name: later[k] for name, k in number.items()}


def shortest(number: Mapping[str, int], delays: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """The same for given delays: the least steps on a way to every population, so that no edge has to be negative."""
    later: dict[int, int] = {}
    for source, target in sorted(delays, key=lambda edge: number[edge[0]]):
        if number[source] != number[target]:
            way = later.get(number[source], 0) + delays[source, target]
            later[number[target]] = min(way, later.get(number[target], way))
    return {name: later.get(k, 0) for name, k in number.items()}
