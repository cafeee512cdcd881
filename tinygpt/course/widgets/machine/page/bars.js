// 下一个 token 的概率：灰的是模型原来的，蓝的是拨过温度、top-k、top-p 以后的；点一个，就写它。
import { chance, h, replace } from "./dom.js";
import { distribution } from "./sampling.js";

const SHOWN = 10;
const PLAIN = { temperature: 1, topK: 100, topP: 1 };

/** actions 有 force(编号)。 */
export function createBars(store, actions) {
  const list = h("div", { class: "tg-bars", role: "group", "aria-label": "下一个 token 的候选，按一个就写它" });
  const summary = h("p", { class: "tg-small", "aria-live": "polite" });
  const title = h("h4", {});
  let rows = [];

  /** 换了一步：重新排出候选。 */
  function draw() {
    const now = store.sentence();
    if (!now) return;
    const last = store.label(store.state.ids[store.state.cursor - 1]);
    replace(title, `读到“${last}”，下一个 token 是谁`);
    const plain = distribution(now.logits, now.order, PLAIN);
    const next = store.state.ids[store.state.cursor];
    rows = now.candidates.slice(0, SHOWN).map(([id, label]) => {
      const before = h("span", { class: "tg-before", style: `width:${100 * plain[id]}%` });
      const after = h("span", { class: "tg-after" });
      const value = h("span", { class: "tg-value" });
      const button = h(
        "button",
        { class: `tg-candidate${id === next ? " tg-chosen" : ""}`, type: "button", "data-id": id,
          title: "按一下，就写它", onclick: () => actions.force(id) },
        h("span", { class: "tg-label" }, label),
        h("span", { class: "tg-track" }, before, after),
        value,
      );
      return { id, label, button, after, value };
    });
    replace(list, ...rows.map((row) => row.button));
    update();
  }

  /** 拨了滑块：只改长短与数字。 */
  function update() {
    const now = store.sentence();
    if (!now) return;
    const p = distribution(now.logits, now.order, store.state);
    let shown = 0;
    for (const row of rows) {
      const mine = p[row.id];
      shown += mine;
      row.after.style.width = `${100 * mine}%`;
      row.value.textContent = chance(mine);
      row.button.classList.toggle("tg-out", mine === 0);
      row.button.setAttribute("aria-label", `写“${row.label}”，概率 ${chance(mine)}`);
    }
    const possible = p.reduce((n, one) => n + (one > 0), 0);
    const rest = possible > rows.length ? `，其余的合计 ${chance(Math.max(0, 1 - shown))}` : "";
    summary.textContent = `能抽到的有 ${possible} 个${rest}。灰的是没有拨过的概率。`;
  }

  return { element: h("div", { class: "tg-panel" }, title, list, summary), draw, update };
}
