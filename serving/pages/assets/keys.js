/* Keys of the queue: j and k move, Enter opens, a accepts, r rejects, / finds. Without it every link and button works. */
(() => {
  "use strict";
  const rows = () => [...document.querySelectorAll('[data-keys="queue"] .lead')];
  const chosen = () => rows().findIndex((row) => row.classList.contains("chosen"));

  function choose(at) {
    const all = rows();
    if (!all.length) return;
    const next = Math.max(0, Math.min(all.length - 1, at));
    all.forEach((row, i) => row.classList.toggle("chosen", i === next));
    all[next].querySelector("a.open").focus({ preventScroll: true });
    all[next].scrollIntoView({ block: "nearest" });
  }

  const press = (selector) => {
    const row = rows()[chosen()] || document;
    const found = row.querySelector(selector);
    if (found) found.click();
  };

  const keys = {
    j: () => choose(chosen() + 1),
    k: () => choose(chosen() - 1),
    a: () => press(".accept button"),
    r: () => press(".reject"),
    "/": () => document.querySelector('input[type="search"]')?.focus(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches("input:not([type=radio]):not([type=range]), select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const act = keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });

  /* whoever comes to reject finds the reasons open */
  const wanted = location.hash === "#reject" && document.getElementById("reject");
  if (wanted) {
    const reasons = () => wanted.querySelector("select").focus();
    wanted.open = true;
    reasons();
    /* going to the fragment, when all is loaded, takes the focus away again */
    addEventListener("load", () => setTimeout(reasons));
  }

  document.addEventListener("focusin", (event) => {
    const row = event.target.closest('[data-keys="queue"] .lead');
    if (row) rows().forEach((other) => other.classList.toggle("chosen", other === row));
  });
})();
