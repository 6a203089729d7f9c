import { PROMISES, RECORDS, RESOURCE } from "#proto/egress.ts";
import type { AttributeRule } from "#proto/egress.ts";

/** "All that leaves by default", from the table that the collector's gate obeys. */
export function Trust() {
  const records = RECORDS.filter(({ modes }) => modes.includes("off"));
  return (
    <div class="trust">
      <div class="title">
        <div>
          <h1>All that leaves by default</h1>
          <p class="title-days">Privacy mode “off”: token counts, timestamps, model names, a salted hash of the working directory.</p>
        </div>
      </div>
      <section class="card promise" aria-labelledby="never-title">
        <h2 id="never-title">What never leaves in this mode</h2>
        <ul>
          <li>Prompts, answers, thinking, code, tool arguments and tool results</li>
          <li>Paths, file names, branch names, commit titles</li>
          <li>Names, e-mail addresses, host names, IP addresses of the machine in any record</li>
        </ul>
        <p class="fine">
          This page is made from the same table that the collector checks every record against before it is stored for
          sending, and once more before it is sent. What the table does not name cannot leave.
        </p>
      </section>
      {records.map(({ eventName, meaning, attributes }) => (
        <Contract key={eventName} name={eventName} meaning={meaning} attributes={attributes.filter(inOff)} />
      ))}
      <Contract name="resource" meaning="Once per delivery: what is sending." attributes={RESOURCE.filter(inOff)} />
    </div>
  );
}

function inOff({ modes }: AttributeRule): boolean {
  return modes.includes("off");
}

interface ContractProps {
  name: string;
  meaning: string;
  attributes: readonly AttributeRule[];
}

function Contract({ name, meaning, attributes }: ContractProps) {
  const id = `record-${name}`;
  const promised = PROMISES.flatMap((promise) => attributes.filter((rule) => rule.promise === promise));
  const exceptions = attributes.filter(({ promise }) => promise === "exception");
  return (
    <section class="card contract" aria-labelledby={id}>
      <h2 id={id}>
        <code>{name}</code>
      </h2>
      <p class="fine">{meaning}</p>
      <div class="scroll" role="region" aria-labelledby={id} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Attribute</th>
              <th scope="col">Type</th>
              <th scope="col">What it is</th>
              <th scope="col">Promised as</th>
            </tr>
          </thead>
          <tbody>
            {[...promised, ...exceptions].map((rule) => (
              <Attribute key={rule.name} rule={rule} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Attribute({ rule }: { rule: AttributeRule }) {
  const exception = rule.promise === "exception";
  return (
    <tr>
      <th scope="row">
        <code>{rule.name}</code>
        {rule.optIn !== undefined && <span class="tag">only where the team turned it on</span>}
      </th>
      <td class="quiet">{rule.type}</td>
      <td>{rule.meaning}</td>
      <td>
        {exception ? <span class="tag is-exception">not in the words</span> : <span class="tag">{rule.promise}</span>}
        {exception && rule.reason !== undefined && <span class="reason">{rule.reason}</span>}
      </td>
    </tr>
  );
}
