/* The bill of a reader's numbers, drawn: what is disclosed solid, what is reconstructed in its colour,
   what is assumed hatched; the edition's own bill as a pale outline behind it. */
(() => {
  "use strict";
  const data = window.traincostTry;
  const NS = "http://www.w3.org/2000/svg";
  const BAR = 22;
  const AFTER = 12;
  const HEAD = 30;
  const AXIS = 26;
  const LETTER = 7.2; // pixels, about
  const TITLE_ROOM = 0.8; // titles are set a little wider

  function add(parent, tag, attributes = {}, text = "") {
    const made = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.textContent = text;
    parent.append(made);
    return made;
  }

  /** A value to some figures; half way between two it takes the even one, as the package does. */
  function figures(value, count) {
    const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - count + 1);
    const below = Math.floor(value / unit);
    if (value / unit - below === 0.5 && below % 2 === 0) return below * unit;
    return Number(value.toPrecision(count));
  }

  const written = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 10 });

  function usd(value, count = 2) {
    const sizes = [[1e9, "B"], [1e6, "M"], [1e3, "K"]];
    const [size, letter] = sizes.find(([least]) => figures(value, count) >= least) ?? [1, ""];
    return `$${written(figures(value / size, count))}${letter}`;
  }

  /** Round ticks from zero past the largest value, five at most. */
  function ticksTo(largest) {
    const power = 10 ** Math.floor(Math.log10(largest / 4));
    const step = [1, 2, 5, 10].map((round) => round * power).find((one) => one * 4 >= largest);
    return [0, 1, 2, 3, 4].map((count) => count * step).filter((tick) => tick - step < largest);
  }

  // --- what is drawn: rows of bars, each with a name, a kind, and where it begins and ends

  const lineOf = (id) => data.lines.find((line) => line.id === id);

  function disclosedRow(found, name) {
    const whole = lineOf(data.whole);
    if (!whole || !found.lines[whole.id].rent) return [];
    const rent = found.lines[whole.id].rent.p50;
    const phases = data.phases.filter((phase) => whole.includes.includes(phase.id));
    const ordered = [...phases.filter((phase) => !phase.headline), ...phases.filter((phase) => phase.headline)];
    let begin = 0;
    const bars = ordered.map((phase) => {
      const bar = { begin, end: begin + (rent * phase.disclosed) / whole.hours, kind: phase.headline ? "accent" : "disclosed", name: phase.label };
      begin = bar.end;
      return bar;
    });
    const own = bars.filter((bar) => bar.kind === "accent");
    const reported = own.length ? `; the part that was reported: ${usd(rent - own[0].begin, 3)}` : "";
    return [{ of: `lines ${whole.id} rent`, name: `${whole.short}, disclosed: ${usd(rent, 3)}${name === "short" ? "" : reported}`, bars, until: rent }];
  }

  function spanRow(of, name, kind, found) {
    const exact = found.p95 - found.p05 < 1e-6 * found.p50;
    const ends = exact ? "" : `: ${usd(found.p05)} to ${usd(found.p95)}, middle`;
    const bar = exact ? { begin: 0, end: found.p50, kind } : { begin: found.p05, end: found.p95, kind };
    return { of, name: `${name}${ends || ":"} ${usd(found.p50)}`, bars: [bar], middle: exact ? null : found.p50, until: found.p95 };
  }

  function panels(found) {
    const assumed = data.lines.filter((line) => line.assumed && !line.marker && found.lines[line.id].rent);
    const first = [...disclosedRow(found), spanRow("phases total usd", "All phases, reconstructed", "reconstructed", found.phases.total.usd)];
    const second = assumed.map((line) => spanRow(`lines ${line.id} rent`, line.short, "assumption", found.lines[line.id].rent));
    const panels = [{ title: "The hours at your price (dashed: this edition’s own numbers)", rows: first }];
    if (second.length) panels.push({ title: "And what neither figure counts: assumed, as at other companies", rows: [...disclosedRow(found, "short"), ...second] });
    return panels;
  }

  // --- how it is drawn

  function bar(group, { begin, end, kind }, x, y, outline) {
    const width = Math.max(x(end) - x(begin), 1.5);
    const fill = outline ? "try-outline" : `try-bar ${kind}`;
    add(group, "rect", { x: x(begin), y, width, height: BAR, class: fill });
    if (!outline && kind === "assumption") add(group, "rect", { x: x(begin), y, width, height: BAR, fill: "url(#try-hatch)" });
  }

  function tick(group, value, x, y) {
    add(group, "line", { x1: x(value), x2: x(value), y1: y - 3, y2: y + BAR + 3, class: "try-middle" });
  }

  function lines(text, width) {
    const most = Math.floor(width / LETTER);
    const found = [""];
    for (const word of text.split(" ")) {
      if (found.at(-1) && `${found.at(-1)} ${word}`.length > most) found.push(word);
      else found[found.length - 1] = `${found.at(-1)} ${word}`.trim();
    }
    return found;
  }

  /** A link to what the number in a table opens to: the label of a row opens to the same card. */
  function link(group, of) {
    const number = document.querySelector(`table [data-try="${of} middle"]`);
    const names = ["class", "href", "data-row", "data-try", "aria-describedby"];
    return number ? add(group, "a", Object.fromEntries(names.map((name) => [name, number.getAttribute(name)]))) : group;
  }

  function row(svg, one, before, x, y, width) {
    const group = add(svg, "g");
    const words = lines(one.name, width);
    const label = link(group, one.of);
    words.forEach((text, number) => add(label, "text", { x: 0, y: y + 14 + 17 * number, class: "try-label" }, text));
    const top = y + 10 + 17 * words.length;
    if (before && before.name !== one.name) for (const old of before.bars) bar(group, old, x, top, true);
    for (const part of one.bars) bar(group, part, x, top, false);
    if (one.middle) tick(group, one.middle, x, top);
    return top + BAR + AFTER;
  }

  function grid(svg, ticks, x, top, bottom) {
    const unit = ticks.at(-1) >= 1e9 ? [1e9, "B"] : ticks.at(-1) >= 1e6 ? [1e6, "M"] : [1e3, "K"];
    ticks.forEach((tick, number) => {
      add(svg, "line", { x1: x(tick), x2: x(tick), y1: top, y2: bottom, class: "try-grid" });
      const anchor = number === 0 ? "start" : number === ticks.length - 1 ? "end" : "middle";
      const text = tick === 0 ? "0" : `$${written(figures(tick / unit[0], 3))}${unit[1]}`;
      add(svg, "text", { x: x(tick), y: bottom + 16, "text-anchor": anchor, class: "try-tick" }, text);
    });
  }

  function panel(svg, one, before, top, width) {
    const largest = Math.max(...[...one.rows, ...before.rows].map((row) => row.until));
    const ticks = ticksTo(largest);
    const x = (value) => (value / ticks.at(-1)) * (width - 2) + 1;
    const title = lines(one.title, width * TITLE_ROOM);
    title.forEach((text, number) => add(svg, "text", { x: 0, y: top + 16 + 19 * number, class: "try-title" }, text));
    const under = add(svg, "g");
    const begin = top + HEAD + 19 * (title.length - 1);
    let y = begin;
    one.rows.forEach((each, number) => { y = row(svg, each, before.rows[number], x, y, width); });
    grid(under, ticks, x, begin, y);
    return y + AXIS;
  }

  function hatch(svg) {
    const pattern = add(add(svg, "defs"), "pattern", { id: "try-hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
    add(pattern, "line", { x1: 0, x2: 0, y1: 0, y2: 6, class: "try-hatching" });
  }

  function draw(box, room, found, byDefault) {
    const width = Math.max(Math.floor(room), 280);
    const svg = document.createElementNS(NS, "svg");
    hatch(svg);
    const before = panels(byDefault);
    let y = 0;
    panels(found).forEach((one, number) => { y = panel(svg, one, before[number], y, width) + 14; });
    svg.setAttribute("viewBox", `0 0 ${width} ${y}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", y);
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", panels(found).flatMap(({ rows }) => rows.map(({ name }) => name)).join(". "));
    box.replaceChildren(svg);
  }

  Object.assign(data, { draw, figures, written, usd });
})();
