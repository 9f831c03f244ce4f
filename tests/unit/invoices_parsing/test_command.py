"""`zhangfang parse FILE...`: the same keys for every entry, money as text, status 3 when anything is not ok."""

from __future__ import annotations

import json

from jobs.parse import main, parse_files

from .builders import NUMBER, REAL_OFD, SELLER, einvoice, item, zipped

KEYS = ["file", "ok", "kind", "format", "number", "code", "issued_on", "seller", "buyer", "net", "tax", "gross", "red",
        "lines", "problems"]  # fmt: skip


def test_every_real_file_is_ok_and_the_status_is_zero():
    paths = sorted(REAL_OFD.glob("*.ofd"))
    entries, status = parse_files(paths)
    assert (status, [entry["file"] for entry in entries]) == (0, [str(path) for path in paths])
    assert all(list(entry) == KEYS and entry["ok"] for entry in entries)


def test_an_invoice_is_plain_values_with_money_as_text(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(einvoice(items=[item(quantity="10.500", price="95.2380952")]), encoding="utf-8")
    ((entry,), status) = parse_files([path])
    assert status == 0
    assert (entry["number"], entry["issued_on"], entry["net"], entry["red"]) == (NUMBER, "2026-10-08", "1000.00", False)
    assert entry["seller"] == {"name": SELLER, "tax_id": "91320000TEST000011"}
    assert entry["lines"] == [
        {"name": "*办公用品*纸张", "tax_code": "1060105010000000000", "quantity": "10.5", "unit_price": "95.2380952",
         "net": "1000.00", "tax_rate": "0.13", "tax": "130.00"}
    ]  # fmt: skip


def test_a_word_for_a_rate_and_no_quantity_are_null(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(
        einvoice(tax="0", gross="1000", items=[item(rate="免税", tax="0", quantity="", price="")]), encoding="utf-8"
    )
    (line,) = parse_files([path])[0][0]["lines"]
    assert (line["tax_rate"], line["quantity"], line["unit_price"], line["tax"]) == (None, None, None, "0.00")


def test_what_is_refused_has_the_same_keys_and_status_three(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped({"good.xml": einvoice(), "bad.xml": "<"}))
    entries, status = parse_files([tmp_path / "a.zip", tmp_path / "missing.ofd"])
    assert status == 3
    assert [(list(entry) == KEYS, entry["ok"]) for entry in entries] == [(True, True), (True, False), (True, False)]
    assert {entry["file"] for entry in entries[:2]} == {str(tmp_path / "a.zip")}
    assert [entry["problems"][0]["code"] for entry in entries[1:]] == ["xml.ill_formed", "file.unreadable"]
    assert "bad.xml" in entries[1]["problems"][0]["detail"]
    assert (entries[1]["net"], entries[1]["lines"]) == (None, [])


def test_the_command_prints_json(capsys):
    assert main([str(path) for path in sorted(REAL_OFD.glob("*.ofd"))]) == 0
    assert len(json.loads(capsys.readouterr().out)) >= 4
