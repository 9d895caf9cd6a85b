"""Widgets for JupyterLab and Notebook: the live lab. Imports ipywidgets and anywidget."""

from .lab import Lab, lab

__all__ = ["Lab", "lab"]
