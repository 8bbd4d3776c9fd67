"""A local Spark session with Delta Lake: the independent reader and writer that tests compare weir with.

The jars are those that scripts/setup.sh put into .deps/spark-jars; nothing is downloaded here.
Run as a program, it writes a small table, reads it back and prints how long that took.
"""
import os
import pathlib
import tempfile
import time

from pyspark.sql import SparkSession

ROOT = pathlib.Path(__file__).resolve().parents[2]
JARS = ROOT / ".deps" / "spark-jars"
JAVA = pathlib.Path("/usr/lib/jvm/java-17-openjdk-amd64")


def session(tmp):
    """Starts a session that keeps everything it writes for itself under the folder `tmp`."""
    jars = sorted(JARS.glob("*.jar"))
    if not jars:
        raise FileNotFoundError(f"no Delta jars in {JARS}: run scripts/setup.sh")
    if JAVA.is_dir():
        os.environ["JAVA_HOME"] = str(JAVA)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["SPARK_LOCAL_DIRS"] = f"{tmp}/spark-local"
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1536m",
        "spark.driver.extraJavaOptions": f"-Duser.timezone=UTC -Dderby.system.home={tmp}",
        "spark.jars": ",".join(map(str, jars)),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": f"{tmp}/spark-warehouse",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.databricks.delta.snapshotPartitions": "2",
    }
    builder = SparkSession.builder.master("local[2]").appName("weir tests")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def main():
    with tempfile.TemporaryDirectory() as tmp:
        start = time.monotonic()
        spark = session(tmp)
        ready = time.monotonic()
        path = f"{tmp}/table"
        spark.range(1000).selectExpr("id", "id % 7 AS day").write.format("delta").partitionBy("day").save(path)
        rows = spark.read.format("delta").load(path).selectExpr("sum(id) AS total", "count(*) AS rows").first()
        assert (rows["total"], rows["rows"]) == (499500, 1000), rows
        spark.stop()
        print(f"spark {spark.version} with delta: session {ready - start:.1f} s, table {time.monotonic() - ready:.1f} s")


if __name__ == "__main__":
    main()
