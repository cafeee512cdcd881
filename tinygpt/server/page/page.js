// 网页：记着每一轮，听键盘与鼠标。怎样问在 api.js，怎样画在 tokens.js。

import {askModel, write} from "./api.js";
import {EOS, alternatives, element, tokenCell, writings} from "./tokens.js";

const $ = (id) => document.getElementById(id);
let turns = []; // 每一轮 {mode, question, steps, ending}
let before = null; // 换了一个 token 以前的几轮，好换回来
let writing = null; // 正在写的：{controller, finished}

// ---- 写 ----

/** 写最后一轮；begin 是已经定好的开头。写了一点才出错，写的留着；一点没写，话放回框里。 */
async function writeLast(begin) {
  const turn = turns.at(-1), controller = new AbortController();
  writing = {controller};
  writing.finished = run().finally(() => { writing = null; showState(); });
  return writing.finished;

  async function run() {
    say("在写……");
    showState();
    try {
      const temperature = Number($("temperature").value);
      await write(turn, turns.slice(0, -1), begin, temperature, controller.signal, (part) => {
        part.steps.forEach((step) => addStep(turn, step));
        if (part.ending) addEnding(turn, part.ending);
        if (part.finish) say(ended(turn, part.finish));
      });
    } catch (error) {
      if (error.name === "AbortError") say("停下了。");
      else fail(turn, error);
    }
  }
}

function ended(turn, finish) {
  if (!turn.steps.length) return "它什么也没有写。换一句话，或把温度调高些。";
  return `${finish === "length" ? "写到了长度的上限" : "写完了"}，${turn.steps.length} 个 token。`;
}

function fail(turn, error) {
  say("");
  $("error").textContent = error instanceof TypeError ? "连不上：tinygpt serve 还在运行吗？" : error.message;
  if (turn.steps.length) return;
  turns.pop();
  $("text").value ||= turn.question;
  draw();
}

async function stop() {
  writing?.controller.abort();
  await writing?.finished;
}

async function send() {
  const question = $("text").value.trim();
  if (!question || writing) return;
  $("text").value = "";
  before = null;
  const mode = document.querySelector("[name=mode]:checked").value;
  turns.push({mode, question, steps: [], ending: null});
  draw();
  await writeLast([]);
}

/** 在第 index 个 token 换成 other，从它接着写；后面的几轮接着的是原来的话，所以去掉。 */
async function branch(turn, index, other) {
  await stop();
  before = turns.map((t) => ({...t, steps: [...t.steps]}));
  turns = turns.slice(0, turns.indexOf(turn) + 1);
  const step = turn.steps[index] ?? turn.ending;
  turn.steps = turn.steps.slice(0, index);
  turn.ending = null;
  if (other.id === EOS) { // 到此为止：不用再问模型
    turn.ending = {...step, ...other};
    say(`到此为止，${index} 个 token。`);
  } else {
    turn.steps.push({...step, ...other});
  }
  draw();
  focusCell(turn, index);
  if (other.id !== EOS) await writeLast(turn.steps.map((kept) => kept.id));
}

// ---- 画 ----

function say(text) {
  $("status").textContent = text;
  $("error").textContent = "";
}

function showState() {
  $("send").disabled = $("undo").disabled = $("restart").disabled = Boolean(writing);
  $("stop").disabled = !writing;
  if (!before) $("undo").disabled = true;
}

function draw() {
  const hint = "还没有说话。下面写一句，按回车。";
  $("turns").replaceChildren(...(turns.length ? turns.map(drawTurn) : [element("p", "hint", hint)]));
  showState();
  scrollTo(0, document.body.scrollHeight);
}

function drawTurn(turn) {
  const box = element("section", "turn"), [ask, tell] = turn.mode === "chat" ? ["你", "答"] : ["开头", "续写"];
  const answer = element("span", "said answer");
  answer.setAttribute("role", "group");
  answer.setAttribute("aria-label", `${tell}：左右键一格一格地走，回车看候选`);
  box.append(line(ask, element("span", "said", turn.question)), line(tell, answer));
  turn.box = box;
  turn.steps.forEach((step, index) => answer.append(...cellsOf(turn, step, index)));
  if (turn.ending) answer.append(...cellsOf(turn, turn.ending, turn.steps.length, true));
  return box;
}

function line(who, said) {
  const made = element("div", "line");
  made.append(element("span", "who", who), said);
  return made;
}

const cells = (turn) => [...turn.box.querySelectorAll(".answer .token")];

function addStep(turn, step) {
  turn.steps.push(step);
  append(turn, cellsOf(turn, step, turn.steps.length - 1));
}

function addEnding(turn, step) {
  turn.ending = step;
  append(turn, cellsOf(turn, step, turn.steps.length, true));
}

function append(turn, made) {
  const low = innerHeight + scrollY > document.body.scrollHeight - 80; // 正看着最下面，就跟着走
  turn.box.querySelector(".answer").append(...made);
  if (low) scrollTo(0, document.body.scrollHeight);
}

/** 一步画出来的：一格；它写了换行，后面就换行。 */
function cellsOf(turn, step, index, ending = false) {
  const made = tokenCell(step, writings(turn.steps)[index], index, ending);
  if (index === 0) made.tabIndex = 0; // 一个回答只占一个 Tab，里面用左右键走
  made.addEventListener("click", () => open(turn, index));
  made.addEventListener("keydown", (event) => walk(event, turn, index));
  return step.token.includes("\n") && !ending ? [made, "\n"] : [made];
}

function focusCell(turn, index) {
  const all = cells(turn), target = all[Math.max(0, Math.min(index, all.length - 1))];
  all.forEach((other) => { other.tabIndex = other === target ? 0 : -1; });
  target?.focus();
}

// ---- 键盘与候选 ----

function walk(event, turn, index) {
  const places = {ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: cells(turn).length - 1};
  if (event.key in places) focusCell(turn, places[event.key]);
  else if (event.key === "Enter" || event.key === " ") open(turn, index);
  else if (event.key === "Escape") close(turn);
  else return;
  event.preventDefault();
}

/** 打开一格的候选；已经开着就关上。 */
function open(turn, index) {
  const target = cells(turn)[index], wasOpen = target.getAttribute("aria-expanded") === "true";
  turns.forEach(close);
  focusCell(turn, index);
  if (wasOpen) return;
  target.setAttribute("aria-expanded", "true");
  const box = alternatives(turn.steps[index] ?? turn.ending, index, (other) => branch(turn, index, other));
  box.addEventListener("keydown", (event) => pick(event, turn, index));
  turn.box.append(box);
  box.querySelector("[aria-current=true]:enabled, button:enabled")?.focus();
  box.scrollIntoView({block: "nearest"});
}

function close(turn) {
  turn.box.querySelector(".alternatives")?.remove();
  turn.box.querySelector("[aria-expanded=true]")?.setAttribute("aria-expanded", "false");
}

function pick(event, turn, index) {
  const buttons = [...event.currentTarget.querySelectorAll("button:enabled")];
  const here = buttons.indexOf(document.activeElement), last = buttons.length - 1;
  const places = {ArrowUp: Math.max(0, here - 1), ArrowDown: Math.min(last, here + 1), Home: 0, End: last};
  if (event.key in places) buttons[places[event.key]].focus();
  else if (event.key === "Escape") { close(turn); focusCell(turn, index); }
  else return;
  event.preventDefault();
}

// ---- 开始 ----

$("form").addEventListener("submit", (event) => { event.preventDefault(); send(); });
$("stop").addEventListener("click", stop);
$("restart").addEventListener("click", () => { turns = []; before = null; say(""); draw(); $("text").focus(); });
$("undo").addEventListener("click", () => { turns = before; before = null; say("换回来了。"); draw(); });
$("numbers").addEventListener("change", (event) => $("turns").classList.toggle("numbers", event.target.checked));
$("temperature").addEventListener("input", (event) => { $("temperature-value").textContent = event.target.value; });
draw();
$("text").focus();
askModel().then(({id}) => { $("model").textContent = id; document.title = `与 ${id} 说话`; })
  .catch(() => { $("error").textContent = "连不上：tinygpt serve 还在运行吗？"; });
