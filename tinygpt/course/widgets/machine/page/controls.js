// 按钮、滑块、选层选头、输入框。拨动时立刻重画；松手才存进笔记本。
import { h } from "./dom.js";
import { NO_LIMIT } from "./sampling.js";

/** 一个滑块；show 把取值写成字。 */
export function slider(store, name, title, low, high, step, show) {
  const value = h("output", {}, show(store.state[name]));
  const input = h("input", {
    type: "range", min: low, max: high, step, value: store.state[name], "aria-label": title,
    "aria-valuetext": show(store.state[name]),
    oninput: () => {
      const now = Number(input.value);
      value.textContent = show(now);
      input.setAttribute("aria-valuetext", show(now));
      store.set({ [name]: now }, false);
    },
    onchange: () => store.saveView(),
  });
  return h("label", { class: "tg-slider" }, h("span", {}, title), input, value);
}

export function samplingSliders(store) {
  return h(
    "div", { class: "tg-sliders" },
    slider(store, "temperature", "温度", 0.1, 3, 0.05, (x) => x.toFixed(2)),
    slider(store, "topK", "top-k", 1, NO_LIMIT, 1, (x) => (x >= NO_LIMIT ? "不限" : `${x}`)),
    slider(store, "topP", "top-p", 0.05, 1, 0.01, (x) => (x >= 1 ? "不限" : x.toFixed(2))),
  );
}

/** 几个里选一个，例如第几层。 */
export function picker(title, names, chosen, choose) {
  const group = h("span", { class: "tg-picker", role: "radiogroup", "aria-label": title });
  const buttons = names.map((name, i) =>
    h("button", {
      type: "button", role: "radio", "aria-checked": String(i === chosen), "data-rove": true,
      "aria-label": `${title} ${name}`, tabindex: i === chosen ? 0 : -1,
      onclick: () => {
        mark(i);
        choose(i);
      },
    }, name),
  );
  const mark = (chosen) => buttons.forEach((button, i) => {
    button.setAttribute("aria-checked", String(i === chosen));
    button.setAttribute("tabindex", i === chosen ? 0 : -1);
  });
  group.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const next = step && buttons[buttons.indexOf(document.activeElement) + step];
    if (!step) return;
    event.preventDefault();
    next?.focus();
    next?.click();
  });
  group.append(h("span", { class: "tg-picker-title" }, title), ...buttons);
  return { element: group, mark };
}

export const upTo = (n) => Array.from({ length: n }, (_, i) => `${i + 1}`);

/** 输入框：写一段开头，按回车，机器就读它。 */
export function promptBox(text, read) {
  const input = h("input", {
    type: "text", class: "tg-prompt-box", value: text, "aria-label": "开头：写一段中文，按回车",
    placeholder: "写一段开头，按回车", maxlength: 2000,
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.isComposing) return; // 输入法里的回车是选字
      read(input.value);
    },
  });
  return { input, element: h("label", { class: "tg-prompt-row" }, h("span", {}, "开头"), input) };
}

export function button(name, action, kind = "") {
  return h("button", { type: "button", class: `tg-button ${kind}`, onclick: action }, name);
}
