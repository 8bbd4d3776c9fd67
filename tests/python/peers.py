"""Reading a table with the programs that tests compare weir with, always as an Arrow table."""
import pyarrow


def read_with_delta_rs(path, version=None):
    import deltalake

    table = deltalake.DeltaTable(str(path), version=version)
    return pyarrow.table(deltalake.QueryBuilder().register("t", table).execute("SELECT * FROM t").read_all())


def count_with_delta_rs(path, where):
    """Rows that match, by DataFusion, which skips files by their statistics."""
    import deltalake

    found = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(str(path))).execute(
        f"SELECT count(*) AS n FROM t WHERE {where}").read_all()
    return pyarrow.table(found).column("n").to_pylist()[0]


def spark_frame(spark, path, version=None):
    reader = spark.read.format("delta")
    if version is not None:
        reader = reader.option("versionAsOf", version)
    return reader.load(str(path))


def read_with_spark(spark, path, version=None):
    return spark_frame(spark, path, version).toArrow()
