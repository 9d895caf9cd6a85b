"""A history as a text that fits a link or a message: how the cluster is made, and what was done.

    rl1.   the format and its version
    …      base64url, without padding, of: the deflated account, 4 bytes of the digest at the
           cursor, 4 bytes that check all of it

The account is JSON: [what the cluster was given and is not usual, branches, branch, position].
A branch is [name, parent, forked at, item …]; an item is a count of events that time alone
brought, a time (a float) that was waited for, an action as a scenario words it
(`scenario_text`), or, where a scenario has no words for it, as `record` lists it. As in a file,
messages are named by what they are, so that a text still fits after the code has changed.
"""

import json
import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

from ..core import Impossible, Wait
from . import record
from .scenario_text import written
from .scenario_verbs import read_actions

VERSION = 1
FITS = 2000  # characters of a text with all branches; a longer one has the present branch alone
_MOST = 20_000_000  # bytes of an account: more is no history that anybody played
# At the beginning, in a message or in a link, but no file's name.
_LOOK = re.compile(r"(?:^|[^\w./\\-])rl(\d+)\.([\w-]{12,})(?![\w-]|\.\w)")
_USUAL = {"protocol": "raft", "servers": 5, "seed": 0, "clients": 0, "dials": {}}

# What accounts are made of, the commonest last: texts begin as if they followed this one. It
# belongs to the version: another dictionary is another version.
_DICTIONARY = (
    '{"protocol":"simplified","nodes":"snapshots","clients":1,"dials":{"latency":10,"jitter":'
    '"duplicate":0.1,"loss":0.05,"heartbeat_interval":50,"election_timeout":[150,300]'
    '}},"tune latency=tune loss=tune jitter=tune duplicate=tune election_timeout='
    '"deliver ClientRequest C1->S1","deliver ClientReply S1->C1","deliver InstallSnapshot '
    '"drift S1 0.5","unsync S1","sync S1","wipe S1","rearm S1 in 100"'
    '"delay AppendEntriesReply by 50","duplicate AppendEntries S5->S4"'
    '"crash during deliver AppendEntries S1->S2","crash during fire S1 with 1 written"'
    '"cut S1->S2","heal S1->S2","pause S3","resume S3","fork 1","main","named",'
    '"request y=1 at S1","request del x at S1","request x+=1 at S1","request get x at S1"'
    '"drop RequestVoteReply S1->S2","drop AppendEntriesReply S2->S3","drop RequestVote S3->S4"'
    '"partition S1 S2 | S3 S4 S5","partition S1 | S2 S3 S4 S5","heal","fire S1 heartbeat",'
    '"deliver RequestVote S1->S2","deliver RequestVoteReply S2->S1","deliver AppendEntries S1->S2"'
    ',"deliver AppendEntriesReply S2->S1"," #2","fire S5","fire S4","fire S3","fire S2","fire S1"'
    ',"request x=5 at S5","request x=5 at S4","request x=5 at S3","request x=5 at S2"'
    ',"request x=5 at S1","crash S5","restart S5","crash S4","restart S4","crash S3","restart S3"'
    ',"crash S2","restart S2","crash S1","restart S1",[{"servers":3,"seed":1},[["",0,0,'
    '[{"seed":7},[["",0,0,'
)


def dump(history, branches=None):
    """`history` as a text; `branches` says whether all are in it (None: if at most FITS)."""
    if branches not in (None, True, False):
        raise Impossible(f"branches is True, False or None (if they fit), not {branches!r}")
    if branches is not False:
        text = _text(history, history.branches)
        if branches or len(history.branches) == 1 or len(text) <= FITS:
            return text
    return _text(history, None)


def _text(history, branches):
    if history.about.get("nodes", ()) is None:
        raise Impossible(
            "this history began with nodes built by hand that hold more than plain values; "
            "it has no compact text"
        )
    given = {k: held for k, held in history.about.items() if k not in _USUAL or held != _USUAL[k]}
    account = [given]
    if branches is None:
        account.append([["", 0, 0, *record.listed(history.steps, 1, _item)]])
        here, end = 0, len(history)
    else:
        account.append([_branch(branch, nth) for nth, branch in enumerate(branches)])
        here = branches.index(history.branch)
        end = len(history)
    if (here, history.position) != (len(account[1]) - 1, end):
        account += [here, history.position]
    plain = json.dumps(account, separators=(",", ":")).encode()
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zdict=_DICTIONARY.encode())
    held = deflate.compress(plain) + deflate.flush() + bytes.fromhex(history.digest()[:8])
    held += zlib.crc32(held).to_bytes(4, "big")
    return f"rl{VERSION}.{urlsafe_b64encode(held).decode().rstrip('=')}"


def _branch(branch, nth):
    name = "" if branch.name == _name(nth) else branch.name
    if branch.parent is None:
        return [name, 0, 0, *record.listed(branch.steps, 1, _item)]
    items = record.listed(branch.steps, branch.forked_at + 1, _item)
    return [name, branch.parent, branch.forked_at, *items]


def _name(nth):
    return f"fork {nth}" if nth else "main"


def _item(state, action):
    if type(action) is Wait and type(action.until) is float:
        return action.until
    try:
        return written(state, action)
    except Impossible:
        return record.written(action)


def is_compact(text):
    """Whether there is such a text in `text`: alone, or in a link."""
    return _LOOK.search(text) is not None


def load(text, make):
    """The history that `dump` wrote, from its text alone or from a link or message that has it.

    `make(about)` builds the fresh cluster. Raises Impossible, saying what is wrong and what to
    do, for a text that is damaged, cut short, or of a newer version.
    """
    version, held = _found(text)
    if int(version) > VERSION:
        raise Impossible(
            f"this text has version {version}; this raftlab reads up to {VERSION}: update raftlab"
        )
    inflate = zlib.decompressobj(-15, zdict=_DICTIONARY.encode())
    try:
        account = json.loads(inflate.decompress(held[:-8], _MOST))
        given, branches, here, position = [*account, None, None][:4]
        about = {**_USUAL, **given}
        if "nodes" in given:
            del about["servers"]
        listed = [
            {"name": name or _name(nth), "parent": parent, "forked_at": at, "steps": items}
            for nth, (name, parent, at, *items) in enumerate(branches)
        ]
    except (zlib.error, ValueError, TypeError):
        raise Impossible(_DAMAGED) from None

    def fill(history):
        record.replay(history, listed, _actions)
        if here is not None:
            history.goto(position, here)
        return held[-8:-4].hex()

    return record.made(lambda: make(about), fill)


def _found(text):
    """(version, bytes) of the text in `text`: as it stands, or with the breaks that a message
    may have put into it taken out."""
    for look in (text, "".join(text.split())):
        match = _LOOK.search(look)
        if match:
            version, letters = match.groups()
            try:
                held = urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
            except ValueError:
                continue
            if int(version) > VERSION or (
                len(held) > 8 and zlib.crc32(held[:-4]).to_bytes(4, "big") == held[-4:]
            ):
                return version, held
    raise Impossible(_DAMAGED)


_DAMAGED = (
    "this text is damaged or cut short: copy the whole of it again, from rl1. to its last "
    "letter; where that is lost, ask for the history as a file (run.save)"
)


def _actions(item, state):
    """The actions that an item of an account means."""
    if isinstance(item, float):
        return (Wait(item),)
    if isinstance(item, str):
        return read_actions(state, item)
    return (record.read(item, state),)
