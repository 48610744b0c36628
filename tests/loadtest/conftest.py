"""The shipped tenants, as a load reads them."""

import pytest

from loadtest.corpus import Questions
from loadtest.running.plan import Place, Plan
from loadtest.shapes import Row, Scenario
from pyshim import config, source, tenant
from pyshim.config import ROOT
from pyshim.tenant import Tenant


@pytest.fixture(scope="package")
def tenants() -> dict[str, Tenant]:
    folders = sorted((ROOT / "gateway" / "tenants").iterdir())
    return {folder.name: tenant.load(source.of_folder(folder), config.read({})) for folder in folders}


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
