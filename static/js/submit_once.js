/**
 * A second click on the same button sends nothing twice.
 *
 * The server is safe against double submits anyway; this spares people the page that says so. Only the first
 * submit of a form goes out; its button says that work is under way. The button is not `disabled`, because a
 * disabled button would lose its name and value from the form. A page that comes back from the browser's
 * history is fresh again, and after a while the guard lets go, for answers that never replace the page (a
 * download) or never come.
 */
const LET_GO_AFTER_MS = 10_000;
const underWay = new Map();

function release(form) {
  const { button, timer } = underWay.get(form) ?? {};
  clearTimeout(timer);
  button?.removeAttribute("aria-disabled");
  button?.removeAttribute("data-busy");
  underWay.delete(form);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (underWay.has(form)) {
    event.preventDefault();
    return;
  }
  const button = event.submitter;
  button?.setAttribute("aria-disabled", "true");
  button?.setAttribute("data-busy", "");
  underWay.set(form, { button, timer: setTimeout(release, LET_GO_AFTER_MS, form) });
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) [...underWay.keys()].forEach(release);
});
