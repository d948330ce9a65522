"""How much one viewer may send: a token bucket."""

from __future__ import annotations


class TokenBucket:
    """Allows `rate` things a second in the long run, and `burst` at once.

    Args:
        rate: tokens that come back each second.
        burst: tokens it holds when full, as it is in the beginning.
        now: the time, in seconds of any steady clock; later calls use the same clock.
    """

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._time = now

    def take(self, now: float) -> bool:
        """Take one token, if there is one."""
        self._tokens = min(self._burst, self._tokens + (now - self._time) * self._rate)
        self._time = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
