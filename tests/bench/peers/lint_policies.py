"""One linter of policies over a file of them, a JSON list of texts; prints how many a second it judged.

What is imported and loaded beforehand is not counted, so that the pace of long runs is compared.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path


def with_parliament() -> Callable[[str], object]:
    """The rules that parliament asks by default."""
    parliament = importlib.import_module("parliament")
    return lambda text: parliament.analyze_policy_string(text).findings


def with_cloudsplaining() -> Callable[[str], object]:
    """What `cloudsplaining scan-policy-file` does with a file that it has read."""
    scan = importlib.import_module("cloudsplaining.command.scan_policy_file").scan_policy
    return lambda text: scan(json.loads(text))


def main() -> None:
    """Judge the first policy to warm up, then all of them."""
    linter, path = sys.argv[1:]
    texts = json.loads(Path(path).read_text("utf-8"))
    judge = {"parliament": with_parliament, "cloudsplaining": with_cloudsplaining}[linter]()
    judge(texts[0])
    begun, busy = time.perf_counter(), time.process_time()
    for text in texts:
        judge(text)
    measured = {"policies": len(texts), "seconds": time.perf_counter() - begun, "cpu": time.process_time() - busy}
    sys.stdout.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    main()
