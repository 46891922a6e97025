// Finds a few words or a number in the index of pages: each place with its page, its heading, and
// the line in which the words stand.
(function () {
  const MOST = 40; // places that are shown
  const LONGEST = 240, BEFORE = 80; // characters of a line, and of what stands before the word
  const SHORT = 25; // characters of a line that says little without the next
  const form = document.querySelector(".search-form"), input = form.querySelector("input");
  const said = document.querySelector(".search-said"), list = document.querySelector(".search-found");
  let places = [];

  // The index is packed, for it holds every line of the book.
  async function unpack(packed) {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(unpacked).json();
  }

  // A place is a line with where it stands; a heading is one too.
  function placesOf([page, title, sections], order) {
    return sections.flatMap(([anchor, heading, lines]) => {
      const at = { page, title, heading, order, anchor };
      const withNext = ([text, row], index) =>
        row || text.length > SHORT || index + 1 === lines.length ? text : text + " " + lines[index + 1][0];
      const found = lines.map((line, index) => ({ ...at, text: withNext(line, index), anchor: line[1] ?? anchor }));
      return [{ ...at, text: heading, isHeading: true, below: lines[0]?.[0] ?? "" }, ...found];
    });
  }

  const SCALES = { "": 1, K: 1e3, M: 1e6, B: 1e9 };
  const SCALE_WORDS = { thousand: "K", million: "M", billion: "B" };
  const NUMBER = /^(\d+(?:,\d+)*(?:\.\d+)?)([KMB]?)$/i;
  const BEFORE_WORD = "(?<![\\p{L}\\p{N}]|\\d[.,])";

  // A word is found where one begins with it; a number only whole, in any way it may be written.
  function pattern(word) {
    const number = word.match(NUMBER);
    const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const sought = number ? "(?:" + writings(number[1], number[2].toUpperCase()).join("|") + ")" : escaped;
    return new RegExp(BEFORE_WORD + sought, "giu");
  }

  // A number as a page may write it: with or without its commas, in thousands, in millions.
  function writings(text, scale) {
    const digits = (value) => value.replace(/,/g, "").split("").join(",?").replace(/\./g, "\\.");
    const value = Number(text.replace(/,/g, "")) * SCALES[scale];
    const scaled = Object.entries(SCALE_WORDS).filter(([, letter]) => value >= SCALES[letter]).map(
      ([name, letter]) =>
        digits(String(Number((value / SCALES[letter]).toPrecision(12)))) + "\\s?(?:" + letter + "|" + name + ")(?!\\p{L})");
    return [digits(scale ? String(value) : text) + "(?!\\d)", ...scaled];
  }

  function words(query) {
    const joined = query.replace(/(\d)\s*(thousand|million|billion)\b/gi, (_, digit, name) => digit + SCALE_WORDS[name.toLowerCase()]);
    return joined.split(/\s+/).map((word) => word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "")).filter(Boolean);
  }

  // How well a place answers: every word stands in it or above it, one of them in the line itself.
  function score(place, patterns) {
    const counts = (text) => patterns.map((one) => text.search(one) >= 0);
    const here = counts(place.text), above = counts(place.title + " " + place.heading);
    const found = here.filter(Boolean).length;
    if (!found || !here.every((isHere, index) => isHere || above[index])) return 0;
    return found * 4 + (place.isHeading ? 3 : 0) + above.filter(Boolean).length - place.order / 1000;
  }

  // The best first; each further place of a page counts less, so that no page fills the list.
  function ranked(patterns) {
    const seen = {}, byPoints = (a, b) => b[0] - a[0];
    const found = places.map((place) => [score(place, patterns), place]).filter(([points]) => points > 0);
    return found
      .sort(byPoints)
      .map(([points, place]) => [points - (seen[place.page] = (seen[place.page] ?? -1) + 1), place])
      .sort(byPoints)
      .map(([, place]) => place);
  }

  function marked(text, patterns) {
    const line = document.createElement("p");
    const hits = patterns.flatMap((one) => [...text.matchAll(one)]).sort((a, b) => a.index - b.index);
    const first = hits.length ? hits[0].index : 0;
    const from = text.length > LONGEST && first > BEFORE ? text.indexOf(" ", first - BEFORE) + 1 : 0;
    const to = text.length - from > LONGEST ? text.lastIndexOf(" ", from + LONGEST) : text.length;
    let end = from;
    if (from) line.append("… ");
    for (const hit of hits) {
      if (hit.index < end || hit.index + hit[0].length > to) continue;
      const mark = document.createElement("mark");
      mark.textContent = hit[0];
      line.append(text.slice(end, hit.index), mark);
      end = hit.index + hit[0].length;
    }
    line.append(text.slice(end, to), to < text.length ? " …" : "");
    return line;
  }

  function result(place, patterns) {
    const item = document.createElement("li"), link = document.createElement("a");
    link.href = place.page + ".html" + (place.anchor ? "#" + place.anchor : "");
    link.textContent = place.title === place.heading ? place.title : place.title + " › " + place.heading;
    item.append(link);
    item.append(marked(place.isHeading ? place.below : place.text, patterns));
    return item;
  }

  function search() {
    const patterns = words(input.value).map(pattern);
    const found = patterns.length ? ranked(patterns) : [];
    list.replaceChildren(...found.slice(0, MOST).map((place) => result(place, patterns)));
    const shown = found.length > MOST ? ", the first " + MOST + " shown" : "";
    const count = found.length === 1 ? "One place" : found.length + " places";
    said.textContent = patterns.length ? count + shown : "";
  }

  input.addEventListener("input", search);
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    search();
  });
  input.value = new URLSearchParams(location.search).get("q") || "";
  input.focus();
  unpack(window.traincostPages).then(function (pages) {
    places = pages.flatMap(placesOf);
    list.removeAttribute("aria-busy");
    search();
  });
})();
