import { useState } from "preact/hooks";
import type { Me } from "../../../domain/report.ts";
import { formatMoney, formatMoneyExactly, money, plural } from "../../format.ts";
import { Field, Form } from "../../parts/action.tsx";
import { Loaded, Panel } from "../../parts/panel.tsx";
import { call } from "../../settings-api.ts";
import { useAnswer } from "../../use-answer.ts";

const PICODOLLARS_PER_CENT = 10_000_000_000n;
/** Of the route. */
const MOST_DOLLARS = 100_000;
type Cost = Awaited<ReturnType<typeof askCost>>;
const askCost = () => call("GET /api/categorize-cost");

/** What it costs that a model reads prompts, and how much it may. */
export function CategorizeCost({ me }: { me: Me }) {
  const cost = useAnswer(askCost);
  return (
    <Panel
      title="Cost of categories"
      about="Where the mode lets Claude Haiku read prompts, each costs a little. At the monthly limit nobody is asked any more, and fixed rules on the machines decide until the next month."
    >
      <Loaded answer={cost}>
        {(data) => (
          <>
            <Facts cost={data} />
            {me.viewer.role === "owner" && <Limit key={data.cap} cost={data} onSaved={cost.reload} />}
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function Facts({ cost }: { cost: Cost }) {
  const rows = [
    ["This month", cost.cost],
    ["For one prompt", cost.perPrompt],
    ["At most", cost.cap],
  ] as const;
  return (
    <>
      <dl class="facts">
        {rows.map(([title, amount]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd class="figure" title={amount === null ? undefined : formatMoneyExactly(money(amount))}>
              {amount === null ? "not known yet" : formatMoney(money(amount))}
            </dd>
          </div>
        ))}
      </dl>
      <p class="fine">
        {plural(cost.calls, "prompt")} in {cost.month} (UTC), by {cost.model} at list prices.
        {cost.unknownCalls > 0 &&
          ` ${plural(cost.unknownCalls, "call")} among them were cut off: what they cost is not known, and not in the sum.`}
        {cost.capIsDefault && " The limit is the server's own."}
        {!cost.configured && " This server has no key for Claude: nobody is asked."}
      </p>
    </>
  );
}

function Limit({ cost, onSaved }: { cost: Cost; onSaved: () => Promise<void> }) {
  const [text, setText] = useState(String(Number(money(cost.cap) / PICODOLLARS_PER_CENT) / 100));
  const cents = Math.round(Number(text) * 100);
  const isGood = /^\d{1,6}(?:\.\d{1,2})?$/.test(text.trim()) && cents <= MOST_DOLLARS * 100;
  const save = async (wanted: number | null) => {
    await call("PUT /api/team/categorize-cap", { body: { cents: wanted } });
    await onSaved();
  };
  return (
    <Form
      submit="Save"
      isReady={isGood || text.trim() === ""}
      onSubmit={() => save(text.trim() === "" ? null : cents)}
    >
      <Field
        label="Monthly limit in US dollars"
        hint="0 asks nobody. Left empty, the server's own limit holds."
      >
        {(id) => (
          <input
            id={id}
            inputMode="decimal"
            autocomplete="off"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        )}
      </Field>
    </Form>
  );
}
