/** The thin shell around the link: one WebSocket at a time, a timer, the screen's clock. */

import { parse } from "./frames";
import { fresh, step, type Delta, type Effect, type Event, type Hello, type Link } from "./link";

export interface Hooks {
  welcome(hello: Hello): void;
  apply(delta: Delta): void;
  changed(link: Link): void;
}

/** Seconds of a clock that never jumps, near the Unix epoch. */
export function steady(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}

export class Connection {
  private link: Link = fresh(steady());
  private socket: WebSocket | null = null;

  constructor(
    private readonly address: string,
    private readonly hooks: Hooks,
  ) {}

  start(): void {
    this.handle({ type: "start", at: steady() });
    setInterval(() => this.handle({ type: "tick", at: steady(), random: Math.random() }), 250);
  }

  private handle(event: Event): void {
    const [link, effects] = step(this.link, event);
    const moved = link !== this.link;
    this.link = link;
    for (const effect of effects) this.perform(effect);
    if (moved) this.hooks.changed(link);
  }

  private perform(effect: Effect): void {
    switch (effect.do) {
      case "open":
        return this.open(effect.epoch, effect.offset);
      case "close":
        return this.close();
      case "reload":
        return location.reload();
      case "welcome":
        return this.hooks.welcome(effect.hello);
      case "apply":
        return this.hooks.apply(effect.delta);
    }
  }

  private open(epoch: string, offset: number): void {
    const query = new URLSearchParams({ epoch, offset: String(offset) });
    const socket = new WebSocket(`${this.address}?${query}`);
    this.socket = socket;
    socket.onmessage = (message) => {
      if (socket === this.socket) this.receive(message.data);
    };
    socket.onclose = () => {
      if (socket !== this.socket) return;
      this.socket = null;
      this.handle({ type: "closed", at: steady(), random: Math.random() });
    };
  }

  private receive(data: unknown): void {
    const frame = parse(data);
    const at = steady();
    const random = Math.random();
    this.handle(frame ? { type: "frame", at, frame, random } : { type: "garbled", at, random });
  }

  private close(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}
