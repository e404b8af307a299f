"use strict";
// What the theme leaves out for people who use a keyboard or a screen reader. It makes these elements after the page has
// loaded, so that each is mended as soon as it is there.
{
  // The buttons of a block of code are no landmark of the page.
  function mendButtons(nav) {
    nav.setAttribute("role", "presentation");
  }

  // A table that is wider than a phone is scrolled with the arrow keys.
  function mendTable(frame) {
    frame.tabIndex = 0;
    frame.setAttribute("role", "group");
    frame.setAttribute("aria-label", "Table");
  }

  // The corner of a table is no heading.
  function mendCorner(heading) {
    if (!heading.textContent.trim()) heading.replaceWith(document.createElement("td"));
  }

  function mend() {
    document.querySelectorAll(".md-code__nav:not([role])").forEach(mendButtons);
    document.querySelectorAll(".md-typeset__scrollwrap:not([role])").forEach(mendTable);
    document.querySelectorAll(".md-typeset thead th").forEach(mendCorner);
  }

  mend();
  new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
}
