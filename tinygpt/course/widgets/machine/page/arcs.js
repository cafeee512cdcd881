// 注意力的弧线：从一个 token 到它看的每一个，越粗看得越多。要到了才画，不悬停就没有。
import { h, replace, shape } from "./dom.js";

export function createArcs(store, chips) {
  const overlay = shape("svg", { class: "tg-arcs", "aria-hidden": "true" });
  const stage = h("div", { class: "tg-stage" }, overlay, chips.row);
  let hovered = null;

  /** 停在第 index 个 token 上；null 是离开。 */
  async function hover(index) {
    hovered = index;
    if (index == null || index >= store.state.cursor) return clear();
    const { layer, head } = store.state;
    const ids = store.seen();
    const reply = await store.ask("arcs", { ids, layer, head }).catch(() => null);
    const same = hovered === index && ids.length === store.state.cursor;
    if (reply && same) draw(reply.weights.subarray(index * ids.length, (index + 1) * ids.length), index);
  }

  function clear() {
    replace(overlay);
    chips.showWeights(null);
  }

  function draw(weights, query) {
    chips.showWeights(weights, query);
    const box = stage.getBoundingClientRect();
    const places = [...chips.row.querySelectorAll(".tg-chip")].map((chip) => {
      const r = chip.getBoundingClientRect();
      return { x: r.left - box.left + r.width / 2, y: r.top - box.top, half: r.width / 2 };
    });
    overlay.setAttribute("width", box.width);
    overlay.setAttribute("height", box.height);
    const order = [...weights.keys()].slice(0, query + 1).sort((a, b) => weights[a] - weights[b]);
    replace(overlay, ...order.filter((i) => weights[i] >= 0.02).map((i) => arc(places[query], places[i], weights[i])));
  }

  function arc(from, to, weight) {
    const itself = from === to;
    const up = itself ? 22 : Math.min(40, 16 + 0.1 * Math.abs(from.x - to.x));
    const left = itself ? from.x - 9 : from.x;
    const right = itself ? from.x + 9 : to.x;
    const d = `M${left} ${from.y} C${left} ${from.y - up} ${right} ${to.y - up} ${right} ${to.y}`;
    return shape("path", { d, "stroke-width": 1 + 7 * weight, opacity: 0.3 + 0.65 * weight });
  }

  return { stage, hover, clear, again: () => hover(hovered) };
}
