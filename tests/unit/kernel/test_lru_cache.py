"""Does the cache keep what is used, and no more than it may?"""

from isthmus.kernel.lru_cache import ByIdentity, LruCache


def test_the_cache_forgets_what_was_used_least_recently() -> None:
    cache: LruCache[int, str] = LruCache(2)
    cache.put(1, "one")
    cache.put(2, "two")
    assert cache.get(1) == "one"
    cache.put(3, "three")
    assert [cache.get(key) for key in (1, 2, 3)] == ["one", None, "three"]
    assert len(cache) == 2


def test_what_is_put_anew_counts_as_used() -> None:
    cache: LruCache[int, str] = LruCache(2)
    for key, value in ((1, "one"), (2, "two"), (1, "uno"), (3, "three")):
        cache.put(key, value)
    assert [cache.get(key) for key in (1, 2, 3)] == ["uno", None, "three"]


def test_what_is_made_of_a_value_is_kept_for_that_very_value() -> None:
    made: list[list[int]] = []

    def make(value: list[int]) -> int:
        made.append(value)
        return sum(value)

    total = ByIdentity(make, maximum=2)
    one, equal, third = [1, 2], [1, 2], [3]
    assert [total(one), total(one), total(equal), total(one)] == [3, 3, 3, 3]
    assert len(made) == 2, "equal values are not the same one"
    assert [total(third), total(equal)] == [3, 3]
    assert len(made) == 4, "no more than two are kept"
