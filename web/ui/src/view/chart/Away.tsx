/** That history cannot be had now, why, and how old what is shown is. */

import { age, moment } from "../../format";
import type { History } from "../../history";
import { civil, say } from "../../wall";
import type { Failure } from "./useHistory";

export function Away({ failure, history }: { failure: Failure; history: History | null }) {
  const words = say.value;
  const why = failure.error ?? (failure.status ? words("error.status", { status: failure.status }) : words("error.network"));
  const values = history && {
    time: moment(history.stop, civil.value),
    age: age(civil.value - history.stop, words),
  };
  return (
    <p class="away" role="status">
      {words("chart.away", { why })}
      {values && ` ${words("chart.kept", values)}`}
    </p>
  );
}
