import importlib.util
import os
import pathlib

import pytest

from weir_program import Weir

ROOT = pathlib.Path(__file__).resolve().parents[2]


def pytest_configure(config):
    config.addinivalue_line("markers", "short: also in the short run of scripts/test.sh")


def pytest_collection_modifyitems(items):
    """Those that need Spark go last, so that what fails fast fails first."""
    items.sort(key=lambda item: "spark" in item.fixturenames or "spark" in item.name)


def need(module):
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"skipped: no {module} here; scripts/setup.sh installs it")


@pytest.fixture(scope="session")
def program():
    path = pathlib.Path(os.environ.get("WEIR", ROOT / "build" / "dev" / "weir"))
    if not path.exists():
        pytest.exit(f"{path} is not there: build weir, or name it by WEIR", returncode=2)
    return path.resolve()


@pytest.fixture
def weir(program, tmp_path):
    return Weir(program, tmp_path / "project")


@pytest.fixture(scope="module")
def module_weir(program, tmp_path_factory):
    """A project that the tests of a file share; each uses tables of its own."""
    return Weir(program, tmp_path_factory.mktemp("weir") / "project")


@pytest.fixture(scope="session")
def delta_rs():
    need("deltalake")
    import deltalake

    return deltalake


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    need("pyspark")
    import spark_session

    if not list(spark_session.JARS.glob("delta-spark*.jar")):
        pytest.skip(f"skipped: no Delta jars in {spark_session.JARS}; scripts/setup.sh puts them there")
    session = spark_session.session(str(tmp_path_factory.mktemp("spark")))
    yield session
    session.stop()
