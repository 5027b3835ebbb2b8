/**
 * Text inside of SVG and HTML.
 *
 * @module
 */

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** The text with its markup signs written as entities. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (sign) => escapes[sign]);
}
