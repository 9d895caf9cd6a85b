"""The exercises, a file for each topic; `raftlab/lessons/exercise.py` says what one is."""
