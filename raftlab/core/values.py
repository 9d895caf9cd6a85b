"""What a value is: a frozen, slotted dataclass that is cheap to make.

Messages, effects and actions are values: once made they never change, so a whole
history can share them. `dataclass(frozen=True)` sets each field through
`object.__setattr__`, which doubles the cost of making one; a run makes several per
event, so `value` writes an `__init__` that uses the slots' own setters instead.
Everything else (equality by type and content, hash, repr, the error on assignment)
is the standard library's.
"""

from dataclasses import MISSING, dataclass, fields


def value(cls):
    """Turn `cls`, a class of annotated fields, into a frozen value type."""
    cls = dataclass(frozen=True, slots=True)(cls)
    names = [field.name for field in fields(cls)]
    scope = {f"set_{name}": getattr(cls, name).__set__ for name in names}
    params, body = [], []
    for field in fields(cls):
        if field.default is MISSING:
            params.append(field.name)
        else:
            scope[f"default_{field.name}"] = field.default
            params.append(f"{field.name}=default_{field.name}")
        body.append(f"    set_{field.name}(self, {field.name})")
    source = "\n".join([f"def __init__(self, {', '.join(params)}):", *(body or ["    pass"])])
    exec(source, scope)
    cls.__init__ = scope["__init__"]
    cls.__init__.__qualname__ = f"{cls.__qualname__}.__init__"
    cls.__match_args__ = tuple(names)
    cls.__deepcopy__ = lambda self, memo: self
    return cls


def replace(item, **changes):
    """A copy of the value `item` with `changes`; `dataclasses.replace`, but faster."""
    cls = type(item)
    return cls(**{name: changes.pop(name, getattr(item, name)) for name in cls.__match_args__},
               **changes)
