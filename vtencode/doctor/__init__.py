"""Looking at a folder or a file: which dataset it is, what is missing, what can be built of it."""

from vtencode.doctor.examine import examine
from vtencode.doctor.report import Found, RecipeFit, Report

__all__ = ["Found", "RecipeFit", "Report", "examine"]
