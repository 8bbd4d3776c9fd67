#!/usr/bin/env bash
# Prints what Kafka costs: `bench/kafka/run.sh [--people N] [--days N] [-n RUNS]`. WEIR and CONSUMER_BENCH name other
# programs than those of the release build, which is made otherwise.
set -euo pipefail
source "$(dirname "$0")/../release.sh"

if [ -z "${WEIR:-}" ] || [ -z "${CONSUMER_BENCH:-}" ]; then build_release weir kafka_consumer_bench; fi
export WEIR="${WEIR:-$PWD/build/release/weir}"
export CONSUMER_BENCH="${CONSUMER_BENCH:-$PWD/build/release/src/connectors/kafka_consumer_bench}"
exec "$python" bench/kafka/kafka.py "$@"
