"""Findings as files that other programs read."""

from studyctl.adapters.findings_files.baseline import read_baseline, write_baseline
from studyctl.adapters.findings_files.github import annotation_lines
from studyctl.adapters.findings_files.junit import junit_text
from studyctl.adapters.findings_files.plain import report_value
from studyctl.adapters.findings_files.sarif import sarif_text

__all__ = ["annotation_lines", "junit_text", "read_baseline", "report_value", "sarif_text", "write_baseline"]
