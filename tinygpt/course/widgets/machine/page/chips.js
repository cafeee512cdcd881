// 一排 token：字、编号，写出来的按概率染色，还没有走到的（退回来以后）画成虚线。
import { chance, h, replace, roving } from "./dom.js";

/** actions 有 goTo(第几个) 与 hover(第几个或 null)。 */
export function createChips(store, actions) {
  const row = h("div", { class: "tg-chips", role: "group", "aria-label": "这段话的 token" });
  row.addEventListener("keydown", (event) => roving(row, event));
  row.addEventListener("mouseleave", () => actions.hover(null));
  row.addEventListener("focusout", (event) => row.contains(event.relatedTarget) || actions.hover(null));

  function draw() {
    const { ids, cursor, prompt } = store.state;
    const p = store.whole()?.probabilities ?? store.sentence()?.probabilities ?? [];
    const chips = ids.map((id, i) => {
      const kind = i >= cursor ? "ghost" : i < prompt ? "prompt" : "written";
      return chip(id, i, kind, p[i]);
    });
    chips.splice(cursor, 0, h("span", { class: "tg-caret", "aria-hidden": "true" }));
    replace(row, ...chips);
  }

  function chip(id, i, kind, p) {
    const said = { prompt: "开头", written: "写出的", ghost: "退回来的" }[kind];
    const sure = p == null ? "" : `，模型给它的概率 ${chance(p)}`;
    const name = `第 ${i + 1} 个 token“${store.label(id)}”，编号 ${id}，${said}${sure}`;
    const shade = kind === "written" && p != null ? `--sure: ${Math.round(8 + 42 * p)}%` : null;
    return h(
      "button",
      {
        class: `tg-chip tg-${kind}`, style: shade, "data-rove": true, "data-index": i, type: "button",
        "aria-label": name, title: name, tabindex: i === store.state.cursor - 1 ? 0 : -1,
        onclick: () => actions.goTo(i),
        onmouseenter: () => actions.hover(i), onfocus: () => actions.hover(i),
      },
      h("span", { class: "tg-word" }, store.label(id)),
      h("span", { class: "tg-under" }, `${id}`),
    );
  }

  /** 把编号换成权重（看这一个 token 在看谁）；weights 为 null 时换回编号。 */
  function showWeights(weights, query) {
    row.querySelectorAll(".tg-chip").forEach((chip, i) => {
      const seen = weights && i <= query;
      chip.classList.toggle("tg-looked", Boolean(seen) && weights[i] >= 0.005);
      chip.classList.toggle("tg-query", Boolean(weights) && i === query);
      chip.style.setProperty("--weight", seen ? `${Math.round(100 * weights[i])}%` : "0%");
      chip.querySelector(".tg-under").textContent = seen ? weights[i].toFixed(2) : `${store.state.ids[i]}`;
    });
  }

  return { row, draw, showWeights };
}
