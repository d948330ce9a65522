from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from app.documents import preset
from app.encode import encode
from app.links import decode_link
from app.messages import COMMANDS, MESSAGES
from app.opening import session_of
from app.refusals import RefusedError
from app.session import Reply, Session
from app.settings import Settings
from engine import Timeline

from .conftest import NAME, Clock
