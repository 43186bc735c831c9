"""Components of the reference graph: files that refer to each other in a cycle, or one file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def components(edges: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """Return the strongly connected components of a graph in dependency order: what is referred to comes first.

    ``edges[i]`` holds the nodes that node ``i`` refers to. Members of a component are ascending.
    Tarjan's algorithm (SIAM J. Comput. 1(2), 1972), without recursion: chains are as long as a tree has files.
    """
    return tuple(_tarjan(edges))


def _tarjan(edges: Sequence[Sequence[int]]) -> Iterator[tuple[int, ...]]:
    # One loop over an explicit stack, whose parts share all of this state; hence longer than most functions here.
    order: dict[int, int] = {}  # in which nodes were first seen
    lowest: dict[int, int] = {}  # the earliest node on the path that is reachable from here
    path: list[int] = []  # nodes whose component is still open
    closed: set[int] = set()
    for root in range(len(edges)):
        stack = [(root, iter(edges[root]))] if root not in order else []
        while stack:
            node, targets = stack[-1]
            if node not in order:
                order[node] = lowest[node] = len(order)
                path.append(node)
            for target in targets:
                if target not in order:
                    stack.append((target, iter(edges[target])))
                    break
                if target not in closed:
                    lowest[node] = min(lowest[node], order[target])
            else:
                stack.pop()
                if stack:
                    parent = stack[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[node])
                if lowest[node] == order[node]:
                    members: list[int] = []
                    while not members or members[-1] != node:
                        members.append(path.pop())
                    closed.update(members)
                    yield tuple(sorted(members))
