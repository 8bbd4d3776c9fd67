"""Reading a table with the programs that tests compare weir with, always as an Arrow table."""
import pyarrow


def read_with_delta_rs(path, version=None):
    import deltalake

    table = deltalake.DeltaTable(str(path), version=version)
    return pyarrow.table(deltalake.QueryBuilder().register("t", table).execute("SELECT * FROM t").read_all())


def counts_sql(source, conditions):
    """How many rows match each condition; a scan for each, so that each skips files of its own."""
    return " UNION ALL ".join(f"SELECT {i} AS i, count(*) AS n FROM {source} WHERE {condition}"
                              for i, condition in enumerate(conditions))


def counts_with_delta_rs(path, conditions):
    """By DataFusion, which skips files by their statistics."""
    import deltalake

    found = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(str(path))).execute(counts_sql("t", conditions))
    return [n for _, n in sorted(zip(*pyarrow.table(found.read_all()).to_pydict().values()))]


def counts_with_spark(spark, path, conditions):
    return [row["n"] for row in sorted(spark.sql(counts_sql(f"delta.`{path}`", conditions)).collect())]


def spark_frame(spark, path, version=None):
    reader = spark.read.format("delta")
    if version is not None:
        reader = reader.option("versionAsOf", version)
    return reader.load(str(path))


def read_with_spark(spark, path, version=None, columns=("*",)):
    return spark_frame(spark, path, version).select(*columns).toArrow()
