"""Do errors gather in one class? Of all ways to deal them out among the examples, how many give a class so many."""

from math import exp, lgamma

NEGLIGIBLE = 1e-17


def more_than_its_share(wrong: int, n: int, all_wrong: int, all_n: int) -> float:
    """Return the p-value of Fisher's exact test, one-sided: whether n of all_n examples hold more of the errors than chance.

    p = P(X ≥ wrong),   P(X = k) = C(n, k) C(N − n, E − k) / C(N, E),   N = all_n, E = all_wrong

    If every example were as likely to be wrong as any other, the E errors would be dealt out among N without regard to classes.
    No mid-p correction: never too often below α.
    Errors: ValueError unless 0 ≤ wrong ≤ n ≤ N and wrong ≤ E, E − wrong ≤ N − n.
    Source: Fisher 1935, J. R. Stat. Soc. 98, 39–82.
    """
    if not (0 <= wrong <= n <= all_n and 0 <= all_wrong - wrong <= all_n - n):
        raise ValueError(f"{wrong} of {n} among {all_wrong} of {all_n} is no table")
    if wrong * all_n > n * all_wrong:
        return min(1.0, _upper_tail(wrong, n, all_wrong, all_n))
    lowest = max(0, all_wrong - (all_n - n))
    if wrong == lowest:
        return 1.0
    # fewer in the class are as many more among the others
    return max(0.0, 1.0 - _upper_tail(all_wrong - wrong + 1, all_n - n, all_wrong, all_n))


def _upper_tail(k: int, n: int, all_wrong: int, all_n: int) -> float:
    """Return P(X ≥ k) for a k at or above the expected number, from where the terms only fall."""
    last, others = min(n, all_wrong), all_n - n
    if k > last:
        return 0.0
    tail = relative = 1.0  # in units of P(X = k)
    for i in range(k, last):
        relative *= (n - i) * (all_wrong - i) / ((i + 1) * (others - all_wrong + i + 1))
        tail += relative
        if relative < NEGLIGIBLE * tail:
            break
    logarithm = _log_choose(n, k) + _log_choose(others, all_wrong - k) - _log_choose(all_n, all_wrong)
    return tail * exp(logarithm)


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
