// 机器里面：选中的部分有哪些站，选中的站是一张什么表，表里的一格怎样算来。
import { digits, h, raised, replace } from "./dom.js";
import { picker, upTo } from "./controls.js";
import { explain } from "./entry.js";
import { createMatrix } from "./matrix.js";
import { distribution } from "./sampling.js";

const OF_LAYER = ["attention", "feed_forward"];

/** go(部分, 层, 站) 走到一站；say(一句话) 报告出错。 */
export function createInside(store, go, say) {
  const { state, shape } = store;
  const head = h("div", { class: "tg-inside-head" });
  const strip = h("div", { class: "tg-strip", role: "group", "aria-label": "这个部分里的各站" });
  const words = h("p", { class: "tg-station-note" });
  const readout = h("p", { class: "tg-readout", "aria-live": "polite" });
  const holder = h("div", { class: "tg-matrix-frame" });
  const below = h("div", { class: "tg-below", "aria-live": "polite" });
  const element = h("div", { class: "tg-inside" }, head, strip, words, holder, readout, below);
  const matrix = createMatrix({ pick, look });
  let table = null;

  const stationNow = () => shape.parts[state.part].stations.find((one) => one.name === state.station);
  const wish = () => ({ ids: store.seen(), station: state.station, layer: state.partLayer, head: state.head });

  /** 换了部分、站、层、头或这段话：整个重画。 */
  async function draw() {
    drawHead();
    replace(strip, ...stationButtons());
    replace(below);
    readout.textContent = "";
    const station = stationNow();
    holder.hidden = !station;
    if (!station) return drawPlain();
    replace(words, h("code", {}, ...raised(station.formula)), `　${station.note}`);
    const wanted = wish();
    try {
      const reply = await store.ask("table", wanted);
      if (JSON.stringify(wanted) !== JSON.stringify(wish())) return;
      table = reply;
      holder.append(matrix.element);
      const chosen = state.row == null ? null : [state.row - table.first, state.column];
      const future = station.name === "weights"; // 权重的右上角是未来，没有权重
      matrix.show({ ...table, title: station.title, future }, chosen);
      if (chosen) await pick(...chosen, false);
      else readout.textContent = shapeWords(station);
    } catch (error) {
      say(error.message);
    }
  }

  function shapeWords(station) {
    const wide = table.values.length / table.rows.length;
    const cut = table.first ? `（一共 ${table.ids.length} 行，只画最后 ${table.rows.length} 行）` : "";
    const columns = { dims: "每列是向量的一个数", tokens: "每列是一个被看的 token", candidates: "每列是一个候选" };
    const deepest = digits(table.values.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0), 2);
    return `${table.rows.length} 行 × ${wide} 列${cut}：每行是一个 token，${columns[station.columns]}。`
      + `蓝是正，橙是负，最深是 ${deepest}。点一格，看它怎样算来。`;
  }

  function drawHead() {
    const where = OF_LAYER.includes(state.part) ? `第 ${state.partLayer + 1} 层的` : "";
    const parts = [h("h4", {}, `${where}${shape.parts[state.part].title}`)];
    if (OF_LAYER.includes(state.part) && shape.n_layer > 1) {
      parts.push(picker("层", upTo(shape.n_layer), state.partLayer, (i) => go(state.part, i, state.station)).element);
    }
    if (stationNow()?.per_head) {
      const choose = (i) => store.set({ head: i, row: null, column: null });
      parts.push(picker("头", upTo(shape.n_head), state.head, choose).element);
    }
    replace(head, ...parts);
  }

  function stationButtons() {
    return shape.parts[state.part].stations.map((station) =>
      h("button", {
        type: "button", class: "tg-station", "aria-pressed": String(station.name === state.station),
        onclick: () => go(state.part, state.partLayer, station.name),
      }, station.title),
    );
  }

  /** 没有表的两个部分：文字变成编号，与取一个。 */
  function drawPlain() {
    if (state.part === "tokens") {
      replace(words, "分词器把文字切成 token，每个有一个编号；机器里面只有编号。");
      const pairs = store.seen().map((id, i) =>
        h("li", {}, h("span", { class: "tg-word" }, store.label(id)), h("span", {}, `→ ${id}`), h("small", {}, `位置 ${i}`)));
      return replace(below, h("ol", { class: "tg-pairs" }, ...pairs));
    }
    replace(words, "把概率从大到小接成一条 0 到 1 的线段，随机掷一个数，落在谁那一段就取谁，写在后面。");
    replace(below, lottery());
  }

  function lottery() {
    const now = store.sentence();
    const p = distribution(now.logits, now.order, state);
    const shown = now.order.slice(0, 12).filter((id) => p[id] > 0.004);
    const pieces = shown.map((id) =>
      h("span", { class: "tg-piece", style: `width:${100 * p[id]}%`, title: `${store.label(id)} ${p[id].toFixed(3)}` },
        p[id] > 0.045 ? store.label(id) : ""));
    const draw = state.draw;
    const last = draw ? `上一次掷出 ${draw.u.toFixed(3)}，取了“${store.label(draw.id)}”。` : "还没有掷过。按上面的“写一个”。";
    return h("div", {}, h("div", { class: "tg-lottery", "aria-hidden": "true" }, ...pieces),
      h("p", { class: "tg-small" }, `${last}温度、top-k、top-p 会改变各段的长短。`));
  }

  function look(place) {
    if (!place || !table) return;
    readout.textContent = `${nameOf(...place)} = ${digits(table.values[place[0] * count() + place[1]], 4)}`;
  }

  const count = () => table.values.length / table.rows.length;

  function nameOf(i, j) {
    const row = `“${table.rows[i]}”（位置 ${table.first + i}）`;
    return table.columns ? `${row} × “${table.columns[j]}”` : `${row}的第 ${j} 个数`;
  }

  /** 选中一格：问内核它怎样算来。 */
  async function pick(i, j, save = true) {
    const row = table.first + i;
    state.row = row;
    state.column = j;
    if (save) store.saveView();
    look([i, j]);
    const wanted = { ...wish(), row, column: table.columns && stationNow().columns === "candidates" ? table.codes[j] : j };
    try {
      const detail = await store.ask("detail", wanted);
      if (state.row === row && state.column === j) replace(below, explain(detail, nameOf(i, j)));
    } catch (error) {
      say(error.message);
    }
  }

  return { element, draw, resize: matrix.draw };
}
