"""Tables that delta-rs and Spark write: weir reads each equal row for row, or refuses it by the name of
what it lacks; it writes into those that it may, and the peers read them again."""
import json

import pyarrow
import pytest

import all_types
import peers
from same_rows import assert_same_rows
from short_run import short, short_of

SMALL = pyarrow.table({"id": pyarrow.array([1, 2, 3, 4], pyarrow.int64()), "day": ["a", "b", "a", None],
                       "score": [1.5, None, -2.0, 0.0]})
MORE = pyarrow.table({"id": pyarrow.array([5, 6], pyarrow.int64()), "day": ["c", "a"], "score": [9.0, None]})


# delta-rs


@pytest.fixture
def theirs(weir, delta_rs):
    return weir.folder / "theirs"


@short
def test_every_type_of_delta_rs(weir, delta_rs, theirs):
    for batch in all_types.BATCHES:
        delta_rs.write_deltalake(str(theirs), batch, mode="append")
    assert_same_rows(weir.read(theirs), all_types.ALL)


@short
@pytest.mark.parametrize("name", all_types.PRIMITIVES)
def test_partitions_of_delta_rs(weir, delta_rs, theirs, name):
    rows = all_types.delta_rs_can_write(name)
    delta_rs.write_deltalake(str(theirs), rows, partition_by=["p"])
    assert_same_rows(weir.read(theirs), rows)
    for value in set(rows.column("p").to_pylist()) - {None} if name in ("binary", "string") else ():
        wanted = rows.column("p").to_pylist().count(value)
        assert weir.count(theirs, f"p = {as_blob(value) if name == 'binary' else as_text(value)}") == wanted


def as_text(value):
    return "'" + value.replace("'", "''") + "'"


def as_blob(value):
    return "'" + "".join(f"\\x{byte:02X}" for byte in value) + "'::BLOB"


@short
def test_a_life_by_delta_rs(weir, delta_rs, theirs):
    path = str(theirs)
    delta_rs.write_deltalake(path, SMALL, partition_by=["day"])
    for i in range(11):
        delta_rs.write_deltalake(path, SMALL.set_column(0, "id", pyarrow.array([10 * i + k for k in range(4)], pyarrow.int64())),
                                 mode="append")
    table = delta_rs.DeltaTable(path)
    (table.merge(MORE.slice(0, 1), "t.id = s.id", source_alias="s", target_alias="t")
     .when_matched_update_all().when_not_matched_insert_all().execute())
    table.update(updates={"score": "score + 1"}, predicate="id > 50")
    table.delete("id = 3")
    table.create_checkpoint()
    table.delete("day = 'b'")
    table.optimize.compact()
    table.optimize.z_order(["id"])
    last = table.version()
    for version in range(last + 1):
        assert_same_rows(weir.read(f"'{theirs}@v{version}'"), peers.read_with_delta_rs(theirs, version), f"version {version}")
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    assert_same_rows(weir.read(theirs), peers.read_with_delta_rs(theirs))


@short
def test_columns_added_by_delta_rs(weir, delta_rs, theirs):
    delta_rs.write_deltalake(str(theirs), SMALL)
    delta_rs.write_deltalake(str(theirs), SMALL.append_column("more", pyarrow.array(["x"] * 4)), mode="append", schema_mode="merge")
    assert_same_rows(weir.read(theirs), peers.read_with_delta_rs(theirs))


@short
def test_check_constraints_of_delta_rs_are_refused_by_name(weir, delta_rs, theirs):
    delta_rs.write_deltalake(str(theirs), SMALL)
    delta_rs.DeltaTable(str(theirs)).alter.add_constraint({"positive": "id > 0"})
    message = weir.refuses("table", "import", theirs, "--from", file_of(weir, MORE))
    assert "checkConstraints" in message and "positive" in message
    assert_same_rows(weir.read(theirs), SMALL)


@short
def test_timestamps_without_zone_are_read_and_not_written(weir, delta_rs, theirs):
    import datetime

    rows = pyarrow.table({"id": [1, 2], "at": pyarrow.array([datetime.datetime(2026, 1, 1, 0, 0, 0, 1), None], pyarrow.timestamp("us"))})
    delta_rs.write_deltalake(str(theirs), rows)
    assert_same_rows(weir.read(theirs), rows)
    assert "timestampNtz" in weir.refuses("table", "import", theirs, "--from", file_of(weir, rows))


@short
@pytest.mark.parametrize("checkpoint", [False, True])
def test_weir_writes_into_a_table_of_delta_rs(weir, delta_rs, theirs, checkpoint):
    delta_rs.write_deltalake(str(theirs), SMALL, partition_by=["day"])
    if checkpoint:
        delta_rs.DeltaTable(str(theirs)).create_checkpoint()
    weir.write(theirs, MORE)
    changed = pyarrow.table({"id": pyarrow.array([1, 7], pyarrow.int64()), "day": ["b", "z"], "score": [0.5, 0.25]})
    weir.write(theirs, changed, "--keys", "id", mode="merge")
    wanted = pyarrow.concat_tables([SMALL.slice(1), MORE, changed])
    assert_same_rows(peers.read_with_delta_rs(theirs), wanted)
    delta_rs.DeltaTable(str(theirs)).delete("id = 7")
    weir.run("table", "optimize", theirs)
    assert_same_rows(peers.read_with_delta_rs(theirs), pyarrow.concat_tables([SMALL.slice(1), MORE, changed.slice(0, 1)]))
    assert_same_rows(weir.read(theirs), peers.read_with_delta_rs(theirs))


def file_of(weir, rows):
    import pyarrow.parquet

    file = weir.new_file("parquet")
    pyarrow.parquet.write_table(rows, file)
    return file


# Spark


@short
def test_every_type_of_spark(module_weir, spark):
    theirs = module_weir.folder / "spark_all_types"
    for batch in all_types.BATCHES:
        spark.createDataFrame(batch).coalesce(1).write.format("delta").mode("append").save(str(theirs))
    assert_same_rows(module_weir.read(theirs), all_types.ALL)


@pytest.mark.parametrize("name", short_of(all_types.PRIMITIVES, "string", "timestamp", "double"))
def test_partitions_of_spark(module_weir, spark, name):
    theirs = module_weir.folder / f"spark_by_{name}"
    rows = all_types.partitioned_by(name)
    spark.createDataFrame(rows).coalesce(1).write.format("delta").partitionBy("p").save(str(theirs))
    assert_same_rows(module_weir.read(theirs), peers.read_with_spark(spark, theirs))


CREATE = "CREATE TABLE delta.`{path}` (id BIGINT, day STRING, score DOUBLE) USING delta"
ROWS = "INSERT INTO delta.`{path}` VALUES (1, 'a', 1.5D), (2, 'b', NULL), (3, 'a', -2D), (4, NULL, 0D)"
DELETE = "DELETE FROM delta.`{path}` WHERE id = 2"

# What is done by Spark; the feature by whose name weir must refuse to write, None if it may write.
LIVES = {
    "plain": ([CREATE, ROWS, DELETE], None),
    "partitioned": ([CREATE + " PARTITIONED BY (day)", ROWS, DELETE,
                     "UPDATE delta.`{path}` SET day = 'x y/%' WHERE id = 3"], None),
    "merge, update, optimise": ([
        CREATE, ROWS, ROWS.replace("(1,", "(11,").replace("(2,", "(12,"),
        "MERGE INTO delta.`{path}` t USING (SELECT 1L AS id, 'm' AS day, 7D AS score UNION ALL SELECT 99L, 'n', 8D) s "
        "ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
        "UPDATE delta.`{path}` SET score = 42 WHERE day = 'a'", "OPTIMIZE delta.`{path}` ZORDER BY (id)"], None),
    "checkpoints": ([CREATE + " TBLPROPERTIES ('delta.checkpointInterval' = '2')", ROWS, DELETE, ROWS, DELETE, ROWS], None),
    "statistics in checkpoints as structs only": (
        [CREATE + " TBLPROPERTIES ('delta.checkpointInterval' = '2', 'delta.checkpoint.writeStatsAsJson' = 'false', "
         "'delta.checkpoint.writeStatsAsStruct' = 'true')", ROWS, DELETE, ROWS, DELETE], None),
    "no statistics": ([CREATE + " TBLPROPERTIES ('delta.dataSkippingNumIndexedCols' = '0')", ROWS, DELETE], None),
    "added column": ([CREATE, ROWS, "ALTER TABLE delta.`{path}` ADD COLUMNS (more STRING AFTER id)",
                      "INSERT INTO delta.`{path}` VALUES (9, 'x', 'y', 1D)"], None),
    "append only": ([CREATE + " TBLPROPERTIES ('delta.appendOnly' = 'true')", ROWS], None),
    "not null": ([CREATE.replace("id BIGINT", "id BIGINT NOT NULL"), ROWS], None),
    "check constraint": ([CREATE, ROWS, "ALTER TABLE delta.`{path}` ADD CONSTRAINT positive CHECK (id > 0)"], "checkConstraints"),
    "column mapping by name": ([CREATE + " TBLPROPERTIES ('delta.columnMapping.mode' = 'name')", ROWS, DELETE,
                                "ALTER TABLE delta.`{path}` RENAME COLUMN score TO points"], "columnMapping"),
    "column mapping by id": ([CREATE + " TBLPROPERTIES ('delta.columnMapping.mode' = 'id')", ROWS, DELETE], "columnMapping"),
    "column mapping, partitioned": ([CREATE + " PARTITIONED BY (day) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')", ROWS, DELETE],
                                    "columnMapping"),
    "column mapping of an older table": (
        [CREATE + " PARTITIONED BY (day)", ROWS, "UPDATE delta.`{path}` SET day = 'x y/%' WHERE id = 3",
         "ALTER TABLE delta.`{path}` SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
         "ALTER TABLE delta.`{path}` RENAME COLUMN day TO of_day", ROWS, DELETE], "columnMapping"),
    "deletion vectors": ([CREATE + " TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')", ROWS, DELETE], "deletionVectors"),
    "row tracking": ([CREATE + " TBLPROPERTIES ('delta.enableRowTracking' = 'true')", ROWS, DELETE], "rowTracking"),
    "V2 checkpoints": ([CREATE + " TBLPROPERTIES ('delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '2')",
                        ROWS, DELETE, ROWS, DELETE], "v2Checkpoint"),
    "generated column": (["CREATE TABLE delta.`{path}` (id BIGINT, day STRING, twice BIGINT GENERATED ALWAYS AS (id * 2)) USING delta",
                          "INSERT INTO delta.`{path}` (id, day) VALUES (1, 'a'), (2, 'b')"], "generatedColumns"),
    "identity column": (["CREATE TABLE delta.`{path}` (id BIGINT GENERATED ALWAYS AS IDENTITY, day STRING) USING delta",
                         "INSERT INTO delta.`{path}` (day) VALUES ('a'), ('b')"], "identityColumns"),
    "default values": ([CREATE.replace("day STRING", "day STRING DEFAULT 'none'") + " TBLPROPERTIES "
                        "('delta.feature.allowColumnDefaults' = 'supported')", ROWS, DELETE], "allowColumnDefaults"),
    "change data feed": ([CREATE + " TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')", ROWS, DELETE,
                          "UPDATE delta.`{path}` SET score = 5 WHERE id = 1"], "changeDataFeed"),
    "timestamp without zone": (["CREATE TABLE delta.`{path}` (id BIGINT, at TIMESTAMP_NTZ) USING delta",
                                "INSERT INTO delta.`{path}` VALUES (1, TIMESTAMP_NTZ '1969-12-31 23:59:59.999999'), (2, NULL)"],
                               "timestampNtz"),
    "type widening": ([CREATE.replace("day STRING", "day INT") + " TBLPROPERTIES ('delta.enableTypeWidening' = 'true')",
                       "INSERT INTO delta.`{path}` VALUES (1, 7, 1D)",
                       "ALTER TABLE delta.`{path}` ALTER COLUMN day TYPE BIGINT",
                       "INSERT INTO delta.`{path}` VALUES (2, 5000000000, 1D)"], "typeWidening"),
    "in-commit timestamps": ([CREATE + " TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'true')", ROWS, DELETE], "inCommitTimestamp"),
    "clustering": ([CREATE + " CLUSTER BY (id)", ROWS, DELETE, "OPTIMIZE delta.`{path}`"], "clustering"),
    "variant": (["CREATE TABLE delta.`{path}` (id BIGINT, v VARIANT) USING delta",
                 "INSERT INTO delta.`{path}` SELECT 1, parse_json('1')"], "variantType"),
}
# Columns that weir can't give as they are.
UNREADABLE = {"variant": "v"}


@pytest.fixture(scope="module")
def lives(module_weir, spark):
    """Makes a table of LIVES when it is first asked for."""
    made = {}

    def path_of(life):
        if life not in made:
            path = module_weir.folder / ("spark_" + "".join(letter if letter.isalnum() else "_" for letter in life))
            for statement in LIVES[life][0]:
                spark.sql(statement.format(path=path))
            made[life] = path
        return made[life]

    return path_of


@pytest.mark.parametrize("life", short_of(LIVES, "merge, update, optimise", "checkpoints", "deletion vectors",
                                         "column mapping, partitioned"))
def test_weir_reads_what_spark_made(module_weir, spark, lives, life):
    path = lives(life)
    if life in UNREADABLE:
        assert "VARIANT" in module_weir.refuses("sql", f"SELECT * FROM '{path}'")
        wanted = peers.read_with_spark(spark, path, columns=["id"])
        assert_same_rows(module_weir.query(f"SELECT * EXCLUDE {UNREADABLE[life]} FROM '{path}'"), wanted)
        return
    assert_same_rows(module_weir.read(path), peers.read_with_spark(spark, path))


@pytest.mark.parametrize("life", short_of([life for life, (_, feature) in LIVES.items() if feature], "deletion vectors"))
def test_weir_refuses_by_name_to_write_what_it_cannot(module_weir, spark, lives, life):
    path, feature = lives(life), LIVES[life][1]
    message = module_weir.refuses("table", "import", path, "--from", file_of(module_weir, pyarrow.table({"id": [5]})))
    assert feature in message


@pytest.mark.parametrize("life", short_of([life for life, (_, feature) in LIVES.items() if not feature and life != "append only"],
                                         "merge, update, optimise"))
def test_weir_writes_and_spark_reads_again(module_weir, spark, lives, life):
    path = lives(life)
    before = peers.read_with_spark(spark, path)
    new = pyarrow.table({"id": pyarrow.array([1000, 1001], pyarrow.int64()), "day": ["w 1", None], "score": [0.5, None]})
    module_weir.write(path, new)
    merged = new.set_column(2, "score", pyarrow.array([7.0, 8.0]))
    module_weir.write(path, merged, "--keys", "id", mode="merge")
    wanted = pyarrow.Table.from_pylist(before.to_pylist() + merged.to_pylist(), before.schema)
    assert_same_rows(peers.read_with_spark(spark, path), wanted)
    spark.sql(f"DELETE FROM delta.`{path}` WHERE id = 1000")
    module_weir.run("table", "optimize", path)
    after = pyarrow.Table.from_pylist(before.to_pylist() + merged.slice(1).to_pylist(), before.schema)
    assert_same_rows(peers.read_with_spark(spark, path), after)
    assert_same_rows(module_weir.read(path), after)


def test_a_multi_part_checkpoint_of_spark(module_weir, spark):
    theirs = module_weir.folder / "spark_multi_part"
    spark.conf.set("spark.databricks.delta.checkpoint.partSize", "3")
    try:
        spark.range(20).repartitionByRange(10, "id").write.format("delta").option("delta.checkpointInterval", "2").save(str(theirs))
        for first in (100, 200, 300):
            spark.range(first, first + 3).coalesce(1).write.format("delta").mode("append").save(str(theirs))
    finally:
        spark.conf.unset("spark.databricks.delta.checkpoint.partSize")
    parts = [file.name for file in (theirs / "_delta_log").glob("*.checkpoint.*.parquet")]
    assert len(parts) > 1, parts
    assert_same_rows(module_weir.read(theirs), peers.read_with_spark(spark, theirs))


@pytest.mark.parametrize("setting, value", [("enableDeletionVectors", "true"), ("columnMapping.mode", "name")])
def test_partitions_of_every_type_beside_a_feature(module_weir, spark, setting, value):
    theirs = module_weir.folder / f"spark_partitions_{setting}"
    rows = pyarrow.concat_tables([all_types.rows(first + again, values, all_types.NESTED_ROWS) for again in (0, 5)
                                  for first, values in ((0, all_types.ORDINARY), (2, all_types.PARTITIONS), (20, all_types.NOTHING))])
    (spark.createDataFrame(rows).coalesce(1).write.format("delta")
     .option(f"delta.{setting}", value).partitionBy(*all_types.PRIMITIVES).save(str(theirs)))
    spark.sql(f"DELETE FROM delta.`{theirs}` WHERE id < 5")  # a row of each file
    assert_same_rows(module_weir.read(theirs), peers.read_with_spark(spark, theirs))


def test_a_v2_checkpoint_whose_entries_are_gone(module_weir, spark, lives):
    path = lives("V2 checkpoints")
    checkpoints = sorted((path / "_delta_log").glob("*.checkpoint.*-*"))
    assert checkpoints and list((path / "_delta_log" / "_sidecars").glob("*.parquet"))
    newest = int(checkpoints[-1].name.split(".")[0])
    for version in range(newest):  # Spark wants the entry of the checkpoint's own version
        (path / "_delta_log" / f"{version:020}.json").unlink(missing_ok=True)
    assert_same_rows(module_weir.read(path), peers.read_with_spark(spark, path))
    shown = json.loads(module_weir.run("table", "files", path, "--json"))
    assert sum(file["rows"] for file in shown["files"]) >= module_weir.count(path, "true")
    assert "v2Checkpoint" in module_weir.refuses("table", "import", path, "--from", file_of(module_weir, SMALL))


def test_tables_after_sparks_vacuum(module_weir, spark):
    theirs = module_weir.folder / "spark_vacuumed"
    for statement in [CREATE, ROWS, DELETE, ROWS, DELETE]:
        spark.sql(statement.format(path=theirs))
    spark.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    spark.conf.set("spark.sql.sources.parallelPartitionDiscovery.parallelism", "2")  # not 10,000 tasks
    spark.sql(f"VACUUM delta.`{theirs}` RETAIN 0 HOURS")
    assert_same_rows(module_weir.read(theirs), peers.read_with_spark(spark, theirs))


def test_append_only_is_kept(module_weir, spark, lives):
    path = lives("append only")
    row = file_of(module_weir, pyarrow.table({"id": pyarrow.array([1], pyarrow.int64()), "day": ["z"], "score": [0.0]}))
    assert "appendOnly" in module_weir.refuses("table", "import", path, "--from", row, "--mode", "overwrite")
    module_weir.run("table", "import", path, "--from", row)
    assert json.loads(module_weir.run("sql", f"SELECT count(*) AS n FROM '{path}'", "--format", "json"))[0]["n"] == 5
