from __future__ import annotations

from app.bucket import TokenBucket


def test_a_full_bucket_allows_its_burst_and_no_more() -> None:
    bucket = TokenBucket(rate=10, burst=3, now=0.0)

    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]


def test_tokens_come_back_at_the_rate() -> None:
    bucket = TokenBucket(rate=10, burst=1, now=0.0)

    assert bucket.take(0.0)
    assert not bucket.take(0.09)
    assert bucket.take(0.11)


def test_an_idle_bucket_does_not_fill_beyond_its_burst() -> None:
    bucket = TokenBucket(rate=10, burst=2, now=0.0)

    assert [bucket.take(1000.0) for _ in range(3)] == [True, True, False]
