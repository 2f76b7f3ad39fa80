/** The console at the side: an incident or an endpoint in full, what a person may do about it, and how to find one. */

import { useEffect, useRef } from "preact/hooks";

import type { About, Incident, Live } from "../picture";
import { age, moment, phone } from "../format";
import { known } from "../i18n";
import { civil, FINDER, LEDGER, now, opened, say, SHIFT, store } from "../wall";
import { comingOf } from "../coming";
import { AcknowledgeForm } from "./AcknowledgeForm";
import { Finder } from "./Finder";
import { Glyph } from "./Glyph";
import { HandleForm } from "./HandleForm";
import { LazyCharts } from "./LazyCharts";
import { Ledger } from "./Ledger";
import { MaintenanceForm, MaintenanceList, type Scope } from "./MaintenanceForm";
import { ShiftLog } from "./ShiftLog";
import { SilenceForm, SilenceList } from "./SilenceForm";
import { Story } from "./Story";

export function Console() {
  const box = useRef<HTMLDialogElement>(null);
  const key = opened.value;
  useEffect(() => {
    if (!key) return;
    if (!box.current?.open) box.current?.showModal();
    else box.current.querySelector<HTMLElement>(".close")?.focus(); // what was chosen is gone, and the focus with it
  }, [key]);
  if (!key) return null;
  return (
    <dialog class="console" ref={box} aria-labelledby="console-title" onClose={() => (opened.value = null)}>
      <form method="dialog">
        <button class="close" type="submit">
          {say.value("console.close")}
        </button>
      </form>
      <Content key={key} which={key} />
    </dialog>
  );
}

function Content({ which }: { which: string }) {
  if (which === FINDER) return <Finder />;
  if (which === SHIFT) return <ShiftLog />;
  if (which === LEDGER) return <Ledger incident="" />;
  const id = which.slice(which.indexOf("/") + 1);
  if (which.startsWith(`${LEDGER}/`)) return <Ledger incident={id} />;
  if (which.startsWith("incident/")) {
    const incident = store.one("incident", id);
    return incident ? <IncidentSheet id={id} incident={incident} /> : <Gone />;
  }
  const about = store.one("about", id);
  return about ? <EndpointSheet id={id} about={about} /> : <Gone />;
}

function Gone() {
  return <h2 id="console-title">{say.value("console.gone")}</h2>;
}

function IncidentSheet({ id, incident }: { id: string; incident: Incident }) {
  const words = say.value;
  const root = store.one("about", incident.root);
  return (
    <>
      <h2 id="console-title">{incident.title}</h2>
      <p class={`lead t-${incident.cause?.state ?? "down"}`}>
        <Glyph state={incident.cause?.state ?? "down"} />
        <span>
          {words(`severity.${incident.severity}`)} · {age(now.value - (incident.began ?? incident.opened), words)} ·{" "}
          {words("since", { time: moment(civilOf(incident.began ?? incident.opened), civil.value) })}
        </span>
      </p>
      <dl>
        <Row name={words("incident.next")} value={incident.next_action || words("incident.no_action")} />
        <Row name={words("incident.where")} value={incident.unit_name} />
        <Row name={words("incident.cause")} value={root ? root.name : incident.root} />
        <Row name={words("incident.affected")} value={words("incident.members", { n: incident.members })} />
        <Row name={words("incident.owner")} value={[incident.owner, phone(incident.phone)].filter(Boolean).join(" · ")} />
        <Row name={words("incident.line")} value={[incident.carrier, incident.circuit].filter(Boolean).join(" · ")} />
        <Row name={words("incident.hotline")} value={phone(incident.hotline)} />
        <Row name={words("incident.runbook")} value={incident.runbook} />
        <Row name={words("incident.next_step")} value={comingOf(incident, now.value, words)} />
        <Row name={words("incident.assigned")} value={incident.assigned ?? ""} />
        <Row name={words("incident.told")} value={told(incident)} />
      </dl>
      <AcknowledgeForm id={id} incident={incident} />
      <Remarks incident={incident} />
      <HandleForm id={id} />
      <Story id={id} decided={incident.decided ?? 0} />
      {root && <LazyCharts endpoint={incident.root} began={civilOf(incident.began ?? incident.opened)} />}
      <SilenceForm incident={incident} />
      <SilenceList />
      <MaintenanceForm scopes={root ? scopesOf(incident.root, root) : []} />
      <MaintenanceList />
    </>
  );
}

/** What people said of it, oldest first. */
function Remarks({ incident }: { incident: Incident }) {
  if (!incident.remarks?.length) return null;
  return (
    <ul class="remarks">
      {incident.remarks.map((each) => (
        <li key={`${each.at} ${each.by}`}>
          <b>{each.by}</b> {moment(civilOf(each.at), civil.value)}
          <q>{each.text}</q>
        </li>
      ))}
    </ul>
  );
}

function told(incident: Incident): string {
  const words = say.value;
  return Object.entries(incident.told ?? {})
    .map(([receiver, { state, attempts }]) => `${receiver}: ${words(known(`told.${state}`, "told.owed"), { n: attempts })}`)
    .join(", ");
}

function EndpointSheet({ id, about }: { id: string; about: About }) {
  const words = say.value;
  const live = store.one("endpoint", id);
  const { owner } = about;
  return (
    <>
      <h2 id="console-title">{about.name}</h2>
      {live && <LiveLine live={live} />}
      <dl>
        <Row name={words("incident.where")} value={store.one("unit", about.unit)?.name ?? about.unit} />
        <Row name={words("incident.owner")} value={[owner?.name, phone(owner?.phone ?? "")].filter(Boolean).join(" · ")} />
        <Row name={words("incident.line")} value={[owner?.carrier, owner?.circuit].filter(Boolean).join(" · ")} />
        <Row name={words("incident.hotline")} value={phone(owner?.hotline ?? "")} />
      </dl>
      <LazyCharts endpoint={id} began={null} />
      <MaintenanceForm scopes={scopesOf(id, about)} />
      <MaintenanceList />
    </>
  );
}

/** A moment of the picture as history has it. */
function civilOf(at: number): number {
  return Math.floor(at + (store.self("clock")?.skew ?? 0));
}

function LiveLine({ live }: { live: Live }) {
  const words = say.value;
  const why = words(known(`reason.${live.reason}`, "reason.none"));
  return (
    <p class={`lead t-${live.state}`}>
      <Glyph state={live.state} />
      <span>
        {words(`state.${live.state}`)}
        {why && `, ${why}`}
        {live.detail && ` (${live.detail})`} · {age(now.value - live.since, words)} ·{" "}
        {words("since", { time: moment(civilOf(live.since), civil.value) })}
      </span>
    </p>
  );
}

function scopesOf(id: string, about: About): Scope[] {
  const scopes: Scope[] = [{ kind: "endpoint", id, name: about.name }];
  if (about.site) scopes.push({ kind: "site", id: about.site, name: store.one("site", about.site)?.name ?? about.site });
  if (about.unit) scopes.push({ kind: "unit", id: about.unit, name: store.one("unit", about.unit)?.name ?? about.unit });
  return scopes;
}

function Row({ name, value }: { name: string; value: string }) {
  if (!value) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
