/** The line on top of every scene: whose wall, which scene, is it live, what time is it. */

import { SCENES, withParameter, type Scene } from "../scene";
import { clockTime, day } from "../format";
import { FINDER, hello, language, now, opened, phase, say, scene, store } from "../wall";

export function Header() {
  return (
    <header class="header">
      <p class="place">{hello.value?.name || say.value("app.title")}</p>
      <nav class="scenes" aria-label={say.value("scene.choose")}>
        {SCENES.map((each) => (
          <SceneLink key={each} to={each} />
        ))}
      </nav>
      <button class="language find" type="button" onClick={() => (opened.value = FINDER)}>
        {say.value("find")}
      </button>
      <LanguageSwitch />
      <LinkState />
      <Clock />
    </header>
  );
}

function SceneLink({ to }: { to: Scene }) {
  const here = scene.value === to;
  const go = (event: MouseEvent) => {
    event.preventDefault();
    scene.value = to;
    history.replaceState(null, "", withParameter(location.search, "scene", to) || ".");
  };
  return (
    <a href={withParameter(location.search, "scene", to)} aria-current={here ? "page" : undefined} onClick={go}>
      {say.value(`scene.${to}`)}
    </a>
  );
}

function LanguageSwitch() {
  const other = language.value === "vi" ? "en" : "vi";
  const change = () => {
    language.value = other;
    history.replaceState(null, "", withParameter(location.search, "lang", other === "vi" ? null : other) || ".");
  };
  return (
    <button class="language" lang={other} type="button" onClick={change}>
      {say.value("language.switch")}
    </button>
  );
}

function LinkState() {
  const at = phase.value;
  return (
    <p class={`link link-${at}`} role="status">
      <i class="lamp" aria-hidden="true" />
      {say.value(`link.${at}`)}
    </p>
  );
}

function Clock() {
  const at = now.value + (store.self("clock")?.skew ?? 0);
  return (
    <p class="clock">
      <span class="day">{day(at, language.value)}</span>
      <time class="figure">{clockTime(at)}</time>
    </p>
  );
}
