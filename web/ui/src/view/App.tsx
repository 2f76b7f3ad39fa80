/** The whole screen. */

import { useSignalEffect } from "@preact/signals";

import { language, phase, say, scene, store } from "../wall";
import { Alerts } from "./Alerts";
import { Conference } from "./Conference";
import { Console } from "./Console";
import { Header } from "./Header";
import { Headline } from "./Headline";
import { Overview } from "./Overview";
import { Troubles } from "./Troubles";

export function App() {
  useSignalEffect(() => {
    document.documentElement.lang = language.value;
    document.title = say.value("app.title");
    document.documentElement.dataset.link = phase.value;
  });
  const cut = phase.value === "cut";
  return (
    <div class={`screen${cut ? " is-cut" : ""}`} data-scene={scene.value}>
      <Header />
      <Headline />
      <Troubles />
      {store.filled.value ? <TheScene /> : <main id="scene" />}
      <Console />
    </div>
  );
}

function TheScene() {
  if (scene.value === "alerts") return <Alerts key="alerts" />;
  return scene.value === "conference" ? <Conference key="conference" /> : <Overview key="overview" />;
}
