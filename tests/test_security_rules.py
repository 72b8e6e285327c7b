"""Rules that keep whole classes of faults out: what no source file, template or script may contain."""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache

from tests.conftest import ROOT
from tests.test_architecture import sources

TEMPLATES = [path for path in ROOT.rglob("templates/**/*.html") if ".venv" not in path.parts]
SCRIPTS = list((ROOT / "itsm/web/static").glob("*.js"))
SPEAK_TO_THE_NETWORK = {  # the only files that open connections, each with a guard or an address of the administrator's
    "itsm/kernel/outgoing.py",
    "itsm/kernel/jobs.py",  # the host's own name
    "itsm/notifications/sender.py",
    "itsm/channels/mail/imap.py",
}
START_PROCESSES = {
    "itsm/process.py",
    "itsm/notifications/delivery.py",
    "sla/calendars/feed_reading.py",  # calendar feeds and files, read in the same way
    "itsm/search/reading.py",  # files from outside are read where they can neither fill the memory nor run for ever
    "itsm/kernel/apart.py",  # our own programs, which give their memory back when they end
    "config/system_packages.py",
}
NETWORK = {
    "socket",
    "http.client",
    "urllib.request",
    "requests",
    "httpx",
    "aiohttp",
    "ftplib",
    "telnetlib",
    "smtplib",
    "imaplib",
}
UNPICKLES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle"}
READS_XML_UNSAFELY = {"xml.dom", "xml.dom.minidom", "xml.sax", "xml.dom.pulldom", "lxml", "lxml.etree", "xmlrpc.client"}
XML_PARSERS = {"parse", "fromstring", "iterparse", "XML", "XMLParser", "XMLPullParser", "fromstringlist"}
WEAK_DIGESTS = {"hashlib.md5", "hashlib.sha1", "md5", "sha1"}
SECRET_WORDS = {"password", "secret", "token", "cookie", "authorization"}


@cache
def nodes() -> list[tuple[str, ast.AST]]:
    """Every node of every source file that calls, assigns or imports, with the file's path within the project."""
    return [
        (str(path.relative_to(ROOT)), node)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call | ast.Assign | ast.Import | ast.ImportFrom)
    ]


def dotted(node: ast.AST) -> str:
    """The name of what is called (`session.execute`), "" when it is no plain name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else f".{node.attr}"
    return ""


def calls(wanted: Callable[[ast.Call, str], bool]) -> list[str]:
    """Where a call is that `wanted(call, name)` recognises, as `path:line name`."""
    return [
        f"{path}:{node.lineno} {dotted(node.func)}"
        for path, node in nodes()
        if isinstance(node, ast.Call) and wanted(node, dotted(node.func))
    ]


def imports() -> Iterator[tuple[str, str]]:
    """(path, module or module.name) of every import."""
    for path, node in nodes():
        if isinstance(node, ast.Import):
            yield from ((path, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield path, node.module
            yield from ((path, f"{node.module}.{alias.name}") for alias in node.names)


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The value of a named argument."""
    return next((each.value for each in call.keywords if each.arg == name), None)


def is_constant(node: ast.expr) -> bool:
    """Whether an expression is the same on every run: a literal, or the name of a constant."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.IfExp):
        return is_constant(node.body) and is_constant(node.orelse)
    if isinstance(node, ast.BinOp):
        return is_constant(node.left) and is_constant(node.right)
    return isinstance(node, ast.Name) and node.id.isupper()


def test_nothing_is_evaluated_as_code() -> None:
    forbidden = {"eval", "exec", "compile", "__import__", "importlib.import_module", "os.system", "os.popen"}
    assert not calls(lambda _call, name: name in forbidden)


def test_nothing_from_outside_is_unpickled() -> None:
    assert not [(path, name) for path, name in imports() if name.split(".")[0] in UNPICKLES]


def test_yaml_is_read_safely() -> None:
    assert not calls(
        lambda _call, name: name.startswith("yaml.") and name not in {"yaml.safe_load", "yaml.safe_load_all"}
    )
    assert not [(path, name) for path, name in imports() if name.startswith("yaml.")]


def test_xml_is_read_by_the_guarded_parser_only() -> None:
    used = [(path, name) for path, name in imports() if name in READS_XML_UNSAFELY]
    used += [
        (path, name)
        for path, name in imports()
        if name.startswith("xml.etree") and name.rsplit(".", 1)[-1] in XML_PARSERS
    ]
    assert not used


def test_processes_are_started_in_known_places_and_never_by_a_shell() -> None:
    assert not calls(lambda call, _name: keyword(call, "shell") is not None)
    started = {path for path, name in imports() if name.split(".")[0] in {"subprocess", "pty"}}
    assert started <= START_PROCESSES


def test_only_guarded_files_open_connections() -> None:
    opened = {path for path, name in imports() if name in NETWORK}
    assert {path for path in opened if not path.startswith("cmdb/discovery/")} <= SPEAK_TO_THE_NETWORK


def test_certificates_are_always_checked() -> None:
    forbidden = {"ssl._create_unverified_context", "ssl._create_stdlib_context"}
    assert not calls(lambda _call, name: name in forbidden)
    assert not calls(
        lambda call, _name: isinstance(value := keyword(call, "verify"), ast.Constant) and value.value is False
    )
    assert not [
        path for path in sources() if re.search(r"CERT_NONE|check_hostname\s*=\s*False", path.read_text("utf-8"))
    ]


def test_statements_are_never_put_together_from_values() -> None:
    def from_values(call: ast.Call, name: str) -> bool:
        is_raw = name == "text" or name.endswith((".exec_driver_sql", "literal_column"))
        return is_raw and bool(call.args) and isinstance(call.args[0], ast.JoinedStr | ast.BinOp | ast.Call)

    known = ("itsm/seeding/writing.py:", "itsm/kernel/db.py:")  # names of our own tables, and fixed pragmas
    raw = {path for path, name in imports() if name == "sqlalchemy.text"}
    places = [place for place in calls(from_values) if not place.startswith(known)]
    assert not [place for place in places if not place.endswith(" text") or place.split(":")[0] in raw]


def test_markup_is_made_of_constants_and_templates_only() -> None:
    def is_rendered(node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and dotted(node.func) in {"render_template", "panel.render"}

    assigned = [node for _path, node in nodes() if isinstance(node, ast.Assign) and is_rendered(node.value)]
    pages = {dotted(target) for node in assigned for target in node.targets}

    def of_data(call: ast.Call, name: str) -> bool:
        if name != "Markup" or not call.args:
            return False
        given = call.args[0]
        if ast.unparse(given) == "translate(text)":  # the catalogues are ours, and values are escaped when put in
            return False
        return not (is_rendered(given) or is_constant(given) or dotted(given) in pages)

    assert not calls(of_data)


def test_templates_come_from_files_or_the_sandbox() -> None:
    assert not calls(lambda _call, name: name in {"render_template_string", "flask.render_template_string"})
    assert not [(path, name) for path, name in imports() if name in {"jinja2.Environment", "jinja2.Template"}]


def test_templates_escape_everything() -> None:
    unescaped = re.compile(r"\|\s*safe\b|autoescape\s+false|\bMarkup\b", re.IGNORECASE)
    assert not [str(path.relative_to(ROOT)) for path in TEMPLATES if unescaped.search(path.read_text("utf-8"))]


def test_templates_hold_no_script_of_their_own() -> None:
    script, handler = r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", r"\son[a-z]+\s*=\s*[\"']"
    inline = re.compile(f"{script}|{handler}|javascript:", re.IGNORECASE)
    assert not [str(path.relative_to(ROOT)) for path in TEMPLATES if inline.search(path.read_text("utf-8"))]


def test_every_posted_form_carries_the_token() -> None:
    forms = re.compile(r"<form\b[^>]*method=\"post\"[^>]*>(.*?)</form>", re.IGNORECASE | re.DOTALL)
    without = [
        f"{path.relative_to(ROOT)}: {found[0][:80]}"
        for path in TEMPLATES
        for found in forms.finditer(path.read_text("utf-8"))
        if "csrf" not in found[1]
    ]
    assert not without


def test_pages_opened_in_a_new_tab_cannot_reach_back() -> None:
    links = re.compile(r"<a\b[^>]*target=\"_blank\"[^>]*>", re.IGNORECASE)
    assert not [
        found[0]
        for path in TEMPLATES
        for found in links.finditer(path.read_text("utf-8"))
        if "noopener" not in found[0]
    ]


def test_scripts_put_no_data_in_as_html() -> None:
    dangerous = re.compile(
        r"\.(inner|outer)HTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function\(|\.srcdoc\b"
    )
    assert SCRIPTS
    assert not [path.name for path in SCRIPTS if dangerous.search(path.read_text("utf-8"))]


def test_chance_that_can_be_guessed_makes_no_secret() -> None:
    used = {path for path, name in imports() if name == "random" or name.startswith("random.")}
    assert {path for path in used if not path.startswith("itsm/demo/")} <= {
        "itsm/seeding/__init__.py",
        "itsm/seeding/tickets.py",
        "itsm/seeding/cis.py",
        "itsm/notifications/delivery.py",
        "itsm/kernel/outbox.py",
    }


def test_no_broken_digest_is_used() -> None:
    assert not calls(lambda call, name: name in WEAK_DIGESTS and keyword(call, "usedforsecurity") is None)


def test_files_are_sent_as_downloads_unless_said_otherwise() -> None:
    assert not calls(lambda call, name: name == "send_file" and keyword(call, "as_attachment") is None)


def test_cookies_are_closed_to_scripts_and_other_sites() -> None:
    wanted = ("httponly", "samesite", "secure")
    assert not calls(
        lambda call, name: name.endswith(".set_cookie") and any(keyword(call, each) is None for each in wanted)
    )


def test_archives_are_never_unpacked_to_the_disk() -> None:
    assert not calls(lambda _call, name: name.endswith((".extractall", ".extract", "unpack_archive")))


def test_forwarded_headers_are_read_by_the_proxy_setting_alone() -> None:
    assert not [path for path in sources() if re.search(r"[\"']X-Forwarded-|[\"']X-Real-IP", path.read_text("utf-8"))]


def test_no_log_line_names_a_secret() -> None:
    def tells(call: ast.Call, name: str) -> bool:
        return name.startswith("log.") and any(each.arg in SECRET_WORDS for each in call.keywords)

    assert not calls(tells)


def test_no_file_is_opened_to_everyone() -> None:
    def opens(call: ast.Call, name: str) -> bool:
        modes = [
            each.value for each in ast.walk(call) if isinstance(each, ast.Constant) and isinstance(each.value, int)
        ]
        return name.endswith((".chmod", ".mkdir", ".touch")) and any(mode & 0o002 for mode in modes if mode > 0o77)

    assert not calls(opens)
    assert not calls(lambda _call, name: name == "tempfile.mktemp")


def test_the_rules_find_what_they_look_for() -> None:
    bad = ast.parse("import pickle\ntext(f'SELECT {x}')\nsubprocess.run('x', shell=True)\nMarkup(data)")
    found = [dotted(node.func) for node in ast.walk(bad) if isinstance(node, ast.Call)]
    assert sorted(found) == ["Markup", "subprocess.run", "text"]
    assert not is_constant(ast.parse("data", mode="eval").body)
    assert is_constant(ast.parse("'a' if x else WORDS", mode="eval").body)
