import { Document, isNode } from "yaml";

export interface YamlEntry {
  path: readonly string[];
  value: unknown;
  /** Stands behind the value. */
  comment?: string;
}

/** Settings as YAML, lists on one line. */
export function yamlText(entries: readonly YamlEntry[]): string {
  const document = new Document({});
  for (const { path, value, comment } of entries) {
    const node = document.createNode(value, { flow: Array.isArray(value) });
    document.setIn(path, node);
    if (comment !== undefined && isNode(node)) node.comment = ` ${comment}`;
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
