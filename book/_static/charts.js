// A chart is a static drawing until a reader reaches for it; then Vega, from this folder, makes it interactive.
(function () {
  const here = document.currentScript.src.replace(/charts\.js.*$/, "");
  let loading = null;
  function loadVega() {
    loading = loading || new Promise(function (resolve, reject) {
      const script = document.createElement("script");
      script.src = here + "vega.js";
      script.onload = resolve;
      script.onerror = reject;
      document.head.appendChild(script);
    });
    return loading;
  }
  function wake(figure) {
    if (figure.dataset.awake) return;
    figure.dataset.awake = "yes";
    loadVega().then(function () {
      const spec = JSON.parse(figure.querySelector(".chart-spec").textContent);
      const place = document.createElement("div");
      place.className = "chart-live";
      spec.title.text = wrap(spec.title.text, Math.floor(figure.clientWidth / 8.8));
      figure.insertBefore(place, figure.firstChild);
      return window.vegaEmbed(place, spec, { actions: false, renderer: "svg" }).then(function () {
        figure.classList.add("live");
      });
    }).catch(function (error) { console.error(error); });
  }
  function wrap(text, characters) {
    return text.split(" ").reduce(function (lines, word) {
      const last = lines[lines.length - 1];
      if (last && (last + " " + word).length <= characters) lines[lines.length - 1] = last + " " + word;
      else lines.push(word);
      return lines;
    }, []);
  }
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("figure.chart").forEach(function (figure) {
      ["pointerenter", "focusin", "touchstart"].forEach(function (event) {
        figure.addEventListener(event, function () { wake(figure); }, { passive: true, once: true });
      });
    });
  });
})();
