"""Reports: one self-contained HTML page from the JSON of one or several comparisons."""

from neuromorph.report.folder import ReportError, read_folder
from neuromorph.report.page import page

__all__ = ["ReportError", "page", "read_folder"]
