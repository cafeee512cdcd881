// 造元素、写数字的几个小函数。别的文件都用它，它不认得别的文件。

/** h("button", {class: "a", onclick: f}, "字", 别的元素…)：造一个 HTML 元素。 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** 与 h 相同，造的是 SVG 元素。 */
export function shape(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** 换掉一个元素里面的全部内容。 */
export function replace(element, ...children) {
  element.replaceChildren(...children.filter((child) => child != null));
  return element;
}

/** 数字写成几位小数；减号用 −，负无穷写成 −∞。 */
export function digits(value, places = 3) {
  if (value === -Infinity) return "−∞";
  return value.toFixed(places).replace("-", "−");
}

/** 公式里的 ^Q 写成上标。 */
export function raised(words) {
  return words.split(/(\^.)/).map((part) => (part[0] === "^" ? h("sup", {}, part[1]) : part));
}

/** 概率：平常两位小数，太小的写成 <0.01。 */
export function chance(p) {
  if (p === 0) return "0";
  return p < 0.005 ? "<0.01" : p.toFixed(2);
}

/** 内核送来的字节 → Float32Array。 */
export function floats(bytes) {
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** 主题里的一个颜色，例如 color(元素, "--tg-blue")。 */
export function color(element, name) {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

/** 方向键在一排元素里移动焦点；一排只占一个 Tab 停留点。 */
export function roving(row, event) {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step) return;
  const items = [...row.querySelectorAll("[data-rove]")];
  const now = items.indexOf(document.activeElement);
  const next = items[Math.min(items.length - 1, Math.max(0, now + step))];
  items.forEach((item) => item.setAttribute("tabindex", item === next ? 0 : -1));
  next?.focus();
  event.preventDefault();
}
