"""What a learner's function asks a Redis for, one command after the other: on the model.

    said(acquire, (), "lock", "A#1", 600)         ("asks", the command it asks for first)
    said(acquire, ("OK",), "lock", "A#1", 600)    ("gives", what it gives when that was the answer)

The functions are written for a client of redis-py, and wait for its answers. In the model an answer
is a message that comes later, and much may happen before it does. So the function is run from its
beginning each time, with the answers that have come, and left where it asks for more: that works
because the same answers make it ask the same. `Scripted` is the model's Redis with the commands
that such functions use, scripts included.
"""

from functools import cache

from ..core import Impossible, Refused, value, write_command
from .judging import Trouble, raised

ASKS, GIVES = "asks", "gives"
MOST = 12  # commands of one call; a right answer needs one
LOOPS = 100_000  # Lua instructions of a script


@value
class Eval:
    """EVAL: a script, the keys and the arguments that it is called with."""

    script: str
    keys: tuple
    args: tuple

    def __repr__(self):
        return " ".join(map(str, ("EVAL", "…", *self.keys, *self.args)))


class _Asked(BaseException):
    """Leaves the function where it asks. No Exception, so that `except Exception` lets it pass."""

    def __init__(self, command):
        super().__init__()
        self.command = command


def said(function, heard, *given):
    """(ASKS, a command) or (GIVES, a result): how `function(client, *given)` goes on when it has
    `heard` these answers. Trouble, if it raises or asks without end."""
    name = getattr(function, "__name__", "it")
    if len(heard) > MOST:
        raise Trouble(f"{name} asks Redis for more than {MOST} things, one after the other")
    try:
        return GIVES, function(Client(heard), *given)
    except _Asked as asked:
        return ASKS, asked.command
    except (Trouble, Impossible, NotImplementedError):
        raise
    except Exception as error:
        raise Trouble(f"{name} raises {raised(error)}") from error


# -- the client -----------------------------------------------------------------------------


class Client:
    """What redis-py's client has of what a lock needs; its answers are the library's."""

    def __init__(self, heard):
        self._heard = iter(heard)

    def _ask(self, *words):
        command = command_of(*words)
        for answer in self._heard:
            if type(answer) is Refused:
                raise Impossible(f"Redis refuses {write_command(command)}: {answer.why}")
            return answer
        raise _Asked(command)

    def set(self, name, value, ex=None, px=None, nx=False, xx=False):
        words = ["NX"] * bool(nx) + ["XX"] * bool(xx)
        words += [*(("EX", ex) if ex is not None else ()), *(("PX", px) if px is not None else ())]
        return self._ask("SET", name, value, *words) == "OK" or None

    def setnx(self, name, value):
        return bool(self._ask("SETNX", name, value))

    def setex(self, name, time, value):
        return self.set(name, value, ex=time)

    def psetex(self, name, time_ms, value):
        return self.set(name, value, px=time_ms)

    def get(self, name):
        return self._ask("GET", name)

    def exists(self, *names):
        return self._ask("EXISTS", *names)

    def delete(self, *names):
        return self._ask("DEL", *names)

    def expire(self, name, time):
        return bool(self._ask("EXPIRE", name, time))

    def pexpire(self, name, time):
        return bool(self._ask("PEXPIRE", name, time))

    def incr(self, name):
        return self._ask("INCR", name)

    def eval(self, script, numkeys, *keys_and_args):
        return self._ask("EVAL", script, numkeys, *keys_and_args)

    def register_script(self, script):
        return lambda keys=(), args=(): self.eval(script, len(keys), *keys, *args)

    def execute_command(self, *words):
        answer = self._ask(*words)
        return answer == "OK" or None if str(words[0]).upper() == "SET" else answer

    def __getattr__(self, name):
        there = ", ".join(one for one in vars(Client) if not one.startswith("_"))
        raise Impossible(f"the client of this exercise has no {name}; it has {there}")


def command_of(*words):
    """A command as the model's Redis has it: a tuple with times in ms, or an `Eval`."""
    word, given = str(words[0]).upper(), words[1:]
    try:
        match word:
            case "SET":
                return ("SET", *given[:2], *_options(given[2:]))
            case "EXPIRE":
                return ("PEXPIRE", given[0], 1000 * _whole(given[1]))
            case "PEXPIRE":
                return ("PEXPIRE", given[0], _whole(given[1]))
            case "EVAL":
                count = _whole(given[1])
                return Eval(given[0], given[2 : 2 + count], tuple(map(str, given[2 + count :])))
            case "DELEX" if str(given[1]).upper() == "IFEQ":
                return ("DELEX", given[0], "IFEQ", given[2])
            case "GET" | "SETNX" | "DEL" | "DELIFEQ" | "EXISTS" | "INCR":
                return (word, *given)
    except IndexError:
        raise Impossible(f"{word} needs more words than {' '.join(map(str, given))}") from None
    raise Impossible(f"{' '.join(map(str, words))} is no command of the model's Redis")


def _options(words):
    """The options behind SET key value, in their order: when it is done, and for how long."""
    words, when, until = list(words), [], []
    while words:
        word = str(words.pop(0)).upper()
        if word in ("NX", "XX"):
            when = [word]
        elif word == "IFEQ":
            when = [word, words.pop(0)]
        elif word in ("EX", "PX"):
            until = ["PX", _whole(words.pop(0)) * (1000 if word == "EX" else 1)]
            if until[1] <= 0:
                raise Impossible("invalid expire time in 'set' command: it must be above 0")
        else:
            raise Impossible(f"SET knows no option {word} on the model")
    return [*when, *until]


def _whole(time):
    """A time as Redis takes it."""
    if isinstance(time, bool) or not isinstance(time, (int, str)) or not str(time).isdecimal():
        raise Impossible(f"Redis takes times as whole numbers, and {time!r} is none")
    return int(time)


# -- the server -----------------------------------------------------------------------------


class Scripted:
    """A mixin for the model's Redis: all that `Client` asks for, in one step each."""

    def execute(self, command):
        match command:
            case Eval():
                return run_script(command, self.execute)
            case ("SET", key, new, *options):
                ttl = options[options.index("PX") + 1] if "PX" in options else None
                there = key in self.keys
                if options[:1] == ["NX"] and there or options[:1] == ["XX"] and not there:
                    return None
                if options[:1] == ["IFEQ"] and self.held(key) != options[1]:
                    return None
                return self.put(key, new, ttl)
            case ("DELIFEQ", key, held):
                return super().execute(("DELEX", key, "IFEQ", held))
            case ("EXISTS", *keys):
                return sum(self.held(key) is not None for key in keys)
            case ("DEL", *keys):
                return sum(self.remove(key) for key in keys)
        return super().execute(command)

    def on_request(self, request):
        """Write down, whatever the command is called, who ends or renews a lock of another's."""
        before = {key: self.held(key) for key in self.keys}
        changes = self.offset
        super().on_request(request)
        if self.offset == changes:
            return
        for key, owner in before.items():
            if self.touches(request, key):
                self.blame(request.client, "renews" if self.held(key) == owner else "ends", owner)

    def touches(self, request, key):
        command = request.command
        return key in (command.keys if type(command) is Eval else command)

    def watch(self, command, client):
        """Done above, for more commands."""


# -- scripts --------------------------------------------------------------------------------


def run_script(command, execute):
    """What a script gives; each `redis.call` in it is one `execute`, and nothing comes between."""
    runtime, run = _lua()

    def call(*words):
        told = execute(command_of(*map(_text, words)))
        if type(told) is Refused:
            raise Impossible(told.why)
        return runtime.table(ok=told) if told == "OK" else False if told is None else told

    def table(items):
        return runtime.table(*items)

    try:
        told = run(command.script, call, table(command.keys), table(command.args))
    except Impossible:
        raise
    except Exception as error:
        told = str(error).partition("\n")[0]
        raise Impossible(f"Redis cannot run this script: {told}") from None
    if told is True:
        return 1
    if told is None or told is False:
        return None
    return told["ok"] if not isinstance(told, (int, float, str)) else _answer(told)


def _answer(told):
    return int(told) if isinstance(told, float) else told


def _text(word):
    """Lua's numbers come as Redis writes them."""
    return str(int(word)) if isinstance(word, float) else str(word)


@cache
def _lua():
    """(a Lua, what runs a script in it): without files, and ended if it loops. 5.1, which is that
    of Redis; and of fakeredis, beside which another one crashes the process."""
    try:
        from lupa.lua51 import LuaRuntime
    except ImportError:
        raise Impossible(
            "nothing here can run a script; DELEX key IFEQ owner and SET key owner IFEQ owner PX "
            "ttl are commands that compare: client.execute_command(…)"
        ) from None
    runtime = LuaRuntime(register_eval=False, register_builtins=False)
    run = runtime.eval(f"""function(script, call, keys, args)
        local space = {{redis = {{call = call, pcall = call}}, KEYS = keys, ARGV = args,
            tonumber = tonumber, tostring = tostring, type = type, string = string, math = math,
            table = table, pairs = pairs, ipairs = ipairs, unpack = unpack}}
        local chunk, told = loadstring(script, "script")
        if not chunk then error(told, 0) end
        setfenv(chunk, space)
        debug.sethook(function() error("it does not come to an end", 0) end, "", {LOOPS})
        local fine, result = pcall(chunk)
        debug.sethook()
        if not fine then error(result, 0) end
        return result
    end""")
    return runtime, run
