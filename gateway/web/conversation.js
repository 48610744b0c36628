// What was said, and what must still be sent?
//
// The conversation of one tenant in this tab. Rules:
//
// * A message, a sentence or the press of a button, is written down with its seq before it is sent, and struck out only
//   when it is answered or taken back. Lost network, too fast, a reload: the same one goes again with the same seq, and the
//   server answers it once.
// * A seq that may have reached the server is never given to another message.
// * A press is never turned into a sentence: 确认, sent as a text, would agree to whatever is asked by then.
// * seq counts within the session, on from the newest turn the server knows.
// * A session lives in one tab. A page that goes hands it to the next one (a reload); a copied tab was handed nothing
//   and begins its own.
//
// Network loss and 429 are waited out here; every other refusal is thrown as Refused.

const PATIENCE_MS = 10_000;         // for one request; the server's own deadline is far shorter
const LONGEST_WAIT_S = 15;
const HISTORY = 100;
const MASKED = /[0-9]*(?:·{6}|•{4}|\*{4,})[0-9]*/;      // what the history has instead of a code, a password, a phone (138****2046)

export class Refused extends Error {
  constructor(status, body, retryAfterS) {
    super(body?.error?.message ?? `status ${status}`);
    this.status = status;
    this.code = body?.error?.code ?? "unavailable";
    this.turnId = body?.error?.turn_id;
    this.answer = body?.answer;                // the tenant's own sentence, with a 503
    this.retryAfterS = retryAfterS;
  }
}

class Lost extends Error {}

// Returns {body, stored, layers: [{name, ms}], ms}; raises Refused, Lost, or what the signal says. stored: this seq was answered before.
async function call(method, path, { body, token, signal }) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const began = performance.now();
  try {
    const response = await fetch(path, {
      method, headers, body: body && JSON.stringify(body), cache: "no-store",
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
    const ms = performance.now() - began;
    if (!response.ok) {
      const wait = Number(response.headers.get("Retry-After")) || 1;
      throw new Refused(response.status, await response.json().catch(() => null), wait);
    }
    return {
      body: response.status === 204 ? null : await response.json(),
      stored: response.headers.get("X-Answered-By") === "stored",
      layers: layersOf(response.headers.get("Server-Timing") ?? ""),
      ms,
    };
  } catch (problem) {
    signal.throwIfAborted();
    throw problem instanceof Refused ? problem : new Lost(problem.message);
  }
}

// "l1_screen;dur=0.012, l3_hot;dur=0.2" as [{name, ms}]
function layersOf(header) {
  return [...header.matchAll(/([\w-]+)\s*;[^,]*?\bdur=([\d.]+)/g)].map(([, name, ms]) => ({ name, ms: Number(ms) }));
}

// What a token says of itself; the server alone decides whether that is true.
function claimsOf(token) {
  try {
    const bytes = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0))));
  } catch {
    return {};
  }
}

// Could it be this that was typed, where the history has that? A mask stands for any text.
function isKeptAs(typed, kept) {
  if (typed === kept) return true;
  const [first, ...others] = kept.split(MASKED);
  if (!others.length || !typed.startsWith(first)) return false;
  const last = others.pop();
  let at = first.length;
  for (const piece of others) {
    const found = typed.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return typed.endsWith(last) && typed.length - last.length >= at;
}

function newSession() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// All of them, where they are listed; else the one that is wanted, if there is such a one.
export async function tenants(wanted, signal) {
  const { tenants: listed } = (await call("GET", "/v1/tenants", { signal })).body;
  if (listed.length || !wanted) return listed;
  return (await call("GET", `/v1/tenants?tenant=${encodeURIComponent(wanted)}`, { signal })).body.tenants;
}

const FREE = "sluice.free";         // set while no page uses the sessions written here
const handedOver = sessionStorage.getItem(FREE) !== null;
const takeOver = () => sessionStorage.removeItem(FREE);
const handOver = () => sessionStorage.setItem(FREE, "1");
takeOver();
addEventListener("pagehide", handOver);
addEventListener("pageshow", takeOver);
document.addEventListener("visibilitychange", () => (document.hidden ? handOver() : takeOver()));

export class Conversation {
  #key; #kept; #hurry = () => {};

  // tell({why: "slow" | "lost", seconds}) hears each second of a wait, tell(null) its end.
  constructor(tenant, tell) {
    this.tenant = tenant;
    this.tell = tell;
    this.next = 1;
    this.#key = `sluice.${tenant.id}`;
    this.#kept = { token: null, session: newSession(), outbox: null, draft: "", outdated: null };
    Object.assign(this.#kept, JSON.parse(sessionStorage.getItem(this.#key)));
    if (!handedOver) this.#branchOff();
  }

  #keep(changes) {
    Object.assign(this.#kept, changes);
    sessionStorage.setItem(this.#key, JSON.stringify(this.#kept));
  }

  get outbox() { return this.#kept.outbox; }
  get outdated() { return this.#kept.outdated; }        // id of the confirmation whose button was refused last
  get draft() { return this.#kept.draft; }
  set draft(text) { this.#keep({ draft: text }); }
  get user() { return claimsOf(this.#kept.token ?? "").user_id; }
  get #position() { return claimsOf(this.#kept.token ?? "").seq ?? 1; }    // the token allows no seq before it
  get needsToken() { return !this.tenant.guests && !this.#kept.token; }

  get #typed() { return this.outbox?.confirm ? undefined : this.outbox?.query; }

  // Another tab may talk in this session: begin one of our own and keep what was typed.
  #branchOff() {
    this.#keep({ session: newSession(), outbox: null, draft: this.#typed ?? this.draft });
  }

  // Returns why this token cannot be right, or nothing.
  useToken(token) {
    const { tenant_id: tenant } = claimsOf(token);
    if (!tenant) return "这不像一个令牌，请完整粘贴命令输出的那一行。";
    if (tenant !== this.tenant.id) return `这个令牌属于“${tenant}”，不能用在这里。`;
    this.#keep({ token });
  }

  forgetToken() { this.#keep({ token: null }); }

  // Returns {turns, earlier}, oldest first: of this session and of those before it.
  async open(signal) {
    if (!this.#kept.token) await this.#enter(signal);
    const all = (await this.#history(signal)).reverse();
    if (this.#answerIn(all)) this.takeBack();
    const ours = (turn) => turn.session_id === this.#kept.session;
    return { turns: all.filter(ours), earlier: all.filter((turn) => !ours(turn)) };
  }

  say(query) { this.#keep({ outbox: { query, seq: this.next++ } }); }

  // confirm: a reply's {id, yes, no}; answer: "yes" or "no". The history has it by the button's text.
  press(confirm, answer) {
    this.#keep({ outbox: { query: confirm[answer], confirm: { id: confirm.id, answer }, seq: this.next++ } });
  }

  // What waits is no longer ours to send. Returns what was typed of it.
  takeBack() {
    const typed = this.#typed;
    this.#keep({ outbox: null });
    return typed;
  }

  // Sends what say() or press() wrote down. Returns {turn, layers, ms}; ms and layers are of the request that was answered.
  async deliver(signal) {
    const sent = this.outbox;
    const said = sent.confirm ? { confirm: sent.confirm } : { query: sent.query };
    let reply, refused;
    try {
      reply = await this.#ask("POST", "/v1/chat", { ...said, session_id: this.#kept.session, seq: sent.seq }, signal);
      if (!reply.stored) return this.#delivered(reply);
    } catch (problem) {
      if (problem.code !== "stale_confirmation" && (problem.code !== "stale_seq" || sent.renumbered)) throw problem;
      refused = problem;
    }
    // Either our answer was lost on its way, or somebody else took our number, or went on from what our button was for.
    const known = this.#answerIn(await this.#history(signal));
    if (known) return this.#delivered({ layers: [], ms: null, ...reply, body: known });
    if (refused?.code === "stale_confirmation") {
      this.#keep({ outdated: sent.confirm.id });
      throw refused;
    }
    this.#keep({ outbox: { ...sent, seq: this.next++, renumbered: true } });
    return this.deliver(signal);
  }

  // The turn that is the answer to the message that waits, if there is one.
  #answerIn(turns) {
    const { query, confirm, seq } = this.outbox ?? {};
    const ours = (turn) => (confirm ? turn.query === query : isKeptAs(query, turn.query));
    return turns.find((turn) => turn.session_id === this.#kept.session && turn.seq === seq && ours(turn));
  }

  #delivered({ body: turn, layers, ms }) {
    this.next = Math.max(this.next, turn.seq + 1);
    this.#keep({ outbox: null });
    return { turn, layers, ms };
  }

  async restart(signal) {
    await this.#ask("DELETE", "/v1/session", null, signal);
    this.#keep({ session: newSession(), outbox: null });
    this.next = this.#position;
  }

  hurry() { this.#hurry(); }

  async #enter(signal) {
    const { body } = await this.#ask("POST", "/v1/session", { tenant: this.tenant.id }, signal);
    this.#keep({ token: body.token });
  }

  // Newest first. Lifts our count above every seq that is taken; a gap is fine, a lower seq would be refused.
  async #history(signal) {
    const { turns } = (await this.#ask("GET", `/v1/history?limit=${HISTORY}`, null, signal)).body;
    const taken = turns.filter((turn) => turn.session_id === this.#kept.session).map((turn) => turn.seq);
    this.next = Math.max(this.next, this.#position, (this.outbox?.seq ?? 0) + 1, ...taken.map((seq) => seq + 1));
    return turns;
  }

  async #ask(method, path, body, signal) {
    let renewed = false;
    for (let losses = 0; ;) {
      try {
        return await call(method, path, { body, token: this.#kept.token, signal });
      } catch (problem) {
        if (problem instanceof Lost) {
          await this.#wait("lost", Math.min(2 ** losses++, LONGEST_WAIT_S), signal);
        } else if (problem.status === 429) {
          await this.#wait("slow", problem.retryAfterS, signal);
        } else if (problem.status === 401 && this.tenant.guests && !renewed) {
          renewed = true;
          this.forgetToken();
          await this.#enter(signal);
        } else {
          throw problem;
        }
      }
    }
  }

  // Too fast is waited out in full; a lost network may come back sooner.
  async #wait(why, seconds, signal) {
    let hurried = false;
    for (let left = Math.ceil(seconds); left > 0 && !hurried; left--) {
      this.tell({ why, seconds: left });
      hurried = await this.#pause(why === "lost", signal);
    }
    this.tell(null);
  }

  #pause(mayHurry, signal) {
    return new Promise((resolve, reject) => {
      const done = (settle, value) => () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", stop);
        removeEventListener("online", wake);
        this.#hurry = () => {};
        settle(value);
      };
      const wake = done(resolve, true);
      const stop = () => done(reject, signal.reason)();
      const timer = setTimeout(done(resolve, false), 1000);
      signal.addEventListener("abort", stop);
      if (mayHurry) {
        addEventListener("online", wake);
        this.#hurry = wake;
      }
    });
  }
}
