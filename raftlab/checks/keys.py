"""Whatever a node or a message is made of, as a key: equal for equal content, and hashable.

A search meets the same logs and entries again and again, so the key of what can never change is
made once per object.
"""

from types import MappingProxyType


class Keys:
    def __init__(self):
        self._kept = {}  # id of an object that never changes → (the object, its key)

    def of(self, held):
        """The key of a value, a collection, a log, a node's attribute or any other object."""
        kind = type(held)
        if kind in _PLAIN:
            return held
        if kind is tuple:
            return tuple([self.of(item) for item in held]) if held else held
        if kind is bool:
            return ("bool", held)  # True is not 1
        if kind in (dict, MappingProxyType):
            return ("dict", frozenset([(self.of(k), self.of(v)) for k, v in held.items()]))
        if kind is list:
            return ("list", *[self.of(item) for item in held])
        if kind in (set, frozenset):
            return ("set", frozenset([self.of(item) for item in held]))
        kept = self._kept.get(id(held))
        if kept is not None:
            return kept[1]
        if callable(held) and not hasattr(kind, "__match_args__"):
            return getattr(held, "__qualname__", held)
        key = self._object(held, kind)
        if never_changes(held, kind):
            self._kept[id(held)] = held, key
        return key

    def of_node(self, node):
        """The key of all that a node is, its id left out."""
        held = node.__dict__
        if node.replaces_values:  # it promises to change nothing in place
            return tuple([self.of_lasting(held[name]) for name in node.declared]), node.members
        return self.of({name: item for name, item in held.items() if name != "id"})

    def of_lasting(self, held):
        """The key of something that nobody will change in place: made once per object."""
        if type(held) in _PLAIN:
            return held
        kept = self._kept.get(id(held))
        if kept is None:
            kept = self._kept[id(held)] = held, self.of(held)
        return kept[1]

    def of_known(self, known):
        """The key of what a monitor knows."""
        if known is None:
            return None
        return tuple([self.of_lasting(getattr(known, name)) for name in known.__slots__])

    def _object(self, held, kind):
        names = getattr(kind, "__match_args__", None)
        if names:
            return (kind, *[self.of(getattr(held, name)) for name in names])
        if hasattr(held, "last_index") and hasattr(held, "term_at"):  # a log
            base = held.base_index, held.term_at(held.base_index)
            return (kind, base, *[self.of(entry) for entry in held])
        if hasattr(held, "__dict__"):
            return (kind, self.of(vars(held)))
        return held


_PLAIN = frozenset((int, str, float, bytes, type(None)))


def never_changes(held, kind):
    """Values and logs say so themselves: copying gives back the very same object."""
    return hasattr(kind, "__deepcopy__") and held.__deepcopy__({}) is held
