#!/usr/bin/env python3
"""Random models as files: onnx.checker has nothing against them, and onnxruntime gives the formula's scores."""
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime

LETTERS = "abcxyz09.-:äßЖ日本🐟 '\"\\"
MODELS = 60


def random_model(source, number):
    size = [0, 1, 3, 40, 2000][number % 5]
    tokens = {source.choice("dw") + ":" + "".join(source.choices(LETTERS, k=source.randint(1, 9))) for _ in range(size)}
    tokens = sorted(tokens, key=str.encode)
    log_idf = number % 2 == 1
    spread = source.choice([0.1, 1, 30])
    return {"log_idf": log_idf, "tokens": tokens, "idf": [1 + source.expovariate(0.5) for _ in tokens] if log_idf else [],
            "weights": [source.choice([0, 1]) * source.gauss(0, spread) for _ in tokens], "intercept": source.gauss(-3, 2)}


def random_rows(source, model):
    """People's tokens with days: known, unknown, none."""
    rows = [[], [("unknown", 3)], [("D:A", 1), ("w", 65535)]]
    for _ in range(20):
        known = source.sample(model["tokens"], min(len(model["tokens"]), source.randint(0, 30)))
        unknown = [f"none{number}" for number in range(source.randint(0, 3))]
        row = [(token, source.choice([1, 2, 30, 65535])) for token in known + unknown]
        source.shuffle(row)
        rows.append(row)
    return rows


def formula(model, row):
    table = {token: number for number, token in enumerate(model["tokens"])}
    known = [(table[token], days) for token, days in row if token in table]
    values = [math.log(1 + days) * model["idf"][number] if model["log_idf"] else 1 for number, days in known]
    length = math.sqrt(math.fsum(value * value for value in values)) if model["log_idf"] else 1
    odds = math.fsum(value / length * model["weights"][number] for value, (number, _) in zip(values, known))
    odds += model["intercept"]
    return 1 / (1 + math.exp(-odds)) if odds > -700 else math.exp(odds)


def inputs(rows):
    width = max(map(len, rows))
    tokens = numpy.array([[token for token, _ in row] + [""] * (width - len(row)) for row in rows], dtype=object)
    days = numpy.array([[days for _, days in row] + [0] * (width - len(row)) for row in rows], dtype=numpy.float64)
    return {"tokens": tokens, "days": days}


def check(path, model, rows):
    loaded = onnx.load(path)
    onnx.checker.check_model(loaded, full_check=True)
    assert {entry.domain: entry.version for entry in loaded.opset_import} == {"": 18, "ai.onnx.ml": 2}
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    shapes = [(value.name, value.type, value.shape) for value in session.get_inputs() + session.get_outputs()]
    assert shapes == [("tokens", "tensor(string)", ["n", "m"]), ("days", "tensor(double)", ["n", "m"]),
                      ("score", "tensor(double)", ["n"])], shapes
    scores = session.run(["score"], inputs(rows))[0]
    worst = max(abs(score - formula(model, row)) for score, row in zip(scores, rows, strict=True))
    assert worst <= 1e-12, f"{path}: a score is {worst} off"


def main():
    seed = random.randrange(2**32) if len(sys.argv) < 3 else int(sys.argv[2])
    print("seed", seed)
    source = random.Random(seed)
    models = [random_model(source, number) for number in range(MODELS)]
    with tempfile.TemporaryDirectory(prefix="weir-test-") as folder:
        lines = "".join(json.dumps(model) + "\n" for model in models)
        subprocess.run([sys.argv[1], folder], input=lines.encode(), check=True)
        for number, model in enumerate(models):
            check(str(pathlib.Path(folder) / f"{number}.onnx"), model, random_rows(source, model))
    print(f"{MODELS} models")


main()
