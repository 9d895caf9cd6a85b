"""Widgets for JupyterLab and Notebook: the live lab. Imports ipywidgets and anywidget."""

from .lab import Lab, lab
from .replay import Replay, replay

__all__ = ["Lab", "Replay", "lab", "replay"]
