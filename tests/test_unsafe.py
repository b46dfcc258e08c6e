"""What would let somebody's text become a program or a page is nowhere in the code."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from forms.grammar import CODE

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("translations", "forms", "survey", "analysis")
TO_OTHERS = {
    *("requests", "authlib", "smtplib", "ftplib", "http.client", "urllib.request", "socket", "asyncio", "httpx"),
    *("aiohttp", "urllib3", "imaplib", "poplib", "xmlrpc"),
}
# Who opens connections, and the setting without which none is opened; rate_limit.py only reads addresses.
SPEAKS = {
    "survey/accounts/openid.py": "HAILONG_OIDC_ISSUER",
    "survey/accounts/mail.py": "HAILONG_SMTP_HOST",
    "survey/operations/certificate.py": "HAILONG_BASE_URL",  # by `hailong doctor` alone, to the own address
    "survey/system/virus_scanner.py": "HAILONG_CLAMD",
    "survey/web/server/rate_limit.py": "",  # reads addresses, opens nothing
    "survey/commands/server.py": "",  # tries whether its own port is free
}
MODULES = {"pickle", "marshal", "shelve", "subprocess", "commands", "ctypes", "xml", "ldap"}
CALLS = {
    "eval",
    "exec",
    "compile",
    "os.system",
    "os.popen",
    "yaml.load",
    "yaml.unsafe_load",
    "render_template_string",
}
# A template's own output, marked as such after the words in it are bound together.
MARKED = {"survey/web/respondent/form.py", "survey/web/markup.py"}
PATTERNS = {"compile", "match", "fullmatch", "search", "sub", "findall", "finditer", "split"}
# Patterns made of our own words: the names of modes, and words that a questionnaire of ours lists.
OF_OUR_WORDS = {"survey/responses/sealed_responses.py", "forms/parsing.py"}
PUT = re.compile(r"""\w\[(?!['"\d])[^\]\n]+\]\s*(\|\||\?\?|\+)?=[^=>]|Object\.assign\((?!document)|__proto__""")
LOOKED_AT = (ast.Import, ast.ImportFrom, ast.Call, ast.Attribute)
IN_SCRIPTS = re.compile(
    r"\.(innerHTML|outerHTML)\s*\+?=[^=]|insertAdjacentHTML|document\.write|\beval\(|new Function"
    r"|createContextualFragment|set(Timeout|Interval)\(\s*[\"'`]|javascript:"
)


@cache
def code() -> list[tuple[str, ast.AST]]:
    """Every node of our code with its file, of the kinds that are looked at, read once."""
    return [
        (path.relative_to(ROOT).as_posix(), node)
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, LOOKED_AT)
    ]


def test_no_text_is_run_as_code_or_read_as_objects() -> None:
    wrong = []
    for name, node in code():
        if isinstance(node, ast.Import):
            wrong += [f"{name}:{node.lineno}" for one in node.names if one.name.split(".")[0] in MODULES]
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            wrong.append(f"{name}:{node.lineno}")
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in CALLS or (called == "Markup" and name not in MARKED):
                wrong.append(f"{name}:{node.lineno} {called}")
    assert not wrong


def test_unicode_forms_are_made_in_one_place_which_bounds_them_first() -> None:
    found, calls = set(), 0
    for name, node in code():
        if isinstance(node, ast.Attribute) and "normalize" in node.attr:
            found.add(name)
        if isinstance(node, ast.ImportFrom) and node.module == "unicodedata":
            found |= {name for one in node.names if "normalize" in one.name}
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "unicodedata.normalize":
            calls += 1
    assert found == {"translations/unicode.py"}
    assert calls == 1


def test_only_what_the_deployment_page_draws_speaks_to_other_machines() -> None:
    found = set()
    for name, node in code():
        modules = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(module.split(".")[0] in TO_OTHERS or module in TO_OTHERS for module in modules):
            found.add(name)
    assert found == set(SPEAKS)
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8").partition("## Who speaks to whom")[2]
    assert not [setting for setting in SPEAKS.values() if setting not in page]


def test_no_pattern_is_made_of_what_somebody_sent() -> None:
    wrong = []
    for name, node in code():
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {f"re.{call}" for call in PATTERNS}:
            made = [one for one in ast.walk(node.args[0]) if isinstance(one, ast.FormattedValue)]
            values = [one.value for one in made]
            if any(not (isinstance(value, ast.Name) and value.id.isupper()) for value in values) and (
                name not in OF_OUR_WORDS
            ):
                wrong.append(f"{name}:{node.lineno}")
    assert not wrong


def test_no_script_and_no_template_takes_text_for_markup() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in sorted((ROOT / "survey" / "web" / "static").rglob("*.js"))
        if path.name != "hpke.js"  # a library, bundled at set-up
        for found in IN_SCRIPTS.finditer(path.read_text(encoding="utf-8"))
    ]
    wrong += [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in sorted((ROOT / "survey").rglob("*.html"))
        if "node_modules" not in path.parts
        for found in re.finditer(r"\|\s*safe\b|autoescape|\son[a-z]+=", path.read_text(encoding="utf-8"))
    ]
    assert not wrong


def test_scripts_put_under_a_name_of_their_own_alone() -> None:
    """`object[name] = …` with a name that somebody sent could reach `__proto__`: these take the codes of the
    questionnaire and the names of an element's properties, and nothing that comes from elsewhere."""
    found = {
        path.name
        for path in (ROOT / "survey" / "web" / "static").rglob("*.js")
        if path.name != "hpke.js" and PUT.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"conditions.js", "answers.js", "draft.js", "form.js", "keying.js"}
    assert not CODE.fullmatch("__proto__")


@pytest.mark.parametrize("path", ["/dang-nhap"])
def test_a_password_is_masked_and_may_be_pasted(client: FlaskClient, path: str) -> None:
    field = re.search(r"<input[^>]*name=\"password\"[^>]*>", client.get(path).text)
    assert field is not None
    assert 'type="password"' in field[0]
    assert 'autocomplete="current-password"' in field[0]
    assert "onpaste" not in client.get(path).text


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "DELETE", "PATCH"])
def test_a_method_that_no_page_takes_is_refused(client: FlaskClient, method: str) -> None:
    for path in ("/", "/dang-nhap", "/api/v1/responses", "/healthz"):
        answer = client.open(path, method=method)
        assert answer.status_code == 405
        assert "phien" not in answer.text
