"""People with tokens of thirty topics, Zipf frequencies and heavy-tailed counts, and a label that the tokens explain in
part: files of plain numbers, as src/learn/learn_bench.cpp and lookalikes.py read them. Same bytes for the same options."""
import pathlib

import numpy

TOPICS = 30


def make(folder, people, tokens, per_person, positives, seed):
    folder = pathlib.Path(folder)
    if (folder / "labels").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(seed)
    topic = random.integers(0, TOPICS, tokens)
    frequency = 1 / numpy.arange(1, tokens + 1) ** 0.9
    cumulated = [numpy.cumsum(frequency * numpy.where(topic == t, 20, 1)) for t in range(TOPICS)]
    counts = numpy.clip(random.lognormal(numpy.log(per_person) - 0.3, 0.8, people), 3, 2000).astype(int)
    person = numpy.repeat(numpy.arange(people), counts)
    interests = numpy.cumsum(random.dirichlet(numpy.full(TOPICS, 0.2), people), axis=1)
    drawn = numpy.empty(len(person), numpy.int64)
    for begin in range(0, len(person), 1_000_000):  # the topic of each token, in parts for the sake of memory
        part = slice(begin, begin + 1_000_000)
        drawn[part] = (random.random(len(person[part]))[:, None] > interests[person[part]]).sum(axis=1)
    drawn = numpy.minimum(drawn, TOPICS - 1)
    token = numpy.empty(len(person), numpy.int64)
    for t in range(TOPICS):
        at = numpy.flatnonzero(drawn == t)
        token[at] = numpy.searchsorted(cumulated[t], random.random(len(at)) * cumulated[t][-1])
    pairs = numpy.unique(person * tokens + numpy.minimum(token, tokens - 1))
    person, token = pairs // tokens, (pairs % tokens).astype(numpy.uint32)
    offsets = numpy.zeros(people + 1, numpy.uint64)
    offsets[1:] = numpy.cumsum(numpy.bincount(person, minlength=people))
    weights = random.normal(0, 0.5, tokens) * (random.random(tokens) < 0.2) + random.normal(0, 0.1, TOPICS)[topic]
    score = numpy.bincount(person, weights[token], minlength=people)
    score = (score - score.mean()) / score.std() * 2.25
    odds = numpy.exp(score - numpy.quantile(score, 1 - positives))
    offsets.tofile(folder / "offsets")
    token.tofile(folder / "tokens")
    random.integers(1, 8, len(token)).astype(numpy.uint16).tofile(folder / "days")
    (random.random(people) < odds / (1 + odds)).astype(numpy.uint8).tofile(folder / "labels")
    return folder
