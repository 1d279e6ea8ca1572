// The desk, faster: keys, several stories at once, judgements kept in the background.
// Every button is a real form that works without this.

const stories = [...document.querySelectorAll("article.story")];
const whole = stories.length === 1 && stories[0].classList.contains("whole");
const bulk = document.getElementById("bulk");
const said = document.getElementById("said");
const shown = document.getElementById("shown");
const TRIES = 4;
const LONGEST_WAIT = 10; // seconds, whatever Retry-After says
const last = []; // what was judged here, a group of rows each, newest last: what `u` takes back
let kept = Promise.resolve(); // until all that was sent has come back
let at = -1;

// ---- Words ---------------------------------------------------------------------------------

const say = (words) => { said.textContent = words; };
const many = (n, one, more) => `${n.toLocaleString("en")} ${n === 1 ? one : more}`;

// ---- Where the cursor is --------------------------------------------------------------------

function go(index, { focus = true } = {}) {
  if (index < 0 || index >= stories.length) return;
  stories[at]?.classList.remove("at");
  at = index;
  const story = stories[at];
  story.classList.add("at");
  if (focus) story.focus({ preventScroll: true });
  story.scrollIntoView({ block: "nearest" });
  if (!whole) history.replaceState(history.state, "", `#${story.id}`);
}

const open = (story) => !story.classList.contains("done");

/** The next story that is still to judge; else the one before; else where we are. */
function onward(from) {
  const later = stories.findIndex((story, index) => index > from && open(story));
  if (later >= 0) return later;
  const earlier = stories.findLastIndex((story, index) => index < from && open(story));
  return earlier >= 0 ? earlier : from;
}

// ---- Several at once --------------------------------------------------------------------------

const pick = (story) => story.querySelector(".pick");
const picked = () => stories.filter((story) => pick(story)?.checked);

function count() {
  if (!bulk) return;
  const n = picked().length;
  bulk.classList.toggle("some", n > 0);
  bulk.querySelectorAll("button[name=verdict]").forEach((button) => { button.disabled = n === 0; });
  document.getElementById("selected").textContent =
    n ? `${many(n, "story", "stories")} selected:` : "None selected:";
  const all = document.getElementById("all");
  const free = stories.filter(open).length;
  all.checked = n > 0 && n >= free;
  all.indeterminate = n > 0 && n < free;
}

function toggle(story, on = !pick(story)?.checked) {
  if (!pick(story) || !open(story)) return;
  pick(story).checked = on;
  count();
}

// ---- Keeping a judgement ------------------------------------------------------------------------

const key = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
const pause = (seconds) => new Promise((done) => { setTimeout(done, seconds * 1000); });

/** Posts; tries again while the desk says that it is busy (503). Throws words for the reader. */
async function post(address, fields) {
  for (let attempt = 1; ; attempt += 1) {
    let answer;
    try {
      answer = await fetch(address, {
        method: "POST", body: fields, keepalive: true, redirect: "manual", credentials: "same-origin",
        headers: { Accept: "application/json" },
      });
    } catch {
      throw new Error("the desk did not answer");
    }
    if (answer.ok) return answer.json();
    if (answer.status !== 503 || attempt === TRIES) throw new Error(await refusal(answer));
    const wait = Number(answer.headers.get("Retry-After"));
    await pause(Math.min(Number.isFinite(wait) && wait > 0 ? wait : 1, LONGEST_WAIT));
  }
}

async function refusal(answer) {
  if (answer.type === "opaqueredirect") return "please log in again";
  const told = await answer.json().catch(() => ({}));
  return told.error || told.title || `the desk answered ${answer.status}`;
}

function judge(form, button, chosen) {
  const sent = send(form, button, chosen);
  kept = Promise.allSettled([kept, sent]);
  return sent;
}

/** Sends a form of one story or several, shows the outcome at once, and takes it back if it fails. */
async function send(form, button, chosen) {
  const verdict = button.value;
  const fields = new URLSearchParams(new FormData(form));
  fields.delete("story");
  chosen.forEach((story) => fields.append("story", story.dataset.story));
  fields.set("verdict", verdict);
  if (!fields.get("key")) fields.set("key", key());
  const before = chosen.map((story) => [story, remembered(story)]);
  chosen.forEach((story) => begin(story, verdict));
  const judging = !["note", "undo"].includes(verdict);
  if (judging) last.push(chosen); // now: answers may come in another order than keys were pressed
  if (judging) move(chosen);
  try {
    settle(await post(form.getAttribute("action"), fields), verdict, before);
    if (verdict === "note") form.reset();
  } catch (error) {
    if (judging) last.splice(last.indexOf(chosen), 1);
    before.forEach(([story, was]) => fail(story, was, error.message, () => judge(form, button, [story])));
    say(`Not saved: ${error.message}`);
  }
}

const state = (story) => story.querySelector(".state");
const undoing = (story) => story.querySelector("form.undoing");

function remembered(story) {
  return { verdict: state(story).querySelector(".verdict").textContent, hidden: state(story).hidden,
    by: state(story).querySelector(".by").textContent, undoes: undoing(story).elements.undoes.value };
}

function show(story, verdict, by) {
  const judged = verdict !== "new";
  const line = state(story);
  line.hidden = !judged;
  line.querySelector(".verdict").textContent = verdict;
  line.querySelector(".by").textContent = by;
  story.classList.toggle("done", judged && !whole);
  story.classList.toggle("not-relevant", verdict === "not relevant");
  story.classList.toggle("wrong-tag", verdict === "wrong tag");
}

function begin(story, verdict) {
  const fault = story.querySelector(".fault");
  fault.hidden = true;
  fault.replaceChildren();
  story.classList.remove("failed");
  story.classList.add("saving");
  if (!["note", "undo"].includes(verdict)) {
    show(story, verdict, ", being saved");
    if (pick(story)) pick(story).checked = false;
  }
  count();
}

function move(chosen) {
  if (whole) return;
  const from = Math.max(...chosen.map((story) => stories.indexOf(story)));
  go(onward(from));
}

function settle(answer, verdict, before) {
  const told = new Map(answer.decisions.map((one) => [String(one.story), one]));
  for (const [story] of before) {
    story.classList.remove("saving");
    const one = told.get(story.dataset.story);
    if (!one) continue;
    if (verdict === "note") {
      story.querySelector(".more").open = false;
      continue;
    }
    show(story, one.state, "");
    undoing(story).hidden = verdict === "undo";
    undoing(story).elements.undoes.value = verdict === "undo" ? "" : one.decision;
  }
  const n = before.length;
  say(verdict === "note" ? "Note kept" : verdict === "undo" ? "Undone" : `${many(n, "story", "stories")}: ${verdict}`);
  counts(answer.counts);
}

function counts(found) {
  const badge = document.getElementById("to-judge");
  if (found && badge) badge.textContent = found.new.toLocaleString("en") + (found.more ? "+" : "");
  if (!shown) return;
  shown.dataset.words ||= shown.textContent;
  const judged = stories.filter((story) => !open(story)).length;
  shown.textContent = judged ? `${shown.dataset.words}; ${judged} of these ${stories.length} judged` : shown.dataset.words;
}

/** The row as it was, with what went wrong and a way to try again. */
function fail(story, was, words, again) {
  story.classList.remove("saving");
  story.classList.add("failed");
  show(story, was.hidden ? "new" : was.verdict, was.by);
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "try again" });
  button.addEventListener("click", again);
  const fault = story.querySelector(".fault");
  fault.replaceChildren(`Not saved: ${words}. `, button);
  fault.hidden = false;
  counts();
}

async function undo() {
  await kept; // what is still on its way has no number yet
  const group = last.pop() ?? (at >= 0 ? [stories[at]] : []);
  const judged = group.filter((story) => undoing(story)?.elements.undoes.value);
  if (!judged.length) return say("Nothing to undo");
  go(stories.indexOf(judged[0]));
  return Promise.all(judged.map((story) => judge(undoing(story), undoing(story).querySelector("button"), [story])));
}

// ---- Keys ---------------------------------------------------------------------------------------

const VERDICTS = { a: "relevant", x: "not relevant", f: "follow up" };

function verdict(name) {
  const chosen = picked();
  if (chosen.length) {
    const button = bulk.querySelector(`button[value="${name}"]`);
    return judge(bulk, button, chosen);
  }
  const story = stories[at];
  const form = story?.querySelector("form.verdicts");
  return form && judge(form, form.querySelector(`button[value="${name}"]`), [story]);
}

function note(story) {
  const more = story?.querySelector(".more");
  if (!more) return;
  story.classList.remove("done");
  more.open = true;
  more.querySelector("input[name=note]").focus();
}

function step(by, { select = false } = {}) {
  if (select && at >= 0) toggle(stories[at], true);
  go(at < 0 ? 0 : Math.min(Math.max(at + by, 0), stories.length - 1));
  if (select) toggle(stories[at], true);
}

const KEYS = {
  j: () => step(1), k: () => step(-1), J: () => step(1, { select: true }), K: () => step(-1, { select: true }),
  a: () => verdict(VERDICTS.a), x: () => verdict(VERDICTS.x), f: () => verdict(VERDICTS.f),
  u: undo, n: () => note(stories[at]),
  o: () => stories[at]?.querySelector("a.open")?.click(),
  " ": () => at >= 0 && !whole && toggle(stories[at]),
  "/": () => document.getElementById("q").focus(),
  "?": () => document.getElementById("keys").togglePopover(),
};

const writing = (target) => target.closest("input:not([type=checkbox]), textarea, select");
/** Space and letters belong to a button, a link or a menu that has the focus. */
const acting = (target, name) => name === " " && target.closest("button, a, summary, input");

function escape(target) {
  if (writing(target)) return target.blur();
  const mark = target.closest("mark[tabindex]");
  if (mark) return mark.classList.add("hush");
  document.querySelectorAll("mark:hover").forEach((one) => one.classList.add("hush"));
  picked().forEach((story) => toggle(story, false));
  return undefined;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") return void escape(event.target);
  if (writing(event.target) || acting(event.target, event.key)) return;
  const does = Object.hasOwn(KEYS, event.key) && KEYS[event.key];
  if (!does || (whole && ["j", "k", "J", "K", "o"].includes(event.key))) return;
  event.preventDefault();
  does();
});

for (const left of ["blur", "pointerout"]) {
  document.addEventListener(left, (event) => event.target.classList?.remove("hush"), true);
}

// ---- Forms ---------------------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  const story = form.closest("article.story");
  if (button?.name !== "verdict" || form.closest("#decisions")) return;
  const chosen = form === bulk ? picked() : [story];
  event.preventDefault();
  if (chosen.length) judge(form, button, chosen);
});

document.addEventListener("change", (event) => {
  if (event.target.id === "all") stories.filter(open).forEach((story) => toggle(story, event.target.checked));
  else if (event.target.matches(".pick")) count();
});

document.addEventListener("focusin", (event) => {
  const index = stories.indexOf(event.target.closest("article.story"));
  if (index >= 0 && index !== at) go(index, { focus: false });
});

document.getElementById("copy")?.addEventListener("click", async (event) => {
  if (!navigator.clipboard) return;
  event.preventDefault();
  await navigator.clipboard.writeText(event.target.href).then(() => say("Link copied"), () => { location.href = event.target.href; });
});

// ---- Start ---------------------------------------------------------------------------------------

if (bulk) document.querySelector(".bulk .all").hidden = false;
if (matchMedia("(max-width: 760px)").matches) document.querySelector("details.bar")?.removeAttribute("open");
count();
const named = stories.findIndex((story) => `#${story.id}` === location.hash);
if (whole) at = 0;
else if (named >= 0) go(named);
