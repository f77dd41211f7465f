// Lists what is wrong with the page, after WCAG 2.2: an empty list is a page for everybody.
const wrong = [];
const all = (css, root = document) => [...root.querySelectorAll(css)];
const seen = (it) => it.getClientRects().length > 0 && getComputedStyle(it).visibility === "visible";
const called = (it) => it.outerHTML.slice(0, 120);

// 3.1.1, 2.4.2: the language and the title
if (!document.documentElement.lang) wrong.push("no language");
if (!/^\S.+ · \S/.test(document.title)) wrong.push(`the title is "${document.title}"`);

// 1.3.1, 2.4.6: one heading, no level left out, one main part
const headings = all("h1, h2, h3, h4, h5, h6").filter(seen).map((it) => Number(it.tagName[1]));
if (headings.filter((level) => level === 1).length !== 1) wrong.push(`the headings are ${headings}`);
headings.forEach((level, i) => {
  if (level > (headings[i - 1] ?? 0) + 1) wrong.push(`a heading is left out: ${headings}`);
});
if (all("main").length !== 1) wrong.push("not one main part");

// 4.1.2, 3.3.2: everything that can be operated has a name, every field a label
for (const field of all("input:not([type=hidden]), select, textarea")) {
  if (![...field.labels].some((label) => label.textContent.trim())) wrong.push(`no label: ${called(field)}`);
}
for (const it of all("a[href], button").filter(seen)) {
  if (!it.textContent.trim() && !it.getAttribute("aria-label")) wrong.push(`no name: ${called(it)}`);
}
for (const image of all("img:not([alt])")) wrong.push(`no text: ${called(image)}`);
for (const image of all("svg:not([aria-hidden=true])")) wrong.push(`not hidden: ${called(image)}`);
for (const it of all("[aria-describedby], [aria-labelledby]")) {
  const ids = `${it.getAttribute("aria-describedby") ?? ""} ${it.getAttribute("aria-labelledby") ?? ""}`;
  for (const id of ids.trim().split(/\s+/)) {
    if (!document.getElementById(id)) wrong.push(`${id} is not there: ${called(it)}`);
  }
}
const ids = all("[id]").map((it) => it.id);
for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) wrong.push(`two are called ${id}`);
if (all("[tabindex]").some((it) => it.tabIndex > 0)) wrong.push("the order of the page is not that of Tab");

// 2.5.8: what stands alone is large enough for a thumb
for (const it of all("button, .button, input:not([type=hidden]), nav a, .cards a").filter(seen)) {
  const { width, height } = it.getBoundingClientRect();
  if (width < 24 || height < 43.5) wrong.push(`${Math.round(width)}×${Math.round(height)}: ${called(it)}`);
}

// 1.4.10: nothing to scroll sideways, and no text cut off
const { scrollWidth, clientWidth } = document.documentElement;
if (scrollWidth > clientWidth) wrong.push(`${scrollWidth} wide in a window of ${clientWidth}`);
for (const it of all("main *").filter(seen)) {
  const { left, right } = it.getBoundingClientRect();
  if (!it.closest(".sr") && (left < -0.5 || right > clientWidth + 0.5)) wrong.push(`sticks out: ${called(it)}`);
}

// 1.4.3: contrast of text, with whatever stands behind it
const channels = (color) => color.match(/[\d.]+/g).map(Number);
const luminance = (color) => {
  const [r, g, b] = channels(color).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (it) => {
  for (let at = it; at; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor;
    if (channels(color)[3] !== 0) return color;
  }
  return "rgb(255, 255, 255)";
};
for (const it of all("body *").filter(seen)) {
  if (it.closest(".sr") || ![...it.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
  const [dark, light] = [getComputedStyle(it).color, behind(it)].map(luminance).sort((a, b) => a - b);
  const contrast = (light + 0.05) / (dark + 0.05);
  if (contrast < 4.5) wrong.push(`contrast ${contrast.toFixed(2)}: ${called(it)}`);
}
return wrong;
