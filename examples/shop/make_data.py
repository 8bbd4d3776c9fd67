#!/usr/bin/env python3
"""Writes the shop's input: data/orders/DAY.csv, data/visits/DAY.ndjson, data/products.csv.

    python3 make_data.py [DAYS] [FIRST_DAY]      by default 7 days from 2026-01-05

The same days always have the same content, and files that have it already stay as they are.
"""
import csv
import datetime
import io
import json
import pathlib
import random
import sys

FOLDER = pathlib.Path(__file__).parent / "data"
PRODUCTS = [("p%02d" % i, name, 3.5 + 2.25 * i) for i, name in enumerate(
    ["mug", "pen", "lamp", "bag", "cap", "book", "map", "cup", "box", "jar", "kite", "drum"])]


def orders_of(day, draw):
    for number in range(40 + draw.randrange(20)):
        for line in range(1 + draw.randrange(3)):
            yield {
                "order_id": "%s-%03d" % (day.isoformat(), number),
                "line": line + 1,
                "ts": "%sT%02d:%02d:%02dZ" % (day.isoformat(), draw.randrange(24), draw.randrange(60), draw.randrange(60)),
                "region": draw.choice(["eu", "eu", "us"]) if line == 0 else None,
                "customer_id": "c%03d" % min(draw.randrange(120), draw.randrange(120)),
                "product_id": draw.choice(PRODUCTS)[0],
                "quantity": 1 + draw.randrange(4),
            }


def complete(lines):
    """The lines of one order have one region and one customer."""
    for line in lines:
        if line["line"] == 1:
            first = line
        line["region"], line["customer_id"], line["ts"] = first["region"], first["customer_id"], first["ts"]
        yield line


def visits_of(day, draw):
    for _ in range(150):
        moment = datetime.datetime.combine(day, datetime.time()) + datetime.timedelta(seconds=draw.randrange(86400))
        yield {"ts": moment.isoformat() + "Z", "region": draw.choice(["eu", "us"]),
               "customer_id": "c%03d" % draw.randrange(120), "page": "/" + draw.choice(PRODUCTS)[1]}


def write_csv(path, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write(path, text.getvalue())


def write(path, text):
    if path.exists() and path.read_text() == text:
        return  # a file that is written again is another one to whoever reads it
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name("." + path.name + ".part")
    part.write_text(text)
    part.rename(path)  # a reader finds whole files only


def main():
    days = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    first = datetime.date.fromisoformat(sys.argv[2] if len(sys.argv) > 2 else "2026-01-05")
    write_csv(FOLDER / "products.csv",
              [{"product_id": key, "name": name, "price": "%.2f" % price} for key, name, price in PRODUCTS])
    for offset in range(days):
        day = first + datetime.timedelta(days=offset)
        draw = random.Random(day.toordinal())
        write_csv(FOLDER / "orders" / (day.isoformat() + ".csv"), list(complete(orders_of(day, draw))))
        write(FOLDER / "visits" / (day.isoformat() + ".ndjson"),
              "".join(json.dumps(visit) + "\n" for visit in visits_of(day, draw)))
    print("%d days from %s in %s" % (days, first, FOLDER.name))


main()
