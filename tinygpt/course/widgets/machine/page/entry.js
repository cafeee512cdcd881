// 一个数怎样算来：把内核送来的算式写成几行字。
import { digits, h, raised } from "./dom.js";

const TERMS = 6; // 一长串乘积里先写绝对值最大的几个

export function explain(detail, title) {
  const lines = { lookup, sum, norm, dot, mask, softmax, gelu }[detail.kind](detail);
  const value = h("strong", { class: "tg-answer", "data-value": detail.value }, digits(detail.value, 4));
  return h("div", { class: "tg-entry" }, h("p", {}, `${title} = `, value), ...lines);
}

const line = (...words) => h("p", { class: "tg-formula" }, ...words);
const n = (x) => (x < 0 ? `(${digits(x, 4)})` : digits(x, 4));

function lookup({ table, row }) {
  return [line(`查表得来：${table} 的第 ${row} 行（从 0 数）。这一格是训练时学到的，不是算出来的。`)];
}

function sum({ terms }) {
  return [line(terms.map(([name, value]) => `${name} ${n(value)}`).join(" ＋ "))];
}

function norm({ x, mean, deviation, weight, bias }) {
  return [
    line(`x = ${digits(x, 4)}，这一行的平均 ${digits(mean, 4)}，标准差 ${digits(deviation, 4)}`),
    line(`(${digits(x, 4)} − ${n(mean)}) ÷ ${digits(deviation, 4)} × ${n(weight)} ＋ ${n(bias)}`),
  ];
}

function mask({ score, hidden }) {
  if (hidden) return [line(`分数本来是 ${digits(score, 4)}，但这是后面的 token，看不见，换成 −∞。`)];
  return [line(`看得见，分数照旧：${digits(score, 4)}`)];
}

function softmax({ score, max, total, over }) {
  return [
    line(`e 的 (${digits(score, 4)} − ${n(max)}) 次方，除以${over}的总和 ${digits(total, 4)}`),
    line(`${digits(Math.exp(score - max), 4)} ÷ ${digits(total, 4)}（都先减去最大的 ${digits(max, 4)}，免得太大）`),
  ];
}

function gelu({ u, share }) {
  return [line(`u × Φ(u) = ${n(u)} × ${digits(share, 4)}，Φ 是标准正态随机变量小于 u 的概率`)];
}

function dot({ a, b, names, bias, divisor }) {
  const terms = Array.from(a, (x, i) => ({ i, x, y: b[i], product: x * b[i] }));
  const sorted = [...terms].sort((s, t) => Math.abs(t.product) - Math.abs(s.product));
  const shown = sorted.slice(0, TERMS);
  const rest = sorted.slice(TERMS).reduce((total, term) => total + term.product, 0);
  const all = terms.reduce((total, term) => total + term.product, 0);
  const most = Math.abs(shown[0].product) || 1;
  const rows = shown.map((term) => productRow(term, most));
  if (terms.length > TERMS) rows.push(restRow(`其余 ${terms.length - TERMS} 项合计`, rest));
  const ending = [`乘积一共 ${digits(all, 4)}`];
  if (bias) ending.push(`加偏置 ${n(bias)}`);
  if (divisor !== 1) ending.push(`除以 √${Math.round(divisor * divisor)} = ${digits(divisor, 0)}`);
  return [
    line(...raised(`${names[0]}与 ${names[1]}，${terms.length} 个数两两相乘，再加起来：`)),
    h("table", { class: "tg-products" }, h("tbody", {}, ...rows)),
    line(`${ending.join("，")}。`),
    everyTerm(terms),
  ];
}

function productRow({ i, x, y, product }, most) {
  const wide = `width:${Math.round((60 * Math.abs(product)) / most)}px`;
  return h(
    "tr", {},
    h("th", { scope: "row" }, `第 ${i} 个`),
    h("td", {}, `${n(x)} × ${n(y)}`),
    h("td", {}, `= ${digits(product, 4)}`),
    h("td", {}, h("span", { class: product < 0 ? "tg-minus-bar" : "tg-plus-bar", style: wide })),
  );
}

function restRow(name, value) {
  return h("tr", {}, h("th", { scope: "row", colspan: 2 }, name), h("td", {}, `= ${digits(value, 4)}`), h("td", {}));
}

function everyTerm(terms) {
  const box = h("p", { class: "tg-terms" });
  return h(
    "details",
    { ontoggle: (event) => {
      if (!event.target.open || box.textContent) return;
      box.textContent = terms.map(({ x, y }) => `${n(x)}×${n(y)}`).join(" ＋ ");
    } },
    h("summary", {}, `把 ${terms.length} 项都写出来`), box,
  );
}
