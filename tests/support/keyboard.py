"""A page by keyboard alone: every control is reached with Tab, shows the focus, and lets go of it."""

from typing import Any

from playwright.sync_api import Page

__all__ = ["assert_by_keyboard"]

_NUMBER = """() => {
  const wanted = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
  let number = 0;
  const seen = new Set();
  for (const one of document.querySelectorAll(wanted)) {
    const shown = one.checkVisibility({visibilityProperty: true});
    if (!shown || one.disabled) continue;
    if (one.type === 'radio') {
      // A group is one stop: what is chosen, or its first.
      const group = [...document.getElementsByName(one.name)];
      if (one !== (group.find(other => other.checked) || group[0])) continue;
    }
    one.dataset.stop = String(number++);
  }
  return number;
}"""

_LOOK = """one => {
  const said = (element, pseudo) => {
    const style = getComputedStyle(element, pseudo);
    return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow,
      style.backgroundColor, style.borderTopWidth, style.borderTopColor].join();
  };
  const label = one.labels && one.labels[0];
  return [said(one), said(one, '::before'), label ? said(label, '::before') : ''].join('|');
}"""

_HERE = f"""() => {{
  const look = {_LOOK};
  const one = document.activeElement;
  if (!one || one === document.body) return ['nothing', '', ''];
  if (!one.dataset.stop) return [one.outerHTML.slice(0, 120), '', ''];
  const focused = look(one);
  const stop = one.dataset.stop;
  one.blur();
  const plain = look(one);
  one.focus({{preventScroll: true}});
  return [stop, focused, plain];
}}"""


def assert_by_keyboard(page: Page) -> None:
    """Press Tab until every control had the focus, in the order they stand, and was seen to have it."""
    page.evaluate("document.activeElement && document.activeElement.blur(); window.scrollTo(0, 0)")
    stops = page.evaluate(_NUMBER)
    found: list[Any] = []
    for _ in range(stops):
        page.keyboard.press("Tab")
        stop, focused, plain = page.evaluate(_HERE)
        assert stop.isdigit(), (
            f"{page.url}: Tab leads to {stop} after {found}, not to {_control(page, found)}"
        )
        assert focused != plain, f"{page.url}: nothing shows the focus on control {stop}"
        found.append(int(stop))
    assert found == list(range(stops)), f"{page.url}: {found} of {stops}"


def _control(page: Page, found: list[int]) -> str:
    """Return the control that should have come next."""
    return str(page.locator(f"[data-stop='{len(found)}']").evaluate("one => one.outerHTML.slice(0, 200)"))
