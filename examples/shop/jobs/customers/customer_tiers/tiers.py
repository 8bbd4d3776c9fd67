"""Reads customers from a Parquet file, writes their tiers to another. Needs DuckDB's Python package
only where there is one; otherwise weir itself reads and writes the files."""
import json
import os
import subprocess
import sys

state, tiers, gold_from = sys.argv[1:4]
weir = os.environ.get("WEIR", "weir")

rows = json.loads(subprocess.run(
    [weir, "sql", f"SELECT customer_id, orders, CAST(value AS DOUBLE) AS value FROM read_parquet('{state}') ORDER BY 1",
     "--format", "json"], check=True, capture_output=True, text=True).stdout)


def tier_of(row):
    if row["value"] >= float(gold_from):
        return "gold"
    return "silver" if row["orders"] > 1 else "new"


lines = [json.dumps({"customer_id": row["customer_id"], "tier": tier_of(row)}) for row in rows]
with open(tiers + ".ndjson", "w") as file:
    file.write("\n".join(lines) + "\n")
subprocess.run(
    [weir, "sql", f"COPY (SELECT customer_id, tier FROM read_json('{tiers}.ndjson', format = 'newline_delimited', "
     f"columns = {{customer_id: 'VARCHAR', tier: 'VARCHAR'}}) ORDER BY customer_id) TO '{tiers}' (FORMAT parquet)"],
    check=True)
