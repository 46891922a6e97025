// A number opens where it stands: by tap, Enter, Space, or a pointer that rests on it. What it shows comes
// from one script (cards.js), loaded when a number is first reached for; without it a number is a link.
(function () {
  const here = document.currentScript.src.replace(/numbers\.js.*$/, "");
  const OPENS = "a[data-row]:is(.figure, .term, .verdict)";
  const MARK = "figure.chart a[aria-label]";
  const REST_MS = 350, LEAVE_MS = 300, GAP_PX = 6, EDGE_PX = 8;
  let loading = null, card = null, opener = null, timer = null, byPointer = false;

  function load() {
    loading = loading || new Promise(function (resolve, reject) {
      const script = document.createElement("script");
      script.src = here + "cards.js";
      script.onload = function () { resolve(window.traincostCards); };
      script.onerror = reject;
      document.head.appendChild(script);
    });
    return loading;
  }

  function add(parent, tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text) node.textContent = text;
    parent.appendChild(node);
    return node;
  }
  function link(parent, href, text, className) {
    const node = add(parent, "a", className, text);
    node.href = href;
    return node;
  }
  // a name in a chart may stand in lines
  function wordsOf(anchor) {
    const lines = [...anchor.querySelectorAll("tspan")].map(function (line) { return line.textContent.trim(); });
    return lines.join(" ") || anchor.textContent;
  }
  function known(parent, found) {
    if (found.how) add(parent, "span", "known " + found.mark, found.how);
  }

  function addParts(parent, found) {
    const list = add(parent, "ul", "card-parts");
    found.parts.forEach(function (part) {
      const item = add(list, "li");
      if (part.href) link(item, part.href, part.name);
      else add(item, "span", "", part.name);
      add(item, "span", "card-part-value", part.value);
      known(item, part);
    });
    if (found.rest) add(list, "li", "card-rest", found.rest);
  }
  function addSource(parent, found, source) {
    const line = add(parent, "p", "card-source", source.title + " (" + source.year + ")");
    if (found.place) line.append(", " + found.place);
  }
  function addLinks(parent, found, source) {
    const line = add(parent, "p", "card-links");
    const paged = found.page && source && source.pdf;
    if (source && source.url) link(line, paged ? source.pdf + "#page=" + found.page : source.url, "Open the document", "card-document");
    link(line, found.href, found.source || !found.mark ? "Its row" : "Where it comes from", "card-row");
    link(line, "about.html#wrong-number", "Is it wrong?", "card-report");
  }

  // a page on which a reader sets the numbers says what this one is at these settings
  function now(anchor, found) {
    const page = window.traincostTry;
    return page && page.cardNow && anchor.dataset.try ? Object.assign({}, found, page.cardNow(anchor, found)) : found;
  }

  function fill(anchor, data) {
    const found = now(anchor, data.cards[anchor.dataset.row]), source = data.sources[found.source];
    card.replaceChildren();
    const head = add(card, "p", "card-name", found.name);
    head.id = "number-card-name";
    // a figure may be another one than that of the row which it rests on
    const isFigure = anchor.classList.contains("figure"), mark = anchor.classList[1];
    const isOwn = !isFigure || !found.mark || found.mark === mark;
    if (found.value || isFigure) {
      const value = add(card, "p", "card-value");
      const cell = anchor.closest("td[data-label]"), isWhole = isOwn && found.value;
      const says = anchor.getAttribute("aria-label"); // of a mark, which has no text
      add(value, "strong", says ? "card-says" : "", says || isWhole || wordsOf(anchor));
      if (!isWhole && cell) add(value, "span", "card-range", cell.dataset.label);
      if (isOwn && found.range) add(value, "span", "card-range", found.range);
    }
    const how = add(card, "p", "card-how");
    if (isFigure && !(isOwn && found.how)) known(how, { mark: mark, how: data.marks[mark] });
    else known(how, found);
    if (!isOwn) add(how, "span", "card-second", "from this row" + (found.value ? ": " + found.value : ""));
    if (found.second) add(how, "span", "card-second", "† " + found.second);
    if (found.printed) add(card, "p", "card-printed", "In the source: " + found.printed);
    if (found.says) add(card, "p", "", found.says);
    if (found.sum) add(card, "p", "card-sum", "= " + found.sum);
    if (found.parts) addParts(card, found);
    if (found.note) add(card, "p", "card-note", found.note);
    if (source) addSource(card, found, source);
    addLinks(card, found, source);
  }

  // under the number, or above where there is more room; always inside the window
  function place() {
    const anchor = opener.getClientRects()[0] || opener.getBoundingClientRect();
    const below = innerHeight - anchor.bottom - GAP_PX - EDGE_PX, above = anchor.top - GAP_PX - EDGE_PX;
    const wanted = card.scrollHeight + 2, isBelow = below >= wanted || below >= above;
    const width = document.documentElement.clientWidth;
    card.style.maxHeight = Math.max(isBelow ? below : above, 120) + "px";
    const top = isBelow ? anchor.bottom + GAP_PX : anchor.top - GAP_PX - card.offsetHeight;
    const left = Math.min(anchor.left, width - card.offsetWidth - EDGE_PX);
    card.style.left = Math.max(EDGE_PX, left) + scrollX + "px";
    card.style.top = Math.max(EDGE_PX, Math.min(top, innerHeight - card.offsetHeight - EDGE_PX)) + scrollY + "px";
  }

  function makeCard() {
    card = document.createElement("div");
    card.id = "number-card";
    card.popover = "auto";
    card.tabIndex = -1;
    card.setAttribute("role", "dialog");
    card.setAttribute("aria-labelledby", "number-card-name");
    document.body.appendChild(card);
    card.addEventListener("pointerenter", function () { clearTimeout(timer); });
    card.addEventListener("pointerleave", leave);
    card.addEventListener("keydown", keepFocus);
    card.addEventListener("toggle", function (event) {
      if (event.newState === "closed" && opener) opener.setAttribute("aria-expanded", "false");
    });
  }

  function open(anchor, fromPointer) {
    clearTimeout(timer);
    return load().then(function (data) {
      if (!card) makeCard();
      if (isOpen()) card.hidePopover();
      opener = anchor;
      byPointer = fromPointer;
      fill(anchor, data);
      card.style.maxHeight = "";
      card.showPopover();
      place();
      anchor.setAttribute("aria-expanded", "true");
      if (!fromPointer) card.focus({ preventScroll: true });
    });
  }
  function isOpen() { return Boolean(card) && card.matches(":popover-open"); }
  function close(returnFocus) {
    clearTimeout(timer);
    if (!isOpen()) return;
    card.hidePopover();
    if (returnFocus) opener.focus({ preventScroll: true });
  }
  function leave() {
    clearTimeout(timer);
    if (byPointer) timer = setTimeout(function () { close(false); }, LEAVE_MS);
  }

  // Tab goes through the links of the card, and from its ends back to the number
  function keepFocus(event) {
    if (event.key !== "Tab") return;
    const links = card.querySelectorAll("a"), last = links[links.length - 1];
    const atEnd = !event.shiftKey && document.activeElement === last;
    const atStart = event.shiftKey && [card, links[0]].includes(document.activeElement);
    if (!atEnd && !atStart) return;
    if (atStart) event.preventDefault();
    close(true);
  }

  let closedBy = null; // the browser closes the card when its own number is pressed: that press opens no other
  document.addEventListener("pointerdown", function () { closedBy = isOpen() && !byPointer ? opener : null; }, true);
  document.addEventListener("click", function (event) {
    const anchor = event.target.closest(OPENS);
    if (!anchor) return;
    clearTimeout(timer);
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (event.detail && closedBy === anchor) return;
    open(anchor, false).catch(function () { location.href = anchor.getAttribute("href"); });
  });
  document.addEventListener("keydown", function (event) {
    const anchor = event.target.closest && event.target.closest(OPENS);
    if (anchor && event.key === " ") {
      event.preventDefault();
      anchor.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
    }
    if (event.key === "Escape" && isOpen()) {
      event.preventDefault();
      event.stopPropagation();
      close(true);
    }
  }, true);
  document.addEventListener("pointerover", function (event) {
    const anchor = event.target.closest(OPENS); // a mark says in a word what it stands for: charts.js
    if (!anchor || anchor.matches(MARK) || event.pointerType !== "mouse" || (isOpen() && (opener === anchor || !byPointer))) return;
    clearTimeout(timer);
    timer = setTimeout(function () { open(anchor, true).catch(function () {}); }, REST_MS);
  });
  document.addEventListener("pointerout", function (event) {
    if (event.pointerType === "mouse" && event.target.closest(OPENS)) leave();
  });
})();
