"""What axe-core finds wrong with the page, as a program of its own that can be ended: `python -m
tests.helpers.axe AXE.js CHROMIUM ADDRESS` prints the faults, in a light and in a dark scheme, as JSON.

One run for each scheme, with all views of the page shown at once: a run for each view took chromium down.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

_SHOWN = "document.querySelectorAll('main [hidden]').forEach(each => each.hidden = false)"
# Nothing is loaded by axe itself, and nothing but what is wrong is worked out.
_RUN = """Promise.race([
  axe.run(document, {
    preload: false, iframes: false, elementRef: false, resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
  }),
  new Promise((_, reject) => setTimeout(() => reject(new Error("axe took too long")), 20000)),
]).then(found => found.violations.map(each => ({
  id: each.id, impact: each.impact, nodes: each.nodes.map(node => node.html.slice(0, 200)),
})))"""


def faults(axe: str, chromium: str, address: str) -> dict[str, list[dict[str, Any]]]:
    """Return what is found in each scheme."""
    found = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            for scheme in ("light", "dark"):
                context = browser.new_context(color_scheme=scheme, viewport={"width": 900, "height": 900})  # type: ignore[arg-type]
                context.set_default_timeout(20_000)
                page = context.new_page()
                page.goto(address)
                page.wait_for_load_state()
                page.evaluate(_SHOWN)
                page.evaluate(f"{axe}\n;undefined")  # not as a script of the page, which its CSP forbids
                found[scheme] = page.evaluate(_RUN)
                context.close()
        finally:
            browser.close()
    return found


if __name__ == "__main__":
    print(json.dumps(faults(Path(sys.argv[1]).read_text("utf-8"), sys.argv[2], sys.argv[3])))
