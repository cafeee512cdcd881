// 把各部分拼起来：上面一步一步写，下面打开机器。
import { createArcs } from "./arcs.js";
import { createBars } from "./bars.js";
import { createChips } from "./chips.js";
import { button, picker, promptBox, samplingSliders, upTo } from "./controls.js";
import { h } from "./dom.js";
import { createInside } from "./inside.js";
import { createMap } from "./map.js";
import { createPlayer } from "./play.js";
import { createStore } from "./store.js";
import { createBranches, createWriter } from "./writer.js";

function render({ model, el }) {
  const store = createStore(model);
  const { state, shape } = store;
  const message = h("p", { class: "tg-message", role: "status" });
  const say = (words) => (message.textContent = words);

  const writer = createWriter(store, say);
  const branches = createBranches(store, writer);
  const chips = createChips(store, { goTo: writer.goTo, hover: (i) => arcs.hover(i) });
  const arcs = createArcs(store, chips);
  const bars = createBars(store, { force: writer.write });
  const prompt = promptBox(model.get("sentence").text ?? "", writer.read);
  const auto = button("自动写", () => writer.toggle((on) => (auto.textContent = on ? "停" : "自动写")));
  const buttons = h("div", { class: "tg-buttons" },
    button("写一个", writer.writeOne, "tg-primary"), auto, button("退一步", writer.back));
  const choose = (name) => (i) => store.set({ [name]: i });
  const layers = picker("层", upTo(shape.n_layer), state.layer, choose("layer"));
  const heads = picker("头", upTo(shape.n_head), state.head, choose("head"));
  const hint = h("p", { class: "tg-hint" },
    h("span", {}, "停在一个 token 上，看它在看谁；按一下，回到写它之前。"), layers.element, heads.element);
  const writing = h("section", { class: "tg-writing", "aria-label": "一步一步写" },
    prompt.element, arcs.stage, hint, branches.box,
    h("div", { class: "tg-columns" }, bars.element,
      h("div", { class: "tg-panel tg-side" }, h("h4", {}, "怎样取下一个"), buttons, samplingSliders(store), tips(), message)));

  const go = (part, layer, station) => {
    const first = shape.parts[part].stations[0]?.name ?? null;
    const known = shape.parts[part].stations.some((one) => one.name === station);
    const arcsToo = part === "attention" ? { layer } : {}; // 上面的弧线跟着看同一层
    store.set({ part, partLayer: layer, station: known ? station : first, row: null, column: null, ...arcsToo });
  };
  const map = createMap(store, (part, layer) => go(part, layer, state.part === part ? state.station : null));
  const inside = createInside(store, go, say);
  const player = createPlayer(store, go, writer);
  const body = h("div", {}, player.row, map.element, inside.element);
  const opener = h("button", { type: "button", class: "tg-opener", onclick: () => store.set({ open: !state.open }) });
  const section = h("section", { class: "tg-machine-inside", "aria-label": "机器里面" }, opener, body);

  const root = h("div", { class: "tg-machine", "data-lm-suppress-shortcuts": "true" }, writing, section);
  root.addEventListener("keydown", (event) => event.stopPropagation()); // 方向键、x 不要落到笔记本上

  function drawSentence() {
    arcs.clear();
    chips.draw();
    branches.draw();
    bars.draw();
  }

  function drawInside() {
    opener.textContent = state.open ? "▾ 合上机器" : "▸ 打开机器：这些概率是怎样算出来的";
    opener.setAttribute("aria-expanded", String(state.open));
    body.hidden = !state.open;
    if (!state.open) return player.stop();
    map.mark();
    player.draw();
    return inside.draw();
  }

  const SENTENCE = ["ids", "cursor", "branches"];
  const SAMPLING = ["temperature", "topK", "topP"];
  store.subscribe((change) => {
    const names = Object.keys(change);
    if (names.some((name) => SENTENCE.includes(name))) drawSentence();
    if (names.some((name) => SAMPLING.includes(name))) {
      bars.update();
      if (state.open && state.part === "next") inside.draw();
      return;
    }
    layers.mark(state.layer);
    heads.mark(state.head);
    drawInside();
  });

  const redraw = () => (inside.resize(), arcs.clear());
  const sizes = new ResizeObserver(redraw);
  const theme = new MutationObserver(redraw);
  sizes.observe(el);
  theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  el.append(root);
  drawSentence();
  drawInside();
  return () => {
    writer.stop();
    player.stop();
    sizes.disconnect();
    theme.disconnect();
  };
}

function tips() {
  const words = [
    "“写一个”照蓝色的概率抽；左边的候选，按哪个就写哪个。",
    "写出的 token，颜色越深，模型越有把握。",
    "退回来再写别的，就岔开了；原来的一句还留着。",
  ];
  return h("ul", { class: "tg-tips" }, ...words.map((one) => h("li", {}, one)));
}

export default { render };
