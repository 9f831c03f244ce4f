"""XML that reaches out, multiplies itself, or hides what it is behind an encoding."""

from __future__ import annotations

import codecs

from tests.attack.files.cases import Hostile
from tests.unit.invoices_parsing.builders import einvoice

_HEAD = '<?xml version="1.0" encoding="{}"?>'


def _entity(declaration: str, use: str = "&x;", encoding: str = "UTF-8") -> str:
    return f"{_HEAD.format(encoding)}<!DOCTYPE r [{declaration}]>" + einvoice(head="", remark=use)


def _laughs() -> str:
    steps = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))
    return _entity(f'<!ENTITY l0 "lol">{steps}', "&l9;")


def _root(attributes: str = "", body: str = "") -> str:
    return f"<EInvoice {attributes}>{body}</EInvoice>"


_FILE = '<!ENTITY x SYSTEM "file:///etc/passwd">'
CASES = {
    "an entity that is a file": Hostile("a.xml", lambda url: _entity(_FILE), "xml.forbidden_doctype"),
    "an entity that is a page": Hostile(
        "a.xml", lambda url: _entity(f'<!ENTITY x SYSTEM "{url}">'), "xml.forbidden_doctype"),
    "a public entity": Hostile(
        "a.xml", lambda url: _entity(f'<!ENTITY x PUBLIC "-//X" "{url}">'), "xml.forbidden_doctype"),
    "a parameter entity that sends a file away": Hostile(
        "a.xml", lambda url: _entity(f'<!ENTITY % f SYSTEM "file:///etc/passwd"><!ENTITY % d SYSTEM "{url}">%d;', ""),
        "xml.forbidden_doctype"),
    "a document type from elsewhere": Hostile(
        "a.xml", lambda url: f'<!DOCTYPE EInvoice SYSTEM "{url}">' + einvoice(head=""), "xml.forbidden_doctype"),
    "a document type without entities": Hostile(
        "a.xml", lambda url: "<!DOCTYPE EInvoice>" + einvoice(head=""), "xml.forbidden_doctype"),
    "a document type behind comments and blanks": Hostile(
        "a.xml", lambda url: "<!-- a -->\n\n" + "<!-- b -->" * 2000 + _entity(_FILE).partition("?>")[2],
        "xml.forbidden_doctype"),
    "an entity in UTF-16, small end first": Hostile(
        "a.xml", lambda url: codecs.BOM_UTF16_LE + _entity(_FILE, encoding="UTF-16").encode("utf-16-le"),
        "xml.forbidden_doctype"),
    "an entity in UTF-16, big end first": Hostile(
        "a.xml", lambda url: codecs.BOM_UTF16_BE + _entity(_FILE, encoding="UTF-16").encode("utf-16-be"),
        "xml.forbidden_doctype"),
    "an entity in UTF-16 without a mark": Hostile(
        "a.xml", lambda url: _entity(_FILE, encoding="UTF-16").encode("utf-16-le"), "xml.forbidden_doctype"),
    "an entity in UTF-7": Hostile(
        "a.xml", lambda url: _HEAD.format("UTF-7").encode() + "<!DOCTYPE r><r/>".encode("utf-7"), "xml.encoding"),
    "an entity in UTF-32": Hostile(
        "a.xml", lambda url: _entity(_FILE, encoding="UTF-32").encode("utf-32"), "xml.ill_formed"),
    "an entity in EBCDIC": Hostile(
        "a.xml", lambda url: "<?xml version='1.0'?><!DOCTYPE r><r/>".encode("cp037"), "file.type_mismatch"),
    "an entity in GBK": Hostile(
        "a.xml", lambda url: _entity(_FILE + "<!--账-->", encoding="GBK").encode("gbk"), "xml.forbidden_doctype"),
    "a billion laughs": Hostile("a.xml", lambda url: _laughs(), "xml.forbidden_doctype"),
    "quadratic growth": Hostile(
        "a.xml", lambda url: _entity(f'<!ENTITY x "{"a" * 100_000}">', "&x;" * 50_000), "xml.forbidden_doctype"),
    "an entity that names itself": Hostile("a.xml", lambda url: _entity('<!ENTITY x "&x;">'), "xml.forbidden_doctype"),
    "an entity that nobody declared": Hostile("a.xml", lambda url: einvoice(remark="&x;"), "xml.ill_formed"),
    "an inclusion of a file": Hostile(
        "a.xml", lambda url: '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>',
        "xml.no_invoice"),
    "an inclusion of a page": Hostile(
        "a.xml", lambda url: _root('xmlns:xi="http://www.w3.org/2001/XInclude"', f'<xi:include href="{url}"/>'),
        "xml.no_invoice"),
    "a style sheet and a schema from elsewhere": Hostile(
        "a.xml", lambda url: f'<?xml-stylesheet href="{url}"?><a xmlns:x="http://www.w3.org/2001/XMLSchema-instance" '
        f'x:noNamespaceSchemaLocation="{url}"/>', "xml.no_invoice"),
    "1,500,000 attributes": Hostile(
        "a.xml", lambda url: _root(" ".join(f'a{at}=""' for at in range(1_500_000))), "xml.too_complex"),
    "1,500,000 attributes that look like the end of a tag": Hostile(
        "a.xml", lambda url: _root(" ".join(f'a{at}=">"' for at in range(1_500_000))), "xml.too_complex"),
    "300 attributes": Hostile(
        "a.xml", lambda url: _root(" ".join(f'a{at}=""' for at in range(300))), "xml.too_complex"),
    "100,000 namespaces": Hostile(
        "a.xml", lambda url: _root(" ".join(f'xmlns:a{at}="u{at}"' for at in range(100_000))), "xml.too_complex"),
    "65 elements deep": Hostile("a.xml", lambda url: "<a>" * 65 + "</a>" * 65, "xml.too_complex"),
    "a million elements deep": Hostile("a.xml", lambda url: "<a>" * 1_000_000, "xml.too_complex"),
    "a million elements wide": Hostile("a.xml", lambda url: _root("", "<a/>" * 1_000_000), "xml.too_complex"),
    "a text of 18 MB": Hostile("a.xml", lambda url: _root("", "a" * 18_000_000), "xml.too_complex"),
    "a name of 5 MB": Hostile("a.xml", lambda url: f"<{'a' * 5_000_000}/>", "xml.too_complex"),
    "an attribute of 12 MB": Hostile("a.xml", lambda url: _root(f'a="{"a" * 12_000_000}"'), "xml.too_complex"),
    "a comment without end": Hostile("a.xml", lambda url: "<a><!--" + "-" * 18_000_000, "xml.ill_formed"),
    "a section without end": Hostile("a.xml", lambda url: "<a><![CDATA[" + "]" * 18_000_000, "xml.ill_formed"),
    "two roots": Hostile("a.xml", lambda url: einvoice() + einvoice(head=""), "xml.ill_formed"),
    "a NUL in the middle": Hostile("a.xml", lambda url: einvoice(remark="a\0b"), "xml.ill_formed"),
    "bytes that are no text": Hostile("a.xml", lambda url: einvoice(remark="X").encode().replace(b"X", b"\xff\xff\xff"),
                                      "xml.encoding"),
    "an amount without end": Hostile("a.xml", lambda url: einvoice(net="9" * 100_000), "invoice.bad_amount"),
    "an amount in powers": Hostile("a.xml", lambda url: einvoice(gross="1e999999999"), "invoice.bad_amount"),
}  # fmt: skip
