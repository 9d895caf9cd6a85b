"""The picture that stands for a lab where no kernel is: in a saved notebook, on a page.

It is an output of its own beside the widget, whose style sheet hides it while the widget lives.
Shown first, it is of the moment of display; once a browser has been moved about in, of where one
is. The browser says when, some time after the last move, so that no act waits for it; without a
browser nothing is ever renewed, and a notebook that a program runs stays the same.
"""

from uuid import uuid4

from ..views.glance import glance
from .titles import title_of

# Events of a run that is still sent whole for a notebook that saves its widgets: some 300 kB.
_PLAYED = 3000


class Still:
    """The still picture of one lab; all outputs that show it are renewed together."""

    def __init__(self, lab):
        self.lab = lab
        self.id = uuid4().hex
        self.of = None  # where the run stood when it was drawn last

    def show(self):
        self._publish()

    def renew(self):
        """Draw it again if the run stands elsewhere than it did; the answer to a query."""
        if self.of is not None and self._where() != self.of:
            self._publish(update=True)
            # A notebook that saves its widgets saves the track, and plays it without a kernel.
            if len(self.lab.run) <= _PLAYED:
                self.lab.stage.track = self.lab.stage.whole()
        return {}

    def _where(self):
        run = self.lab.run
        return id(run), run.branch, run.position

    def _publish(self, update=False):
        from IPython.display import publish_display_data

        self.of = self._where()
        picture = glance(self.lab.run)
        told = f"{title_of(self.lab.run)}\n{picture.text}"
        html = f'<div class="raftlab-static">{picture.html()}</div>'
        publish_display_data(
            {"text/plain": told, "text/html": html}, transient={"display_id": self.id},
            update=update,
        )  # fmt: skip
