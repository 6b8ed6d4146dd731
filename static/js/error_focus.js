/**
 * A form that came back starts at its error summary: the focus goes there, so that a keyboard or a screen
 * reader begins with what to mend. The links of the summary put the cursor into their field.
 */
const summary = document.getElementById("error-summary");

summary?.focus();
summary?.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  const label = field.labels?.[0] ?? field;
  label.scrollIntoView({ block: "center" });
  field.focus({ preventScroll: true });
});
