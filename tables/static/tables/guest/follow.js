// Follow an address of the API by asking again and again with If-None-Match.
//
// Why not server-sent events, or a held request: gunicorn serves with a few threads (storekit/gunicorn.py), and a held
// connection keeps one of them for as long as the phone lies on the table. Eight phones would be all of them. An
// unchanged answer is a 304 without a body that any process gives at once, and a phone that slept simply asks again,
// while a stream that died unnoticed shows an old bill.

import { api, codeOf } from "./dom.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const LONGEST_PAUSE = 15 * SECOND;

export class Follower {
  /**
   * @param path below the table's address
   * @param changed called with each new answer
   * @param trouble called with "offline", "till", "gone" or "" when what was wrong is over
   */
  constructor(path, { changed, trouble }) {
    Object.assign(this, { path, changed, trouble, etag: "", failures: 0, running: false, asking: false });
    this.changedAt = Date.now();
    document.addEventListener("visibilitychange", () => this.#wake());
    window.addEventListener("pageshow", () => this.#wake());
    window.addEventListener("online", () => this.#wake());
    document.addEventListener("pointerdown", () => (this.changedAt = Date.now()), { passive: true });
  }

  start() {
    this.running = true;
    this.ask();
  }

  stop() {
    this.running = false;
    clearTimeout(this.timer);
  }

  /** Ask now, whatever the pause would be. */
  async ask() {
    clearTimeout(this.timer);
    if (!this.running || this.asking || document.hidden) return;
    this.asking = true;
    let pause;
    try {
      pause = this.#read(await api(this.path, { headers: this.etag ? { "If-None-Match": this.etag } : {} }));
    } catch {
      pause = this.#failed("offline");
    }
    this.asking = false;
    if (this.running) this.timer = setTimeout(() => this.ask(), pause);
  }

  #wake() {
    if (document.hidden) {
      clearTimeout(this.timer);
    } else {
      this.changedAt = Date.now();
      this.ask();
    }
  }

  #read(response) {
    if (response.status === 429) return this.#after(response) ?? LONGEST_PAUSE;
    if (response.status === 404 || response.status === 410) {
      this.stop();
      this.trouble("gone");
      return LONGEST_PAUSE;
    }
    if (response.status === 304 || response.ok) {
      this.failures = 0;
      this.trouble("");
    }
    if (response.status === 304) return this.#pause();
    if (response.ok) {
      this.etag = response.headers.get("ETag") ?? "";
      this.changedAt = Date.now();
      this.changed(response.data);
      return this.#pause();
    }
    const pause = this.#failed(codeOf(response) === "pos_unavailable" ? "till" : "offline");
    return this.#after(response) ?? pause;
  }

  #failed(what) {
    this.failures += 1;
    this.trouble(what);
    return Math.min(2 ** this.failures * SECOND, LONGEST_PAUSE);
  }

  #after(response) {
    const seconds = Number(response.headers.get("Retry-After"));
    return seconds ? seconds * SECOND : undefined;
  }

  /** About every second; slower when nothing has changed for minutes and nobody touched the page. */
  #pause() {
    const still = Date.now() - this.changedAt;
    if (still < 2 * MINUTE) return SECOND;
    return still < 10 * MINUTE ? 3 * SECOND : 10 * SECOND;
  }
}
