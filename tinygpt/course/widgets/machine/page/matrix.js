// 一张数字的表：画在 canvas 上，一格一种颜色，格子够宽就写上数。
// 鼠标停在一格上看到它的值，点一下看它怎样算来；键盘用方向键走，回车等于点一下。
// 列很多时一次画 PAGE 列，前后翻。
import { color, digits, h } from "./dom.js";

const LABEL = 92, ROW = 24, FOOTER = 20;
const PAGE = 128; // 一次画多少列
const WIDEST = 62; // 一格最宽多少像素
const ROOM = 40; // 一格至少这么宽，才写得下数

/** pick(行, 列) 选中一格（都从 0 数，行是表里的第几行）；look(行, 列或 null) 停在一格上。 */
export function createMatrix({ pick, look }) {
  const canvas = h("canvas", { class: "tg-matrix", tabindex: 0, role: "application" });
  const range = h("span", { class: "tg-small" });
  const turn = (by) => h("button", { type: "button", class: "tg-button", "aria-label": by < 0 ? "前面的列" : "后面的列",
    onclick: () => page(start + by * PAGE) }, by < 0 ? "‹" : "›");
  const pager = h("div", { class: "tg-pager" }, turn(-1), range, turn(1));
  const element = h("div", {}, canvas, pager);
  let table = null, chosen = null, hovered = null, cell = 10, width = 0;
  let start = 0, end = 0, header = 8; // 画第 start 到 end − 1 列；表头多高

  function show(next, place) {
    table = { ...next, n: next.values.length / next.rows.length };
    table.most = next.values.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1e-9);
    chosen = place;
    hovered = null;
    header = table.columns ? 26 : 8;
    start = place ? Math.floor(place[1] / PAGE) * PAGE : 0;
    canvas.setAttribute("aria-label", `${next.title}的表，${next.rows.length} 行 ${table.n} 列。方向键走，回车看怎样算来`);
    draw();
  }

  function draw() {
    if (!table || !element.clientWidth) return;
    width = element.clientWidth;
    end = Math.min(table.n, start + PAGE);
    pager.hidden = table.n <= PAGE;
    range.textContent = `第 ${start} 到 ${end - 1} 列，一共 ${table.n} 列`;
    cell = Math.min(WIDEST, (width - LABEL - 2) / Math.min(table.n, PAGE));
    const height = header + ROW * table.rows.length + (table.columns ? 4 : FOOTER);
    const scale = window.devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.style.height = `${height}px`;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const paint = palette();
    pen.font = `12px ${paint.font}`;
    pen.textBaseline = "middle";
    drawHeader(pen, paint);
    for (let i = 0; i < table.rows.length; i++) drawRow(pen, paint, i);
    frame(pen, hovered, paint.faint, 1);
    frame(pen, chosen, paint.here, 2.5);
  }

  function palette() {
    const get = (name) => color(canvas, name);
    return {
      plus: rgb(get("--tg-plus")), minus: rgb(get("--tg-minus")), zero: rgb(get("--tg-zero")),
      ink: get("--tg-ink"), faint: get("--tg-soft"), here: get("--tg-here"),
      hidden: get("--tg-hidden"), font: getComputedStyle(canvas).fontFamily,
    };
  }

  function drawHeader(pen, paint) {
    pen.fillStyle = paint.faint;
    pen.textAlign = "center";
    if (!table.columns) {
      const y = header + ROW * table.rows.length + FOOTER / 2 + 2;
      for (let j = start; j < end; j += 16) pen.fillText(`${j}`, left(j) + cell / 2 + (j === start ? 4 : 0), y);
      return;
    }
    if (cell < 12) return;
    for (let j = start; j < end; j++) {
      pen.fillText(fit(pen, table.columns[j], cell - 3), left(j) + cell / 2, header / 2);
    }
  }

  function drawRow(pen, paint, i) {
    const y = header + ROW * i;
    pen.textAlign = "right";
    pen.fillStyle = paint.ink;
    pen.fillText(fit(pen, table.rows[i], LABEL - 14), LABEL - 8, y + ROW / 2);
    pen.textAlign = "center";
    const gap = cell > 8 ? 1 : 0;
    for (let j = start; j < end; j++) {
      const value = table.values[i * table.n + j];
      const strength = Math.min(1, Math.abs(value) / table.most);
      const unseen = table.future && j > table.first + i;
      const hidden = value === -Infinity || unseen;
      const tone = mix(paint.zero, value < 0 ? paint.minus : paint.plus, strength);
      pen.fillStyle = hidden ? paint.hidden : `rgb(${tone.join(",")})`;
      pen.fillRect(left(j), y, cell - gap + (gap ? 0 : 0.6), ROW - 2);
      if (cell < ROOM || unseen) continue;
      pen.fillStyle = hidden ? paint.ink : readable(tone);
      pen.fillText(digits(value, 2), left(j) + cell / 2, y + ROW / 2);
    }
  }

  function frame(pen, place, ink, line) {
    if (!place || place[1] < start || place[1] >= end) return;
    pen.strokeStyle = ink;
    pen.lineWidth = line;
    const wide = Math.max(cell - 1, 4); // 格子很窄时，框也要看得见
    const x = left(place[1]) + (cell - 1 - wide) / 2;
    pen.strokeRect(x, header + ROW * place[0] - 1, wide, ROW);
  }

  const left = (j) => LABEL + (j - start) * cell;

  function page(next) {
    if (next < 0 || next >= table.n) return;
    start = next;
    draw();
  }

  function at(event) {
    const box = canvas.getBoundingClientRect();
    const j = start + Math.floor((event.clientX - box.left - LABEL) / cell);
    const i = Math.floor((event.clientY - box.top - header) / ROW);
    return i >= 0 && i < table.rows.length && j >= start && j < end ? [i, j] : null;
  }

  function hover(place) {
    if (`${place}` === `${hovered}`) return;
    hovered = place;
    look(place ?? chosen);
    draw();
  }

  canvas.addEventListener("mousemove", (event) => hover(at(event)));
  canvas.addEventListener("mouseleave", () => hover(null));
  canvas.addEventListener("click", (event) => {
    const place = at(event);
    if (place) choose(place);
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Enter" && chosen) pick(...chosen);
    if (!step) return;
    event.preventDefault();
    const [i, j] = chosen ?? [table.rows.length - 1, -1];
    const clamp = (x, most) => Math.min(most - 1, Math.max(0, x));
    chosen = [clamp(i + step[0], table.rows.length), clamp(j + step[1], table.n)];
    start = Math.floor(chosen[1] / PAGE) * PAGE;
    look(chosen);
    draw();
  });

  function choose(place) {
    chosen = place;
    pick(...place);
    draw();
  }

  return { element, show, draw };
}

function rgb(text) {
  const hex = text.replace("#", "");
  return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

function mix(a, b, t) {
  return a.map((x, i) => Math.round(x + (b[i] - x) * t));
}

/** 在这个底色上，黑字清楚还是白字清楚（WCAG 的相对亮度）。 */
function readable(tone) {
  const [r, g, b] = tone.map((x) => (x <= 10 ? x / 3294 : ((x / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#111" : "#fff";
}

/** 写不下就截短。 */
function fit(pen, words, room) {
  if (pen.measureText(words).width <= room) return words;
  let kept = words;
  while (kept && pen.measureText(`${kept}…`).width > room) kept = kept.slice(0, -1);
  return `${kept}…`;
}
