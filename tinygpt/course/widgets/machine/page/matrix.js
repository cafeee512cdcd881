// 一张数字的表：画在 canvas 上，一格一种颜色，格子够宽就写上数。
// 鼠标停在一格上看到它的值，点一下看它怎样算来；键盘用方向键走，回车等于点一下。
import { color, digits, h } from "./dom.js";

const LABEL = 92, ROW = 24, HEADER = 26, FOOTER = 20;
const WIDEST = 62; // 一格最宽多少像素
const ROOM = 40; // 一格至少这么宽，才写得下数

/** pick(行, 列) 选中一格（都从 0 数，行是表里的第几行）；look(行, 列或 null) 停在一格上。 */
export function createMatrix({ pick, look }) {
  const canvas = h("canvas", { class: "tg-matrix", tabindex: 0, role: "application" });
  let table = null, chosen = null, hovered = null, cell = 10, width = 0;

  function show(next, place) {
    table = { ...next, n: next.values.length / next.rows.length };
    table.most = next.values.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1e-9);
    chosen = place;
    hovered = null;
    canvas.setAttribute("aria-label", `${next.title}的表，${next.rows.length} 行 ${table.n} 列。方向键走，回车看怎样算来`);
    draw();
  }

  function draw() {
    if (!table || !canvas.parentElement?.clientWidth) return;
    width = canvas.parentElement.clientWidth;
    cell = Math.min(WIDEST, (width - LABEL - 2) / table.n);
    const height = HEADER + ROW * table.rows.length + (table.columns ? 4 : FOOTER);
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
      ink: get("--tg-ink"), faint: get("--tg-soft"), here: get("--tg-here"), on: get("--tg-on-strong"),
      hidden: get("--tg-hidden"), font: getComputedStyle(canvas).fontFamily,
    };
  }

  function drawHeader(pen, paint) {
    pen.fillStyle = paint.faint;
    pen.textAlign = "center";
    if (!table.columns) {
      const step = table.n <= 64 ? 16 : table.n <= 256 ? 64 : 256;
      const y = HEADER + ROW * table.rows.length + FOOTER / 2 + 2;
      for (let j = 0; j < table.n; j += step) pen.fillText(`${j}`, LABEL + (j + 0.5) * cell + (j ? 0 : 4), y);
      return;
    }
    if (cell < 12) return;
    table.columns.forEach((label, j) => pen.fillText(fit(pen, label, cell - 3), LABEL + (j + 0.5) * cell, HEADER / 2));
  }

  function drawRow(pen, paint, i) {
    const y = HEADER + ROW * i;
    pen.textAlign = "right";
    pen.fillStyle = paint.ink;
    pen.fillText(fit(pen, table.rows[i], LABEL - 14), LABEL - 8, y + ROW / 2);
    pen.textAlign = "center";
    const gap = cell > 8 ? 1 : 0;
    for (let j = 0; j < table.n; j++) {
      const value = table.values[i * table.n + j];
      const strength = Math.min(1, Math.abs(value) / table.most);
      const hidden = value === -Infinity;
      pen.fillStyle = hidden ? paint.hidden : mix(paint.zero, value < 0 ? paint.minus : paint.plus, strength);
      pen.fillRect(LABEL + j * cell, y, cell - gap + (gap ? 0 : 0.6), ROW - 2);
      if (cell < ROOM) continue;
      pen.fillStyle = !hidden && strength > 0.6 ? paint.on : paint.ink;
      pen.fillText(digits(value, 2), LABEL + (j + 0.5) * cell, y + ROW / 2);
    }
  }

  function frame(pen, place, ink, line) {
    if (!place) return;
    pen.strokeStyle = ink;
    pen.lineWidth = line;
    const wide = Math.max(cell - 1, 4); // 格子很窄时，框也要看得见
    const x = LABEL + place[1] * cell + (cell - 1 - wide) / 2;
    pen.strokeRect(x, HEADER + ROW * place[0] - 1, wide, ROW);
  }

  function at(event) {
    const box = canvas.getBoundingClientRect();
    const j = Math.floor((event.clientX - box.left - LABEL) / cell);
    const i = Math.floor((event.clientY - box.top - HEADER) / ROW);
    return i >= 0 && i < table.rows.length && j >= 0 && j < table.n ? [i, j] : null;
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
    look(chosen);
    draw();
  });

  function choose(place) {
    chosen = place;
    pick(...place);
    draw();
  }

  return { canvas, show, draw };
}

function rgb(text) {
  const hex = text.replace("#", "");
  return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

function mix(a, b, t) {
  return `rgb(${a.map((x, i) => Math.round(x + (b[i] - x) * t)).join(",")})`;
}

/** 写不下就截短。 */
function fit(pen, words, room) {
  if (pen.measureText(words).width <= room) return words;
  let kept = words;
  while (kept && pen.measureText(`${kept}…`).width > room) kept = kept.slice(0, -1);
  return `${kept}…`;
}
