"""Verdicts with evidence. Imports core and sim."""

from .invariants import Known, Monitor, Verdict

__all__ = ["Known", "Monitor", "Verdict"]
