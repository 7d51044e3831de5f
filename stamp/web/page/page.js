"use strict";
const text = JSON.parse(document.getElementById("texts").textContent);
const language = document.documentElement.lang;

// An element with a class, and what is in it: texts are never read as markup.
function make(tag, name, ...inside) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...inside.filter(each => each !== null && each !== undefined));
  return element;
}

function button(words, act) {
  const element = make("button", "", words);
  element.type = "button";
  element.addEventListener("click", act);
  return element;
}

async function ask(address, options = {}) {
  const headers = {"accept-language": language, ...options.headers};
  try {
    return await fetch(address, {...options, headers});
  } catch {
    return null;
  }
}

async function json(address, options) {
  const reply = await ask(address, options);
  return reply ? reply.json() : {error: {message: text.page.away}};
}

function failure(message) {
  return {words: {verdict: "cannot", say: text.page.failed, sure: "", lines: [message]}};
}

// The last event of a stream; one that was broken off has none.
async function answerOf(reply, progress) {
  if (!reply) return failure(text.page.away);
  if (!reply.ok) return failure((await reply.json()).error.message);
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  try {
    for (let piece; !(piece = await reader.read()).done;) {
      waiting += piece.value;
      for (let end; (end = waiting.indexOf("\n\n")) >= 0; waiting = waiting.slice(end + 2)) {
        const [name, data] = waiting.slice(0, end).split("\n").map(line => line.slice(line.indexOf(":") + 2));
        const said = JSON.parse(data);
        if (name === "done") return said.results[0];
        if (name === "failed") return failure(said.error.message);
        progress(said);
      }
    }
  } catch { /* said below */ }
  return failure(text.page.broken);
}

function card(entry, caption) {
  const words = entry.words;
  const found = make("article", `card ${words.verdict}`, make("h2", "", words.say));
  if (words.sure) found.append(make("p", "sure", words.sure));
  if (words.lines.length) found.append(make("ul", "", ...words.lines.map(line => make("li", "", line))));
  if (entry.picture) found.append(drawn(entry.picture, caption));
  if (entry.download) {
    const link = make("a", "button", text.page.download);
    link.href = `api/embedded/${entry.download}`;
    link.setAttribute("download", "");
    found.append(make("p", "", link));
  }
  const {words: _, picture, ...figures} = entry;
  if (Object.keys(figures).length) {
    const report = JSON.stringify(figures, null, 1);
    found.append(make("details", "", make("summary", "", text.page.report), make("pre", "", report)));
  }
  return found;
}

function drawn(source, caption) {
  const image = make("img");
  image.src = source;
  image.alt = caption;
  return make("figure", "", image, make("figcaption", "", caption));
}

async function send(section, file) {
  const part = name => section.querySelector(`.${name}`);
  const query = new URLSearchParams({name: file.name, picture: ""});
  for (const input of section.querySelectorAll(".fields input")) if (input.value) query.set(input.name, input.value);
  const [bar, working, answer] = ["bar", "working", "answer"].map(part);
  answer.replaceChildren();
  bar.removeAttribute("value");
  bar.hidden = working.hidden = false;
  const reply = await ask(`${section.dataset.api}?${query}`, {method: "POST", body: file, headers: {accept: "text/event-stream"}});
  const entry = await answerOf(reply, said => {
    if (said.total) [bar.max, bar.value] = [said.total, said.done];
  });
  bar.hidden = working.hidden = true;
  answer.replaceChildren(card(entry, text.page.picture));
  answer.focus();
  if (section.dataset.list) list(section);
}

const columns = {
  works: [
    ["number", work => work.number], ["title_column", work => work.title], ["kind", work => text.kind[work.kind]],
    ["creators", work => work.creators.join(", ")], ["copies", work => work.copy_count],
  ],
  finds: [
    ["number", find => button(`${find.number}`, () => show(find))], ["work", find => find.title || find.words.say],
    ["copy_for", find => find.recipient], ["seen", find => find.url], ["verdict", find => text.verdict[find.verdict]],
  ],
  cases: [
    ["due", one => one.due_on], ["case", one => `${one.number}. ${one.title}`], ["respondent", one => one.respondent],
  ],
};

// A page of records, below those that are there if it is one of the following pages.
async function list(section, after = "") {
  const place = section.querySelector(".list");
  const query = new URLSearchParams(after ? {after} : {});
  for (const input of section.querySelectorAll(".search [name]")) if (input.value) query.set(input.name, input.value);
  const found = await json(`${section.dataset.list}?${query}`);
  if (!after) place.replaceChildren();
  place.querySelector(".more")?.remove();
  if (found.error) place.append(card(failure(found.error.message)));
  else if (!found.results.length && !after) place.append(make("p", "hint", text.page.none_yet));
  else place.append(table(columns[section.id], found.results));
  if (found.next) place.append(make("p", "more", button(text.page.more, () => list(section, found.next))));
}

function table(named, records) {
  const head = make("tr", "", ...named.map(([name]) => {
    const cell = make("th", "", text.page[name]);
    cell.scope = "col";
    return cell;
  }));
  const rows = records.map(record => make("tr", "", ...named.map(([name, value]) => {
    const cell = make("td", "", value(record));
    cell.dataset.label = text.page[name];
    return cell;
  })));
  return make("div", "scroll", make("table", "", make("thead", "", head), make("tbody", "", ...rows)));
}

// One find, to be compared and judged.
function show(find) {
  const place = document.querySelector("#finds .one");
  const verdicts = place.dataset.verdicts.split(" ").filter(Boolean);
  const shown = card(find, text.page.side_by_side);
  shown.querySelector("h2").prepend(`${text.page.number} ${find.number}: `);
  shown.querySelector("h2").tabIndex = -1;
  if (find.work && verdicts.length) {
    const address = `api/finds/${find.number}`;
    shown.append(make("div", "buttons", button(text.page.compare, () => act(`${address}/compare`, {}))));
    if (find.comparison) {
      const note = make("input");
      const choose = verdict => act(`${address}/verdict`, {verdict, note: note.value}, find.picture);
      shown.append(
        make("p", "sure", text.page.judge),
        make("label", "field", text.page.note, note),
        make("div", "buttons", ...verdicts.map(each => button(text.verdict[each], () => choose(each)))),
      );
    }
  }
  place.replaceChildren(shown);
  shown.querySelector("h2").focus();

  async function act(address, said, picture) {
    for (const each of shown.querySelectorAll("button")) each.disabled = true;
    shown.prepend(make("p", "hint", text.page.working));
    const found = await json(address, {method: "POST", body: JSON.stringify(said)});
    const entry = found.results ? found.results[0] : null;
    if (!entry || entry.error) {
      show({...find, ...failure((entry || found).error.message), number: find.number});
      return;
    }
    show({...entry, picture: entry.picture || picture});
    if (said.verdict) {
      place.querySelector("article").prepend(make("p", "hint", text.page.saved));
      list(document.getElementById("finds"));
    }
  }
}

function open() {
  const sections = [...document.querySelectorAll("main > section")];
  const wanted = sections.find(each => `#${each.id}` === location.hash) || sections[0];
  for (const each of sections) each.hidden = each !== wanted;
  for (const link of document.querySelectorAll("header nav:first-child a")) {
    if (link.hash === `#${wanted.id}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  for (const link of document.querySelectorAll(".languages a")) link.hash = wanted.id;
  if (wanted.dataset.list) list(wanted);
}

for (const section of document.querySelectorAll("[data-api]")) {
  const drop = section.querySelector(".drop");
  if (!drop) continue;
  for (const name of ["dragover", "dragleave", "drop"]) drop.addEventListener(name, event => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files[0]) send(section, event.dataTransfer.files[0]);
  });
  const file = section.querySelector(".file");
  file.addEventListener("change", () => file.files[0] && send(section, file.files[0]));
}
for (const form of document.querySelectorAll(".search")) form.addEventListener("submit", event => {
  event.preventDefault();
  list(form.closest("section"));
});
addEventListener("hashchange", open);
open();
