// The menu and a page's contents open by their buttons at every width: beside the text where there
// is room (the menu of the first page is closed there at first), else as a drawer over it. The theme's own script listens to the first buttons of a page,
// which it hides, and loses the focus.
(function () {
  // As near to its top as lets the entry of the open page be seen.
  function showCurrentPage(box) {
    const entry = box.querySelector("a.current");
    box.scrollTop = 0;
    if (!entry) return;
    const below = entry.getBoundingClientRect().bottom - box.getBoundingClientRect().bottom;
    if (below > 0) box.scrollTop = below + entry.clientHeight;
  }

  function connect(button) {
    const sidebar = document.getElementById(button.getAttribute("aria-controls"));
    const drawer = document.getElementById(sidebar.id + "-modal");

    function isBesideText() {
      return getComputedStyle(sidebar).position === "sticky";
    }
    function tell() {
      const shown = isBesideText() ? !document.body.classList.contains("menu-closed") : drawer.open;
      button.setAttribute("aria-expanded", String(shown));
    }
    function open() {
      drawer.className = sidebar.className;
      drawer.setAttribute("aria-label", button.title);
      drawer.append(...sidebar.childNodes);
      button.focus(); // where the focus returns to; Safari does not give it to a clicked button
      drawer.showModal();
      showCurrentPage(drawer);
    }

    button.addEventListener("click", function () {
      if (isBesideText()) document.body.classList.toggle("menu-closed");
      else open();
      tell();
    });
    drawer.addEventListener("click", function (event) {
      const box = drawer.getBoundingClientRect();
      const outside = event.clientX < box.left || event.clientX > box.right;
      if (event.target.closest("a") || (event.target === drawer && outside)) drawer.close();
    });
    drawer.addEventListener("keydown", function (event) {
      if (event.key === "Escape") drawer.close(); // Sphinx's shortcuts take the browser's own away
    });
    drawer.addEventListener("close", function () {
      sidebar.append(...drawer.childNodes);
      drawer.className = "";
      tell();
    });
    window.addEventListener("resize", function () {
      if (drawer.open && isBesideText()) drawer.close();
      tell();
    });
    tell();
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("button[data-drawer]").forEach(connect);
    showCurrentPage(document.getElementById("pst-primary-sidebar"));
  });
})();
