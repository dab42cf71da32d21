/** A request for a stream, or for one that is there. */
export interface StreamRequest {
  /** The path of the provider's API on the gateway, for example `/v1/chat/completions`. */
  url?: string;
  /** The provider's request; it must ask for a stream. */
  body?: unknown;
  /** Further headers, for example a credential. */
  headers?: Record<string, string>;
  /** Under this name a reload of the tab finds the stream again. */
  name?: string;
  /** Reads this stream instead of asking for one. */
  id?: string;
  /** Milliseconds without a byte after which the connection is replaced; 45,000 by default. */
  silence?: number;
}

/** The end of a stream that is not complete. */
export class StreamError extends Error {
  /** `cancelled`, `truncated`, `failed`, `expired`, `cut`, or the code of a refusal. */
  readonly code: string;
  /** The HTTP status; 0 where there was none. */
  readonly status: number;
}

export interface StreamHandlers {
  /** The gateway has answered. */
  onStart?(start: { id: string }): void;
  /** More text; each piece comes once. */
  onToken?(token: string, at: { id: string | null; text: string }): void;
  /** Another connection, or another process of the gateway, continues. */
  onSeam?(seam: { kind: 'connection' | 'gateway'; after: number }): void;
  /** The connection is lost, and another is made after so many milliseconds. */
  onRetry?(retry: { attempt: number; delay: number; reason: string }): void;
  onError?(error: StreamError): void;
  onComplete?(answer: { text: string; id: string }): void;
}

export interface StreamEnd {
  /** `complete`, `cancelled`, `left`, or the code of the error. */
  end: string;
  text: string;
  error?: StreamError;
}

export interface Stream {
  readonly id: string;
  readonly text: string;
  /** Never rejects. */
  readonly done: Promise<StreamEnd>;
  /** Stops the stream for all who read it. */
  abort(): Promise<void>;
  /** Reads no more; the stream runs on. */
  leave(): void;
}

/** Begins a stream, or resumes the one of this id or name. */
export function stream(request: StreamRequest, handlers?: StreamHandlers): Stream;

/** Whether this tab began a stream under this name and did not read to its end: after a reload, resume it. */
export function isKept(name: string): boolean;
