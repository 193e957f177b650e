"""Tasks: what may be asked of an image, and how an answer is painted."""

from vtencode.tasks.base import Question, Task, Wording, find_task

__all__ = ["Question", "Task", "Wording", "find_task"]
