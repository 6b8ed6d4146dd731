/** Prints the page: `<button type="button" data-print hidden>`, shown only where this script runs. */
document.querySelectorAll("[data-print]").forEach((button) => {
  button.addEventListener("click", () => window.print());
  button.hidden = false;
});
