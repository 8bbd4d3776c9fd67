#!/usr/bin/env python3
"""Integer edges in memory to components, building included: weir's kernel beside SciPy, igraph and NetworKit, on three shapes.
`shapes.py [--edges N]`; each in a fresh process on the same two CPUs, the same edges, the same number of components."""
import argparse
import json
import os
import pathlib
import sys

import numpy

import measure

DATA = pathlib.Path(os.environ.get("WEIR_BENCH_DATA", measure.REPOSITORY / "build/bench-data")) / "identity"
KERNEL = os.environ.get("WEIR_KERNEL_BENCH", str(measure.REPOSITORY / "build/release/bench/identity/identity_kernel_bench"))

RIVAL = """
import json, resource, sys, time
import numpy
name, file, nodes = sys.argv[1], sys.argv[2], int(sys.argv[3])
if name == "scipy":
    import scipy.sparse, scipy.sparse.csgraph
elif name == "igraph":
    import igraph
else:
    import networkit
    networkit.setNumberOfThreads(2)
ends = numpy.fromfile(file, dtype=numpy.uint32).reshape(-1, 2)
a, b = (ends[:, i].astype(numpy.uint64 if name.startswith('networkit') else numpy.int32) for i in (0, 1))
ends = ends.astype(numpy.int64)

def count():
    if name == "scipy":
        graph = scipy.sparse.coo_matrix((numpy.ones(len(a), dtype=numpy.int8), (a, b)), shape=(nodes, nodes))
        return scipy.sparse.csgraph.connected_components(graph, directed=False)[0]
    if name == "igraph":
        return len(igraph.Graph(n=nodes, edges=ends).connected_components(mode="weak"))
    found = networkit.components.ConnectedComponents(networkit.GraphFromCoo((a, b), n=nodes))
    if name == "networkit, parallel":
        found = networkit.components.ParallelConnectedComponents(networkit.GraphFromCoo((a, b), n=nodes))
    found.run()
    return found.numberOfComponents()

def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

start, before = time.perf_counter(), cpu()
components = count()
print(json.dumps({"wall": time.perf_counter() - start, "cpu": cpu() - before, "components": int(components)}))
"""


def people(random, edges):
    """Groups of six, one edge in a thousand between two of them, in random order."""
    nodes = edges // 10 * 6
    a = random.integers(0, nodes, edges, dtype=numpy.uint32)
    b = a - a % 6 + (a % 6 + random.integers(1, 6, edges, dtype=numpy.uint32)) % 6
    noise = random.random(edges) < 0.001
    b[noise] = random.integers(0, nodes, noise.sum(), dtype=numpy.uint32)
    return nodes, a, b


def sparse(random, edges):
    """Uniform, as many edges as nodes: one giant component, many small ones."""
    return edges, random.integers(0, edges, edges, dtype=numpy.uint32), random.integers(0, edges, edges, dtype=numpy.uint32)


def paths(random, edges):
    """Paths of a thousand nodes in random order, nodes under random numbers: the deepest there is."""
    numbers = random.permutation(edges).astype(numpy.uint32)
    places = random.permutation(numpy.arange(edges - 1))
    places = places[places % 1000 != 999]
    return edges, numbers[places], numbers[places + 1]


def run(words):
    output, usage = measure.run_process([str(word) for word in words])
    return {**json.loads(output.strip().splitlines()[-1]), "rss": usage.rss}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edges", type=int, default=10_000_000)
    options = parser.parse_args()
    DATA.mkdir(parents=True, exist_ok=True)
    for make in (people, sparse, paths):
        nodes, a, b = make(numpy.random.default_rng(7), options.edges)
        a, b = a[a != b], b[a != b]  # not every library takes loops
        file = DATA / f"{make.__name__}-{options.edges}.u32"
        numpy.stack([a, b], axis=1).tofile(file)
        print(f"{make.__name__}: {len(a):,} edges, {nodes:,} nodes", flush=True)
        found = {"weir": run([KERNEL, "components", file, nodes])}
        for name in ("scipy", "igraph", "networkit", "networkit, parallel"):
            try:
                found[name] = run([sys.executable, "-c", RIVAL, name, file, nodes])
            except SystemExit as failure:
                print(f"  {name:<20} failed: {str(failure).strip().splitlines()[-1]}")
        for name, figures in found.items():
            print(f"  {name:<20} {figures['wall']:6.2f} s {figures['cpu']:6.2f} CPU s  {figures['components']:,} components"
                  f"{'' if figures['components'] == found['weir']['components'] else '  OTHERS'}", flush=True)
        best = {unit: min(figures[unit] for name, figures in found.items() if name != "weir") for unit in ("wall", "cpu")}
        print(f"  ratio to the best: {best['wall'] / found['weir']['wall']:.1f} by time, {best['cpu'] / found['weir']['cpu']:.1f} by CPU",
              flush=True)
        file.unlink()


if __name__ == "__main__":
    main()
