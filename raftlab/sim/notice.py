"""How somebody is told what is no error, such as timing that cannot work (§5.6)."""

import sys
import warnings
from html import escape

_BOX = "border-left:3px solid #868e98;padding:2px 10px"


def tell(sentence, about="Timing"):
    """Say `sentence`: in a notebook below the cell, elsewhere as a Python warning.

    A warning in a notebook is a red box with a file's name in it, and looks like an accident.
    The name here is no file: one of the caller's would differ from session to session.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if getattr(shell, "kernel", None) is None:
        warnings.warn_explicit(sentence, UserWarning, "raftlab", 0)
        return
    html = f'<div style="{_BOX}"><b>{escape(about)}:</b> {escape(sentence)}</div>'
    shell.display_pub.publish({"text/plain": f"{about}: {sentence}", "text/html": html})
