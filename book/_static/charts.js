// A mark of a chart says what it stands for when it is pointed at, reached by a key or tapped; arrows go from mark to
// mark; the link of a chart or a heading is copied.
(function () {
  const MARK = "figure.chart svg a[aria-label]", STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  let tip = null;
  function close() {
    if (tip) tip.remove();
    tip = null;
  }
  function say(mark) {
    close();
    tip = document.createElement("div");
    tip.className = "chart-tip";
    tip.setAttribute("role", "status");
    tip.textContent = mark.getAttribute("aria-label");
    document.body.appendChild(tip);
    const at = mark.getBoundingClientRect();
    const left = Math.min(at.left + at.width / 2, at.left + 200) - tip.offsetWidth / 2;
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = Math.max(8, Math.min(left, room)) + "px";
    const above = at.top - tip.offsetHeight - 6;
    tip.style.top = (above > 0 ? above : at.bottom + 6) + "px";
  }
  function onMark(event) {
    const mark = event.target.closest("figure.chart g.role-mark [aria-label]");
    if (mark) say(mark);
    else close();
  }
  function copy(event) {
    const link = event.target.closest("a.chart-link, a.headerlink");
    if (!link || !navigator.clipboard) return;
    if (link.matches(".chart-link")) event.preventDefault(); // that of a heading also leads there
    navigator.clipboard.writeText(link.href).then(function () {
      const said = link.textContent;
      link.textContent = "Copied";
      setTimeout(function () { link.textContent = said; }, 1500);
    }, function () { location.hash = link.hash; });
  }
  function onKey(event) {
    if (event.key === "Escape") close();
    const mark = STEPS[event.key] && event.target.closest(MARK);
    if (!mark) return;
    event.preventDefault();
    const marks = Array.from(mark.ownerSVGElement.querySelectorAll("a[aria-label]"));
    const next = marks[(marks.indexOf(mark) + STEPS[event.key] + marks.length) % marks.length];
    mark.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  }
  document.addEventListener("pointerover", onMark);
  document.addEventListener("pointerdown", onMark);
  document.addEventListener("focusin", function (event) { if (event.target.closest(MARK)) onMark(event); });
  document.addEventListener("focusout", close);
  document.addEventListener("click", copy);
  document.addEventListener("scroll", function () { // a mark that the keys reach scrolls into sight
    const mark = tip && document.activeElement.matches(MARK + ":focus-visible") && document.activeElement;
    if (mark) say(mark);
    else close();
  }, { passive: true });
  document.addEventListener("keydown", onKey);
})();
