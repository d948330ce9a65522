"""A dataset written out row by row, so that the document says the same rows again."""

from __future__ import annotations

from typing import Any

from engine.datasets.dataset import Dataset


def written(dataset: Dataset) -> dict[str, Any]:
    """The `data` object that is read as this dataset, number for number.

    Inputs are the raw ones. Derived inputs stay derived, and what is subtracted and divided by is written down as it is in
    force: a row that comes, goes or moves must not shift the others.
    """
    rows: dict[str, Any] = {
        "inputs": dataset.raw_inputs.tolist(),
        "targets": dataset.targets.tolist(),
        "task": dataset.task,
        "input_names": list(dataset.raw_names),
        "target_names": list(dataset.target_names),
    }
    if dataset.class_names:
        rows["class_names"] = list(dataset.class_names)
    if is_signed(dataset):
        rows["targets_as"] = "signed"
    if len(dataset.validation_inputs):
        rows["validation_inputs"] = dataset.raw_validation_inputs.tolist()
        rows["validation_targets"] = dataset.validation_targets.tolist()
    if dataset.features:
        rows["features"] = list(dataset.features)
    if dataset.input_offset.any() or (dataset.input_scale != 1.0).any():
        rows["standardize"] = {"offset": dataset.input_offset.tolist(), "scale": dataset.input_scale.tolist()}
    if dataset.source:
        rows["source"] = dataset.source
    return rows


def is_signed(dataset: Dataset) -> bool:
    """Whether its two classes are −1 and 1."""
    signed = (dataset.targets == -1.0).any() or (dataset.validation_targets == -1.0).any()
    return dataset.task == "binary" and bool(signed)
