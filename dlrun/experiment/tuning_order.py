"""What to tune first, what later and what never, as comments of a spec."""

from collections.abc import Iterator

from dlrun.experiment.first_network import FirstNetwork

POWERS = (64, 128, 256, 512, 1024)


def tuning_order(network: FirstNetwork) -> Iterator[str]:
    """Yield the course's order: α, then β, units and batch size, then layers and decay; Adam's own numbers are left alone."""
    rate, l2 = network.rate, network.l2
    first, *others = network.hidden
    wider = [units * 2 for units in (first, *others)]
    yield "# What to tune, in this order; one change a run, judged on dev (-s training.epochs=20 changes a key for one run):"
    yield "#"
    yield f"#   1  learning_rate             α, on a log scale: {rate / 10:g}, {rate / 3:.1g}, {rate * 3:g}"
    yield "#   2  optimizer                 {kind: momentum, beta: 0.9} instead of adam; β from 0.9 to 0.99, with a larger α"
    yield f"#      architecture.hidden       units: {wider} against {list(network.hidden)}"
    yield f"#      training.batch_size       {_batches(network)}"
    yield f"#   3  architecture.hidden       layers: {[first, *network.hidden]}"
    yield "#      learning_rate.decay       {kind: inverse_time, rate: 0.05}, or cosine"
    yield "#   –  β₁, β₂ and ε of adam: left alone"
    yield "#"
    yield f"# Against variance, beside these: more data, then regularization.l2 ({3 * l2:g}, {10 * l2:g}), then keep_prob (0.8)."


def _batches(network: FirstNetwork) -> str:
    if network.batch_size == "full":
        return "64 against full: more steps an epoch, each with some noise; α then smaller"
    return ", ".join(str(power) for power in POWERS if power != network.batch_size)
