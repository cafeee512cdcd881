// 问服务：照 OpenAI 的格式。只知道 JSON 与网络，不知道网页的样子。

const ALTERNATIVES = 10;

/** 这里有哪个模型。 */
export async function askModel() {
  const answer = await fetch("v1/models");
  return (await answer.json()).data[0];
}

/**
 * 写一轮，每来一段就调用 receive({steps, ending, finish})。
 * turn 是 {mode, question}；earlier 是前面的几轮；begin 是定好的开头（token 的编号）。
 */
export async function write(turn, earlier, begin, temperature, signal, receive) {
  const chat = turn.mode === "chat";
  const messages = earlier
    .filter((t) => t.mode === "chat" && t.steps.length)
    .flatMap((t) => [{role: "user", content: t.question}, {role: "assistant", content: textOf(t.steps)}]);
  messages.push({role: "user", content: turn.question});
  const body = chat
    ? {messages, logprobs: true, top_logprobs: ALTERNATIVES}
    : {prompt: turn.question, max_tokens: 120, logprobs: ALTERNATIVES};
  const answer = await fetch(chat ? "v1/chat/completions" : "v1/completions", {
    method: "POST", signal, headers: {"Content-Type": "application/json"},
    body: JSON.stringify({...body, temperature, begin, stream: true}),
  });
  if (!answer.ok) throw new Error((await answer.json()).error.message);
  for await (const event of events(answer.body)) {
    if (event.error) throw new Error(event.error.message);
    for (const choice of event.choices) {
      receive({
        steps: (choice.logprobs?.content ?? []).map(step),
        ending: choice.ending ? step(choice.ending) : null,
        finish: choice.finish_reason,
      });
    }
  }
}

/** 一步：写了哪个 token，概率，候选。 */
function step(entry) {
  return {...token(entry), top: entry.top_logprobs.map(token)};
}

function token({id, token, bytes, logprob}) {
  return {id, token, bytes, p: Math.exp(logprob)};
}

/** 几步写出来的文字：字节连起来再解码，因为一个 token 可能只是半个汉字。 */
function textOf(steps) {
  return new TextDecoder().decode(new Uint8Array(steps.flatMap((step) => step.bytes)));
}

/** SSE：空行隔开的一段一段，每段是 “data: ” 与一个 JSON，最后是 [DONE]。 */
async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let held = "", whole = false;
  for (;;) {
    const {value, done} = await reader.read();
    if (done) break;
    held += value;
    const parts = held.split("\n\n");
    held = parts.pop();
    for (const part of parts) {
      const data = part.replace(/^data: /, "");
      if (data === "[DONE]") whole = true;
      else yield JSON.parse(data);
    }
  }
  if (!whole) throw new Error("话说到一半断了。看看运行 tinygpt serve 的终端。");
}
