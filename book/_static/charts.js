// A mark of a chart says what it stands for when it is pointed at or tapped; the link of a chart or a heading is copied.
(function () {
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
  document.addEventListener("pointerover", onMark);
  document.addEventListener("pointerdown", onMark);
  document.addEventListener("click", copy);
  document.addEventListener("scroll", close, { passive: true });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") close(); });
})();
