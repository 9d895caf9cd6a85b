"""What a value is: a small class of named fields that never changes once it is made.

Messages, effects and actions are values, so a whole history can share them. The standard
library's frozen dataclasses are the same thing, but cost a second's hundredth each to
define and twice as much to make, and a run makes several per event (measured; see
benchmarks/). So `value` writes the few methods itself, from the annotations of the class.
"""


class Fixed(AttributeError):
    """A value was assigned to."""


def value(cls):
    """Turn `cls`, a class of annotated fields, into a type of values: equal by type and
    content, hashable if its fields are, guarded against assignment."""
    cls = record(cls)
    names = cls.__match_args__
    scope = {f"set_{name}": getattr(cls, name).__set__ for name in names}
    body = [f"set_{name}(self, {name})" for name in names]
    cls.__init__ = _method(cls, "__init__", _parameters(cls, scope), body, scope)
    cls.__setattr__ = cls.__delattr__ = _refuse
    return cls


def record(cls):
    """Like `value` but unguarded: for the small things that the world makes several of at
    every event and nobody is tempted to change."""
    names = tuple(cls.__annotations__)
    kept = {
        name: held for name, held in vars(cls).items()
        if name not in names and name not in ("__dict__", "__weakref__")
    }  # fmt: skip
    defaults = {name: vars(cls)[name] for name in names if name in vars(cls)}
    cls = type(cls)(cls.__name__, cls.__bases__, {**kept, "__slots__": names})
    cls.__match_args__ = names
    cls._defaults = defaults
    mine = "".join(f"self.{name}, " for name in names)
    same = " and ".join(f"self.{name} == other.{name}" for name in names) or "True"
    scope = {}
    body = [f"self.{name} = {name}" for name in names]
    cls.__init__ = _method(cls, "__init__", _parameters(cls, scope), body, scope)
    cls.__eq__ = _method(cls, "__eq__", ["self", "other"], [
        "if other.__class__ is not self.__class__:", "    return NotImplemented", f"return {same}",
    ])  # fmt: skip
    cls.__hash__ = _method(cls, "__hash__", ["self"], [f"return hash(({mine}))"])
    cls.__reduce__ = _method(cls, "__reduce__", ["self"], [f"return self.__class__, ({mine})"])
    if "__repr__" not in kept:
        cls.__repr__ = _repr
    cls.__deepcopy__ = _itself
    return cls


def replace(item, **changes):
    """A copy of the value `item` with `changes`."""
    cls = type(item)
    return cls(**{name: changes.pop(name, getattr(item, name)) for name in cls.__match_args__},
               **changes)  # fmt: skip


def _parameters(cls, scope):
    parameters = ["self"]
    for name in cls.__match_args__:
        if name in cls._defaults:
            scope[f"default_{name}"] = cls._defaults[name]
            parameters.append(f"{name}=default_{name}")
        else:
            parameters.append(name)
    return parameters


def _method(cls, name, parameters, body, scope=None):
    scope = {} if scope is None else scope
    lines = "".join(f"    {line}\n" for line in body or ["pass"])
    exec(f"def {name}({', '.join(parameters)}):\n{lines}", scope)
    method = scope[name]
    method.__qualname__ = f"{cls.__qualname__}.{name}"
    method.__module__ = cls.__module__
    return method


def _repr(self):
    fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{type(self).__name__}({fields})"


def _refuse(self, name, *_):
    raise Fixed(
        f"a {type(self).__name__} never changes once it is made (you set {name!r}); make another"
    )


def _itself(self, memo):
    return self
