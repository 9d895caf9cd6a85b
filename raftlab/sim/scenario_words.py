"""How a scenario is spelt: words, links, counts and values, read and written.

A word ends at white space outside quotes and brackets, so that a value such as
`(1, 'two words')` is one of them. What is written here is read back as what it was.
"""

import ast
import re

from ..core import Impossible, read_command, write_command
from .story import stable

_OPEN, _CLOSE = "([{", ")]}"
_LINK = re.compile(r"(\S+?)(<->|->|↔|→)(\S+)")
_SPAN = re.compile(r"(-?[\d.]+?)\.\.(-?[\d.]+)")
_BARE = re.compile(r"[^\W\d][\w.+!/-]*")


class Unclosed(Impossible):
    """A quote or bracket is opened and not closed."""


def parts(text, separator=None):
    """`text` split at `separator` (at white space if None) outside quotes and brackets."""
    found, now, depth, quote, before = [], "", 0, "", " "
    for letter in text:
        if quote:
            quote = "" if letter == quote and before != "\\" else quote
        elif letter in "'\"" and not before.isalnum():
            quote = letter
        elif letter in _OPEN:
            depth += 1
        elif letter in _CLOSE:
            depth -= 1
        elif not depth and (letter.isspace() if separator is None else letter == separator):
            found.append(now)
            now, before = "", " "
            continue
        if depth < 0:
            raise Impossible(f"{letter!r} closes nothing")
        now += letter
        before = "" if before == letter == "\\" else letter
    if quote or depth:
        raise Unclosed(f"{quote or 'a bracket'} is opened and not closed")
    return [part.strip() for part in (*found, now) if part.strip()]


def link(word):
    """The directed links that a word such as S1->S2 or S1<->S2 means: ((src, dst), …)."""
    found = _LINK.fullmatch(word)
    if not found:
        raise Impossible(f"{word!r} is no link; write S1->S2, or S1<->S2 for both directions")
    src, arrow, dst = found.groups()
    return ((src, dst), (dst, src)) if arrow in ("<->", "↔") else ((src, dst),)


def is_link(word):
    return bool(_LINK.fullmatch(word))


def node(state, word):
    """The id that a word means: itself, or that of the "leader" of the moment."""
    if word == "leader":
        if state.leader is None:
            raise Impossible("nobody leads now; name a server")
        return state.leader
    state.host(word)
    return word


def number(word, least=0):
    """A whole number from `least` on."""
    if not re.fullmatch(r"\d+", word) or int(word) < least:
        raise Impossible(f"{word!r} is no whole number from {least}")
    return int(word)


def read_value(word):
    """A number, a span such as 150..300, a Python literal, or else the word itself."""
    span = _SPAN.fullmatch(word)
    try:
        return tuple(map(ast.literal_eval, span.groups())) if span else ast.literal_eval(word)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return word


def write_value(held):
    """The word for a value, or Impossible if none means just that."""
    if isinstance(held, (tuple, list)) and len(held) == 2:
        word = f"{held[0]!r}..{held[1]!r}"
        if stable(read_value(word)) == stable(held):
            return word
    word = held if isinstance(held, str) and _BARE.fullmatch(held) else repr(held)
    if stable(read_value(word)) != stable(held):
        word = repr(held)
    if stable(read_value(word)) != stable(held) or len(parts(word)) != 1:
        raise Impossible(f"{held!r} cannot be written into a scenario; plain values can")
    return word


def read_asked(text):
    """A command as a person writes it, or a Python literal such as 'hello' or ('set', 'x', 5)."""
    try:
        return read_command(text)
    except Impossible:
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            pass
        raise


def write_asked(command):
    """The text from which `read_asked` makes `command`, short if possible."""
    for text in (write_command(command), repr(command)):
        try:
            same = stable(read_asked(text)) == stable(command)
            if same and text == " ".join(parts(text)) and parts(text, ";") == [text]:
                return text
        except Impossible:
            pass
    raise Impossible(f"the command {command!r} cannot be written into a scenario")


# -- logs: 1 1:x=5 2:y=1, an entry's term and command; a term alone is a no-op ----------------


def entry_word(entry):
    """An entry as one word: its term, its command unless it is a no-op, whose request it is."""
    word = str(entry.term)
    if entry.command is not None:
        word += f":{_said(entry.command)}"
    if getattr(entry, "client", None) is not None:
        word += f"[{entry.client}#{entry.serial}]"
    return word


def _said(command):
    """A command without spaces, or in brackets; a configuration as its servers, in braces."""
    said = write_command(command)
    match command:
        case ("cas", *_):
            return said.replace(": ", ":", 1)
        case ("members" | "joint", *_):
            return f"{{{said.partition(' ')[2]}}}"
    return f"({said})" if " " in said else said


def _unsaid(said):
    """The command that `_said` gave."""
    if said[0] + said[-1] == "{}":
        return read_command(f"{'joint' if ' and ' in said else 'members'} {said[1:-1]}")
    if said[0] + said[-1] == "()" and " " in said:
        return read_asked(said[1:-1])
    return read_asked(said)


def folded(words, least=6):
    """Equal words in a row as one, such as 2:x+=1×50, from `least` of them on."""
    found = []
    for word in words:
        if found and found[-1][0] == word:
            found[-1][1] += 1
        else:
            found.append([word, 1])
    return [
        shown
        for word, count in found
        for shown in ([f"{word}×{count}"] if count >= least else [word] * count)
    ]


def read_entries(words):
    """Entries as [term, command, client, serial], from words such as 1, 1:x=5 or 2:x+=1×50."""
    found = []
    for word in words:
        given = re.fullmatch(r"(\d+)(?::(.+?))?(?:\[([^#\]]+)#(\d+)\])?(?:×(\d+))?", word)
        if not given:
            raise Impossible(f"{word!r} is no entry; write its term, or term:command as in 1:x=5")
        term, said, client, serial, count = given.groups()
        entry = [int(term), _unsaid(said) if said else None, client, int(serial or 0)]
        found += [entry] * int(count or 1)
    return found
