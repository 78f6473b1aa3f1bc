"""Predictions for a file of rows: what stands in each row of the answer, and what its reader should know."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from dlrun.arrays import Array, IntArray
from dlrun.data.messages import MOST, quoted
from dlrun.data.preprocessing import Standard
from dlrun.data.raw import MISSING, RawData, Selection
from dlrun.data.sources.row_files import read_rows
from dlrun.experiment.predictor import Predictor

FAR = 10  # deviations from the mean of the training part: hardly the same column any more

Row: TypeAlias = tuple[object, ...]  # id, prediction, probability, then that of every class; regression: id, prediction


@dataclass(frozen=True)
class Prediction:
    """A trained network and the rows it is asked about."""

    predictor: Predictor
    raw: RawData

    @property
    def columns(self) -> tuple[str, ...]:
        """What a row holds; id, prediction and probability are those of a run's own predictions/dev.csv."""
        return ("id", "prediction", *(["probability"] if self.classes else []), *(f"probability_{name}" for name in self.classes))

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; none for regression."""
        classes = self.predictor.preparation.classes
        return classes.names if classes else ()

    def __len__(self) -> int:
        return len(self.raw.parts["all"])

    @cached_property
    def rows(self) -> IntArray:
        """The rows that can be predicted; errors as in `Predictor.rows`."""
        return self.predictor.rows(self.raw)

    def blocks(self) -> Iterator[list[Row]]:
        """Yield the answer's rows in the order of the file, some at a time; a row that cannot be predicted has its id alone."""
        nothing = (None,) * (len(self.columns) - 1)
        start = done = 0
        for outputs in self.predictor.outputs(self.raw, self.rows):
            rows = self.rows[start : start + len(outputs)].tolist()
            answers = dict(zip(rows, self._answers(outputs), strict=True))
            yield [(row, *answers.get(row, nothing)) for row in range(done, rows[-1] + 1)]
            start, done = start + len(outputs), rows[-1] + 1
        if done < len(self):
            yield [(row, *nothing) for row in range(done, len(self))]

    def _answers(self, outputs: Array) -> Iterator[Row]:
        labels = self.predictor.labels(outputs).tolist()
        if not self.classes:
            return zip(labels)
        probability = outputs[:, 1] if len(self.classes) == 2 else outputs.max(axis=1)  # as in predictions/dev.csv
        return zip(labels, probability.tolist(), *(column.tolist() for column in outputs.T), strict=True)

    def notes(self) -> Iterator[str]:
        """Yield what is unlike the training part: other columns, gaps, words, and numbers far away."""
        yield from self.raw.notes
        yield from self._gaps()
        selection = Selection(raw=self.raw, part="all", rows=self.rows)
        if len(self.rows):
            yield from self._words(selection)
            yield from self._far(selection)

    def _gaps(self) -> Iterator[str]:
        m, examples = len(self), self.raw.parts["all"]
        if len(self.rows) < m:
            yield f"{m - len(self.rows):,} of {m:,} rows miss a cell: they have no prediction, training left such rows out"
        elif examples.x.dtype.kind == "f":
            counts = dict(zip(self.raw.features, np.isnan(examples.x).sum(axis=0).tolist(), strict=True))
            if told := _counted(counts):
                yield f"numbers stand in for missing ones, as training measured them: {told}"
        if examples.codes is not None and len(self.rows) == m:
            gaps = (examples.codes == MISSING).sum(axis=0).tolist()
            if told := _counted({category.name: count for category, count in zip(self.raw.categories, gaps, strict=True)}):
                yield f"missing words: {told}"

    def _words(self, selection: Selection) -> Iterator[str]:
        for number, encoding in enumerate(self.predictor.preparation.encodings):
            category, codes = self.raw.categories[number], selection.codes(number)
            if count := encoding.unknown(codes, category):
                cells = Counter(category.words[code] for code in codes.tolist() if code >= len(encoding.words))
                words = _counted(dict(cells.most_common()))
                yield f"{quoted(encoding.name)}: {count:,} of {len(self):,} rows hold a word that training hardly saw: {words}"

    def _far(self, selection: Selection) -> Iterator[str]:
        if isinstance(self.predictor.spec.data.normalize, Standard) and self.raw.features:
            counts = self.predictor.preparation.normalization.beyond(selection, FAR)
            if told := _counted(dict(zip(self.raw.features, counts.tolist(), strict=True))):
                yield f"values more than {FAR} deviations from the training part's mean: {told}"


def predict_file(predictor: Predictor, path: str, array: str | None = None) -> Prediction:
    """Read a file of rows and look at all of it before anything is predicted.

    Errors: InvalidInput for whatever is wrong with the file, or with a gap that the run cannot fill.
    """
    source = predictor.spec.data.source
    prediction = Prediction(predictor, read_rows(path, predictor.preparation, source, array))
    predictor.check(prediction.raw, prediction.rows)
    return prediction


def _counted(counts: dict[str, int]) -> str:
    """Return names with their counts, those above 0: `'age' (3), 'city' (1)`; after the tenth, how many more there are."""
    found = {name: count for name, count in counts.items() if count}
    told = [f"{quoted(name)} ({count:,})" for name, count in list(found.items())[:MOST]]
    return ", ".join([*told, *([f"and {len(found) - MOST:,} more"] if len(found) > MOST else [])])
