import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
for folder in ("support", "lab"):
    sys.path.insert(0, str(TESTS / folder))
