"""Student's t with degrees of freedom that need not be whole: how probable a distance is, and which one is that probable."""

from math import cos, exp, inf, isinf, lgamma, log, log1p, pi, sin, sqrt, tan
from sys import float_info

from dlrun.statistics.intervals import CONFIDENCE

HALVINGS = 80  # of a quarter turn: more than the bits of a float
TERMS = 20_000  # of the continued fraction; about √degrees are needed
NEGLIGIBLE = float_info.epsilon / 4
TINY = 1e-300  # stands for 0 where one divides by it


def student_p(t: float, degrees: float) -> float:
    """Return the probability that Student's t with ν degrees of freedom lies as far from 0 as t, in either direction.

    p = I_x(ν/2, ½),   x = ν/(ν + t²)
    Errors: ValueError unless ν > 0.
    Source: Student 1908, Biometrika 6, 1–25; Abramowitz & Stegun 1964, 26.7.1.
    """
    _check(degrees)
    if isinf(t):
        return 0.0
    return incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t), t * t / (degrees + t * t))


def student_score(degrees: float, confidence: float = CONFIDENCE) -> float:
    """Return how many estimated standard errors around its mean hold this share of Student's t: 4 degrees, 0.95 → 2.776.

    t = √ν tan θ, and the share outside ±t is I_{cos² θ}(ν/2, ½), which falls with θ: θ is found by halving.
    Errors: ValueError unless ν > 0.
    """
    _check(degrees)
    low, high = 0.0, pi / 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        outside = incomplete_beta(degrees / 2, 0.5, cos(middle) ** 2, sin(middle) ** 2)
        low, high = (middle, high) if outside > 1 - confidence else (low, middle)
    return sqrt(degrees) * tan(low)


def incomplete_beta(a: float, b: float, x: float, y: float) -> float:
    """Return the regularized incomplete beta function I_x(a, b); y is 1 − x, which the caller may know to more digits.

    I_x(a, b) = x^a y^b / (a B(a, b)) · 1/(1 + d₁/(1 + d₂/(1 + …)))
    d_{2k+1} = −(a + k)(a + b + k) x / ((a + 2k)(a + 2k + 1)),   d_{2k} = k (b − k) x / ((a + 2k − 1)(a + 2k))

    It converges fast below x = (a + 1)/(a + b + 2); above, I_x(a, b) = 1 − I_y(b, a).
    Source: Abramowitz & Stegun 1964, 26.5.8 and 26.5.2; Lentz 1976, Appl. Opt. 15, 668–671, for how the fraction is summed.
    """
    if x <= 0 or y <= 0:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, y, x)
    logs = a * (log(x) if x < y else log1p(-y)) + b * (log(y) if y < x else log1p(-x))
    front = exp(logs + lgamma(a + b) - lgamma(a) - lgamma(b)) / a
    return min(1.0, front / _fraction(a, b, x))


def _fraction(a: float, b: float, x: float) -> float:
    """Return 1 + d₁/(1 + d₂/(1 + …)) by Lentz's method: one factor after the other, until a factor is 1."""
    value = numerator = 1.0
    denominator = 0.0
    for step in range(1, TERMS):
        k = step // 2
        if step % 2:
            d = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1))
        else:
            d = k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k))
        denominator = 1 / (1 + d * denominator or TINY)
        numerator = 1 + d / numerator or TINY
        factor = numerator * denominator
        value *= factor
        if abs(factor - 1) < NEGLIGIBLE:
            break
    return value


def _check(degrees: float) -> None:
    if not 0 < degrees < inf:
        raise ValueError(f"{degrees} degrees of freedom have no distribution")
