/**
 * Warns two minutes before the session ends and lets its owner stay (WCAG 2.2.1).
 *
 * The end stands in `data-session-expires-at` of the body (RFC 3339). To stay, `data-session-renew` of the body
 * (a page that may be fetched at any time) is asked for again, and the new end is read from its body. Other tabs
 * learn of a new end over a broadcast channel, so that only a session that really ends is warned about. When the end
 * cannot be moved (the absolute limit), the warning says so instead of promising more.
 */
const WARN_BEFORE_MS = 2 * 60 * 1000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const { sessionExpiresAt, sessionRenew } = document.body.dataset;
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("session") : null;
let end = Date.parse(sessionExpiresAt ?? "");
let timer;
let box;

function clock(moment) {
  const format = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
  return new Intl.DateTimeFormat(document.documentElement.lang, format).format(moment);
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function close() {
  box?.remove();
  box = undefined;
}

/** Shows the box; `actions` are buttons and links. The alert is filled after it stands, or it is not read out. */
function tell(title, text, ...actions) {
  close();
  const message = element("div", { role: "alert" });
  box = element("div", { className: "session-warning" }, message);
  if (actions.length) box.append(element("p", { className: "cluster" }, ...actions));
  document.body.append(box);
  message.append(element("p", { className: "notice-title", textContent: title }), element("p", { textContent: text }));
}

async function renew(button) {
  button.setAttribute("aria-disabled", "true");
  try {
    const answer = await fetch(sessionRenew, { credentials: "same-origin", cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = Date.parse(page.body.dataset.sessionExpiresAt ?? "");
    if (Number.isNaN(next)) return ended();
    const moved = next > end;
    tabs?.postMessage(next);
    plan(next);
    if (!moved) tell("This session cannot be made longer", `It ends at ${clock(next)}. Save what you are working on.`);
  } catch {
    button.removeAttribute("aria-disabled");
    tell("That did not work", "We could not reach the server. Check your connection and try again.", stayButton());
  }
}

function stayButton() {
  const button = element("button", { type: "button", className: "button is-primary", textContent: "Stay signed in" });
  button.addEventListener("click", () => {
    if (!button.hasAttribute("aria-disabled")) renew(button);
  });
  return button;
}

function warn() {
  timer = setTimeout(ended, end - Date.now());
  tell("You will be signed out soon", `For your safety this session ends at ${clock(end)}.`, stayButton());
}

function ended() {
  clearTimeout(timer);
  const again = element("a", { href: "/sign-in", className: "button is-primary", textContent: "Sign in again" });
  tell("Your session has ended", "Copy anything you have not saved, then sign in again.", again);
}

/** Timers of a browser hold 24 days at most, so a far end is approached in stretches. */
function plan(next) {
  clearTimeout(timer);
  close();
  end = next;
  const wait = end - WARN_BEFORE_MS - Date.now();
  if (end <= Date.now()) ended();
  else if (wait <= 0) warn();
  else timer = setTimeout(plan, Math.min(wait, LONGEST_TIMER_MS), end);
}

if (!Number.isNaN(end)) {
  tabs?.addEventListener("message", (event) => event.data > end && plan(event.data));
  tabs?.postMessage(end);
  plan(end);
  // A laptop that slept kept its timers asleep too.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && end <= Date.now()) ended();
  });
}
