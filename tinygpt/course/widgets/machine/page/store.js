// 记着现在的样子（写到哪里、温度、看哪一站），向内核要数，并把要过的都留着。
import { floats } from "./dom.js";
import { descending } from "./sampling.js";

const WAIT = 10000; // 毫秒：内核这么久没有回应，就说出来
const FRESH = {
  branches: [], temperature: 1, topK: 100, topP: 1, layer: 0, head: 0, open: false,
  part: "tokens", partLayer: 0, station: null, row: null, column: null,
};

export function createStore(model) {
  const listeners = new Set();
  const answers = new Map(); // 要过的：名字 → 回答
  const labels = new Map(); // 编号 → 字
  const used = {}; // 现在画着的回答，照内核送来的样子
  const waiting = []; // 还没有送出的愿望
  const shape = model.get("shape");
  let flying = null; // 送出了、还没有回答的愿望
  let count = 0;

  const first = model.get("sentence");
  const view = model.get("view");
  const same = view.ids && key(view.ids.slice(0, view.cursor)) === key(first.ids);
  const start = { ids: first.ids, cursor: first.ids.length, prompt: first.prompt ?? first.ids.length };
  const state = { ...FRESH, ...view, ...(same ? {} : { ...start, branches: [] }) };
  keepSentence(first);
  for (const name of ["arcs", "table", "detail"]) keep(name, model.get(name));
  Object.entries(view.labels ?? {}).forEach(([id, label]) => labels.set(Number(id), label));

  function key(ids) {
    return ids.join(",");
  }

  function nameOf(kind, wish) {
    const { layer = 0, head = 0, station = "", row = "", column = "" } = wish;
    if (kind === "ids") return `ids ${key(wish.ids)}`;
    if (kind === "arcs") return `arcs ${key(wish.ids)} ${layer} ${head}`;
    if (kind === "table") return `table ${key(wish.ids)} ${station} ${layer} ${head}`;
    return `detail ${key(wish.ids)} ${station} ${layer} ${head} ${row} ${column}`;
  }

  function keepSentence(reply) {
    const logits = floats(reply.logits);
    const kept = { ...reply, logits, order: descending(logits), raw: reply };
    reply.ids.forEach((id, i) => labels.set(id, reply.labels[i]));
    reply.candidates.forEach(([id, label]) => labels.set(id, label));
    answers.set(nameOf("ids", reply), kept);
    return kept;
  }

  function keep(kind, reply) {
    if (!reply?.ids) return null;
    const arrays = Object.entries(reply).filter(([, value]) => value instanceof DataView);
    const numbers = Object.fromEntries(arrays.map(([name, value]) => [name, floats(value)]));
    const kept = { ...reply, ...numbers, raw: reply };
    answers.set(nameOf(kind, reply), kept);
    return kept;
  }

  /** 要一样东西，返回 Promise；要过的立刻就有。一次只送一个愿望，免得后一个盖掉前一个。 */
  function ask(kind, wish) {
    const known = kind !== "text" && answers.get(nameOf(kind, wish));
    const name = ["ids", "text"].includes(kind) ? "sentence" : kind;
    if (known) {
      used[name] = known.raw;
      return Promise.resolve(known);
    }
    return new Promise((done, failed) => {
      waiting.push({ kind, wish, done, failed });
      sendNext();
    });
  }

  function sendNext() {
    if (flying || waiting.length === 0) return;
    flying = { ...waiting.shift(), number: ++count };
    flying.timer = setTimeout(() => {
      finish((one) => one.failed(new Error("内核没有回应。运行这一格，就能接着用。")));
    }, WAIT);
    model.set("wish", { kind: flying.kind, number: `${flying.number} ${Date.now()}`, ...flying.wish });
    flying.stamp = model.get("wish").number;
    model.save_changes();
  }

  function finish(action) {
    const one = flying;
    clearTimeout(one.timer);
    flying = null;
    action(one);
    sendNext();
  }

  for (const name of ["sentence", "arcs", "table", "detail"]) {
    model.on(`change:${name}`, () => {
      const reply = model.get(name);
      const kept = name === "sentence" ? keepSentence(reply) : keep(name, reply);
      used[name] = reply;
      if (flying && reply.number === flying.stamp) finish((one) => one.done(kept));
    });
  }
  model.on("change:error", () => {
    const { number, text } = model.get("error");
    if (flying && number === flying.stamp) finish((one) => one.failed(new Error(text)));
  });

  /** 改变样子，告诉大家；save 为真时存进笔记本。 */
  function set(change, save = true) {
    Object.assign(state, change);
    listeners.forEach((listener) => listener(change));
    if (save) saveView();
  }

  /** 存下样子，连同画着的那几份回答：第二天没有内核也画得出来。 */
  function saveView() {
    for (const [name, reply] of Object.entries(used)) {
      if (model.get(name) !== reply) model.set(name, reply);
    }
    const written = [...state.ids, ...state.branches.flat()];
    model.set("view", { ...state, labels: Object.fromEntries(written.map((id) => [id, labels.get(id)])) });
    model.save_changes();
  }

  return {
    state, shape, seed: shape.seed, ask, set, saveView,
    subscribe: (listener) => listeners.add(listener),
    label: (id) => labels.get(id) ?? `${id}`,
    seen: () => state.ids.slice(0, state.cursor), // 模型现在看得见的
    sentence: () => answers.get(`ids ${key(state.ids.slice(0, state.cursor))}`),
    whole: () => answers.get(`ids ${key(state.ids)}`),
  };
}
