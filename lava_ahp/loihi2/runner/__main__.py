"""``python run.py`` in a bundle, whose folder holds this one."""

import sys
from pathlib import Path

from .main import main

if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[1]))
