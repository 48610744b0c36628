"""The shipped tenants, as a load reads them."""

import pytest

from loadtest.running.plan import Place, Plan
from loadtest.running.shapes import Row, Scenario
from loadtest.what.questions import Questions
from pyshim.settings import ROOT, read_settings
from pyshim.tenants import source
from pyshim.tenants.reader import load
from pyshim.tenants.schema import Tenant


@pytest.fixture(scope="package")
def tenants() -> dict[str, Tenant]:
    folders = sorted((ROOT / "gateway" / "tenants").iterdir())
    return {folder.name: load(source.of_folder(folder), read_settings({})) for folder in folders}


@pytest.fixture
def plan(tenants: dict[str, Tenant]) -> Plan:
    """100 turns a second for two seconds, to guests of the shop."""
    rows = (Row(2, 100, "hold"),)
    place = Place(tenants["shop"], Questions(hot=["一般下单后多久发货"], popular=["一般下单后多久发货"]), guests=True)
    scenario = Scenario("steady", "a test's", 100, rows, think_s=0.2)
    return Plan(
        run="test",
        scenario=scenario,
        model="open",
        url="http://127.0.0.1:9",
        seed=7,
        workers=1,
        places=[place],
        audience="sluice",
    )
