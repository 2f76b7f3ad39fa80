/** Keeps a picture of history fresh: one question at a time, none while nobody looks. */

/** Seconds between two questions, at least and at most. */
const LEAST = 10;
const MOST = 600;

/** Seconds until a picture in steps of so many seconds is worth asking for again. */
export function paceOf(step: number): number {
  return Math.min(MOST, Math.max(LEAST, step));
}

/** `ask` is one question, ended by its signal; it tells seconds until the next one, or null when there is none. */
export class Follower {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | null = null;
  private due = 0;

  /** `now` reads a steady clock, in seconds. */
  constructor(
    private readonly ask: (signal: AbortSignal) => Promise<number | null>,
    private readonly now: () => number,
  ) {}

  /** Somebody looks: ask at once, or when the next question is due. */
  start(): void {
    if (this.asking || this.timer !== undefined) return;
    const wait = this.due - this.now();
    if (wait > 0) this.later(wait);
    else void this.turn();
  }

  /** Nobody looks: end what is being asked. */
  stop(): void {
    this.asking?.abort();
    this.asking = null;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private later(seconds: number): void {
    if (seconds === Infinity) return;
    this.timer = setTimeout(() => void this.turn(), seconds * 1000);
  }

  private async turn(): Promise<void> {
    this.timer = undefined;
    const asking = (this.asking = new AbortController());
    const wait = (await this.ask(asking.signal)) ?? Infinity;
    if (this.asking !== asking) return;
    this.asking = null;
    this.due = this.now() + wait;
    this.later(wait);
  }
}
