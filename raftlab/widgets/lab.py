"""`rl.lab`: a live cluster to operate. It joins a history, the stage and a few controls.

The stage shows a track of the history and tells what the learner did and when; here the
history does it, and the stage gets what changed. One lock guards the history, because Jupyter
runs callbacks on two threads while a cell may run on one of them.
"""

import traceback
from threading import RLock

from ipywidgets import VBox

from ..core import Impossible, Wait
from ..scenarios import scenario
from ..sim import History, headline
from ..sim import step as tried
from .acts import actions_for
from .cells import watch_cells
from .controls import Controls
from .guard import told, within
from .histories import TRAVEL, Tree, forks, key, put_beside
from .queries import answer
from .scenarios import SITUATIONS, note_of, tour_of
from .stage import Stage, packed
from .still import Still
from .titles import properties_of, title_of
from .track import AHEAD, Track

# How far a track reaches when somebody waits for the picture; the browser asks for more.
_SOON = 30

# Histories that are kept for undo when scenarios take their place.
_PAST = 8


def lab(protocol="raft", *args, **more):
    """A lab on a fresh cluster, or on a history that exists.

    `rl.lab("raft", servers=5, seed=7)` takes what `rl.cluster` takes; `rl.lab(run)` takes a
    history and starts at its cursor. `lab.run` is the history, for use in cells.
    """
    if isinstance(protocol, History):
        if args or more:
            raise Impossible("a lab of a history takes nothing else: rl.lab(run)")
        return Lab(protocol)
    # The package's own front door joins protocols and clusters; widgets know no protocol.
    import raftlab

    return Lab(raftlab.cluster(protocol, *args, **more))


class Lab(VBox):
    """The widget. `stage` is the live picture; everything done goes through `act`."""

    def __init__(self, run):
        self._lock = RLock()
        self.still = Still(self)
        self._past = []  # (history, its marks, where one stood) that scenarios took the place of
        self._open(run, note_of(run))
        super().__init__(self._parts(), layout=self.controls.plain)
        watch_cells(self)

    def _open(self, run, question):
        """Stage and controls for a history: both are made for its cluster."""
        self._run = run
        self._question = question  # what a scenario asks at its beginning
        self._begins = _beginning(run, question)
        self._told_tour = None  # the tour that the stage knows of
        self.tree = Tree()  # the branches, as the stage draws them
        self.beside = None  # another run to compare with
        self._pane = []  # the pane that a cell has asked for, and how often one did
        self._track = Track(run, _SOON)
        # (branch, position, time) before each act, and the branch that it then was on; for undo
        self._marks = []
        self._done = 0  # the last ask that was answered
        self._calls = {}  # acts from the controls that wait for the stage's clock
        self._note = {}  # what is to be said of the last act, as long as one stays where it led
        self._at = [run.position, run.now]
        self._track.patch()
        self.stage = Stage(
            run.state, title_of(run), properties_of(run), self._whole, rest=[*self._at, 0]
        )
        self.controls = Controls(self)
        self.stage.observe(self._heard, "asks")
        self.stage.observe(self._rested, "rest")
        self._seen = self._cursor()

    def _parts(self):
        return [self.controls.top, self.stage, self.controls.bottom]

    # -- for cells --

    @property
    def run(self):
        """The history. Its cursor is where the stage's clock last stood still."""
        return self._run

    def show(self, run, question=""):
        """Put another history on the stage; one of another cluster gets another stage. `undo`
        brings back the one that was there, with all its branches."""
        with self._lock:
            if run is not self._run:
                self._past = [*self._past, self._standing()][-_PAST:]
            self._put(run, question)

    def _standing(self):
        return self._run, self._marks, self._at, self._question, self._begins

    def _put(self, run, question):
        if _cluster(run) != _cluster(self._run):
            self.stage.unobserve_all()  # what it still has to say is of another cluster
            old = self.children
            self._open(run, question)
            self.children = self._parts()
            _close(old)
            return
        self._run, self._question = run, question
        self._begins = _beginning(run, question)
        self._track.follow(run)
        self._marks = []
        self._note = {}
        self._moved(self._run.now)

    def compare(self, other, name=None):
        """Show the present history beside another run, from the first event that differs: a
        history, or a protocol's name or Node class, on which the same happens again as far as it
        can (`rl.compare`). `name` says what to call it."""
        with self._lock:
            put_beside(self, other, name)
            self._pane = ["Compare", len(self._pane) and self._pane[1] + 1]
            self._tell()

    def refresh(self):
        """Show what a cell has done to `lab.run`. After each cell this happens by itself."""
        with self._lock:
            if self._cursor() != self._seen:
                self._note = {}
                self._moved(self._run.now)

    # -- what the stage asks --

    def _heard(self, change):
        with self._lock:
            for ask in change["new"]:
                if change["owner"] is self.stage and ask["n"] > self._done:
                    self._done = ask["n"]
                    self.guarded(self._answer, ask, keep=ask["do"] in ("query", "more", "whole"))

    def _rested(self, change):
        with self._lock:
            position, time, _ = change["new"]
            self.guarded(self._reach, position)
            self._at = [position, time]
            if self._note and self._note["at"] != position:
                self._note = {}
            self._seen = self._cursor()

    def guarded(self, work, *args, keep=False):
        """Do `work`; an error is shown in the lab, because nobody sees a callback's exception.
        One that is shown goes when something succeeds that somebody did: `keep` it else."""
        try:
            with within():
                work(*args)
        except Exception as error:
            trace = "" if isinstance(error, Impossible) else traceback.format_exc()
            self.stage.trouble = {"text": told(error), "trace": trace, "n": self._done}
        else:
            if self.stage.trouble and not keep:
                self.stage.trouble = {}

    def _answer(self, ask):
        kind, position, time = ask["do"], ask["at"], ask["t"]
        if kind == "whole":
            self.stage.patch = self._whole()
        elif kind == "more":
            self._reach(position)
            self._tell()
        elif kind == "query":
            self.stage.answer = {"n": ask["n"], **answer(self, ask)}
        elif kind == "call":
            work = self._calls.pop(ask["call"], None)
            self._at = [position, time]
            if work:
                work()
        else:
            self._at = [position, time]
            self.act(kind, **{k: v for k, v in ask.items() if k not in ("n", "do", "at", "t")})

    def when_still(self, work):
        """Do `work` at the moment the stage shows: now, or once the stage has said when that is."""
        with self._lock:
            if not self.stage.playing:
                self.guarded(work)
                return
            number = self.stage.call + 1
            self._calls[number] = lambda: work()
            self.stage.call = number

    def shown(self, position):
        """(the steps that the stage knows, those that lie ahead too; the place of `position`)."""
        steps = self._track.held
        return steps, min(position, len(steps) - 1)

    def here(self):
        """The history, its cursor at the event that the stage shows."""
        self._reach(self._at[0])
        return self._run

    # -- acting --

    def act(self, kind, **what):
        """Do one thing at the moment the stage shows: "crash", "restart", "pause", "resume",
        "wipe", "unsync", "sync", "isolate", "rejoin" (node); "drift" (node, rate); "fire" (node,
        timer); "rearm" (node, timer, ms); "spread", "align" (election timers); "revive"
        (everybody); "request" (node, text); "deliver", "drop", "duplicate", "delay" (src, dst,
        place in flight, ms); "crash-during" (what "deliver" or "fire" takes); "cut", "mend"
        (links); "heal"; "partition" (groups); "undo"; "reset"; "begin" (name of a scenario);
        "visit" (branch, position); "name" (branch, name). Impossible, with the reason, if it
        cannot be done now."""
        with self._lock:
            if kind == "undo":
                self._undo()
            elif kind == "reset":
                self._reset()
            elif kind == "begin":
                self.begin(what["name"])
            elif kind in TRAVEL:
                TRAVEL[kind](self, **what)
            else:
                position, _ = self._at
                self._reach(position)
                self.take(*actions_for(self._run.state, kind, what))

    def take(self, *actions):
        """Take `actions` together, at the moment the stage shows, or none of them."""
        run, (position, time) = self._run, self._at
        self._reach(position)
        actions = list(actions)
        due = run.state.next[0]
        if run.now < round(time, 3) <= due:
            actions.insert(0, Wait(round(time, 3)))
        state = run.state
        for action in actions:  # all of them must be possible before the first is taken
            state, _ = tried(state, action)
        branch, position = run.branch, run.position
        for action in actions:
            run.take(action)
        self._marks.append((branch, position, time, run.branch))
        self._note = {}
        self._moved(run.now)

    def _undo(self):
        if not self._marks:
            self._bring_back()
            return
        branch, position, time, acted = self._marks.pop()
        undone = headline(self._after(acted, position)) if acted else "the reset"
        self._run.goto(position, branch)
        if acted is branch:  # else what follows here is what followed before the act
            self._part()
        self._say(f"Undone: {undone}. What it led to stays under Histories.")
        self._moved(time)

    def _bring_back(self):
        """The history that a scenario has taken the place of."""
        if not self._past:
            raise Impossible("there is nothing to undo: you have not interfered yet")
        run, marks, (position, time), question, begins = self._past.pop()
        run.goto(position)
        self._put(run, question)
        self._marks, self._begins = marks, begins
        self._say(
            "Undone: the choice of a scenario. What you had before is back, every branch of it."
        )
        self._moved(time)

    def _say(self, text):
        """Say `text` as long as one stays at the present event."""
        self._note = {"text": text, "at": self._run.position}

    @staticmethod
    def _after(branch, position):
        """The first action behind `position` that somebody chose."""
        for item in branch.steps[position + 1 :]:
            if type(item.action) is not Wait:
                return item.action
        return branch.steps[position].action

    def _reset(self):
        run = self._run
        self._marks.append((run.branch, run.position, self._at[1], None))
        begins, end = self._begins
        run.goto(end, 0)
        self._part()  # what a scenario's script brings stays ahead, what somebody added does not
        run.goto(begins)
        self._note = {}
        self._moved(run.now)

    def _part(self):
        """Leave the recorded future behind: from here on time alone decides again."""
        if self._run.position < len(self._run):
            self._run.fork()

    def begin(self, name):
        """Start a situation, on a history of its own, or a scenario with the cluster it needs."""
        if name in SITUATIONS:
            boot = self._run.branches[0].steps[0]
            fresh = History(boot.state, boot.effects, self._run.about, self._run.monitor)
            question = SITUATIONS[name].begin(fresh)
        else:
            fresh = scenario(name)
            question = note_of(fresh)
        self.stage.playing = False
        self.show(fresh, question)

    # -- keeping history and stage together --

    def _cursor(self):
        run = self._run
        return id(run), *key(run), run.position, len(run)

    def _reach(self, position):
        """Put the cursor on `position` of what the stage shows; what lies ahead happens now."""
        run = self._run
        run.goto(min(position, len(run)))
        if position > run.position:
            run.step(position - run.position)

    def _moved(self, time):
        """The cursor went elsewhere: tell the stage what is different, and where to stand."""
        self._at = [self._run.position, max(time, self._run.now)]
        self._tell(_SOON, cursor=self._at)
        self._seen = self._cursor()
        self.controls.update()

    def _tell(self, ahead=AHEAD, **more):
        self._track.ahead = ahead
        patch = self._track.patch(self._run.position + ahead)
        self.stage.patch = packed({**patch, **self._about_now(), **more})

    def _whole(self):
        with self._lock:
            return packed({**self._track.whole(), **self._about_now(True), "cursor": self._at})

    def _about_now(self, whole=False):
        failure, ending, more = self._track.failure, "", {}
        if failure:
            ending = f"Here time stops: {told(failure)}"
        elif self._track.ends:
            ending = "Nothing more will happen by itself: no message is under way, no timer runs."
        tour = tour_of(self._run)
        if tour != self._told_tour or whole:
            more["tour"] = self._told_tour = tour
        return more | {
            "real": len(self._run), "done": self._done, "note": self._note, "ending": ending,
            "question": self._question, "forks": forks(self._run), "warnings": self._run.warnings(),
            "tree": key(self._run), "pane": self._pane,
        }  # fmt: skip

    # -- being shown --

    def _ipython_display_(self, **_):
        """The picture first, as an output of its own for pages without a kernel, then the
        widget, whose style sheet hides the picture while it lives."""
        from IPython.display import publish_display_data

        with self._lock:
            self.still.show()
        publish_display_data(super()._repr_mimebundle_() | {"text/plain": repr(self)})

    def __repr__(self):
        return f"<lab: {title_of(self._run)}; run this cell to operate it>"


def _close(widgets):
    for widget in widgets:
        _close(getattr(widget, "children", ()))
        widget.close()


def _beginning(run, question):
    """Where `reset` leads, as (position, the last one that a script has filled): on the branch
    on which everything began, to the boot or to the beginning of a scenario."""
    if not question or run.branch is not run.branches[0]:
        return 0, 0
    return run.position, len(run)


def _cluster(run):
    """What a stage and its controls are made for."""
    config = run.state.config
    return title_of(run), config.servers, config.clients
