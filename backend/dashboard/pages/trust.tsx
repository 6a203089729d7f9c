import type { ComponentChildren } from "preact";
import { PROMISES, RECORDS, RESOURCE, SCOPE_NAMES, SCOPE_VERSION } from "#proto/egress.ts";
import type { AttributeRule, RecordRule } from "#proto/egress.ts";
import { plural } from "../format.ts";

/** One line of the page: an attribute, or a part of the record that the table gives another way. */
type Item = Pick<AttributeRule, "name" | "type" | "meaning" | "promise" | "reason" | "optIn">;

const SCOPE: Item = {
  name: "scope.name",
  type: "string",
  meaning: `Which receiver read it: ${SCOPE_NAMES.map((name) => `\`${name}\``).join(" or ")}.`,
  promise: "exception",
  reason: "Says which program's rules made the counts.",
};

const RESOLUTION_WORDS: Record<RecordRule["resolutionMs"], string> = { 1000: "seconds", 60000: "minutes" };

/** "All that leaves by default", from the table that the collector's gate obeys. */
export function Trust() {
  const records = RECORDS.filter(({ modes }) => modes.includes("off"));
  return (
    <div class="trust">
      <div class="title">
        <div>
          <h1>All that leaves by default</h1>
          <p class="title-days">
            Privacy mode “off”: token counts, timestamps, model names and a salted hash of the working
            directory.
          </p>
        </div>
      </div>
      <Never />
      {records.map((record) => (
        <Contract
          key={record.eventName}
          name={record.eventName}
          meaning={record.meaning}
          items={itemsOf(record)}
        />
      ))}
      <Contract
        name="resource and scope"
        meaning="Once per delivery: which program sends, and in which mode."
        items={[...RESOURCE.filter(inOff), SCOPE, SCOPE_VERSION]}
      />
    </div>
  );
}

function Never() {
  return (
    <section class="card promise" aria-labelledby="never-title">
      <h2 id="never-title">What never leaves in this mode</h2>
      <ul>
        <li>Prompts, answers, thinking, code, tool arguments and tool results</li>
        <li>Paths, file names, branch names, commit titles</li>
        <li>User names, e-mail addresses and host names</li>
      </ul>
      <p class="fine">
        This page is made from the table that the collector checks every record against, before it is stored
        for sending and again before it is sent. What the table does not name cannot leave. Hashes are
        pseudonyms: the same input gives the same hash.
      </p>
    </section>
  );
}

function inOff({ modes }: AttributeRule): boolean {
  return modes.includes("off");
}

function itemsOf({ resolutionMs, attributes }: RecordRule): Item[] {
  const time: Item = {
    name: "time",
    type: "int",
    meaning: `When it happened, in whole ${RESOLUTION_WORDS[resolutionMs]}.`,
    promise: "timestamps",
  };
  return [time, ...attributes.filter(inOff)];
}

interface ContractProps {
  name: string;
  meaning: string;
  items: readonly Item[];
}

function Contract({ name, meaning, items }: ContractProps) {
  const id = `record-${name.replaceAll(" ", "-")}`;
  const promised = PROMISES.flatMap((promise) => items.filter((item) => item.promise === promise));
  const exceptions = items.filter(({ promise }) => promise === "exception");
  return (
    <section class="card contract" aria-labelledby={id}>
      <h2 id={id}>
        <code>{name}</code>
      </h2>
      <p class="fine">{withCode(meaning)}</p>
      <table class="stacks">
        <Head />
        {promised.length > 0 && <Part title="Named by the promise" items={promised} />}
        <Part
          title={plural(exceptions.length, "more, with its reason", "more, each with its reason")}
          items={exceptions}
        />
      </table>
    </section>
  );
}

function Head() {
  return (
    <thead>
      <tr>
        <th scope="col">Attribute</th>
        <th scope="col">What it is</th>
        <th scope="col">Why it leaves</th>
        <th scope="col">Type</th>
      </tr>
    </thead>
  );
}

function Part({ title, items }: { title: string; items: readonly Item[] }) {
  return (
    <tbody>
      <tr class="part-title">
        <th scope="rowgroup" colSpan={4}>
          {title}
        </th>
      </tr>
      {items.map((item) => (
        <Attribute key={item.name} item={item} />
      ))}
    </tbody>
  );
}

function Attribute({ item }: { item: Item }) {
  return (
    <tr>
      <th scope="row">
        <code>{item.name}</code>
        {item.optIn !== undefined && <span class="opt-in">only where the team turned it on</span>}
      </th>
      <td>{withCode(item.meaning)}</td>
      <td>
        {item.promise === "exception" ? withCode(item.reason ?? "") : <span class="tag">{item.promise}</span>}
      </td>
      <td data-label="Type" class="quiet">
        {item.type}
      </td>
    </tr>
  );
}

/** The table's texts set names and values between backticks. */
function withCode(text: string): ComponentChildren {
  return text.split("`").map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part));
}
