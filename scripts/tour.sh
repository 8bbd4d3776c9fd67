#!/usr/bin/env bash
# A tour of weir's tables and SQL, on data that it generates into a temporary folder. Needs ./weir (scripts/demo.sh).
set -euo pipefail
weir=$(realpath "$(dirname "$0")/../weir")
shop=$(mktemp -d)/shop
trap 'rm -rf "$(dirname "$shop")"' EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
# Shows a command as one would type it, and runs it.
run() {
  local word line='$ weir'
  for word in "$@"; do
    if [[ $word == *[[:space:]\']* ]]; then line+=" \"$word\""; else line+=" $word"; fi
  done
  printf '%s\n' "$line"
  "$weir" "$@"
}

say "A project: a folder with weir.yaml, its tables under warehouse/"
run new "$shop"
cd "$shop"

say "A day of orders, and a later file with corrections and new orders"
run sql "COPY (SELECT range AS order_id, ['de', 'fr', 'us'][1 + range % 3] AS country,
              (range * 37 % 1000)::DECIMAL(10, 2) / 10 AS amount
              FROM range(100000)) TO 'orders.parquet' (FORMAT parquet)"
run sql "COPY (SELECT range AS order_id, 'us' AS country, 5::DECIMAL(10, 2) AS amount
              FROM range(99000, 101000)) TO 'fixes.csv' (HEADER)"

say "Into a Delta Lake table: append, then merge by key"
run table import sales.orders --from orders.parquet --mode append --partition-by country
run table import sales.orders --from fixes.csv --mode merge --keys order_id
run sql "SELECT country, count(*) AS orders, sum(amount) AS amount FROM sales.orders GROUP BY country ORDER BY country"

say "The table as it was, and what happened to it"
run sql "SELECT country, count(*) AS orders FROM sales.orders@v0 GROUP BY country ORDER BY country"
run table history sales.orders

say "The state of this machine"
run doctor
