/** Puts the parts together and starts them. */

import { render } from "preact";

import "./styles/index.css";
import { painted } from "./paint";
import { openedOf } from "./scene";
import { Connection } from "./socket";
import { startTicking } from "./ticker";
import { follow, hello, opened, take } from "./wall";
import { App } from "./view/App";

const address = new URL("ws", location.href);
address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
address.search = "";
address.hash = "";

const connection = new Connection(address.href, {
  welcome: (frame) => (hello.value = frame),
  apply: (delta) => painted(delta.offset, Object.keys(delta.put).length, () => take(delta)),
  changed: follow,
});

const root = document.getElementById("wall");
if (!root) throw new Error("index.html has no #wall");
render(<App />, root);
addEventListener("hashchange", () => (opened.value = openedOf(location.hash)));
startTicking();
connection.start();
