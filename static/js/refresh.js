/**
 * Keeps a part of a page up to date: `<section id=… data-refresh="2">` is asked for again every so many seconds and
 * replaced, until the server's answer no longer has the attribute. The page says how to look again without this
 * script. A hidden page asks for nothing.
 */
const part = document.querySelector("[data-refresh]");

async function refresh() {
  const current = document.querySelector("[data-refresh]");
  if (!current) return;
  const again = () => setTimeout(refresh, Number(current.dataset.refresh) * 1000);
  if (document.hidden) return again();
  const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return again();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("main");
  if (!fresh) return again();
  const part = page.querySelector("[data-refresh]");
  if (part) {
    current.replaceWith(part);
    again();
  } else {
    location.reload();
  }
}

if (part) setTimeout(refresh, Number(part.dataset.refresh) * 1000);
