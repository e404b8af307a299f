"use strict";
// Tables that sort and filter, and a card with the seeds of a cell. Everything on the page can be read without it.
{
  const FEWEST_ROWS = 8; // of a table that has a filter
  const LEAVING = 200; // milliseconds from a cell to its card

  const text = (cell) => (cell.querySelector("summary") ?? cell).textContent.trim();
  const number = (cell) => parseFloat(text(cell).replaceAll("\u2212", "-").replaceAll(",", ""));

  // Numbers by size, other texts by the alphabet, and what is no number last in either direction.
  function compare(one, other, direction) {
    const [a, b] = [number(one), number(other)];
    if (Number.isNaN(a) && Number.isNaN(b)) {
      return direction * text(one).localeCompare(text(other), "en", { numeric: true });
    }
    return Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : direction * (a - b);
  }

  function sort(table, heading) {
    const place = heading.cellIndex;
    const rows = [...table.tBodies[0].rows];
    const numbers = rows.some((row) => !Number.isNaN(number(row.cells[place])));
    const [first, then] = numbers ? ["descending", "ascending"] : ["ascending", "descending"];
    const order = heading.ariaSort === first ? then : first;
    rows.sort((one, other) => compare(one.cells[place], other.cells[place], order === "ascending" ? 1 : -1));
    table.tBodies[0].append(...rows);
    for (const cell of heading.parentElement.cells) cell.removeAttribute("aria-sort");
    heading.ariaSort = order;
  }

  function makeSortable(table) {
    for (const heading of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.append(...heading.childNodes);
      button.addEventListener("click", () => sort(table, heading));
      heading.append(button);
    }
  }

  function makeFilter(table) {
    const rows = [...table.tBodies[0].rows];
    if (rows.length < FEWEST_ROWS) return;
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "search" });
    const told = document.createElement("output");
    label.append("Rows with ", input);
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/);
      for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
      told.textContent = ` ${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
    });
    const bar = Object.assign(document.createElement("p"), { className: "filter" });
    bar.append(label, told);
    table.parentElement.before(bar);
  }

  // The card repeats what the cell itself unfolds to, so that it is hidden from screen readers.
  const card = Object.assign(document.createElement("div"), { className: "card", hidden: true, ariaHidden: "true" });
  let leaving;

  function hide() {
    card.hidden = true;
  }

  function show(summary) {
    clearTimeout(leaving);
    if (summary.parentElement.open) return hide();
    card.replaceChildren(summary.parentElement.querySelector("ul").cloneNode(true));
    for (const link of card.querySelectorAll("a")) link.tabIndex = -1;
    card.hidden = false;
    const cell = summary.getBoundingClientRect();
    const left = Math.min(cell.left, document.documentElement.clientWidth - card.offsetWidth - 8);
    card.style.left = `${Math.max(8, left) + scrollX}px`;
    card.style.top = `${cell.bottom + scrollY + 2}px`;
  }

  function leave() {
    leaving = setTimeout(hide, LEAVING);
  }

  function makeCard(summary) {
    summary.removeAttribute("title");
    summary.addEventListener("mouseenter", () => show(summary));
    summary.addEventListener("focus", () => summary.matches(":focus-visible") && show(summary));
    summary.addEventListener("mouseleave", leave);
    summary.addEventListener("blur", leave);
    summary.addEventListener("click", hide);
  }

  document.querySelectorAll("table.sorted").forEach(makeSortable);
  document.querySelectorAll("table.filtered").forEach(makeFilter);
  document.querySelectorAll("td summary").forEach(makeCard);
  document.body.append(card);
  card.addEventListener("mouseenter", () => clearTimeout(leaving));
  card.addEventListener("mouseleave", leave);
  addEventListener("keydown", (event) => event.key === "Escape" && hide());

  // Printed pages show what is folded, but neither the seeds of single cells nor each claim of many studies in full.
  const folded = [...document.querySelectorAll("details")].filter((one) => !one.closest("td, .study-claims .claim"));
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = folded.filter((one) => !one.open);
    opened.forEach((one) => (one.open = true));
  });
  addEventListener("afterprint", () => opened.forEach((one) => (one.open = false)));
}
