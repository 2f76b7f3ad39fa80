/** The drawing as a table, for who does not see it: made only when it is opened. */

import { useState } from "preact/hooks";

import { timeLabel } from "../../chart/axis";
import type { Drawing, Gap } from "../../chart/drawing";
import { measured } from "../../format";
import type { History } from "../../history";
import { language, say } from "../../wall";

interface NumbersProps {
  history: History;
  drawing: Drawing;
  silent: Gap[];
  title: string;
  unit: string;
  by: number;
}

export function Numbers(props: NumbersProps) {
  const [open, setOpen] = useState(false);
  return (
    <details class="numbers" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {say.value("chart.table")}
        <span class="unseen"> {props.title}</span>
      </summary>
      {open && <Table {...props} />}
    </details>
  );
}

function Table({ history, drawing, silent, title, unit, by }: NumbersProps) {
  const words = say.value;
  const missing = [...drawing.gaps.map((gap) => ({ gap, key: "chart.none" as const })), ...silent.map((gap) => ({ gap, key: "chart.silent" as const }))];
  const rows = [
    ...history.at.map((at, i) => ({ at, row: <Row key={at} history={history} i={i} by={by} /> })),
    ...missing.map(({ gap: [from, to], key }) => ({ at: from, row: <Missing key={`-${from}`} from={from} to={to} step={history.step} what={words(key)} /> })),
  ];
  return (
    <div class="rows" tabIndex={0} role="group" aria-label={title}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words("chart.time")}</th>
            <th scope="col">
              {words("chart.mean")}
              {unit && ` (${unit})`}
            </th>
            <th scope="col">{words("chart.least")}</th>
            <th scope="col">{words("chart.most")}</th>
            <th scope="col">{words("chart.count")}</th>
          </tr>
        </thead>
        <tbody>{rows.sort((a, b) => b.at - a.at).map(({ row }) => row)}</tbody>
      </table>
    </div>
  );
}

function Row({ history, i, by }: { history: History; i: number; by: number }) {
  const number = (column: number[]) => measured((column[i] ?? 0) / by, language.value);
  return (
    <tr>
      <th scope="row">{timeLabel(history.at[i]!, history.step)}</th>
      <td>{number(history.mean)}</td>
      <td>{number(history.least)}</td>
      <td>{number(history.most)}</td>
      <td>{history.count[i]}</td>
    </tr>
  );
}

function Missing({ from, to, step, what }: { from: number; to: number; step: number; what: string }) {
  return (
    <tr>
      <th scope="row">
        {timeLabel(from, step)} – {timeLabel(to, step)}
      </th>
      <td colSpan={4}>{what}</td>
    </tr>
  );
}
