// 写字的规矩：写一个、退一步、回到某处、岔开；岔开时，原来的那一句留在下面。
import { h, replace } from "./dom.js";
import { distribution, pick, randomNumbers } from "./sampling.js";

const MOST_BRANCHES = 6;
const PACE = 450; // 毫秒：自动写时，两个 token 之间
const EOS = 7; // 写到 <eos>，一篇就完了

/** say(一句话) 写在按钮下面；返回各个动作。 */
export function createWriter(store, say) {
  const random = randomNumbers(store.seed);
  const { state } = store;
  let timer = null;
  let busy = false;

  const full = () => state.cursor >= store.shape.context_length;

  /** 走到 ids 的前 cursor 个；内核答了才换。 */
  async function move(ids, cursor, change = {}) {
    if (busy) return false;
    busy = true;
    try {
      await store.ask("ids", { ids: ids.slice(0, cursor) });
      say("");
      store.set({ ids, cursor, row: null, column: null, ...change });
      return true;
    } catch (error) {
      stop();
      say(error.message);
      return false;
    } finally {
      busy = false;
    }
  }

  /** 写下 id。后面本来有字、而且不是它，就岔开。 */
  async function write(id, change = {}) {
    if (full()) {
      stop();
      return say(`写满了：模型最多看 ${store.shape.context_length} 个 token。退几步，或换一个开头。`);
    }
    const before = state.ids.slice(0, state.cursor);
    if (state.ids[state.cursor] === id) return move(state.ids, state.cursor + 1, change);
    const left = state.cursor < state.ids.length ? remembered(state.ids) : state.branches;
    const prompt = Math.min(state.prompt, state.cursor);
    return move([...before, id], state.cursor + 1, { branches: left, prompt, ...change });
  }

  function remembered(ids) {
    const others = state.branches.filter((branch) => branch.join() !== ids.join());
    return [...others, ids].slice(-MOST_BRANCHES);
  }

  /** 照拨好的分布抽一个，写下。u 留着，给“取一个”那一站看。 */
  function writeOne() {
    const now = store.sentence();
    if (!now || busy) return;
    const p = distribution(now.logits, now.order, state);
    const u = random();
    const id = pick(p, now.order, u);
    if (id === EOS) stop();
    return write(id, { draw: { u, id, at: state.cursor } });
  }

  const back = () => state.cursor > 1 && move(state.ids, state.cursor - 1);
  const goTo = (index) => move(state.ids, Math.max(1, index));

  function returnTo(branch) {
    stop();
    const branches = remembered(state.ids).filter((one) => one.join() !== branch.join());
    return move(branch, branch.length, { branches, prompt: Math.min(state.prompt, branch.length) });
  }

  /** 自动写：再按一次就停。changed(在不在写) 让按钮换字。 */
  function toggle(changed) {
    if (timer) return stop();
    onStop = changed;
    changed(true);
    const step = async () => {
      await writeOne();
      if (timer) timer = setTimeout(step, PACE);
    };
    timer = setTimeout(step, 0);
  }

  let onStop = () => {};
  function stop() {
    clearTimeout(timer);
    if (timer) onStop(false);
    timer = null;
  }

  async function read(text) {
    stop();
    try {
      const reply = await store.ask("text", { text });
      say("");
      const fresh = { ids: reply.ids, cursor: reply.ids.length, prompt: reply.ids.length };
      store.set({ ...fresh, branches: [], row: null, column: null, draw: null });
    } catch (error) {
      say(error.message);
    }
  }

  return { write, writeOne, back, goTo, returnTo, toggle, stop, read, isOn: () => Boolean(timer) };
}

/** 岔开以后留下的那些句子，按一下就回到那一句。 */
export function createBranches(store, writer) {
  const box = h("div", { class: "tg-branches" });
  function draw() {
    const lines = store.state.branches.map((branch) => {
      const text = branch.map(store.label).join("");
      const name = { type: "button", "aria-label": `回到：${text}`, onclick: () => writer.returnTo(branch) };
      return h("li", {}, h("button", { class: "tg-branch", ...name }, text));
    });
    const title = h("p", { class: "tg-small" }, "岔开以前写的（按一下就回去）：");
    replace(box, ...(lines.length ? [title, h("ul", {}, ...lines)] : []));
  }
  return { box, draw };
}
