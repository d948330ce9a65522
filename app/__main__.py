"""`python -m app` is `chalkgrad`."""

import sys

from app.cli import main

sys.exit(main())
