// A table of many rows is sorted by its heads, and filtered by words and by choices; a link to one of
// its rows shows that row. Without this script every table stands whole.
(function () {
  const MANY_ROWS = 15; // from here on a table is sorted and filtered
  const TOO_MANY_ROWS = 80, FIRST_ROWS = 25; // of more than so many the first stand there, the others on request
  const words = new Intl.Collator("en", { numeric: true });

  function element(name, className, text) {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text || "";
    return made;
  }
  let fields = 0;
  function labelled(text, field) {
    const pair = element("span", "field"), label = element("label", "", text);
    fields += 1;
    label.htmlFor = field.id = "table-field-" + fields;
    pair.append(label, field);
    return pair;
  }

  // --- the order of rows

  function valueOf(row, column) {
    const cell = row.cells[column];
    return "value" in cell.dataset ? cell.dataset.value : cell.textContent.trim();
  }
  function compare(a, b) {
    const difference = Number(a) - Number(b);
    return Number.isNaN(difference) ? words.compare(a, b) : difference;
  }
  // Rows of the same value stay as they are, and those without one come last.
  function sort(table, column, ascending) {
    const body = table.tBodies[0];
    const filled = [], empty = [];
    for (const row of body.rows) (valueOf(row, column) === "" ? empty : filled).push(row);
    const sign = ascending ? 1 : -1;
    filled.sort((a, b) => sign * compare(valueOf(a, column), valueOf(b, column)));
    body.append(...filled, ...empty);
    [...table.tHead.rows[0].cells].forEach(function (head, place) {
      head.removeAttribute("aria-sort");
      if (place === column) head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    });
  }
  function isOfNumbers(table, column) {
    return [...table.tBodies[0].rows].some((row) => row.cells[column].classList.contains("number"));
  }
  // The largest first, or from A on; once more, the other way round.
  function sortByHead(table, column) {
    const now = table.tHead.rows[0].cells[column].getAttribute("aria-sort");
    sort(table, column, now ? now === "descending" : !isOfNumbers(table, column));
  }

  // --- which rows are shown

  function chosenIn(row, column) {
    const cell = row.cells[column];
    return "choice" in cell.dataset ? cell.dataset.choice : cell.textContent.trim();
  }
  function choiceOf(rows, column, all) {
    const counts = new Map();
    for (const row of rows) {
      const word = chosenIn(row, column);
      if (word) counts.set(word, (counts.get(word) || 0) + 1);
    }
    const select = element("select", "");
    select.append(new Option(all, ""));
    for (const word of [...counts.keys()].sort(words.compare)) {
      select.append(new Option(word + " (" + counts.get(word) + ")", word));
    }
    return select;
  }

  function equip(table) {
    const rows = [...table.tBodies[0].rows], heads = [...table.tHead.rows[0].cells];
    const room = table.closest(".table-room"), tools = element("div", "table-tools");
    const search = element("input", ""), shown = element("output", ""), all = element("button", "", "Show all");
    const title = table.caption.textContent.trim();
    const choices = [], more = element("button", "more-rows");
    let whole = rows.length <= TOO_MANY_ROWS;
    search.type = "search";
    all.type = more.type = "button";
    shown.setAttribute("aria-live", "polite");
    tools.setAttribute("role", "group");
    tools.setAttribute("aria-label", "Rows of: " + title);

    function apply() {
      const asked = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of rows) {
        const text = row.textContent.replaceAll("\u00a0", " ").toLowerCase();
        row.hidden = !asked.every((word) => text.includes(word))
          || choices.some(({ select, column }) => select.value && chosenIn(row, column) !== select.value);
      }
      const left = [...table.tBodies[0].rows].filter((row) => !row.hidden);
      left.forEach((row, place) => row.classList.toggle("later", !whole && place >= FIRST_ROWS));
      shown.textContent = left.length === rows.length ? rows.length + " rows" : left.length + " of " + rows.length + " rows";
      all.hidden = left.length === rows.length;
      more.hidden = whole || left.length <= FIRST_ROWS;
      more.textContent = "Show all " + left.length + " rows";
    }
    function clear() {
      search.value = "";
      whole = true;
      for (const { select } of choices) select.value = "";
      apply();
    }

    tools.append(labelled("Filter", search));
    heads.forEach(function (head, column) {
      const name = head.firstChild ? head.firstChild.textContent : "";
      if ("choose" in head.dataset) {
        const select = choiceOf(rows, column, "all");
        choices.push({ select, column });
        tools.append(labelled(name, select));
        select.addEventListener("change", apply);
      }
      const button = element("button", "sort");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", function () { sortByHead(table, column); apply(); });
      head.append(button);
    });
    tools.append(labelledSort(table, heads, apply), shown, all);
    room.prepend(tools);
    room.append(more);
    more.addEventListener("click", function () {
      const next = table.querySelector("tr.later");
      whole = true;
      apply();
      next.tabIndex = -1;
      next.focus(); // the button is gone
    });
    search.addEventListener("input", apply);
    all.addEventListener("click", function () { clear(); search.focus(); });
    room.addEventListener("traincost:show-all", clear);
    table.addEventListener("traincost:sorted", apply);
    apply();
  }

  // Cards have no heads to press: on a narrow page the order is chosen from a list.
  function labelledSort(table, heads, apply) {
    const select = element("select", "");
    select.append(new Option("as it stands", ""));
    heads.forEach(function (head, column) {
      select.append(new Option(table.tBodies[0].rows[0].cells[column].dataset.label, String(column)));
    });
    select.addEventListener("change", function () {
      if (select.value) sort(table, Number(select.value), !isOfNumbers(table, Number(select.value)));
      apply();
    });
    const pair = labelled("Sort by", select);
    pair.classList.add("sort-cards");
    return pair;
  }

  // --- columns that are the same on another basis: one of them is shown, in all tables of the page at once

  const BASES = "table.report thead th[data-basis]";
  function show(basis) {
    for (const head of document.querySelectorAll(BASES)) {
      const table = head.closest("table"), isShown = head.dataset.basis === basis;
      for (const row of table.rows) row.cells[head.cellIndex].hidden = !isShown;
      if (isShown) sort(table, head.cellIndex, false);
      table.dispatchEvent(new Event("traincost:sorted"));
    }
    for (const radio of document.querySelectorAll(".table-basis input")) radio.checked = radio.value === basis;
  }
  function choice(table, number) {
    const set = element("fieldset", "table-basis");
    set.append(element("legend", "", "Prices"));
    for (const head of table.tHead.querySelectorAll("th[data-basis]")) {
      const radio = element("input", ""), basis = head.dataset.basis;
      Object.assign(radio, { type: "radio", name: "table-basis-" + number, value: basis });
      radio.addEventListener("change", function () { show(basis); });
      set.append(labelled(basis, radio));
    }
    table.closest(".table-room").prepend(set);
  }
  function offerBases() {
    const tables = new Set([...document.querySelectorAll(BASES)].map((head) => head.closest("table")));
    [...tables].forEach(choice);
    if (tables.size) show(document.querySelector(BASES).dataset.basis);
  }

  // --- the row that the address names

  function showTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const row = target && target.closest("table.report tr");
    if (!row) return;
    row.closest(".table-room").dispatchEvent(new Event("traincost:show-all"));
    for (let fold = row.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    row.scrollIntoView();
  }

  // A table that fits its box need not scroll in it, and its head can then stay on the page.
  const fitting = new ResizeObserver(function (entries) {
    for (const { target } of entries) {
      const fits = target.scrollWidth <= target.clientWidth;
      target.classList.toggle("fits", fits);
      target.tabIndex = fits ? -1 : 0;
    }
  });

  document.addEventListener("DOMContentLoaded", function () {
    for (const table of document.querySelectorAll("table.report")) {
      if (table.tBodies[0].rows.length > MANY_ROWS) equip(table);
    }
    offerBases();
    document.querySelectorAll(".table-box").forEach((box) => fitting.observe(box));
    showTarget();
    window.addEventListener("load", showTarget); // once all above the row has its height
    window.addEventListener("hashchange", showTarget);
    document.addEventListener("click", function (event) { // the address that stands already
      const link = event.target.closest("a[href*='#']");
      if (link && link.href === location.href && !event.defaultPrevented) showTarget();
    });
  });
})();
