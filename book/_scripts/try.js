/* The page on which a reader sets the numbers. Every answer is read off the tables of try-data.js, a
   straight line in logarithms between their knots; a price is a factor. What is not set keeps its
   whole range. */
(() => {
  "use strict";
  const data = window.traincostTry;
  const { figures, written, usd } = data; // of try-chart.js
  const ENDS = ["p05", "p50", "p95"];
  const PRICE = "price_usd_per_gpu_hour";
  const AFTER_MS = 400; // of quiet, before a result is read aloud and the address changes

  // --- answers

  function place(axis, settings) {
    return axis.of.reduce((all, name) => all * (axis.rest ? 1 - settings[name] : settings[name]), 1);
  }

  /** The place of a value among the knots: the knot below, and how far on to the next in logarithms. */
  function between(knots, value) {
    let below = 0;
    while (below < knots.length - 2 && knots[below + 1] < value) below += 1;
    const share = Math.log(value / knots[below]) / Math.log(knots[below + 1] / knots[below]);
    return { below, share };
  }

  /** The logarithm of a table's value; `places` are those on its axes, the last axis moves fastest. */
  function logarithm(values, sizes, places, axis = 0, start = 0) {
    if (axis === places.length) return Math.log(values[start]);
    const step = sizes.slice(axis + 1).reduce((all, size) => all * size, 1);
    const { below, share } = places[axis];
    const low = logarithm(values, sizes, places, axis + 1, start + below * step);
    const high = logarithm(values, sizes, places, axis + 1, start + (below + 1) * step);
    return low + share * (high - low);
  }

  /** The percentiles of a quantity, times a factor. */
  function percentiles(quantity, settings, factor = 1) {
    const set = quantity.by.filter((name) => settings[name] !== undefined);
    const table = quantity.tables[set.join(" ")];
    const axes = table.axes.map((name) => data.axes[name]);
    const sizes = axes.map((axis) => axis.knots.length);
    const places = axes.map((axis) => between(axis.knots, place(axis, settings)));
    const at = (end) => factor * Math.exp(logarithm(table[end], sizes, places));
    return Object.fromEntries(ENDS.map((end) => [end, at(end)]));
  }

  function scaled(found, factor) {
    return Object.fromEntries(ENDS.map((end) => [end, found[end] * factor]));
  }

  function ofPhase(phase, settings) {
    const hours = percentiles(phase.hours, settings);
    return { hours, usd: scaled(hours, settings[PRICE]) };
  }

  function ofLine(line, settings) {
    if (line.stock) return { rent: line.stock, owned: null };
    const found = (quantity, factor) => quantity && percentiles(quantity, settings, line.hours * factor);
    return { rent: found(line.rent, settings[PRICE]), owned: found(line.owned, 1) };
  }

  /** Hours, dollars and every line of the bill, at some settings. */
  function answers(settings) {
    const each = (list, answer) => Object.fromEntries(list.map((one) => [one.id, answer(one, settings)]));
    return { phases: each(data.phases, ofPhase), lines: each(data.lines, ofLine) };
  }

  // --- settings: a value by the name of its parameter; what is left open is not among them

  function asGiven() {
    const given = data.parameters.filter((one) => one.given !== null);
    return Object.fromEntries(given.map((one) => [one.name, clamped(one, one.given)]));
  }

  function clamped(parameter, value) {
    return Math.min(Math.max(value, parameter.low), parameter.high);
  }

  const firstWord = (name) => name.split("_")[0];

  function parameterCalled(word) {
    return data.parameters.find((one) => one.name === word || firstWord(one.name) === word);
  }

  /** Whether an address leads to a place on the page and holds no settings. */
  function isPlace(hash) {
    return hash !== "" && !hash.includes("=") && document.getElementById(decodeURIComponent(hash.slice(1))) !== null;
  }

  /** The settings of an address, and in words what in it could not be used. */
  function fromAddress(hash) {
    const settings = asGiven();
    const said = [];
    for (const one of data.parameters) if (one.given !== null) clampedAloud(one, one.given, said);
    for (const [word, text] of new URLSearchParams(hash.replace(/^#/, ""))) {
      const parameter = parameterCalled(word);
      const value = text.trim() === "" ? NaN : Number(text);
      if (!parameter) said.push(`“${word}” in the address is no setting of this page.`);
      else if (text === "open" && parameter.name !== PRICE) delete settings[parameter.name];
      else if (!Number.isFinite(value)) said.push(`“${text}” in the address is no number: ${inWords(parameter, settings[parameter.name])} is shown.`);
      else settings[parameter.name] = clampedAloud(parameter, value, said);
    }
    return { settings, said };
  }

  function clampedAloud(parameter, value, said) {
    const within = clamped(parameter, value);
    if (within !== value) said.push(outside(parameter, value) + ` The page shows ${quantity(parameter, within)}.`);
    return within;
  }

  function outside(parameter, value) {
    const why = parameter.name === PRICE ? "" : ", the range that was computed";
    return `${parameter.label}: ${quantity(parameter, value)} is outside ${range(parameter)}${why}.`;
  }

  function toAddress(settings) {
    const given = asGiven();
    const words = data.parameters.flatMap(({ name }) => {
      if (settings[name] === given[name]) return [];
      return `${firstWord(name)}=${settings[name] ?? "open"}`;
    });
    return words.length ? `#${words.join("&")}` : "";
  }

  /** The command that builds the edition of these settings. */
  function command(settings) {
    const set = data.parameters.filter(({ name, unset }) => settings[name] !== undefined && settings[name] !== unset);
    const pairs = [...Object.entries(data.also), ...set.map(({ name }) => [name, settings[name]])];
    return ["traincost build", ...pairs.map(([name, value]) => `-p ${quoted(`${name}=${value}`)}`), "--out my-edition"].join(" ");
  }

  const quoted = (text) => (/^[\w=.+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);

  // --- words

  const shown = (parameter, value) => figures(parameter.unit === "ratio" ? value * 100 : value, 10);
  const meant = (parameter, value) => figures(parameter.unit === "ratio" ? value / 100 : value, 12);

  function unitOf(parameter) {
    return parameter.unit === "ratio" ? "%" : parameter.unit.replace("per", "a");
  }

  function quantity(parameter, value) {
    const text = written(shown(parameter, value));
    return parameter.unit.startsWith("US$") ? `$${text}` : `${text} ${unitOf(parameter)}`;
  }

  function range(parameter) {
    const low = parameter.unit.startsWith("US$") ? quantity(parameter, parameter.low) : written(shown(parameter, parameter.low));
    return `${low} to ${quantity(parameter, parameter.high)}`;
  }

  function inWords(parameter, value) {
    return value === undefined ? `the range of ${parameter.label.toLowerCase()}` : quantity(parameter, value);
  }

  function hoursText(value) {
    const [size, word] = value >= 1e6 ? [1e6, "million"] : [1e3, "thousand"];
    return `${written(figures(value / size, 2))} ${word} GPU-hours`;
  }

  const isExact = (found) => found.p95 - found.p05 < 1e-6 * found.p50;

  function interval(found, write, word = " to ") {
    const [low, high] = [write(found.p05), write(found.p95)];
    return low === high ? "" : `${low}${word}${high}`;
  }

  // --- what is shown

  function resultAt(place, found) {
    const [list, id, part] = place.dataset.try.split(" ");
    return found[list][id][part];
  }

  /** Every number of the page's tables: by `data-try`, a list of what and which of it. */
  function fillTables(found) {
    for (const place of document.querySelectorAll("table [data-try]")) {
      const result = resultAt(place, found);
      const count = Number(place.dataset.figures);
      const write = (value) => written(figures(value / Number(place.dataset.size), count));
      const isInterval = place.dataset.try.endsWith("interval");
      place.textContent = isInterval ? interval(result, write, "\u00a0and\u00a0") : write(result.p50);
    }
  }

  /** What the card of a number says at other settings than the edition's, in the place of the edition's own. */
  function cardNow(place, card, settings) {
    const given = asGiven();
    const moved = data.parameters.filter(({ name }) => settings[name] !== given[name]);
    if (!moved.length) return {};
    const result = resultAt(place, answers(settings));
    const write = place.dataset.try.includes("hours") ? hoursText : (value) => usd(value, 3);
    const rough = place.dataset.try.includes("hours") ? hoursText : (value) => usd(value, 2);
    const ends = interval(result, rough);
    const set = moved.map((one) => `${one.label.toLowerCase()} ${settings[one.name] === undefined ? "left open" : quantity(one, settings[one.name])}`);
    const before = [card.value, card.range].filter(Boolean).join(", ");
    const rest = card.parts?.length ? { rest: [card.rest, "as they are in this edition"].filter(Boolean).join("; ") } : {};
    return {
      value: (ends ? rough : write)(result.p50),
      range: ends && `${ends}, nine times in ten`,
      says: `At your settings: ${set.join("; ")}. In this edition it is ${before}. ${card.says ?? ""}`.trim(),
      ...rest,
    };
  }

  /** The three numbers above the drawing: what each is (`data-try`), its text, and what it counts. */
  function summary(found, settings) {
    const whole = data.lines.find((line) => line.id === data.whole);
    const assumed = data.lines.filter((line) => line.assumed && !line.marker);
    const widest = assumed.at(-1);
    const total = found.phases.total.usd;
    const parts = [];
    if (whole && found.lines[whole.id].rent) {
      const price = `$${written(settings[PRICE])} a GPU-hour`;
      parts.push({ of: `lines ${whole.id} rent`, text: usd(found.lines[whole.id].rent.p50, 3), what: `${whole.short}: disclosed hours at ${price}` });
    }
    if (widest) {
      const { rent } = found.lines[widest.id];
      const what = [whole?.short, ...assumed.map((line) => line.short)].join(" ");
      parts.push({ of: `lines ${widest.id} rent`, text: interval(rent, (value) => usd(value, 2), "–") || usd(rent.p50, 2), what: `${what}: assumed` });
    }
    const ends = interval(total, (value) => usd(value, 2)) || (isExact(total) ? "exact" : "with a narrow range");
    parts.push({ of: "phases total usd", text: usd(total.p50, 2), what: `all phases, from public facts alone: ${ends}` });
    return parts;
  }

  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  /** The numbers of the summary, each a copy of that in a table: it opens to the same card. */
  function makeSummary(box, parts) {
    const number = ({ of }) => document.querySelector(`[data-try="${of} middle"]`).cloneNode();
    box.replaceChildren(...parts.map((part) => element("p", {}, number(part), element("span", { className: "try-what" }))));
  }

  function fillSummary(box, parts) {
    parts.forEach(({ text, what }, number) => {
      const [value, words] = box.children[number].children;
      value.textContent = text;
      words.textContent = what;
    });
  }

  const percent = (share) => `${written(figures(share * 100, 2))} %`;

  /** How far the page is from the package, as measured when it was built. */
  function fillHeld(place) {
    for (const number of place.querySelectorAll("[data-held]")) {
      const value = data.agreement[number.dataset.held];
      number.textContent = number.dataset.held === "settings" ? written(value) : percent(value);
    }
  }

  // --- the settings, each a number and a slider

  function control(parameter, change) {
    const id = `try-${firstWord(parameter.name)}`;
    const number = element("input", { type: "number", id, step: "any", inputMode: "decimal", min: shown(parameter, parameter.low), max: shown(parameter, parameter.high) });
    const [low, high] = parameter.slider.map((value) => shown(parameter, value));
    const step = shown(parameter, parameter.step);
    const top = low + Math.ceil((high - low) / step - 1e-9) * step; // a slider ends at a whole step
    const slider = element("input", { type: "range", min: low, max: top, step });
    const leave = element("button", { type: "button", textContent: parameter.name === PRICE ? "as before" : "leave open" });
    const hint = element("p", { id: `${id}-hint`, className: "try-hint" });
    const label = element("label", { htmlFor: id, textContent: parameter.label });
    slider.setAttribute("aria-label", `${parameter.label}, slider`);
    leave.setAttribute("aria-label", `${parameter.label}: ${leave.textContent}`);
    for (const input of [number, slider]) input.setAttribute("aria-describedby", hint.id);
    number.addEventListener("input", () => change.typed(parameter, number));
    number.addEventListener("change", () => change.left(parameter, number));
    slider.addEventListener("input", () => change.set(parameter, meant(parameter, Math.min(slider.value, high))));
    leave.addEventListener("click", () => change.set(parameter, parameter.unset ?? undefined));
    const unit = element("span", { className: "unit", textContent: unitOf(parameter) });
    const box = element("div", { className: "try-setting" }, label, element("div", { className: "try-entry" }, number, unit, leave), slider, hint);
    return { parameter, box, number, slider, leave, hint };
  }

  function showControl({ parameter, box, number, slider, leave, hint }, settings) {
    const value = settings[parameter.name];
    const open = value === undefined;
    const middle = parameter.open ? parameter.open.p50 : (parameter.slider[0] + parameter.slider[1]) / 2;
    if (document.activeElement !== number || meant(parameter, number.valueAsNumber) !== value) number.value = open ? "" : shown(parameter, value);
    number.placeholder = open && parameter.open ? `${openRange(parameter)}` : "open";
    number.removeAttribute("aria-invalid");
    slider.value = shown(parameter, open ? middle : value);
    slider.setAttribute("aria-valuetext", open ? `left open${parameter.open ? `, ${openRange(parameter)} ${unitOf(parameter)}` : ""}` : quantity(parameter, value));
    box.classList.toggle("open", open);
    leave.hidden = value === (parameter.unset ?? undefined);
    hint.textContent = hintOf(parameter, open);
  }

  function openRange({ open, ...parameter }) {
    const ends = [open.p05, open.p95].map((value) => written(figures(shown(parameter, value), 3)));
    return ends[0] === ends[1] ? ends[0] : ends.join("–");
  }

  function hintOf(parameter, open) {
    if (!open || parameter.name === PRICE) return `You can set ${range(parameter)}.`;
    if (!parameter.open) return `Not set: it follows from the lengths of the answers. You can set ${range(parameter)}.`;
    return `Not set: drawn from ${openRange(parameter)} ${unitOf(parameter)}, nine times in ten. You can set ${range(parameter)}.`;
  }

  // --- the page

  function start(root) {
    const part = (name) => root.querySelector(`.try-${name}`);
    const said = part("said");
    const spoken = part("spoken");
    const chart = part("chart");
    const order = document.querySelector(".try-command pre");
    const byDefault = answers(asGiven());
    let settings = asGiven();
    let width = 0; // of the drawing; to ask for it at each change would lay out the page twice
    let quiet;

    function draw(found) {
      if (width) data.draw(chart, width, found, byDefault);
    }

    function show(notes = []) {
      const found = answers(settings);
      const parts = summary(found, settings);
      for (const one of controls) showControl(one, settings);
      fillSummary(part("sum"), parts);
      fillTables(found);
      draw(found);
      if (order) order.textContent = command(settings);
      said.textContent = notes.join(" ");
      part("reset").disabled = toAddress(settings) === "";
      clearTimeout(quiet);
      quiet = setTimeout(() => afterwards(parts), AFTER_MS);
    }

    function afterwards(parts) {
      spoken.textContent = parts.map(({ text, what }) => `${text}: ${what}.`).join(" ");
      const hash = toAddress(settings);
      if (hash !== location.hash && !(hash === "" && isPlace(location.hash))) history.replaceState(null, "", hash || location.pathname + location.search);
    }

    function set({ name }, value) {
      settings = { ...settings, [name]: value };
      if (value === undefined) delete settings[name];
      show();
    }

    function typed(parameter, number) {
      const value = meant(parameter, number.valueAsNumber);
      if (number.value === "" && !number.validity.badInput) set(parameter, parameter.unset ?? undefined);
      else if (value >= parameter.low && value <= parameter.high) set(parameter, value);
      else refuse(parameter, number, value);
    }

    function refuse(parameter, number, value) {
      number.setAttribute("aria-invalid", "true");
      const why = Number.isFinite(value) ? outside(parameter, value) : `${parameter.label}: this is no number.`;
      said.textContent = `${why} The results below still stand for ${inWords(parameter, settings[parameter.name])}.`;
    }

    /** A number that stands in its box outside the range gives way to the nearest in it. */
    function left(parameter, number) {
      const value = meant(parameter, number.valueAsNumber);
      if (number.getAttribute("aria-invalid") !== "true") return;
      const notes = [];
      if (Number.isFinite(value)) settings = { ...settings, [parameter.name]: clampedAloud(parameter, value, notes) };
      show(notes);
    }

    function restore() {
      if (isPlace(location.hash)) return show();
      const read = fromAddress(location.hash);
      settings = read.settings;
      return show(read.said);
    }

    const controls = data.parameters.map((parameter) => control(parameter, { set, typed, left }));
    part("settings").prepend(...controls.map(({ box }) => box));
    part("settings").addEventListener("submit", (event) => event.preventDefault());
    part("reset").addEventListener("click", () => { settings = asGiven(); show(); });
    window.addEventListener("hashchange", restore);
    new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width === width) return;
      width = contentRect.width;
      draw(answers(settings));
    }).observe(chart);
    makeSummary(part("sum"), summary(byDefault, settings));
    data.cardNow = (place, card) => cardNow(place, card, settings);
    fillHeld(part("held"));
    for (const hidden of root.querySelectorAll("[hidden]")) hidden.hidden = false;
    restore();
  }

  Object.assign(data, { answers, fromAddress, toAddress, command });
  document.addEventListener("DOMContentLoaded", () => start(document.querySelector(".try")));
})();
