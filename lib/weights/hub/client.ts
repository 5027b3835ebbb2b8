/**
 * What the hub is asked: which files a revision has, and where a file is, how long, of which hash.
 *
 * Source: https://huggingface.co/docs/hub/api, and `get_hf_file_metadata` of huggingface_hub.
 *
 * @module
 */

import { HubError } from "./error.ts";
import {
  encode,
  formatHubReference,
  type HubReference,
  isCommit,
  isRelative,
} from "./reference.ts";
import type { HubSettings } from "./settings.ts";

/** A revision as the hub knows it. */
export type HubRevision = {
  commit: string;
  /** Paths of its files. */
  files: string[];
};

/** What is known of a file before it is downloaded. */
export type FileMetadata = {
  url: string;
  /** Whether the token may be sent there: it is the hub, not a storage host. */
  trusted: boolean;
  /** SHA-256 (64 digits), or git's SHA-1 of small files (40). */
  hash: string;
  byteLength: number;
};

/** How the hub is asked. */
export type HubRequest = Pick<HubSettings, "endpoint" | "token"> & {
  signal?: AbortSignal;
  /** Milliseconds until the hub must have answered, and between two pieces of a file. */
  timeout: number;
  /** Milliseconds before the first repetition; each later one waits twice as long. */
  retryDelay: number;
};

const MAX_REDIRECTS = 10;

/** How often a busy server, or one that broke off, is asked again. */
export const MAX_RETRIES = 4;

/** Asks for the commit and the files of a revision. */
export async function askRevision(
  reference: HubReference,
  request: HubRequest,
): Promise<HubRevision> {
  const { repository, revision } = reference;
  const source = formatHubReference(reference);
  const url = `${request.endpoint}/api/models/${repository}/revision/${encode(revision)}`;
  const response = await ask("GET", url, { reference, request });
  let body;
  try {
    body = await response.json();
  } catch (cause) {
    throw new HubError("unverifiable", source, `${url} answers with no JSON`, { cause });
  }
  const files = body?.siblings?.map?.((file: { rfilename?: unknown }) => file?.rfilename);
  if (!isCommit(String(body?.sha)) || !Array.isArray(files)) {
    throw new HubError("unverifiable", source, `${url} tells no commit and files: is it a hub?`);
  }
  return {
    commit: body.sha,
    // A path out of the cache is nobody's weights
    files: files.filter((file) => typeof file === "string" && isRelative(file)),
  };
}

/** Asks where a file of a commit is, without fetching it. */
export async function askFile(
  reference: HubReference & { file: string },
  request: HubRequest,
): Promise<FileMetadata> {
  const { repository, revision, file } = reference;
  const source = formatHubReference(reference);
  const path = file.split("/").map(encode).join("/");
  const url = `${request.endpoint}/${repository}/resolve/${encode(revision)}/${path}`;
  const response = await ask("HEAD", url, { reference, request });
  await response.body?.cancel();
  const { headers } = response;
  const location = headers.get("location");
  const etag = headers.get("x-linked-etag") ?? headers.get("etag") ?? "";
  const hash = etag.replace(/^W\//, "").replaceAll('"', "");
  const length = headers.get("x-linked-size") ??
    (location === null ? headers.get("content-length") : null);
  const byteLength = /^\d+$/.test(length ?? "") ? Number(length) : NaN;
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash) || !Number.isSafeInteger(byteLength)) {
    throw new HubError(
      "unverifiable",
      source,
      `${request.endpoint} gives the size "${length ?? ""}" and the hash "${hash}": is it a hub?`,
    );
  }
  const target = new URL(location ?? response.url, response.url).href;
  return { url: target, trusted: isSameOrigin(target, request.endpoint), hash, byteLength };
}

/** Asks the hub, following its redirects within itself; one to a storage host is the answer. */
async function ask(
  method: "GET" | "HEAD",
  url: string,
  { reference, request }: { reference: HubReference; request: HubRequest },
): Promise<Response> {
  let current = url;
  for (let redirects = 0, retries = 0; redirects <= MAX_REDIRECTS;) {
    const response = await send(current, { method, reference, request });
    const location = response.headers.get("location");
    if (isBusy(response) && retries < MAX_RETRIES) {
      await response.body?.cancel();
      await pause(retries++, request);
      continue;
    }
    if (response.status < 300 || response.status >= 400 || location === null) {
      if (!response.ok) throw await refusal(response, reference, request);
      return withUrl(response, current);
    }
    const target = new URL(location, current).href;
    if (!isSameOrigin(current, target)) return withUrl(response, current);
    await response.body?.cancel();
    current = target;
    redirects++;
  }
  throw new HubError(
    "server",
    formatHubReference(reference),
    `${url} redirects more than ${MAX_REDIRECTS} times`,
  );
}

/** One request, with the token; a hub that cannot be reached is an error of the code `network`. */
async function send(
  url: string,
  { method, reference, request }: {
    method: string;
    reference: HubReference;
    request: HubRequest;
  },
): Promise<Response> {
  const { endpoint, signal, timeout } = request;
  signal?.throwIfAborted();
  const late = AbortSignal.timeout(timeout);
  try {
    return await fetch(url, {
      method,
      headers: requestHeaders(request, isSameOrigin(url, endpoint)),
      redirect: "manual",
      signal: signal ? AbortSignal.any([signal, late]) : late,
    });
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    const reason = late.aborted
      ? `did not answer within ${timeout / 1000} s`
      : `was not reached (${(cause as Error).message})`;
    throw new HubError(
      "network",
      formatHubReference(reference),
      `${endpoint} ${reason}; fetch it where there is a network, or set HF_ENDPOINT to a mirror`,
      { cause },
    );
  }
}

/** What every request says; the token only where it belongs. */
export function requestHeaders({ token }: { token?: string }, trusted: boolean): Headers {
  // Not compressed: a part of a compressed file is no part of the file
  const headers = new Headers({ "accept-encoding": "identity", "user-agent": "galaxykit" });
  if (token && trusted) headers.set("authorization", `Bearer ${token}`);
  return headers;
}

/** Whether a server may answer if asked again. */
export function isBusy({ status }: Response): boolean {
  return [408, 429, 500, 502, 503, 504].includes(status);
}

/** Waits before asking again. */
export function pause(
  retries: number,
  { retryDelay, signal }: { retryDelay: number; signal?: AbortSignal },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(end, retryDelay * 2 ** retries);
    signal?.addEventListener("abort", end, { once: true });
    function end() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    }
  });
}

/** The error for an answer that is none. */
export async function refusal(
  response: Response,
  reference: HubReference,
  { token, endpoint }: Pick<HubRequest, "token" | "endpoint">,
): Promise<HubError> {
  await response.body?.cancel();
  const { status, headers } = response;
  const source = formatHubReference(reference);
  const code = headers.get("x-error-code");
  const message = headers.get("x-error-message");
  if (code === "GatedRepo") {
    const way = token ? "with the account of HF_TOKEN" : "and set HF_TOKEN";
    return new HubError(
      "gated",
      source,
      `its authors ask to accept their conditions: do so at ${endpoint}/${reference.repository} ${way}`,
    );
  }
  if (code === "EntryNotFound") {
    return new HubError("no-file", source, "the repository has no such file");
  }
  if (code === "RevisionNotFound") {
    return new HubError("no-revision", source, "the repository has no such revision");
  }
  if (status === 401 || status === 403) {
    const reason = token
      ? "the hub refuses the token of HF_TOKEN, or there is no such repository"
      : "there is no such repository, or it is private: check its name, or set HF_TOKEN";
    return new HubError("unauthorized", source, reason);
  }
  if (code === "RepoNotFound" || status === 404) {
    return new HubError("no-repository", source, "there is no such repository");
  }
  const said = message ? ` (${message})` : "";
  return new HubError("server", source, `${endpoint} answers ${status}${said}; try again later`);
}

function isSameOrigin(a: string, b: string): boolean {
  return new URL(a).origin === new URL(b).origin;
}

/** A response with the address that it came from, which one made by a redirect lacks. */
function withUrl(response: Response, url: string): Response {
  return Object.defineProperty(response, "url", { value: url });
}
