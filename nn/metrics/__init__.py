"""Metrics of predictions, gathered batch by batch and right over batches of unequal size. Losses do not live here."""

from .classification import Accuracy, ConfusionMatrix, F1Score, Precision, Recall, TopKAccuracy
from .metric import Metric, named
from .ranking import PRAUC, ROCAUC
from .regression import MAE, MSE, R2Score
from .text import Perplexity

__all__ = [
    "MAE",
    "MSE",
    "PRAUC",
    "ROCAUC",
    "Accuracy",
    "ConfusionMatrix",
    "F1Score",
    "Metric",
    "Perplexity",
    "Precision",
    "R2Score",
    "Recall",
    "TopKAccuracy",
    "named",
]
