"""Is what is evaluated, and shown, without secrets?"""

from pathlib import Path

from pyshim.commands.models.evaluating import Row, read
from pyshim.tenants.schema import Tenant
from tests.shim.conftest import shop as shop_of_the_shim
from tests.shim.conftest import snapshot_of

shop = shop_of_the_shim


def test_a_sentence_is_read_as_a_turn_reads_it(shop: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "set.tsv"
    file.write_text("密码739201忘了\tgreet\n你好\tgreet\tshop\n", encoding="utf-8")
    assert read(file, snapshot_of(shop), {"greet"}) == [Row("密码••••忘了", "greet", ""), Row("你好", "greet", "shop")]
