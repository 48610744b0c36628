// How does a conversation look?
//
// Draws and listens; what is sent, when and under which number is decided in conversation.js. Text from outside only
// ever becomes text nodes.

import { Conversation, Refused, tenants } from "./conversation.js";

const QUERY_CHARS = 2000;
const LAYERS = {
  l1_screen: "筛查",
  l2_meter: "限流",
  l3_hot: "热点问题",
  l4_understand: "语义理解",
  l5_dialogue: "对话流程",
  l6_recall: "语义召回",
  l7_fallback: "兜底",
};
const SORRY = {
  query_too_long: `这条消息太长了，请控制在 ${QUERY_CHARS} 字以内。`,
  too_large: `这条消息太长了，请控制在 ${QUERY_CHARS} 字以内。`,
  invalid_query: "这条消息里没有可以理解的文字，请换个说法。",
  refused: "很抱歉，您当前的网络或浏览器无法使用这项服务。",
  guests_refused: "这里只接待已登录的客户。",
  unavailable: "服务暂时忙不过来，请稍后再试。",
  stale_confirmation: "这个确认已经失效，这次点击没有提交任何操作。",
};
const ACCENTS = 4;

const $ = (id) => document.getElementById(id);
const log = $("log"), query = $("query"), composer = $("composer"), gate = $("gate");

// element("p", {className: "said"}, "text", child, ...)
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  const { data, ...rest } = properties;
  Object.assign(made, rest);
  Object.assign(made.dataset, data);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const button = (label, className, onclick) => element("button", { type: "button", className, onclick }, label);
const unseen = (text) => element("span", { className: "unseen" }, text);
const short = (layer) => layer.split("_")[0];
const milliseconds = (ms) => `${ms < 0.01 ? "< 0.01" : ms < 10 ? ms.toFixed(2) : Math.round(ms)} ms`;

// ---- one turn ----

const mine = (text) => element("p", { className: "said mine" }, unseen("您说："), text);

function bars(layers) {
  const longest = Math.max(...layers.map(({ ms }) => ms), 0.001);
  return layers.map(({ name, ms }) => {
    const bar = element("span", { className: "bar" });
    bar.style.setProperty("--share", ms / longest);
    return element("li", { data: { layer: name } },
      element("span", { className: "layer", title: name }, `${short(name)} ${LAYERS[name] ?? name}`),
      bar, element("span", { className: "ms" }, milliseconds(ms)));
  });
}

function when(date) {
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString("zh-CN", { dateStyle: today ? undefined : "short", timeStyle: "short" });
}

// The quiet line under an answer; opened, it says where the time went.
function trace({ turn, layers, ms }) {
  const by = turn.answered_by;
  const at = turn.at && when(new Date(turn.at));
  const serverMs = layers.reduce((sum, layer) => sum + (layer.name in LAYERS ? layer.ms : 0), 0);
  const spent = layers.map(({ name, ms: own }) => `${name} ${milliseconds(own)}`).join("\n");
  const facts = [
    layers.length && `服务端 ${milliseconds(serverMs)}`, ms !== null && `往返 ${milliseconds(ms)}`,
    `第 ${turn.seq} 句`, `编号 ${turn.turn_id}`,
  ];
  return element("details", { className: "trace", data: { layer: by } },
    element("summary", { title: spent },
      element("span", { className: "layer" }, `${short(by)} ${LAYERS[by] ?? by}`),
      ms === null ? at && element("span", {}, at) : element("span", { className: "ms" }, milliseconds(ms)),
      turn.intent ? element("span", { className: "intent" }, unseen("意图 "), turn.intent) : element("span", {}, "意图未定"),
      element("span", { className: "confidence" }, unseen("把握 "), `${Math.round(turn.confidence * 100)}%`),
      turn.degraded && element("span", { className: "degraded", title: "部分功能暂时降级，这一句稍后补记" }, "降级")),
    element("ol", { className: "bars" }, ...bars(layers)),
    element("p", { className: "facts" }, facts.filter(Boolean).join(" · ")));
}

// Where consent is asked for. Whether it can still be given is drawBusy's to say.
function choice(confirm) {
  return element("fieldset", { className: "confirm", data: { id: confirm.id } },
    element("legend", { className: "unseen" }, "请确认上面的内容"),
    button(confirm.yes, "solid", () => press(confirm, "yes")),
    button(confirm.no, "plain", () => press(confirm, "no")));
}

function theirs(answered) {
  const { answer, suggestions = [], confirm } = answered.turn;
  return [
    element("p", { className: "said" }, unseen("客服说："), answer),
    confirm ? choice(confirm) : null,
    trace(answered),
    suggestions.length
      ? element("div", { className: "suggestions" }, ...suggestions.map((text) => button(text, "chip", () => say(text))))
      : null,
  ].filter(Boolean);
}

const past = (turn) => element("div", { className: "turn" }, mine(turn.query), ...theirs({ turn, layers: [], ms: null }));

function show(...nodes) {
  log.append(...nodes);
  toEnd();
}

function toEnd() { log.scrollTop = log.scrollHeight; }

// ---- the funnel beside the talk: which layers the last turn went through ----

function drawFunnel(layers = [], answeredBy) {
  $("funnel").replaceChildren(...Object.entries(LAYERS).map(([name, title]) => {
    const seen = layers.find((layer) => layer.name === name);
    const answered = name === answeredBy;
    return element("li", { className: answered ? "answered" : seen ? "passed" : "", title: name },
      element("span", {}, `${short(name)} ${title}`),
      element("span", { className: "ms" }, seen ? milliseconds(seen.ms) : ""),
      answered ? unseen("在这里得到回答") : null);
  }));
  $("funnel-note").hidden = layers.length > 0;
}

// ---- notices ----

function notice(text, ...actions) {
  $("notice").hidden = !text;
  $("notice-text").textContent = text ?? "";
  $("notice-left").textContent = "";
  $("notice-actions").replaceChildren(...actions);
  if (text) toEnd();
}

function onWait(wait) {
  if (!wait) return notice(null);
  const text = wait.why === "slow" ? "消息发得有点快，稍等一下会自动发送" : "网络断开了，您的话已经留好，正在重新连接";
  if ($("notice-text").textContent !== text) {
    notice(text, ...(wait.why === "lost" ? [button("马上重试", "plain", () => conversation.hurry())] : []));
  }
  $("notice-left").textContent = `（${wait.seconds} 秒）`;
}

function apologise(problem) {
  if (!(problem instanceof Refused)) {
    console.error(problem);
    return notice("页面出了点问题，请刷新后再试。");
  }
  const number = problem.turnId ? `（编号 ${problem.turnId.slice(0, 8)}）` : "";
  const sentence = (SORRY[problem.code] ?? `没有成功（${problem.code}），请稍后再试。`) + number;
  if (problem.status === 401) return openGate("登录已失效，请重新粘贴令牌。");
  if (!ready) return notice(sentence, button("再试一次", "plain", enter));
  if (problem.code === "stale_confirmation") return catchUp(SORRY[problem.code]);
  if (problem.status < 500) {
    takeBack();
    return notice(sentence);
  }
  if (problem.answer) show(element("p", { className: "said sorry" }, unseen("客服说："), problem.answer));
  const back = conversation.outbox.confirm ? "先不发送" : "取回修改";
  notice(sentence, button("重新发送", "plain", deliver), button(back, "plain", takeBack));
}

// The talk as the server has it, which may have gone on elsewhere.
async function catchUp(sentence) {
  const behind = conversation;
  behind.takeBack();
  await enter();
  if (!ready || conversation !== behind) return;
  notice(sentence + (log.querySelector(".confirm:enabled") ? "现在等您确认的是最新的这一条。" : "如果还要办理，请再说一遍。"));
}

// ---- sending ----

let conversation, leaving = new AbortController();

let ready = false;                              // what was said before is known, and with it the next seq

const busy = () => !ready || conversation.outbox !== null;

// Of all buttons that ask for consent those of the newest reply alone can be pressed, while nothing is on its way.
function drawBusy() {
  composer.classList.toggle("busy", busy());
  const newest = [...log.querySelectorAll(".turn")].at(-1);
  for (const asked of log.querySelectorAll(".confirm")) {
    asked.disabled = busy() || asked.parentElement !== newest || asked.dataset.id === conversation.outdated;
  }
}

function say(text) {
  const said = text.trim();
  if (!said || [...said].length > QUERY_CHARS || busy()) return false;
  conversation.say(said);
  deliver();
  return true;
}

function press(confirm, answer) {
  if (busy()) return;
  conversation.press(confirm, answer);
  deliver();
}

function pendingTurn() {
  log.querySelector(".starters")?.remove();
  log.querySelectorAll(".suggestions").forEach((old) => old.remove());
  log.querySelectorAll(".sorry").forEach((old) => old.remove());
  const waiting = log.querySelector(".turn.pending");
  if (waiting) return waiting;
  const turn = element("div", { className: "turn pending" }, mine(conversation.outbox.query),
    element("p", { className: "said dots", ariaHidden: "true" }, element("i"), element("i"), element("i")));
  show(turn);
  return turn;
}

async function deliver() {
  const { signal } = leaving;
  notice(null);
  const turn = pendingTurn();
  drawBusy();
  turn.classList.remove("failed");
  try {
    const answered = await conversation.deliver(signal);
    turn.classList.remove("pending");
    turn.querySelector(".dots").remove();
    turn.append(...theirs(answered));
    drawFunnel(answered.layers, answered.turn.answered_by);
    drawWho();
    toEnd();
  } catch (problem) {
    if (signal.aborted) return;
    turn.classList.add("failed");
    apologise(problem);
  }
  drawBusy();
}

function takeBack() {
  const text = conversation.takeBack();
  log.querySelectorAll(".turn.pending, .sorry").forEach((old) => old.remove());
  query.value = conversation.draft = [text, query.value].filter(Boolean).join("\n");
  notice(null);
  drawBusy();
  fit();
  query.focus();
}

// ---- coming and going ----

const conversations = new Map();

function drawWho() {
  $("name").textContent = conversation.tenant.name;
  const user = conversation.user;
  $("identity").textContent = !user ? "" : user.startsWith("guest-") ? "访客身份" : `已登录：${user}`;
}

function welcome(starters) {
  const { name, greeting, examples } = conversation.tenant;
  return element("div", { className: "turn welcome" },
    element("span", { className: "face", ariaHidden: "true" }, [...name][0]),
    element("p", { className: "said" }, unseen("客服说："), greeting),
    starters
      ? element("div", { className: "starters", role: "group", ariaLabel: "可以这样问" },
        ...examples.map((text) => button(text, "chip", () => say(text))))
      : null);
}

function drawTalk({ turns, earlier }) {
  const before = earlier.length
    ? button(`查看之前的 ${earlier.length} 句对话`, "plain earlier", () => {
      before.replaceWith(...earlier.map(past), element("p", { className: "divider" }, "以上是之前的对话"));
      log.querySelectorAll(".turn:not(:last-child) .suggestions").forEach((old) => old.remove());
      drawBusy();
      log.focus();
    })
    : null;
  const fresh = !turns.length && !conversation.outbox;
  log.replaceChildren(...[before, welcome(fresh), ...turns.map(past)].filter(Boolean));
  log.querySelectorAll(".turn:not(:last-child) .suggestions").forEach((old) => old.remove());
  toEnd();
}

function openGate(reason = "") {
  ready = false;
  conversation.forgetToken();
  log.replaceChildren(welcome(false));
  gate.hidden = false;
  composer.hidden = $("restart").hidden = true;
  $("gate-command").textContent = `sluice token --tenant ${conversation.tenant.id} --user me`;
  $("gate-error").textContent = reason;
  $("token").value = "";
}

async function enter() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  ready = false;
  notice(null);
  drawWho();
  drawFunnel();
  drawBusy();
  if (conversation.needsToken) return openGate();
  gate.hidden = true;
  composer.hidden = $("restart").hidden = false;
  query.value = conversation.draft;
  fit();
  log.ariaBusy = "true";                        // what is restored is not read out
  try {
    drawTalk(await conversation.open(signal));
    ready = true;
    drawWho();
    if (conversation.outbox) deliver();
  } catch (problem) {
    if (!signal.aborted) apologise(problem);
  } finally {
    if (!signal.aborted) log.ariaBusy = "false";
  }
  drawBusy();
}

function choose(tenant, number) {
  document.documentElement.dataset.accent = number % ACCENTS;
  document.title = `${tenant.name} · sluice`;
  history.replaceState(null, "", `#${tenant.id}`);
  sessionStorage.setItem("sluice.tenant", tenant.id);
  if (!conversations.has(tenant.id)) conversations.set(tenant.id, new Conversation(tenant, onWait));
  conversation = conversations.get(tenant.id);
  log.replaceChildren(welcome(false));
  return enter();
}

function drawTenants(all) {
  const wanted = [location.hash.slice(1), sessionStorage.getItem("sluice.tenant")];
  const chosen = all.find(({ id }) => id === wanted[0]) ?? all.find(({ id }) => id === wanted[1]) ?? all[0];
  $("tenants").replaceChildren(...all.map((tenant, number) =>
    element("label", { data: { accent: number % ACCENTS } },
      element("input", {
        type: "radio", name: "tenant", value: tenant.id, checked: tenant === chosen,
        onchange: () => choose(tenant, number),
      }),
      element("span", {}, tenant.name,
        element("small", {}, tenant.guests ? "无需登录" : "需要登录")))));
  return choose(chosen, all.indexOf(chosen));
}

// ---- the composer ----

function fit() {
  query.style.height = "auto";
  query.style.height = `${query.scrollHeight}px`;
  const length = [...query.value.trim()].length;
  const left = QUERY_CHARS - length;
  $("count").textContent = left < 0 ? `超出 ${-left} 字` : left < 200 ? `还可以写 ${left} 字` : "";
  composer.classList.toggle("empty", length === 0 || left < 0);
}

function submit(event) {
  event.preventDefault();
  if (!say(query.value)) return;
  query.value = conversation.draft = "";
  fit();
}

composer.addEventListener("submit", submit);
query.addEventListener("input", () => {
  conversation.draft = query.value;
  fit();
});
query.addEventListener("keydown", (event) => {
  // keyCode 229: Safari ends a composition before the Enter that ended it
  const composing = event.isComposing || event.keyCode === 229;
  if (event.key === "Enter" && !event.shiftKey && !composing) submit(event);
});

gate.addEventListener("submit", (event) => {
  event.preventDefault();
  const wrong = conversation.useToken($("token").value.trim());
  $("gate-error").textContent = wrong ?? "";
  if (!wrong) enter();
});

$("restart").addEventListener("click", async () => {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  ready = false;
  notice(null);
  try {
    await conversation.restart(signal);
    await enter();
    query.focus();
  } catch (problem) {
    if (!signal.aborted) apologise(problem);
  }
});

// A chip that was clicked is gone, a button of a confirmation is disabled; so that the keyboard is not lost with it, the
// composer takes over. On a touch screen that would raise the keyboard over the answer.
log.addEventListener("click", (event) => {
  if (event.target.closest(".chip, .confirm button")) (matchMedia("(pointer: coarse)").matches ? log : query).focus();
});
log.addEventListener("toggle", (event) => event.target.scrollIntoView({ block: "nearest" }), true);

async function begin() {
  drawFunnel();
  for (;;) {
    try {
      const all = await tenants(location.hash.slice(1) || sessionStorage.getItem("sluice.tenant"), leaving.signal);
      notice(null);
      if (!all.length) return notice("请从您的商家给的链接打开这个页面。");
      return drawTenants(all);
    } catch {
      await new Promise((again) => {
        notice("暂时连不上服务，请检查网络。", button("再试一次", "plain", again));
        addEventListener("online", again, { once: true });
      });
    }
  }
}

begin();
