"""The modules of the page that need no browser, by Node's own test runner."""

import shutil
import subprocess
from pathlib import Path

import pytest

from service.resources.ui.files import OWN, page

NODE = shutil.which("node")
TYPESCRIPT = Path(__file__).parent / "node_modules" / "typescript" / "lib" / "typescript.js"
# Of each pair of files the parts that TypeScript's compiler reads in them, without comments.
COMPARE = """
    const [, typescript, ...files] = process.argv;
    const { createSourceFile, isJSDoc } = require(typescript);
    const { readFileSync } = require("fs");
    function parts(file) {
        const source = createSourceFile("x.js", readFileSync(file, "utf8"), 99, true);
        const found = [];
        function visit(node) {
            if (isJSDoc(node)) return;
            const children = node.getChildren(source);
            if (children.length) children.forEach(visit);
            else found.push(node.getText(source));
        }
        visit(source);
        return JSON.stringify(found);
    }
    for (let at = 0; at < files.length; at += 2) {
        if (parts(files[at]) !== parts(files[at + 1])) console.log(files[at]);
    }
"""


@pytest.mark.skipif(NODE is None, reason="needs Node.js")
def test_what_needs_no_browser() -> None:
    assert NODE is not None
    done = subprocess.run(
        [NODE, "--test", Path(__file__).parent],
        env={"LANG": "en_US.UTF-8", "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(NODE is None or not TYPESCRIPT.exists(), reason="needs TypeScript: make check")
def test_what_is_served_says_what_is_written(tmp_path: Path) -> None:
    assert NODE is not None
    files = []
    for name, file in page().files.items():
        if name.endswith(".js"):
            served = tmp_path / name.replace("/", "+")
            served.write_bytes(file.content)
            files += [str(OWN / name), str(served)]
    done = subprocess.run(
        [NODE, "-e", COMPARE, str(TYPESCRIPT), *files],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert (done.stdout, len(files) > 60) == ("", True)
